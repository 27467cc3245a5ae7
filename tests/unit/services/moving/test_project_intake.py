"""A project of another server comes in whole, whatever is cut, and goes out into a file."""

import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from sweepd import server
from sweepd.domain.errors import BadInput, Conflict, Unavailable
from sweepd.domain.sweeps import CellState, SweepState
from sweepd.domain.users import Caller
from sweepd.services.moving import intake, project_file, wire_project
from sweepd.services.moving.foreign import ProjectSource
from sweepd.services.moving.intake import Intake
from sweepd.services.moving.project_file import ProjectFile
from sweepd.services.moving.project_intake import ProjectIntake
from sweepd.services.moving.version_intake import VersionIntake
from sweepd.services.moving.wire_project import WireProject
from sweepd.services.streams.lines import Lines, StreamPost
from sweepd.services.sweeps.sweeps import SweepChange
from sweepd.store import cells
from tests.unit.services.moving import projects


@pytest.fixture(scope="module")
def there(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[server.Parts, Caller]]:
    """The other server; only read."""
    parts, ann = projects.make(tmp_path_factory.mktemp("there") / "data")
    yield parts, ann
    parts.core.db.close()


def take(parts: server.Parts, ann: Caller, source: ProjectSource) -> list[str]:
    """What was brought in, into another project than it was in there."""
    services, where = parts.services, ("ann", "moved")
    used = (services.runs, services.history, services.reading, services.files)
    runs = Intake(parts.core, used, ann, *where)
    versions = VersionIntake(parts.core, services.artifacts, ann, where, source.name)
    whole = ProjectIntake(parts.core, runs, versions, ann, where)
    return [taken.told for taken in whole.take(source) if taken.is_new]


def is_whole(parts: server.Parts, ann: Caller, there: tuple[server.Parts, Caller]) -> bool:
    assert projects.seen(parts, ann, "ann", "moved") == projects.seen(*there, "ann", "p")
    return True


class Cut:
    """A wire that breaks after so many answers."""

    def __init__(self, wire: Any, n: int) -> None:
        self._wire, self._n = wire, n

    def _count(self) -> None:
        self._n -= 1
        if self._n < 0:
            raise Unavailable("the wire broke")

    def query(self, document: str, **variables: Any) -> dict[str, Any]:
        self._count()
        return dict(self._wire.query(document, **variables))

    def read(self, address: str) -> Iterator[bytes]:
        self._count()
        yield from self._wire.read(address)


@pytest.mark.slow
@pytest.mark.both_databases
def test_a_project_comes_whole_and_only_once(
    parts: server.Parts, ann: Caller, there: tuple[server.Parts, Caller]
) -> None:
    assert len(take(parts, ann, projects.source_of(*there))) == 1 + 3 + 4 + 3
    assert is_whole(parts, ann, there)
    before = projects.seen(parts, ann, "ann", "moved")
    assert take(parts, ann, projects.source_of(*there)) == []
    assert projects.seen(parts, ann, "ann", "moved") == before


@pytest.mark.slow
def test_cut_anywhere_it_goes_on_and_doubles_nothing(
    parts: server.Parts,
    ann: Caller,
    there: tuple[server.Parts, Caller],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(wire_project, "SMALL", 5)  # so that histories come by pages
    monkeypatch.setattr(wire_project, "STEPS", 8)
    monkeypatch.setattr(intake, "LINES_AT_ONCE", 5)  # and are cut in the middle
    whole = projects.source_of(*there)
    n, tries = 2, 0
    while True:
        tries += 1
        source = WireProject(Cut(whole._wire, n), "https://there", "ann", "p")
        try:
            take(parts, ann, source)
            break
        except Unavailable:
            n += 2
    assert tries > 10
    assert is_whole(parts, ann, there)


@pytest.mark.slow
def test_a_half_done_grid_waits_here_and_then_hands_out_the_rest(
    parts: server.Parts, ann: Caller, there: tuple[server.Parts, Caller]
) -> None:
    take(parts, ann, projects.source_of(*there))
    project = parts.services.projects.find(ann, "ann", "moved")
    assert project is not None
    [sweep] = parts.services.sweeps.list_all(project)
    assert sweep.state is SweepState.PAUSED and "resume" in sweep.state_reason
    assert (sweep.n_cells, sweep.n_open, sweep.n_configs) == (2, 0, 4)
    with parts.core.db.read() as connection:
        taken = [cell.state for cell in cells.list_cells(connection, sweep.pk)]
    assert taken == [CellState.DONE, CellState.FAILED]
    run = parts.services.runs.get(ann, "ann", "moved", "one")
    assert (run.metric_last, run.metric_max) == (1 / projects.N_LINES, 1)
    assert len(parts.services.reading.objective(run)) == projects.N_LINES
    parts.services.sweeps.update(ann, sweep.pk, SweepChange(state=SweepState.RUNNING))
    assert take(parts, ann, projects.source_of(*there)) == []  # it is this server's now
    assert parts.services.sweeps.get_by_pk(ann, sweep.pk).state is SweepState.RUNNING


@pytest.mark.slow
def test_rows_and_references_lead_to_the_versions_here(
    parts: server.Parts, ann: Caller, there: tuple[server.Parts, Caller]
) -> None:
    take(parts, ann, projects.source_of(*there))
    artifacts = parts.services.artifacts
    project = parts.services.projects.find(ann, "ann", "moved")
    assert project is not None
    pk = artifacts.find_by_client_id(ann, "clientofmodel")
    first = artifacts.collections.find_membership(project, "model:v0")
    assert first is not None and pk == first.artifact_pk
    best = artifacts.collections.find_membership(project, "model:best")
    refers = artifacts.collections.find_membership(project, "refers:v0")
    assert best is not None and refers is not None
    [entry] = artifacts.entries(artifacts.get(ann, refers.artifact_pk))
    expected = f"Artifact:{best.artifact_pk}".encode().hex()
    assert entry.ref == f"wandb-artifact://{expected}/model.bin"


@pytest.mark.slow
@pytest.mark.parametrize("what", ["run", "sweep", "version"])
def test_what_is_of_ones_own_stays_as_it_is(
    parts: server.Parts, ann: Caller, there: tuple[server.Parts, Caller], what: str
) -> None:
    take(parts, ann, projects.source_of(*there))
    other = WireProject(projects.source_of(*there)._wire, "https://another", "ann", "p")
    if what != "sweep":
        other.sweeps = lambda: iter(())  # type: ignore[method-assign]
    if what == "run":
        other.collections = lambda: iter(())  # type: ignore[method-assign]
    before = projects.seen(parts, ann, "ann", "moved")
    with pytest.raises(Conflict, match=f"has a {what} .* already.*another project"):
        take(parts, ann, other)
    assert projects.seen(parts, ann, "ann", "moved") == before


@pytest.mark.slow
def test_what_was_deleted_here_stays_so_and_stops_nothing(
    parts: server.Parts, ann: Caller, there: tuple[server.Parts, Caller]
) -> None:
    take(parts, ann, projects.source_of(*there))
    services = parts.services
    services.runs.delete(ann, services.runs.get(ann, "ann", "moved", "one").pk)
    project = services.projects.find(ann, "ann", "moved")
    assert project is not None
    place = services.artifacts.collections.find_membership(project, "model:v0")
    assert place is not None
    services.artifacts.removals.delete(ann, place.artifact_pk, delete_aliases=True)
    assert take(parts, ann, projects.source_of(*there)) == []
    found = projects.seen(parts, ann, "ann", "moved")
    assert set(found["runs"]) == {"two", "three", "live"} and "model:v0" not in found["versions"]


@pytest.mark.slow
def test_a_run_that_went_on_there_goes_on_here(
    parts: server.Parts, ann: Caller, tmp_path: Path
) -> None:
    other, owner = projects.make(tmp_path / "other")
    take(parts, ann, projects.source_of(other, owner))
    more = StreamPost(
        history=Lines(projects.N_LINES, ['{"_step": 30, "loss": 0.5}']), is_complete=True
    )
    other.services.history.append(owner, "ann", "p", "live", more)
    told = take(parts, ann, projects.source_of(other, owner))
    assert told == ["run live: 31 lines, 1 files"]
    run = parts.services.runs.get(ann, "ann", "moved", "live")
    assert (run.state, run.history_lines) == ("finished", 31)
    other.core.db.close()


@pytest.mark.slow
def test_a_file_holds_the_project_for_another_server(
    parts: server.Parts, ann: Caller, there: tuple[server.Parts, Caller], tmp_path: Path
) -> None:
    file = tmp_path / "p.zip"
    assert project_file.write(projects.source_of(*there), file) == {
        "sweeps": 1,
        "versions": 3,
        "runs": 4,
        "views": 3,
    }
    assert len(take(parts, ann, ProjectFile(file))) == 1 + 3 + 4 + 3
    assert is_whole(parts, ann, there)
    assert take(parts, ann, ProjectFile(file)) == []
    assert parts.services.artifacts.find_by_client_id(ann, "clientofmodel") is not None


def later(file: Path) -> None:
    with zipfile.ZipFile(file, "w") as made:
        made.writestr("project.json", '{"format": 2, "name": "", "client_ids": {}}')


def without_head(file: Path) -> None:
    with zipfile.ZipFile(file, "w") as made:
        made.writestr("other", "")


@pytest.mark.parametrize(
    ("make", "why"),
    [
        (later, "expected format 1, got 2.*later sweepd"),
        (without_head, "expected a project of `sweepd export`"),
        (lambda file: file.write_bytes(b"PK"), "expected a project of `sweepd export`"),
    ],
)
def test_another_file_is_refused(tmp_path: Path, make: Callable[[Path], Any], why: str) -> None:
    file = tmp_path / "p.zip"
    make(file)
    with pytest.raises(BadInput, match=why):
        ProjectFile(file)


@pytest.mark.slow
def test_a_project_that_breaks_off_leaves_no_file(
    there: tuple[server.Parts, Caller], tmp_path: Path
) -> None:
    source = WireProject(Cut(projects.source_of(*there)._wire, 20), "https://there", "ann", "p")
    with pytest.raises(Unavailable):
        project_file.write(source, tmp_path / "p.zip")
    assert list(tmp_path.iterdir()) == []
