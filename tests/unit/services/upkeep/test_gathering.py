"""Lines in columns read as the lines sent did, whatever is asked; their files have holders."""

import json
import random
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from sweepd import server
from sweepd.domain.errors import NotFound
from sweepd.domain.runs import Run
from sweepd.domain.users import Caller
from sweepd.services.runs.runs import RunChange
from sweepd.services.streams import reading
from sweepd.services.streams.lines import Lines, StreamPost
from sweepd.services.streams.reading import Stream
from sweepd.services.upkeep import backup, gathering, restoring
from sweepd.settings import Settings
from sweepd.store import schema, segments
from sweepd.store.blobs import Blobs
from sweepd.store.columns.packing import Packed, pack_chunks
from tests.conftest import FakeClock

N = 3000


def line(step: int, chance: random.Random) -> str:
    """A row of a lively run: numbers of all kinds, nested keys, media, now and then no object."""
    row: dict[str, Any] = {"_step": step, "_timestamp": 1.7e9 + step / 4, "loss": 1 / (step + 1)}
    if step % 3 == 0:
        row["eval"] = {"acc": round(chance.random(), 4), "n": step}
    if step % 500 == 7:
        row["loss"] = float("nan") if step % 1000 == 7 else 3
    if step % 700 == 0:
        row["image"] = {"_type": "image-file", "path": f"media/{step}.png"}
        row["note"] = ["a", None, 2**70]
    if step % 10 == 0:
        row["rare"] = chance.choice([1, 1.5, None, "x", True])
    return "not an object" if step == 1234 else json.dumps(row)


class Scene:
    """One run with a history and system events, posted 100 lines at a time."""

    def __init__(self, parts: server.Parts, ann: Caller) -> None:
        self.parts, self.ann, self.services = parts, ann, parts.services
        self.services.runs.upsert(ann, None, "p", "r", RunChange())

    def post(self, first: int, lines: list[str], stream: str = "history", name: str = "r") -> None:
        """Say lines from a number on."""
        said: dict[str, Any] = {stream: Lines(first, lines)}
        self.services.history.append(self.ann, "ann", "p", name, StreamPost(**said))

    def fill(self, n: int = N) -> None:
        chance = random.Random(3)
        lines = [line(step, chance) for step in range(n)]
        for first in range(0, n, 100):
            self.post(first, lines[first : first + 100])
        usage = [json.dumps({"system.cpu": i % 9, "_timestamp": i}) for i in range(n // 5)]
        self.post(0, usage, "events")

    def run(self, name: str = "r") -> Run:
        return self.services.runs.get(self.ann, None, "p", name)

    def count(self, table: Any) -> int:
        with self.parts.core.db.read() as connection:
            return len(connection.execute(table.select()).all())


@pytest.fixture
def scene(parts: server.Parts, ann: Caller) -> Scene:
    return Scene(parts, ann)


SPECS: list[dict[str, Any]] = [
    {"keys": ["loss"], "n_samples": 50},
    {"keys": ["loss", "_step"], "n_samples": 60, "min_step": 100, "max_step": 2500},
    {"keys": ["eval.acc", "loss"], "n_samples": 40},
    {"keys": ["eval"], "n_samples": 30},
    {"keys": ["image.path", "_step"], "n_samples": 3},
    {"keys": ["rare"], "n_samples": 10_000},
    {"keys": ["never"], "n_samples": 10},
]


def answers(scene: Scene, name: str = "r") -> Iterator[tuple[str, Any]]:
    """Every question about a run's streams, and what comes."""
    asked, run = scene.services.reading, scene.run(name)
    for stream in (Stream.HISTORY, Stream.EVENTS):
        yield f"lines {stream}", [said(x) for x in asked.lines(run, stream)]
        yield f"thinned {stream}", [said(x) for x in asked.thinned_lines(run, stream, 77)]
        yield f"last {stream}", said(asked.last_line(run, stream) or "")
    for low, high in ((0, 10), (990, 1010), (2990, 9999), (None, 5), (2995, None), (5000, 6000)):
        found = asked.lines(run, Stream.HISTORY, low, high)
        yield f"steps {low} {high}", [said(x) for x in found]
    for spec in SPECS:
        yield f"sample {spec}", repr(asked.sample(run, **spec))
    yield "keys", repr(asked.keys(run))
    yield "first", asked.first_row(run)


def said(text: str) -> Any:
    try:
        return repr(json.loads(text))
    except ValueError:
        return text


def drawn(scene: Scene) -> dict[str, Any]:
    return {
        name: (curve.n, min(filter(None, curve.values)), max(filter(None, curve.values)))
        for stream in (Stream.HISTORY, Stream.EVENTS)
        for name, curve in scene.services.reading.curves(scene.run(), stream, 200, 3).series.items()
    }


@pytest.mark.slow
@pytest.mark.parametrize(
    "database_url", ["", pytest.param("postgresql", marks=pytest.mark.postgres)], indirect=True
)
def test_every_answer_is_the_same_from_columns(scene: Scene) -> None:
    scene.fill()
    before, curves = dict(answers(scene)), drawn(scene)
    media = scene.services.reading.curves(scene.run(), Stream.HISTORY, 200, 3).media
    assert scene.parts.gathering.gather_all(1, 1) == 2
    assert scene.count(schema.chunks) == 0 and scene.count(schema.segments) == 2
    scene.services.reading._keys.clear()
    assert dict(answers(scene)) == before
    assert drawn(scene) == curves
    assert scene.services.reading.curves(scene.run(), Stream.HISTORY, 200, 3).media == media
    assert [step for step, _ in media["image"]] == [1400, 2100, 2800]
    points = scene.services.reading.curves(scene.run(), Stream.HISTORY, 200, 3).series["loss"]
    assert points.steps == sorted(points.steps) and points.times[0] == 1.7e9 + points.steps[0] / 4


def test_a_coarse_sample_keeps_the_extremes(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "COARSE", 1)
    values = [i % 7 / 7 for i in range(N)]
    values[1111], values[2222] = 9.5, -9.5
    scene.post(0, [json.dumps({"_step": i, "v": v}) for i, v in enumerate(values)])
    scene.parts.gathering.gather_all(1, 1)
    rows = scene.services.reading.sample(scene.run(), ["v", "_step"], 50)
    assert len(rows) == 50
    assert {(1111, 9.5), (2222, -9.5)} <= {(row["_step"], row["v"]) for row in rows}
    assert all(values[row["_step"]] == row["v"] for row in rows)


@pytest.mark.slow
def test_answers_from_columns_and_what_came_after_go_together(scene: Scene) -> None:
    """Gathered bit by bit, said again in the middle, cut, said anew: as if never gathered."""
    other = Scene(scene.parts, scene.ann)
    other.services.runs.upsert(scene.ann, None, "p", "plain", RunChange())
    chance = random.Random(8)
    n = 0
    for turn in range(40):
        again = chance.random() < 0.3 and n > 0
        first = chance.randrange(n) if again else n
        lines = [line(first + i, chance) for i in range(chance.randint(1, 60))]
        for name in ("r", "plain"):
            scene.post(first, lines, name=name)
        if turn % 9 == 8:
            for name in ("r", "plain"):
                scene.services.runs.rewind(scene.ann, None, "p", name, first)
        n = scene.run().history_lines
        assert n == scene.run("plain").history_lines
        with scene.parts.core.db.read() as connection:
            waiting = segments.read_waiting(connection, scene.run().pk, 0, 1, 50, 2)
        if waiting is not None:
            scene.parts.gathering.gather(scene.run().pk, 0, 1)
    assert dict(answers(scene, "r")) == dict(answers(scene, "plain"))


def test_lines_said_anew_while_they_were_packed_are_kept(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    scene.fill(200)

    def pack(bodies: Any) -> list[Packed]:
        scene.post(3, ['{"_step": 3, "loss": "new"}'])
        return pack_chunks(bodies)

    monkeypatch.setattr(scene.parts.gathering, "_pack", pack)
    assert scene.parts.gathering.gather(scene.run().pk, 0, 1) == 0
    assert scene.count(schema.segments) == 0
    assert "new" in scene.services.reading.lines(scene.run(), Stream.HISTORY)[3]


def test_only_long_or_ended_runs_are_gathered(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gathering, "MAX_LINES", 2000)
    scene.parts.gathering._unlisten = scene.parts.core.changes.listen(
        scene.parts.gathering._changed
    )
    scene.fill(1500)
    assert scene.parts.gathering.look() == 0
    scene.post(1500, [f'{{"_step": {i}}}' for i in range(1500, 2600)])
    assert scene.parts.gathering.look() == 1
    n_chunks = scene.count(schema.chunks)
    scene.services.history.append(
        scene.ann, "ann", "p", "r", StreamPost(is_complete=True, exitcode=0)
    )
    assert scene.parts.gathering.look() >= 1 and scene.count(schema.chunks) < n_chunks
    assert len(scene.services.reading.lines(scene.run(), Stream.HISTORY)) == 2600


def big(scene: Scene) -> str:
    """A run whose lines fill a file; returns the file's name."""
    chance = random.Random(1)
    scene.post(0, [json.dumps({"_step": i, "v": chance.random()}) for i in range(9000)])
    assert scene.parts.gathering.gather_all(1, 1) == 1
    with scene.parts.core.db.read() as connection:
        return str(connection.execute(schema.segments.select()).one().blob)


@pytest.mark.slow
def test_files_of_columns_are_kept_while_a_run_or_a_fork_has_them(
    scene: Scene, clock: FakeClock
) -> None:
    blob = big(scene)
    config = {"_wandb": {"value": {"t": {}, "branch_point": {"run_id": "r", "step": 99}}}}
    change = RunChange(config=json.dumps(config), host="h")
    scene.services.runs.upsert(scene.ann, None, "p", "fork", change)
    expected = scene.services.reading.lines(scene.run("fork"), Stream.HISTORY)
    assert len(expected) == 100
    begins_anew = RunChange(config=json.dumps({"_wandb": {"value": {"t": {}}}}), host="h")

    def sweep() -> bool:
        clock.forward(timedelta(days=9).total_seconds())
        scene.parts.housekeeping.remove_expired()
        return scene.parts.gathering._blobs.exists(blob)

    assert sweep()
    scene.services.runs.upsert(scene.ann, None, "p", "r", begins_anew)
    assert scene.services.reading.lines(scene.run(), Stream.HISTORY) == []
    assert sweep()
    assert scene.services.reading.lines(scene.run("fork"), Stream.HISTORY) == expected
    scene.services.runs.upsert(scene.ann, None, "p", "fork", begins_anew)
    assert not sweep()


@pytest.mark.slow
def test_backup_holds_the_columns(scene: Scene, tmp_path: Path, clock: FakeClock) -> None:
    big(scene)
    expected = dict(answers(scene))
    data = scene.parts.settings.data
    file, fresh = tmp_path / "backup.tar", tmp_path / "fresh"
    blobs = Blobs.open(str(data / "blobs"))
    backup.write(scene.parts.settings.database_url, blobs, file, clock.at, "0", data / "local.key")
    restoring.restore(file, fresh, lambda: Blobs.open(str(fresh / "blobs")))
    restored = server.build(Settings(data=fresh), clock)
    again = Scene(restored, restored.services.users.get_caller("ann"))
    assert dict(answers(again)) == expected
    restored.core.db.close()


@pytest.mark.slow
@pytest.mark.parametrize("damage", ["gone", "cut short", "other bytes"])
def test_lost_columns_are_told_of(scene: Scene, damage: str) -> None:
    blob = big(scene)
    path = scene.parts.settings.data / "blobs" / blob[:2] / blob[2:]
    if damage == "gone":
        path.unlink()
    else:
        path.write_bytes(path.read_bytes()[:100] if damage == "cut short" else b"x" * 1000)
    questions: list[Callable[[], object]] = [
        lambda: scene.services.reading.lines(scene.run(), Stream.HISTORY),
        lambda: scene.services.reading.sample(scene.run(), ["v"], 10),
        lambda: scene.services.reading.keys(scene.run()),
        lambda: scene.services.reading.curves(scene.run(), Stream.HISTORY, 10, 10),
    ]
    for question in questions:
        with pytest.raises(NotFound, match=r"history is .*; restore a backup"):
            question()


def test_purging_a_run_takes_its_segments(scene: Scene) -> None:
    scene.fill(300)
    scene.parts.gathering.gather_all(1, 1)
    assert scene.count(schema.segments)
    scene.services.runs.delete(scene.ann, scene.run().pk)
    scene.services.runs.upsert(scene.ann, None, "p", "r", RunChange(host="h", config="{}"))
    assert scene.count(schema.segments) == 0
