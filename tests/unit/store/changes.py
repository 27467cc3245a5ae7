"""What can be changed of a thing by its key or name, each in one block."""

from sweepd.domain.registries import Role
from sweepd.domain.runs import RunState
from sweepd.store import (
    agents,
    artifact_collections,
    artifacts,
    automations,
    cascades,
    cells,
    deleted_projects,
    deleted_runs,
    deliveries,
    happenings,
    history,
    manifests,
    memberships,
    notices,
    objectives,
    projects,
    registries,
    run_files,
    runs,
    sessions,
    sweeps,
    users,
    views,
    writers,
)
from sweepd.store.history import Stream
from sweepd.store.writers import Place
from tests.unit.store.reads import MANY, Step
from tests.unit.store.world import START, at

CHANGES: dict[str, Step] = {
    "agents.touch": lambda c, b: agents.touch_agent(
        c, agents.find_agent(c, b.agent) or MANY, ["run"], at(7), True
    ),
    "collections.update": lambda c, b: artifact_collections.update_collection(
        c, b.home, {"description": "new"}
    ),
    "collections.skip_to": lambda c, b: artifact_collections.skip_to(c, b.home, 9),
    "collections.delete": lambda c, b: artifact_collections.delete_collection(c, b.home),
    "artifacts.update": lambda c, b: artifacts.update_artifact(
        c, b.version.pk, {"description": "new"}
    ),
    "automations.delete_integration": lambda c, b: automations.delete_integration(c, b.integration),
    "automations.update": lambda c, b: automations.update_automation(
        c, b.automation, {"enabled": False}
    ),
    "automations.delete": lambda c, b: automations.delete_automation(c, b.automation),
    "automations.drop_marks": lambda c, b: automations.drop_marks(c, b.automation),
    "cascades.runs": lambda c, b: cascades.remove_some(c, "runs", [b.run.pk], MANY),
    "cascades.sweeps": lambda c, b: cascades.remove_some(c, "sweeps", [b.sweep], MANY),
    "cascades.projects": lambda c, b: cascades.remove_some(c, "projects", [b.project], MANY),
    "cells.update": lambda c, b: cells.update_cell(c, b.cell, {"n_lost": 5}),
    "deleted_projects.delete": lambda c, b: deleted_projects.delete_project(
        c, projects.get_project_by_pk(c, b.project), "x", START
    ),
    "deleted_projects.undelete": lambda c, b: deleted_projects.undelete_project(
        c, (deleted_projects.list_deleted(c, [b.entity], 1))[0], "back"
    ),
    "deleted_projects.purge": lambda c, b: deleted_projects.purge_project(c, b.project),
    "deleted_runs.purge": lambda c, b: deleted_runs.purge_run(c, b.run.pk),
    "deleted_runs.hide": lambda c, b: deleted_runs.hide_sweep_runs(c, b.sweep, at(9)),
    "deleted_runs.show": lambda c, b: deleted_runs.show_sweep_runs(c, b.sweep, at(4)),
    "deleted_runs.touch": lambda c, b: deleted_runs.touch_sweep_runs(c, b.sweep, at(9)),
    "deliveries.again": lambda c, b: deliveries.send_again(c, b.delivery, at(9)),
    "happenings.delete": lambda c, b: happenings.delete_happenings(
        c, [one.pk for one in happenings.list_happenings(c, MANY) if one.project_pk == b.project]
    ),
    "happenings.keep_place": lambda c, b: happenings.keep_place(c, b.home, b.newest.pk, ["a"], 1),
    "history.replace": lambda c, b: history.append_lines(
        c, b.run.pk, Stream.HISTORY, 4, ["{}"] * 3, 12
    ),
    "history.cut": lambda c, b: history.delete_lines(c, b.run.pk, Stream.EVENTS, 4),
    "history.cut_console": lambda c, b: history.delete_lines(c, b.run.pk, Stream.CONSOLE, 4),
    "history.copy": lambda c, b: history.copy_lines(c, b.run.pk, b.fork.pk, 1, 8),
    "manifests.delete": lambda c, b: manifests.delete_entries(c, b.version.pk, ["path"]),
    "memberships.set_alias": lambda c, b: memberships.set_alias(c, b.home, b.place, "best"),
    "memberships.remove_alias": lambda c, b: memberships.remove_alias(c, b.linked, "best"),
    "memberships.delete": lambda c, b: memberships.delete_membership(
        c, memberships.list_memberships(c, b.home, b.newest.pk)[0]
    ),
    "notices.chart": lambda c, b: notices.upsert_chart(c, b.entity, "chart", "", "new"),
    "objectives.delete": lambda c, b: objectives.delete_values(c, b.run.pk),
    "objectives.delete_after": lambda c, b: objectives.delete_values_after(c, b.run.pk, 1),
    "projects.rename": lambda c, b: projects.rename_project(
        c, projects.get_project_by_pk(c, b.project), "renamed"
    ),
    "projects.describe": lambda c, b: projects.describe_project(c, b.project, "new"),
    "registries.update": lambda c, b: registries.update_registry(
        c, b.registry, {"description": "new", "is_restricted": False}
    ),
    "registries.delete": lambda c, b: registries.delete_registry(c, b.registry),
    "registries.set_role": lambda c, b: registries.set_user_role(
        c, b.registry, b.user, Role.VIEWER
    ),
    "registries.end_role": lambda c, b: registries.set_user_role(c, b.registry, b.user, None),
    "run_files.forget": lambda c, b: run_files.forget_blob(c, b.blob),
    "run_files.unused": lambda c, b: run_files.forget_unused_blobs(c, [b.blob, f"idle{b.mark}"]),
    "run_files.delete": lambda c, b: run_files.delete_file(c, b.file),
    "runs.update": lambda c, b: runs.update_run(c, b.run.pk, {"state": RunState.FAILED}),
    "sessions.end": lambda c, b: sessions.end_session(c, f"session of {b.mark}"),
    "sessions.end_all": lambda c, b: sessions.end_sessions(c, b.user, f"session of {b.mark}"),
    "sessions.end_keyless": lambda c, b: sessions.end_keyless(c, b.user),
    "sessions.take_link": lambda c, b: sessions.take_link(c, f"link of {b.mark}", START),
    "sweeps.update": lambda c, b: sweeps.update_sweep(c, b.sweep, {"state_reason": "new"}),
    "sweeps.shift": lambda c, b: sweeps.shift_counts(c, b.sweep, 1, 1),
    "sweeps.next_run": lambda c, b: sweeps.next_run_number(c, b.sweep),
    "sweeps.delete": lambda c, b: sweeps.delete_sweep(c, b.sweep),
    "users.delete": lambda c, b: users.delete_user(c, b.mark),
    "users.remove_member": lambda c, b: users.remove_member(c, b.entity, b.user),
    "users.delete_key": lambda c, b: users.delete_key(c, b.user, b.key),
    "users.take_secret": lambda c, b: users.take_secret(c, f"secret of {b.mark}"),
    "views.update": lambda c, b: views.update_view(c, b.view, at(9), spec="new"),
    "views.delete": lambda c, b: views.delete_view(c, b.view),
    "writers.set_sent": lambda c, b: writers.set_sent(c, b.run.pk, "client", Stream.HISTORY, 9),
    "writers.set_place": lambda c, b: writers.set_place(c, b.run.pk, "client", Place(0, 9, 2)),
    "writers.forget": lambda c, b: writers.forget(c, b.run.pk),
}
