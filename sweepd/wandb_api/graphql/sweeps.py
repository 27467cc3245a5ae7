"""Sweeps: create, edit, change state, read."""

import json
from typing import Any

from ariadne import MutationType, ObjectType
from ariadne.types import SchemaBindable

from sweepd.domain.config import unwrap
from sweepd.domain.projects import Project
from sweepd.domain.runs import Run
from sweepd.domain.sweeps import Agent, Sweep, SweepEvent
from sweepd.domain.users import Caller
from sweepd.services.sweeps.sweeps import SweepChange
from sweepd.wandb_api import wire
from sweepd.wandb_api.graphql.context import Context, Info, ctx
from sweepd.wandb_api.graphql.inputs.sweeps import (
    EnqueueSweepRunInput,
    RetrySweepRunsInput,
    UpsertSweepInput,
)
from sweepd.wandb_api.graphql.paging import connection, read_start

mutation, sweep_type, run_type = MutationType(), ObjectType("Sweep"), ObjectType("Run")


@mutation.field("upsertSweep")
def upsert_sweep(_: Any, info: Info, input: UpsertSweepInput) -> dict[str, Any]:
    """Create a sweep, or change the one named by `id`; warnings go to the user's terminal."""
    context = ctx(info)
    change = SweepChange(
        config_yaml=input.config,
        description=input.description,
        display_name=input.display_name,
        state=input.state,
        controller=input.controller,
        scheduler=input.scheduler,
        prior_runs=_named_runs(input.prior_runs_filters),
    )
    entity, project = input.entity_name, input.project_name
    if input.id is None:
        sweep, warnings = context.services.sweeps.create(context.caller, entity, project, change)
    else:
        pk = _find_pk(context, input.id, entity, project)
        sweep, warnings = context.services.sweeps.update(context.caller, pk, change)
    return {"sweep": sweep, "config_validation_warnings": warnings}


@mutation.field("enqueueSweepRun")
def enqueue_sweep_run(_: Any, info: Info, input: EnqueueSweepRunInput) -> dict[str, Any]:
    """Queue a config; the answer's `id` is the run's name, which schedulers filter by."""
    context = ctx(info)
    config = unwrap(input.config)
    pk = _find_pk(context, input.id, None, None)
    run = context.services.sweeps.enqueue(context.caller, pk, config, input.display_name)
    return {"id": run.run_id, "run_queue_item_id": run.run_id}


@mutation.field("retrySweepRuns")
def retry_sweep_runs(_: Any, info: Info, input: RetrySweepRunsInput) -> dict[str, Any]:
    """Hand configs of runs that ended badly out again."""
    context = ctx(info)
    pk = _find_pk(context, input.id, None, None)
    return {"count": context.services.sweeps.retry(context.caller, pk, input.states)}


def _find_pk(context: Context, node: str, entity: str | None, project: str | None) -> int:
    """The sweep of a node id, or of the short id that users see."""
    if len(node) == 8 and node.isalnum() and node == node.lower():
        return context.services.sweeps.get(context.caller, entity, project, node).pk
    return wire.read_node_id("Sweep", node)


def _named_runs(tree: dict[str, Any]) -> list[str]:
    """The run ids in `{"$or": [{"name": …}, …]}`."""
    return [
        str(item["name"])
        for item in tree.get("$or", [])
        if isinstance(item, dict) and "name" in item
    ]


@sweep_type.field("id")
def sweep_node_id(sweep: Sweep, _: Info) -> str:
    """The sweep's node id."""
    return wire.node_id("Sweep", sweep.pk)


@sweep_type.field("name")
def name(sweep: Sweep, _: Info) -> str:
    """The short id that users see."""
    return sweep.sweep_id


@sweep_type.field("state")
def state(sweep: Sweep, _: Info) -> str:
    """In upper case, unlike a run's."""
    return str(sweep.state)


@sweep_type.field("config")
def config(sweep: Sweep, _: Info) -> str:
    """The YAML text as it was sent."""
    return sweep.config_yaml


@sweep_type.field("heartbeatAt")
def heartbeat_at(sweep: Sweep, _: Info) -> Any:
    """The last change."""
    return sweep.updated_at


@sweep_type.field("bestLoss")
def best_loss(sweep: Sweep, info: Info) -> float | None:
    """The best value any run reached, by the sweep's goal."""
    run = best_run(sweep, info)
    return metric_best(run, sweep) if run else None


def metric_best(run: Run, sweep: Sweep) -> float | None:
    """A run's best value of its sweep's metric."""
    return sweep.metric_goal.extreme(run.metric_min, run.metric_max)


@sweep_type.field("bestRun")
def best_run(sweep: Sweep, info: Info) -> Run | None:
    """The run with the best value at any step."""
    return ctx(info).services.sweeps.best_run(sweep)


@sweep_type.field("warnings")
def warnings(sweep: Sweep, info: Info) -> list[str]:
    """What is odd about the sweep, and what to do."""
    events = ctx(info).services.sweeps.events(sweep)
    return [event.message for event in events if event.kind == "warning"]


@sweep_type.field("events")
def events(sweep: Sweep, info: Info) -> list[SweepEvent]:
    """The sweep's log, oldest first."""
    return ctx(info).services.sweeps.events(sweep)


@sweep_type.field("repeats")
def repeated(sweep: Sweep, info: Info) -> list[dict[str, Any]]:
    """Configs that are run several times, with the mean of their runs."""
    return [
        {
            "config": json.dumps(item.config),
            "runs": item.run_ids,
            "n_values": item.n_values,
            "mean": item.mean,
            "half_width": item.half_width,
        }
        for item in ctx(info).services.sweeps.repeated(sweep)
    ]


@sweep_type.field("metrics")
def metrics(sweep: Sweep, info: Info) -> list[dict[str, str]]:
    """The metrics of `metrics:`, in its order."""
    several = ctx(info).services.sweeps.spec(sweep).metrics
    return [{"name": metric.name, "goal": str(metric.goal)} for metric in several]


@sweep_type.field("front")
def front(sweep: Sweep, info: Info) -> list[dict[str, Any]]:
    """The runs that no other beats in every metric."""
    return [
        {"run": run.run_id, "name": run.name, "values": list(run.values)}
        for run in ctx(info).services.sweeps.front(sweep)
    ]


@sweep_type.field("stops")
def stops(sweep: Sweep, info: Info, rule: str | None = None) -> list[dict[str, Any]]:
    """What a rule (by default the sweep's own) would have stopped."""
    given = wire.read_json_object(rule, "rule") if rule is not None else None
    return [
        {
            "run": found.run,
            "n_values": found.n_values,
            "n_total": found.n_total,
            "reason": found.stop.reason,
        }
        for found in ctx(info).services.sweeps.stops(sweep, given)
    ]


@sweep_type.field("earlyStopJobRunning")
def early_stop_job_running(_: Sweep, __: Info) -> bool:
    """There is no such job: rules are applied when a number arrives."""
    return False


@sweep_type.field("controllerRunName")
def controller_run_name(sweep: Sweep, _: Info) -> str:
    """The run in which a client-side scheduler writes its console; none of the sweep's."""
    return f"scheduler-{sweep.sweep_id}"


@sweep_type.field("runCount")
def run_count(sweep: Sweep, info: Info) -> int:
    """How many runs there are."""
    return sum(ctx(info).services.sweeps.count_runs(sweep).values())


@sweep_type.field("runCountExpected")
def run_count_expected(sweep: Sweep, _: Info) -> int | None:
    """How many runs there will be, attached ones included; null when there is no end."""
    return sweep.n_expected


@sweep_type.field("priorRuns")
def prior_runs(
    sweep: Sweep, info: Info, first: int | None = None, after: str | None = None
) -> dict[str, Any]:
    """The earlier runs attached to the sweep."""
    return connection(ctx(info).services.sweeps.page_prior_runs(sweep, read_start(after), first))


@sweep_type.field("user")
def user(sweep: Sweep, info: Info) -> Caller | None:
    """Who created it; told only of oneself."""
    caller = ctx(info).caller
    return caller if sweep.user_name == caller.name else None


@sweep_type.field("project")
def project(sweep: Sweep, info: Info) -> Project:
    """The sweep's project."""
    return ctx(info).services.sweeps.project(sweep)


@sweep_type.field("runs")
def runs(
    sweep: Sweep,
    info: Info,
    first: int | None = None,
    after: str | None = None,
    filters: str | None = None,
) -> dict[str, Any]:
    """The sweep's runs that pass a filter; without `first`, all of them."""
    return connection(ctx(info).services.sweeps.page_runs(sweep, filters, read_start(after), first))


@sweep_type.field("agent")
def agent(sweep: Sweep, info: Info, agent_name: str) -> Agent | None:
    """One agent by its name or node id."""
    for found in ctx(info).services.sweeps.agents(sweep):
        if agent_name in (found.name, wire.node_id("Agent", found.pk)):
            return found
    return None


@sweep_type.field("agents")
def agents(
    sweep: Sweep, info: Info, after: str | None = None, first: int | None = None
) -> dict[str, Any]:
    """The sweep's agents, oldest first."""
    return connection(ctx(info).services.sweeps.page_agents(sweep, read_start(after), first))


@run_type.field("metricBest")
def run_metric_best(run: Run, info: Info) -> float | None:
    """The run's best value of its sweep's metric."""
    if run.sweep_pk is None or run.sweep_id is None:
        return None
    context = ctx(info)
    return metric_best(run, context.services.sweeps.get_by_pk(context.caller, run.sweep_pk))


bindables: list[SchemaBindable] = [mutation, sweep_type, run_type]
