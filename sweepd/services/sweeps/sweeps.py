"""Sweeps as their owner sees them: create, edit, pause, resume, stop, cancel, read."""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sweepd.domain.errors import BadInput, NotFound
from sweepd.domain.ids import new_short_id
from sweepd.domain.paging import Page, Start
from sweepd.domain.projects import Project
from sweepd.domain.runs import Run
from sweepd.domain.sweeps import EventKind, Sweep, SweepState, count_text, expected_runs
from sweepd.domain.users import Caller
from sweepd.services import access
from sweepd.services.core import Core
from sweepd.services.filters import sweeps as sweep_filters
from sweepd.services.paging import read_wanted
from sweepd.services.sweeps import edits as sweep_edits
from sweepd.services.sweeps import (
    endings,
    learning,
    local_control,
    prior_runs,
    specs,
    sweep_states,
    sweep_text,
)
from sweepd.services.sweeps.deletions import SweepDeletions
from sweepd.services.sweeps.proposals import Proposals
from sweepd.store import sweep_events, sweeps
from sweepd.store.database import Connection

_REASONS = {
    SweepState.PAUSED: "paused",
    SweepState.RUNNING: "resumed",
    SweepState.FINISHED: "stopped: no new runs, current ones end by themselves",
    SweepState.CANCELED: "canceled: current runs are stopped",
}


@dataclass(frozen=True, slots=True)
class SweepChange:
    """What a client asks of a sweep; None leaves a field as it is."""

    config_yaml: str | None = None
    description: str | None = None
    display_name: str | None = None
    state: SweepState | None = None
    controller: str | None = None
    scheduler: str | None = None
    prior_runs: Sequence[str] = ()


class Sweeps(SweepDeletions):
    """What people do with sweeps."""

    def __init__(self, core: Core, proposals: Proposals) -> None:
        super().__init__(core)
        self._proposals = proposals

    def create(
        self, caller: Caller, entity: str | None, project: str | None, change: SweepChange
    ) -> tuple[Sweep, list[str]]:
        """A new sweep and the warnings about its file.

        Raises:
            BadInput: The file is missing, is not YAML, or cannot run; nothing is created.
            NotFound: The caller does not belong to the entity.
        """
        if not change.config_yaml:
            raise BadInput("a sweep needs a config: the text of a sweep.yaml")
        spec = specs.parse(change.config_yaml)
        for what, text in (("controller", change.controller), ("scheduler", change.scheduler)):
            local_control.read_object(text or "{}", what)
        n_configs = sweep_edits.count_configs(spec, change.config_yaml)
        warnings = list(spec.warnings)

        def create(connection: Connection) -> Sweep:
            owner = access.ensure_project(connection, caller, self._core, entity, project)
            learning.check(connection, caller, spec, (owner.entity, owner.name))
            at = self._core.now()
            sweep = sweeps.create_sweep(
                connection,
                {
                    "project_pk": owner.pk,
                    "sweep_id": self._fresh_id(connection, owner),
                    "state": SweepState.PENDING,
                    "config_yaml": change.config_yaml,
                    "display_name": change.display_name or spec.name,
                    "description": change.description or spec.description,
                    "n_configs": n_configs,
                    "seed": spec.extras.seed
                    if spec.extras.seed is not None
                    else secrets.randbits(31),
                    "controller": change.controller or "{}",
                    "scheduler": change.scheduler or "{}",
                    "user_pk": caller.user_pk,
                    "created_at": at,
                    "updated_at": at,
                    **sweep_edits.columns(spec),
                },
            )
            size = f"{count_text(n_configs)} runs" if n_configs is not None else "no end of its own"
            sweep_events.append_event(
                connection,
                sweep.pk,
                at,
                caller.name,
                EventKind.CREATED,
                f"method {spec.method}, {size}",
            )
            for warning in spec.warnings:
                sweep_events.append_event(connection, sweep.pk, at, "", EventKind.WARNING, warning)
            warnings.extend(prior_runs.attach(connection, sweep, change.prior_runs, at))
            return sweep

        sweep = self._core.db.write(create)
        self._proposals.want(sweep.pk, is_changed=True)
        return sweep, warnings

    def update(self, caller: Caller, sweep_pk: int, change: SweepChange) -> tuple[Sweep, list[str]]:
        """Change a sweep: its file, state, names, or the local controller's word.

        A new file keeps the configs already taken; configs it no longer holds are cancelled while
        they wait, new ones are handed out.

        Raises:
            NotFound, BadInput, Conflict: As the change goes wrong; nothing is changed then.
        """
        warnings: list[str] = []
        n_configs: int | None = None
        if change.config_yaml is not None:  # read and counted before anyone waits for it
            self.get_by_pk(caller, sweep_pk)
            n_configs = sweep_edits.count_configs(
                specs.parse(change.config_yaml), change.config_yaml
            )

        def update(connection: Connection) -> Sweep:
            sweep = access.get_sweep_by_pk(connection, caller, sweep_pk, lock=True)
            at = self._core.now()
            values: dict[str, Any] = {
                name: value
                for name in ("description", "display_name", "scheduler")
                if (value := getattr(change, name)) is not None
            }
            local_control.read_object(change.scheduler or "{}", "scheduler")
            if values:
                sweeps.update_sweep(connection, sweep.pk, {**values, "updated_at": at})
            if change.config_yaml is not None and change.config_yaml != sweep.config_yaml:
                spec = specs.parse(change.config_yaml)
                if spec.extras.learn_from != specs.spec_of(sweep).extras.learn_from:
                    owner = (sweep.entity, sweep.project)
                    learning.check(connection, caller, spec, owner, sweep.sweep_id)
                warnings[:] = sweep_edits.replace_file(
                    connection, sweep, change.config_yaml, n_configs, caller.name, at
                )
                sweep = access.get_sweep_by_pk(connection, caller, sweep_pk)
            warnings.extend(prior_runs.attach(connection, sweep, change.prior_runs, at))
            if change.controller is not None:
                local_control.obey(connection, sweep, change.controller, caller, at)
                sweep = access.get_sweep_by_pk(connection, caller, sweep_pk)
            if change.state is not None:
                state = change.state
                sweep_states.set_sweep_state(
                    connection,
                    sweep,
                    state,
                    f"{_REASONS.get(state, f'set to {state}')} by {caller.name}",
                    caller.name,
                    at,
                )
                if state is SweepState.RUNNING:
                    endings.finish_if_done(connection, sweep.pk, at)
            return access.get_sweep_by_pk(connection, caller, sweep_pk)

        sweep = self._core.db.write(update)
        self._core.changes.touch("sweep", sweep.pk)
        self._proposals.want(sweep.pk, is_changed=True)
        return sweep, warnings

    def retry(self, caller: Caller, sweep_pk: int, states: Sequence[str]) -> int:
        """Hand the configs of failed runs out again, while the sweep runs or after its end.

        Args:
            states: Of the last attempt at a config: failed, crashed, killed, preempted.

        Returns:
            How many configs went back.
        """

        def retry(connection: Connection) -> int:
            sweep = access.get_sweep_by_pk(connection, caller, sweep_pk, lock=True)
            return sweep_edits.retry(connection, sweep, states, caller.name, self._core.now())

        n_queued = self._core.db.write(retry)
        self._core.changes.touch("sweep", sweep_pk)
        return n_queued

    def enqueue(
        self, caller: Caller, sweep_pk: int, config: Mapping[str, Any], name: str | None = None
    ) -> Run:
        """Queue a hand-picked config; it is handed out before any the search chooses.

        Returns:
            Its pending run.
        """

        def enqueue(connection: Connection) -> Run:
            sweep = access.get_sweep_by_pk(connection, caller, sweep_pk, lock=True)
            return sweep_edits.enqueue(connection, sweep, config, name, caller, self._core.now())

        run = self._core.db.write(enqueue)
        self._core.changes.touch("sweep", sweep_pk)
        return run

    def raise_cap(self, caller: Caller, sweep_pk: int, run_cap: int | None) -> Sweep:
        """Set how many configs the sweep may hand out; None lets it go on without a cap."""
        sweep = self.get_by_pk(caller, sweep_pk)
        text = sweep_text.with_run_cap(sweep.config_yaml, run_cap)
        return self.update(caller, sweep_pk, SweepChange(config_yaml=text))[0]

    def preview(self, text: str) -> tuple[list[str], int | None]:
        """What `create` would say of a file: its warnings and number of runs; nothing is kept.

        Raises:
            BadInput: It cannot run.
        """
        spec = specs.parse(text)
        return list(spec.warnings), expected_runs(
            sweep_edits.count_configs(spec, text), spec.run_cap
        )

    def get(self, caller: Caller, entity: str | None, project: str | None, sweep_id: str) -> Sweep:
        """A sweep by its path; a storage key is read by the API before.

        Raises:
            NotFound: None that the caller may see.
        """
        with self._core.db.read() as connection:
            return access.get_sweep(connection, caller, entity, project, sweep_id)

    def find(
        self, caller: Caller, entity: str | None, project: str | None, sweep_id: str
    ) -> Sweep | None:
        """As `get`, but None when there is none."""
        try:
            return self.get(caller, entity, project, sweep_id)
        except NotFound:
            return None

    def get_by_pk(self, caller: Caller, pk: int) -> Sweep:
        """A sweep by our key.

        Raises:
            NotFound: None that the caller may see.
        """
        with self._core.db.read() as connection:
            return access.get_sweep_by_pk(connection, caller, pk)

    def page(
        self, project: Project, where: str | None, start: Start, first: int | None
    ) -> Page[Sweep]:
        """A page of a project's sweeps that pass a filter, newest first; see `sweep_filters`."""
        test = sweep_filters.compile_sweep_filter(where) if where else None
        return read_wanted(self._core, sweeps.of_project(project.pk), start, first, test)

    def count(self, project: Project) -> int:
        """How many sweeps a project has."""
        with self._core.db.read() as connection:
            return sweeps.of_project(project.pk).count(connection)

    def list_all(self, project: Project) -> list[Sweep]:
        """A project's sweeps, newest first."""
        with self._core.db.read() as connection:
            return sweeps.list_sweeps(connection, project.pk)

    def _fresh_id(self, connection: Connection, project: Project) -> str:
        while True:
            sweep_id = new_short_id()
            if sweeps.find_sweep(connection, project.pk, sweep_id) is None:
                return sweep_id
