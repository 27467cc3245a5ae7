"""A whole project of another server is taken in; cut off, it goes on where it was.

Sweeps come first, then versions, then runs, which point to both, with what they logged and used;
workspaces and reports are last.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from sweepd.domain.errors import Conflict, NotFound
from sweepd.domain.users import Caller
from sweepd.services.core import Core
from sweepd.services.moving.checked import CheckedSource
from sweepd.services.moving.foreign import ForeignRun, ProjectSource
from sweepd.services.moving.intake import Intake
from sweepd.services.moving.version_intake import VersionIntake
from sweepd.services.moving.view_intake import ViewIntake
from sweepd.services.sweeps import brought_in

_CLIENT_ID = re.compile(r"wandb-client-artifact://([A-Za-z0-9_-]{8,128})")


@dataclass(frozen=True)
class Taken:
    """One thing that was looked at.

    Attributes:
        kind: sweep, version, run or view.
        told: What it is and how much, for people.
        is_left: It did not come: something of one's own has its name.
    """

    kind: str
    told: str
    is_new: bool
    is_left: bool = False


class ProjectIntake:
    """Takes one project in."""

    def __init__(
        self,
        core: Core,
        runs: Intake,
        versions: VersionIntake,
        caller: Caller,
        where: tuple[str, str],
    ) -> None:
        self._core, self._runs, self._versions = core, runs, versions
        self._caller, self._where = caller, where
        self._seen: set[str] = set()  # clients' ids of versions

    def take(self, source: ProjectSource) -> Iterator[Taken]:
        """Take everything in, telling of each thing.

        Raises:
            Conflict: Something here has the same name and came from elsewhere.
            BadInput: The source gives what cannot be read.
        """
        source = CheckedSource(source)
        for sweep in source.sweeps():
            is_new = brought_in.take(self._core, self._caller, *self._where, sweep)
            yield Taken("sweep", f"sweep {sweep.sweep_id}", is_new)
        collections = list(source.collections())
        versions = [(one, home) for home in collections for one in home.versions]
        # By age: one that refers to another is younger; a collection's own stay in their order.
        versions.sort(key=lambda pair: (pair[0].created_at, pair[0].index))
        for version, home in versions:
            is_new = self._versions.take(home, version)
            yield Taken("version", f"{home.name}:v{version.index}", is_new)
        for home in collections:
            self._versions.place_names(home)
        made = {one.source_id: one.created_by for one, _ in versions if one.created_by}
        for run in source.runs():
            yield self._take_run(source, run, made)
        intake = ViewIntake(self._core, self._caller, self._where, source.name)
        for view in source.views():
            told = f"{view.kind} {view.display_name or view.name}"
            try:
                yield Taken("view", told, intake.take(view))
            except Conflict as error:
                yield Taken("view", str(error), False, is_left=True)

    def _take_run(self, source: ProjectSource, run: ForeignRun, made: dict[str, str]) -> Taken:
        streams = run.lines
        watched = replace(streams, history=lambda: self._watch(source, streams.history()))
        try:
            is_new = self._runs.take(replace(run, streams=watched))
        except NotFound as error:
            if "was deleted" not in str(error):
                raise
            return Taken("run", f"run {run.run_id}: deleted here, and left so", False)
        self._know(source, str(run.summary))
        here = self._runs.find(run.run_id)
        if here is not None:
            self._versions.note_lineage(here, source.lineage(run.run_id), made)
        size = f"{run.n_lines} lines, {len(run.files)} files"
        return Taken("run", f"run {run.run_id}: {size}", is_new)

    def _watch(self, source: ProjectSource, lines: Iterable[str]) -> Iterator[str]:
        for line in lines:
            self._know(source, line)
            yield line

    def _know(self, source: ProjectSource, text: str) -> None:
        """Versions that rows name by their clients' own ids are found by them here, too."""
        for client_id in client_ids_in(text) - self._seen:
            self._seen.add(client_id)
            found = source.artifact_of(client_id)
            if found is not None:
                self._versions.know_as(found, client_id)


def client_ids_in(text: str) -> set[str]:
    """The clients' own ids by which a line names versions."""
    return set(_CLIENT_ID.findall(text)) if "wandb-client-artifact" in text else set()
