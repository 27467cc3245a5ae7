"""Whatever is wrong in a project's file, or in a server's answer, is refused in words."""

import copy
import itertools
import json
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sweepd import server
from sweepd.domain.errors import BadInput, SweepdError
from sweepd.domain.users import Caller
from sweepd.services.moving import project_file
from sweepd.services.moving.foreign import ProjectSource
from sweepd.services.moving.intake import Intake
from sweepd.services.moving.project_file import ProjectFile
from sweepd.services.moving.project_intake import ProjectIntake
from sweepd.services.moving.version_intake import VersionIntake
from sweepd.services.moving.wire_project import WireProject
from tests.unit.services.moving import projects

Place = tuple[Any, ...]
ODD = (None, [5], {"a": []}, "\ud800", -(10**30))


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[ProjectSource, Path]]:
    """A server's project, and its file."""
    parts, ann = projects.make(tmp_path_factory.mktemp("there") / "data")
    source = projects.source_of(parts, ann)
    file = tmp_path_factory.mktemp("file") / "p.zip"
    project_file.write(source, file)
    yield source, file
    parts.core.db.close()


def take(parts: server.Parts, ann: Caller, source: ProjectSource, project: str) -> None:
    services, where = parts.services, ("ann", project)
    used = (services.runs, services.history, services.reading, services.files)
    runs = Intake(parts.core, used, ann, *where)
    versions = VersionIntake(parts.core, services.artifacts, ann, where, source.name)
    list(ProjectIntake(parts.core, runs, versions, ann, where).take(source))


def places(value: Any, at: Place = ()) -> Iterator[Place]:
    """Where values stand in JSON; of a list the first alone."""
    if isinstance(value, dict):
        for name, item in value.items():
            yield (*at, name)
            yield from places(item, (*at, name))
    elif isinstance(value, list) and value:
        yield (*at, 0)
        yield from places(value[0], (*at, 0))


def damaged(value: Any, place: Place, odd: Any) -> Any:
    """The same with another value at a place; `...`: with none."""
    made = copy.deepcopy(value)
    inner = made
    for step in place[:-1]:
        inner = inner[step]
    if odd is ...:
        del inner[place[-1]]
    else:
        inner[place[-1]] = odd
    return made


def refused(parts: server.Parts, ann: Caller, source: Any, project: str) -> bool:
    """Whether it is; any other error than one of ours fails the test."""
    try:
        take(parts, ann, source(), project)
    except SweepdError as error:
        assert str(error)
        return True
    return False


@pytest.mark.slow
def test_any_value_of_a_file_may_be_another(
    parts: server.Parts, ann: Caller, whole: tuple[ProjectSource, Path], tmp_path: Path
) -> None:
    with zipfile.ZipFile(whole[1]) as file:
        members = {name: file.read(name) for name in file.namelist()}
    number, n_refused = itertools.count(), 0
    path = tmp_path / "damaged.zip"
    for name in ("sweeps.jsonl", "collections.jsonl", "runs.jsonl", "views.jsonl", "project.json"):
        rows = [json.loads(line) for line in members[name].splitlines()]
        for n, place in enumerate(places(rows)):
            odd = (..., *ODD)[n % 6]
            made = "\n".join(map(json.dumps, damaged(rows, place, odd))).encode()
            with zipfile.ZipFile(path, "w") as file:
                for member, content in members.items():
                    file.writestr(member, made if member == name else content)
            n_refused += refused(parts, ann, lambda: ProjectFile(path), f"p{next(number)}")
    assert n_refused > 40


@pytest.mark.slow
def test_any_member_of_a_file_may_be_gone_or_hold_anything(
    parts: server.Parts, ann: Caller, whole: tuple[ProjectSource, Path], tmp_path: Path
) -> None:
    with zipfile.ZipFile(whole[1]) as file:
        members = {name: file.read(name) for name in file.namelist()}
    number, n_refused = itertools.count(), 0
    path = tmp_path / "damaged.zip"
    instead = itertools.cycle((None, b"[1]\n", b"\xff\xfe{", b'"x"\n'))
    for name, made in zip(members, instead, strict=False):
        with zipfile.ZipFile(path, "w") as file:
            for member, content in (members | {name: made}).items():
                if content is not None:
                    file.writestr(member, content)
        n_refused += refused(parts, ann, lambda: ProjectFile(path), f"m{next(number)}")
    assert n_refused > len(members) // 2


@pytest.mark.slow
def test_flipped_bytes_of_a_file_are_noticed(
    parts: server.Parts, ann: Caller, whole: tuple[ProjectSource, Path], tmp_path: Path
) -> None:
    content = whole[1].read_bytes()
    path = tmp_path / "damaged.zip"
    n_refused = 0
    for n, at in enumerate(range(40, len(content), max(1, len(content) // 60))):
        path.write_bytes(content[:at] + bytes([content[at] ^ 0x55]) + content[at + 1 :])
        n_refused += refused(parts, ann, lambda: ProjectFile(path), f"b{n}")
    assert n_refused > 20


class Lying:
    """A server one of whose answers is another."""

    def __init__(self, wire: Any, n: int, way: int, odd: Any) -> None:
        self._wire, self._n, self._way, self._odd = wire, n, way, odd

    def query(self, document: str, **variables: Any) -> dict[str, Any]:
        found: dict[str, Any] = self._wire.query(document, **variables)
        self._n -= 1
        if self._n == -1:
            all_places = list(places(found))
            found = damaged(found, all_places[self._way % len(all_places)], self._odd)
        return found

    def read(self, address: str) -> Iterator[bytes]:
        yield from self._wire.read(address)


@pytest.mark.slow
def test_any_value_of_an_answer_may_be_another(
    parts: server.Parts, ann: Caller, whole: tuple[ProjectSource, Path]
) -> None:
    wire = whole[0]._wire  # type: ignore[attr-defined]
    n_refused = 0
    for n in range(72):
        odd = (..., *ODD)[n % 6]
        lying = Lying(wire, n % 24, 11 * n + n // 24, odd)
        n_refused += refused(
            parts, ann, lambda lying=lying: WireProject(lying, "https://there", "ann", "p"), f"w{n}"
        )
    assert n_refused > 20


class Endless:
    """A server that gives the same page for ever, as if it were the next."""

    def __init__(self, wire: Any) -> None:
        self._wire, self.n = wire, 0

    def query(self, document: str, **variables: Any) -> dict[str, Any]:
        self.n += 1
        assert self.n < 200
        found = copy.deepcopy(self._wire.query(document, **{**variables, "cursor": None}))
        project = found.get("project") or {}
        if "found" in project:
            project["found"]["edges"] = []
            project["found"]["pageInfo"] = {"hasNextPage": True, "endCursor": str(self.n)}
        return dict(found)

    def read(self, address: str) -> Iterator[bytes]:
        yield from self._wire.read(address)


@pytest.mark.slow
def test_pages_without_end_that_bring_nothing_end(
    parts: server.Parts, ann: Caller, whole: tuple[ProjectSource, Path]
) -> None:
    endless = Endless(whole[0]._wire)  # type: ignore[attr-defined]
    take(parts, ann, WireProject(endless, "https://there", "ann", "p"), "endless")
    assert endless.n == 4 + 4  # sweeps, types, fields of runs, runs; each kind of view


@pytest.mark.slow
def test_what_was_wrong_is_said(
    parts: server.Parts, ann: Caller, whole: tuple[ProjectSource, Path], tmp_path: Path
) -> None:
    path = tmp_path / "damaged.zip"
    with zipfile.ZipFile(whole[1]) as file, zipfile.ZipFile(path, "w") as made:
        for name in file.namelist():
            content = file.read(name)
            made.writestr(name, content.replace(b'"display_name": ', b'"display_name": 5, "x": '))
    with pytest.raises(BadInput, match=r"a sweep cannot be read \(TypeError.*unexpected keyword"):
        take(parts, ann, ProjectFile(path), "said")
