"""Runs: what the client asks of one. On the wire a run is a `bucket`, its id a `name`."""

import json
from typing import Any

from ariadne import MutationType, ObjectType
from ariadne.types import SchemaBindable

from sweepd.domain.config import private_part
from sweepd.domain.errors import BadInput
from sweepd.domain.projects import Project
from sweepd.domain.runs import ENDED, Run, RunState
from sweepd.domain.sweeps import Sweep
from sweepd.domain.users import Caller
from sweepd.services.runs.runs import RunChange, is_started
from sweepd.wandb_api import wire
from sweepd.wandb_api.graphql.context import Info, ctx
from sweepd.wandb_api.graphql.inputs.runs import (
    CreateCustomChartInput,
    DeleteRunInput,
    NotifyScriptableRunAlertInput,
    RewindRunInput,
    StopRunInput,
    UpdateRunStateInput,
    UpsertBucketInput,
)
from sweepd.wandb_api.graphql.users import find_person

mutation, run_type = MutationType(), ObjectType("Run")


@mutation.field("upsertBucket")
def upsert_bucket(_: Any, info: Info, input: UpsertBucketInput) -> dict[str, Any]:
    """Create a run or change it: `name` with or without `id` from a client, `id` alone by the API.

    A client that resumes a run sends its `id` along with its `name`.
    """
    context = ctx(info)
    change = RunChange(
        config=input.config,
        summary=input.summary_metrics,
        display_name=input.display_name,
        group_name=input.group_name,
        job_type=input.job_type,
        description=input.description,
        notes=input.notes,
        tags=input.tags,
        commit_sha=input.commit,
        repo=input.job_repo,
        host=input.host,
        program=input.job_program,
        state=input.state,
        sweep_id=input.sweep,
        is_shared=context.is_shared,
    )
    node, name = input.id, input.name
    if node and not name:
        run = context.services.runs.change(context.caller, wire.read_node_id("Run", node), change)
        return {"bucket": run, "inserted": False}
    run, inserted = context.services.runs.upsert(
        context.caller,
        input.entity_name,
        input.model_name,
        name,
        change,
        resumes=bool(node),
    )
    return {"bucket": run, "inserted": inserted}


@mutation.field("deleteRun")
def delete_run(_: Any, info: Info, input: DeleteRunInput) -> dict[str, Any]:
    """Delete a run; `undelete` on its project's page brings it back."""
    context = ctx(info)
    if input.delete_artifacts:
        run = context.services.runs.get_by_pk(context.caller, input.id)
        for artifact in context.services.artifacts.output_artifacts(run, first=True):
            context.services.artifacts.removals.delete(
                context.caller, artifact.pk, delete_aliases=True
            )
    context.services.runs.delete(context.caller, input.id, keep_config=input.keep_config)
    return {"client_mutation_id": input.client_mutation_id}


@mutation.field("stopRun")
def stop_run(_: Any, info: Info, input: StopRunInput) -> dict[str, Any]:
    """Ask a run to stop."""
    context = ctx(info)
    context.services.runs.stop(context.caller, input.id)
    return {"success": True}


@mutation.field("updateRunState")
def update_run_state(_: Any, info: Info, input: UpdateRunStateInput) -> dict[str, Any]:
    """Set the state of a run which is no sweep's."""
    context = ctx(info)
    context.services.runs.set_state(context.caller, input.id, input.state)
    return {"success": True}


@mutation.field("rewindRun")
def rewind_run(_: Any, info: Info, input: RewindRunInput) -> dict[str, Any]:
    """Cut a run's history after a step."""
    context = ctx(info)
    if input.metric_name != "_step":
        raise BadInput(f"runs are rewound by _step, got {input.metric_name!r}")
    run = context.services.runs.rewind(
        context.caller,
        input.entity_name,
        input.project_name,
        input.run_name,
        int(input.metric_value),
    )
    return {"rewound_run": run}


@mutation.field("notifyScriptableRunAlert")
def notify_alert(_: Any, info: Info, input: NotifyScriptableRunAlertInput) -> dict[str, Any]:
    """Keep an alert, unless one of the same title came within `waitDuration`."""
    context = ctx(info)
    run = context.services.runs.get(
        context.caller, input.entity_name, input.project_name, input.run_name
    )
    context.services.notices.alert(
        run,
        input.title,
        input.text,
        input.severity,
        input.wait_duration / 1000,
    )
    return {"success": True}


@mutation.field("createCustomChart")
def create_custom_chart(_: Any, info: Info, input: CreateCustomChartInput) -> dict[str, Any]:
    """Keep a user's own Vega spec under a name of the entity."""
    context = ctx(info)
    spec = input.spec or "{}"
    context.services.notices.save_chart(
        context.caller, input.entity, input.name, input.display_name, spec
    )
    # Scripts hand this id to wandb.plot_table(vega_spec_name=…), where presets are written so.
    return {
        "chart": {
            "id": f"{input.entity}/{input.name}",
            "name": input.name,
            "display_name": input.display_name,
            "type": input.type,
            "spec": spec,
        }
    }


@run_type.field("id")
def run_node_id(run: Run, _: Info) -> str:
    """The run's node id; the client calls it storage id."""
    return wire.node_id("Run", run.pk)


@run_type.field("internalId")
def internal_id(run: Run, _: Info) -> str:
    """Our key."""
    return str(run.pk)


@run_type.field("projectId")
def project_id(run: Run, _: Info) -> int:
    """Our key of the project."""
    return run.project_pk


@run_type.field("name")
def name(run: Run, _: Info) -> str:
    """The run's id, as users see it."""
    return run.run_id


@run_type.field("wandbConfig")
def wandb_config(run: Run, _: Info, keys: list[str] | None = None) -> str:
    """The client's private part of the config; the key `t` in it says that the run began."""
    value = private_part(json.loads(run.config or "{}")) if is_started(run) else {}
    return json.dumps({k: v for k, v in value.items() if keys is None or k in keys})


@run_type.field("summaryMetrics")
def summary_metrics(run: Run, _: Info) -> str:
    """The summary as JSON text."""
    return run.summary


@run_type.field("sweepName")
def sweep_name(run: Run, _: Info) -> str | None:
    """The short id of the run's sweep."""
    return run.sweep_id


@run_type.field("sweep")
def sweep(run: Run, info: Info) -> Sweep | None:
    """The run's sweep."""
    if run.sweep_id is None:
        return None
    context = ctx(info)
    return context.services.sweeps.find(context.caller, run.entity, run.project, run.sweep_id)


@run_type.field("group")
def group(run: Run, _: Info) -> str | None:
    """The group's name."""
    return run.group_name


@run_type.field("commit")
def commit(run: Run, _: Info) -> str | None:
    """The git commit the script ran at."""
    return run.commit_sha


@run_type.field("readOnly")
def read_only(_: Run, __: Info) -> bool:
    """Who sees a run may write to it."""
    return False


@run_type.field("user")
def user(run: Run, info: Info) -> Caller | None:
    """Who made the run; each person is looked up once for a page of runs."""
    return find_person(ctx(info), run.user_name)


@run_type.field("project")
def project(run: Run, info: Info) -> Project | None:
    """The run's project."""
    context = ctx(info)
    return context.services.projects.find(context.caller, run.entity, run.project)


@run_type.field("shouldStop")
def should_stop(run: Run, _: Info) -> bool:
    """Asked to stop, and not ended yet."""
    return run.stop_requested and run.state not in ENDED


@run_type.field("stopped")
def stopped(run: Run, _: Info) -> bool:
    """Asked to stop; the client's own flag."""
    return run.stop_requested


@run_type.field("failed")
def failed(run: Run, _: Info) -> bool:
    """Ended with an error."""
    return run.state in (RunState.FAILED, RunState.CRASHED)


@run_type.field("running")
def running(run: Run, _: Info) -> bool:
    """A client speaks for it."""
    return run.state in (RunState.RUNNING, RunState.PREEMPTING)


@run_type.field("historyLineCount")
def history_line_count(run: Run, _: Info) -> int:
    """Lines of history; the client appends there."""
    return run.history_lines


@run_type.field("eventsLineCount")
def events_line_count(run: Run, _: Info) -> int:
    """Lines of system metrics."""
    return run.events_lines


@run_type.field("logLineCount")
def log_line_count(run: Run, _: Info) -> int:
    """Lines of console output."""
    return run.console_lines


bindables: list[SchemaBindable] = [mutation, run_type]
