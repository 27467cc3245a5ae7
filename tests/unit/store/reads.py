"""What can be read of a thing by its key or name: everything the store says of one block."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from sweepd.domain.artifacts import Digest, DigestAlgorithm
from sweepd.domain.automations import EventType
from sweepd.domain.goals import Goal
from sweepd.domain.sweeps import CellState, EventKind
from sweepd.store import (
    agents,
    artifact_collections,
    artifacts,
    automations,
    cells,
    deleted_projects,
    deleted_runs,
    deliveries,
    history,
    integrity,
    manifests,
    memberships,
    notices,
    objectives,
    overviews,
    projects,
    registries,
    run_counts,
    run_files,
    run_lines,
    run_listings,
    run_rows,
    runs,
    segments,
    sessions,
    sweep_events,
    sweep_points,
    sweep_runs,
    sweeps,
    users,
    views,
    writers,
)
from sweepd.store.database import Connection
from sweepd.store.history import Stream
from tests.unit.store.blocks import Block
from tests.unit.store.world import START, at

Step = Callable[[Connection, Block], Any]
BLOBS: Any = None  # none is opened
MANY = 99

READS: dict[str, Step] = {
    "agents.find_agent": lambda c, b: agents.find_agent(c, b.agent),
    "agents.find_beating": lambda c, b: agents.find_beating(c, b.agent),
    "agents.list_agents": lambda c, b: agents.list_agents(c, b.sweep),
    "agents.of_sweep": lambda c, b: agents.of_sweep(b.sweep).all(c),
    "agents.count_active": lambda c, b: agents.count_active(c, b.sweep, START),
    "collections.find": lambda c, b: artifact_collections.find_collection(c, b.project, "home"),
    "collections.by_pk": lambda c, b: artifact_collections.get_collection_by_pk(c, b.home),
    "collections.by_client_id": lambda c, b: artifact_collections.find_by_client_id(
        c, f"home of {b.mark}"
    ),
    "collections.next_version": lambda c, b: artifact_collections.next_version(c, b.home),
    "collections.in_projects": lambda c, b: artifact_collections.in_projects([b.project]).all(c),
    "collections.of_type": lambda c, b: artifact_collections.in_projects(
        [b.registry], f"type of {b.mark}"
    ).all(c),
    "collections.types_in": lambda c, b: artifact_collections.types_in(b.registry).all(c),
    "artifacts.find": lambda c, b: artifacts.find_artifact(c, b.version.pk, lock=True),
    "artifacts.find_some": lambda c, b: artifacts.find_artifacts(c, [b.version.pk, b.newest.pk]),
    "artifacts.by_client_id": lambda c, b: artifacts.find_by_client_id(
        c, f"version of {b.mark}", b.project
    ),
    "artifacts.by_other_id": lambda c, b: artifacts.find_by_client_id(
        c, f"also {b.mark}", entity_pk=b.entity
    ),
    "artifacts.list_entities": lambda c, b: artifacts.list_entities(c, b.version.pk),
    "artifacts.find_distributed": lambda c, b: artifacts.find_distributed(c, b.home, "many"),
    "artifacts.is_distributed": lambda c, b: artifacts.is_distributed(c, b.pending.pk),
    "artifacts.find_same": lambda c, b: artifacts.find_same(c, b.home, "same", DigestAlgorithm.MD5),
    "artifacts.logged_by": lambda c, b: artifacts.list_logged(c, b.live.pk),
    "artifacts.logged_first": lambda c, b: artifacts.list_logged(c, b.run.pk, first=True),
    "artifacts.used_by": lambda c, b: artifacts.list_used(c, b.live.pk),
    "artifacts.pending_aliases": lambda c, b: artifacts.pending_aliases(c, b.pending.pk),
    "automations.find_integration": lambda c, b: automations.find_integration(c, b.integration),
    "automations.integrations_of": lambda c, b: automations.integrations_of(b.entity).all(c),
    "automations.names_using": lambda c, b: automations.names_using(c, b.integration),
    "automations.find": lambda c, b: automations.find_automation(c, b.automation),
    "automations.by_name": lambda c, b: automations.find_by_name(c, b.entity, "told"),
    "automations.of_entity": lambda c, b: automations.automations_of(b.entity, "told").all(c),
    "automations.of_project": lambda c, b: automations.list_automations(c, b.project, b.entity),
    "automations.asking": lambda c, b: automations.list_asking(c, [EventType.ADD_TAG], b.project),
    "cells.find": lambda c, b: cells.get_cell(c, b.cell.pk),
    "cells.by_key": lambda c, b: cells.find_cell_by_key(c, b.sweep, "reserved"),
    "cells.find_keys": lambda c, b: cells.find_keys(c, b.sweep, ["done", "failed", "none"]),
    "cells.next_queued": lambda c, b: cells.next_queued_cell(c, b.sweep),
    "cells.over_cap": lambda c, b: cells.list_over_cap(c, b.sweep, MANY),
    "cells.free_key": lambda c, b: cells.free_key(c, b.sweep, "done", 1),
    "cells.from_outside": lambda c, b: cells.list_from_outside(c, b.sweep),
    "cells.count_distinct": lambda c, b: cells.count_distinct(c, b.sweep),
    "cells.list": lambda c, b: cells.list_cells(c, b.sweep, [CellState.DONE, CellState.FAILED]),
    "cells.list_keys": lambda c, b: cells.list_keys(c, b.sweep),
    "deleted_projects.find": lambda c, b: deleted_projects.find_deleted(c, b.deleted_project),
    "deleted_projects.was": lambda c, b: deleted_projects.was_deleted(c, b.entity, "trash"),
    "deleted_projects.list": lambda c, b: deleted_projects.list_deleted(c, [b.entity], MANY),
    "deleted_projects.linking": lambda c, b: deleted_projects.list_linking(c, b.project),
    "deleted_runs.some": lambda c, b: sorted(deleted_runs.list_some_runs(c, b.project, MANY)),
    "deliveries.find": lambda c, b: deliveries.find_delivery(c, b.delivery),
    "deliveries.list": lambda c, b: deliveries.list_deliveries(c, [b.automation], MANY),
    "deliveries.waiting": lambda c, b: deliveries.count_waiting(c, b.automation, MANY),
    "history.console": lambda c, b: list(history.read_lines(c, b.run.pk, Stream.CONSOLE, 4, 8)),
    "integrity.holders": lambda c, b: sorted(integrity.list_holders(c, b.blob, MANY)),
    "manifests.list": lambda c, b: manifests.list_entries(c, b.version.pk),
    "manifests.named": lambda c, b: manifests.list_entries(c, b.version.pk, ["path"]),
    "manifests.count": lambda c, b: manifests.count_entries(c, b.version.pk),
    "manifests.first": lambda c, b: manifests.first_entries(c, b.version.pk, MANY),
    "manifests.blobs_of_project": lambda c, b: manifests.find_blobs(
        c, [Digest(f"md5 of {b.mark}")], project_pk=b.project
    ),
    "manifests.blobs_linked": lambda c, b: manifests.find_blobs(
        c, [Digest(f"md5 of {b.mark}")], linked_to=b.registry
    ),
    "manifests.blobs_of_version": lambda c, b: manifests.find_blobs(
        c, [Digest(f"md5 of {b.mark}")], artifact_pk=b.newest.pk
    ),
    "memberships.aliases_in": lambda c, b: memberships.aliases_in(b.home).all(c),
    "memberships.places_of": lambda c, b: memberships.places_of(b.version).all(c),
    "memberships.versions_in": lambda c, b: memberships.versions_in(collection_pk=b.home).all(c),
    "memberships.of_projects": lambda c, b: memberships.versions_in(project_pks=[b.project]).all(c),
    "memberships.by_alias": lambda c, b: memberships.find_membership(c, b.home, "latest"),
    "memberships.by_number": lambda c, b: memberships.find_membership(c, b.home, "v0"),
    "memberships.by_digest": lambda c, b: memberships.find_membership(c, b.home, "same"),
    "memberships.list": lambda c, b: memberships.list_memberships(c, b.portfolio),
    "memberships.of_version": lambda c, b: memberships.list_memberships(
        c, artifact_pk=b.version.pk
    ),
    "notices.alerts_of_run": lambda c, b: notices.list_alerts(c, MANY, run_pk=b.run.pk),
    "notices.alerts_of_project": lambda c, b: notices.list_alerts(c, MANY, project_pk=b.project),
    "notices.chart": lambda c, b: notices.find_chart(c, b.entity, "chart"),
    "objectives.last": lambda c, b: objectives.last_value(c, b.run.pk),
    "objectives.at": lambda c, b: objectives.value_at(c, b.run.pk, 2),
    "objectives.list": lambda c, b: objectives.list_values(c, b.run.pk),
    "objectives.values_at": lambda c, b: objectives.values_at(c, b.sweep, 2, "best"),
    "objectives.means": lambda c, b: objectives.values_at(c, b.sweep, 2, "mean"),
    "objectives.curves": lambda c, b: objectives.list_curves(c, b.sweep, [1, 2]),
    "objectives.arrivals": lambda c, b: objectives.list_arrivals(c, b.sweep),
    "objectives.longest": lambda c, b: objectives.longest(c, b.sweep),
    "overviews.projects": lambda c, b: overviews.list_projects(c, [b.entity]),
    "overviews.sweeps": lambda c, b: overviews.sweeps_of(c, b.project),
    "overviews.version": lambda c, b: overviews.version_of_points(c, b.project, b.sweep),
    "overviews.deleted": lambda c, b: overviews.ids_deleted_since(c, b.project, at(4), b.sweep),
    "overviews.has_history": lambda c, b: overviews.has_history(c, b.project),
    "overviews.neighbours": lambda c, b: overviews.list_neighbours(c, b.live, MANY),
    "overviews.deleted_runs": lambda c, b: overviews.list_deleted_runs(c, b.project, MANY),
    "overviews.collections": lambda c, b: overviews.list_collections(c, b.project),
    "overviews.versions": lambda c, b: overviews.list_versions(c, b.home, MANY),
    "overviews.metadata": lambda c, b: overviews.list_metadata(c, b.home, MANY),
    "projects.find": lambda c, b: projects.find_project(c, b.entity, "p"),
    "projects.by_pk": lambda c, b: projects.get_project_by_pk(c, b.project),
    "projects.bytes": lambda c, b: projects.count_bytes(c, b.entity),
    "projects.list": lambda c, b: projects.list_projects(c, [b.entity]),
    "projects.of_entity": lambda c, b: projects.of_entity(b.entity).all(c),
    "registries.find": lambda c, b: registries.get_registry(c, b.registry),
    "registries.by_name": lambda c, b: registries.find_registry_by_name(
        c, "org", f"registry of {b.mark}"
    ),
    "registries.holding": lambda c, b: registries.list_registries_holding(c, b.version.pk),
    "registries.roles": lambda c, b: registries.list_roles(c, b.user),
    "registries.roles_in_one": lambda c, b: registries.list_roles(c, b.user, b.registry),
    "registries.users": lambda c, b: registries.list_user_roles(c, b.registry),
    "registries.teams": lambda c, b: registries.list_team_roles(c, b.registry),
    "registries.types": lambda c, b: registries.list_used_types(c, b.registry),
    "run_counts.count": lambda c, b: run_counts.count_runs(c, b.project),
    "run_counts.up_to": lambda c, b: run_counts.count_up_to(c, b.project, MANY),
    "run_counts.ended": lambda c, b: run_counts.count_ended(c, b.sweep),
    "run_counts.ended_version": lambda c, b: run_counts.ended_version(c, b.sweep),
    "run_counts.first_created": lambda c, b: run_counts.first_created(c, b.sweep),
    "run_counts.states": lambda c, b: run_counts.count_states(c, b.sweep),
    "run_counts.version": lambda c, b: run_counts.version_of_runs(c, b.project),
    "run_counts.newest": lambda c, b: run_counts.newest_of_runs(
        c, b.project, b.run.pk - 1, timedelta(seconds=60)
    ),
    "run_files.size": lambda c, b: run_files.blob_size(c, b.blob),
    "run_files.known": lambda c, b: run_files.known_blobs(c, [b.blob]),
    "run_files.files_of": lambda c, b: run_files.files_of(b.run.pk).all(c),
    "run_files.named": lambda c, b: run_files.files_of(b.run.pk, ["file"], "f%").all(c),
    "run_files.by_pk": lambda c, b: run_files.find_file_by_pk(c, b.file),
    "run_lines.pieces": lambda c, b: [
        (piece.first, piece.n, getattr(piece, "_source", None) or piece.lines())
        for piece in run_lines.list_pieces(c, BLOBS, b.run.pk, Stream.HISTORY)
    ],
    "run_listings.project": lambda c, b: run_listings.of_project(b.project, True).all(c),
    "run_listings.sweep": lambda c, b: run_listings.of_sweep(b.sweep).all(c),
    "run_listings.attached": lambda c, b: run_listings.attached_to(b.sweep).all(c),
    "run_listings.agent": lambda c, b: run_listings.of_agent(b.agent, False).all(c),
    "run_listings.using": lambda c, b: run_listings.using(b.version.pk).all(c),
    "run_rows.list": lambda c, b: [
        tuple(row) for rows in run_rows.list_rows(c, b.project) for row in sorted(rows)
    ],
    "run_rows.by_pk": lambda c, b: [
        tuple(row) for rows in run_rows.list_rows_by_pk(c, [b.run.pk]) for row in rows
    ],
    "run_rows.changes": lambda c, b: sorted(run_rows.list_changes(c, b.project, at(2))),
    "run_rows.new": lambda c, b: run_rows.list_new(c, b.project, b.run.pk - 1),
    "runs.find": lambda c, b: runs.find_run(c, b.project, "run"),
    "runs.find_deleted": lambda c, b: runs.find_run(c, b.project, "gone", deleted=True, lock=True),
    "runs.by_path": lambda c, b: runs.find_run_by_path(c, b.entity, "p", "run"),
    "runs.by_pk": lambda c, b: runs.get_run_by_pk(c, b.run.pk, lock=True),
    "runs.of_project": lambda c, b: runs.list_project_runs(c, b.project),
    "runs.changed": lambda c, b: runs.list_changed_runs(c, b.project, at(2)),
    "runs.some": lambda c, b: runs.list_runs_by_pk(c, [b.live.pk, b.run.pk]),
    "runs.of_sweep": lambda c, b: sweep_runs.list_sweep_runs(c, b.sweep),
    "runs.live": lambda c, b: sweep_runs.list_live_sweep_runs(c, b.sweep),
    "runs.of_agent": lambda c, b: runs.list_agent_runs(c, b.agent),
    "runs.of_agent_live": lambda c, b: runs.list_agent_runs(c, b.agent, live_only=True),
    "runs.stopping": lambda c, b: runs.list_stopping_runs(c, b.agent),
    "runs.of_cell": lambda c, b: sweep_runs.list_cell_runs(c, b.cell.pk),
    "runs.forks": lambda c, b: runs.list_forks(c, b.run.pk, 2),
    "runs.last_ended": lambda c, b: sweep_runs.list_last_ended(c, b.sweep, MANY, START),
    "runs.by_ids": lambda c, b: runs.find_runs_by_ids(c, b.project, ["run", "gone"]),
    "runs.best": lambda c, b: sweep_runs.best_sweep_run(c, b.sweep, Goal.MINIMIZE),
    "runs.has_other": lambda c, b: sweep_runs.has_other_result(c, b.sweep, b.run.pk),
    "runs.has_no_other": lambda c, b: not sweep_runs.has_other_result(c, b.earlier, b.fork.pk),
    "segments.progress": lambda c, b: segments.list_progress(c, [b.run.pk]),
    "segments.waiting": lambda c, b: segments.read_waiting(c, b.run.pk, 0, 1, MANY, MANY),
    "sessions.user": lambda c, b: sessions.find_session_user(c, f"session of {b.mark}", at(1)),
    "sessions.has_link": lambda c, b: sessions.has_link(c, f"link of {b.mark}"),
    "sweeps.find": lambda c, b: sweeps.find_sweep(c, b.project, "s"),
    "sweeps.by_path": lambda c, b: sweeps.find_sweep_by_path(c, b.mark, "p", "s"),
    "sweeps.by_pk": lambda c, b: sweeps.get_sweep_by_pk(c, b.sweep),
    "sweeps.locked": lambda c, b: sweeps.find_sweep_by_pk(c, b.sweep, lock=True),
    "sweeps.list": lambda c, b: sweeps.list_sweeps(c, b.project),
    "sweeps.of_project": lambda c, b: sweeps.of_project(b.project).all(c),
    "sweeps.last_event": lambda c, b: sweep_events.last_event_at(c, b.sweep, [EventKind.CREATED]),
    "sweeps.events": lambda c, b: sweep_events.list_events(c, b.sweep),
    "sweeps.warnings": lambda c, b: sweep_events.list_events(c, b.sweep, EventKind.WARNING),
    "sweeps.points": lambda c, b: sweep_points.list_points(c, b.sweep),
    "sweeps.points_since": lambda c, b: sweep_points.list_points(c, b.sweep, at(2)),
    "users.by_digest": lambda c, b: users.find_caller_by_digest(c, f"key of {b.mark}"),
    "users.by_name": lambda c, b: users.find_caller_by_name(c, b.mark),
    "users.entity": lambda c, b: users.find_entity(c, b.mark),
    "users.members": lambda c, b: users.list_members(c, b.entity),
    "users.key": lambda c, b: users.find_key(c, f"key of {b.mark}"),
    "users.keys": lambda c, b: users.list_keys(c, b.user),
    "users.secret": lambda c, b: users.find_secret(c, f"secret of {b.mark}"),
    "views.find": lambda c, b: views.find_view(c, b.view),
    "views.by_name": lambda c, b: views.find_view_by_name(c, b.project, "k", "v"),
    "views.of_project": lambda c, b: views.of_project(b.project, "k", "v", b.mark).all(c),
    "views.titles": lambda c, b: views.list_titles(c, b.project, "k", MANY),
    "writers.sent": lambda c, b: writers.count_sent(c, b.run.pk, "client", Stream.HISTORY),
    "writers.places": lambda c, b: writers.list_places(c, b.run.pk, "client", 0, 9),
}
