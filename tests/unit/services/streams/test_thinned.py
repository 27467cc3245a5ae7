"""A sample from thinned columns: true rows, spread, first, last and extremes among them."""

import itertools
import json
import random
from typing import Any

import pytest

from sweepd import server
from sweepd.domain.users import Caller
from sweepd.services.runs.runs import RunChange
from sweepd.services.streams import reading as module
from sweepd.services.streams import thinned
from sweepd.services.streams.lines import Lines, StreamPost
from sweepd.services.streams.reading import Stream
from sweepd.store.columns.segment import Segment
from sweepd.store.columns.thinning import SAMPLE_BUCKET

N = 3000
ASKED = [
    ["_step", "loss"],
    ["loss", "_timestamp", "_step"],
    ["_step", "loss", "acc"],
    ["acc", "count", "_step", "loss", "_timestamp"],
    ["_step", "loss", "other"],
]


def rows_of(seed: int) -> list[dict[str, Any]]:
    """What a run logs: now and then without the number, a whole one, or none that is finite."""
    rng = random.Random(seed)
    rows: list[dict[str, Any]] = []
    for step in range(N):
        row: dict[str, Any] = {"_step": 2 * step, "loss": rng.gauss(0, 1), "other": "x"}
        row |= {"acc": rng.random(), "count": rng.randrange(10**6), "_timestamp": 1.7e9 + step / 4}
        if seed and rng.random() < 0.01:
            row["loss"] = rng.choice([3, float("nan"), None, "word"])
        if seed == 2 and rng.random() < 0.1:
            del row["loss"]
        if seed == 2 and rng.random() < 0.1:
            row = {"note": 1} | row
        rows.append(row)
    return rows


@pytest.mark.slow
@pytest.mark.parametrize(("n_samples", "sparse"), [(50, thinned.SPARSE), (20, 1)])
@pytest.mark.parametrize("n_gathered", [0, 2000, N])
@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("keys", ASKED, ids=" ".join)
def test_a_sample_of_a_long_history_is_of_its_rows(
    parts: server.Parts,
    ann: Caller,
    monkeypatch: pytest.MonkeyPatch,
    keys: list[str],
    seed: int,
    n_gathered: int,
    n_samples: int,
    sparse: int,
) -> None:
    monkeypatch.setattr(module, "COARSE", 1)
    monkeypatch.setattr(thinned, "SPARSE", sparse)
    rows, service = rows_of(seed), parts.services
    service.runs.upsert(ann, None, "p", "r", RunChange())
    for first, end in ((0, n_gathered), (n_gathered, N)):
        lines = [json.dumps(row) for row in rows[first:end]]
        if lines:
            service.history.append(ann, "ann", "p", "r", StreamPost(history=Lines(first, lines)))
        if first == 0 and lines:
            assert parts.gathering.gather_all(1, 1)
    run = service.runs.get(ann, "ann", "p", "r")
    own = {row["_step"]: row for row in rows if set(keys) <= row.keys()}
    found = service.reading.sample(run, keys, n_samples)
    assert len(found) == n_samples
    steps = [row["_step"] for row in found]
    assert steps == sorted(set(steps))
    assert (steps[0], steps[-1]) == (min(own), max(own))
    farthest = 2 * N / 5 if sparse > 1 else 4 * SAMPLE_BUCKET
    assert max(b - a for a, b in itertools.pairwise(steps)) < farthest
    for row in found:
        assert list(row) == keys
        assert repr(row) == repr({key: own[row["_step"]][key] for key in keys})
    for key in {"loss", "acc", "count"} & set(keys):
        values = (row[key] for row in own.values())
        numbers = [v for v in values if isinstance(v, float | int) and v == v]
        told = [row[key] for row in found]
        assert min(numbers) in told
        assert max(numbers) in told


@pytest.mark.slow
@pytest.mark.parametrize("keys", ASKED[:4], ids=" ".join)
def test_no_column_is_read_whole(
    parts: server.Parts, ann: Caller, monkeypatch: pytest.MonkeyPatch, keys: list[str]
) -> None:
    monkeypatch.setattr(module, "COARSE", 1)
    lines = [json.dumps(row) for row in rows_of(0)]
    parts.services.runs.upsert(ann, None, "p", "r", RunChange())
    post = StreamPost(history=Lines(0, lines))
    parts.services.history.append(ann, "ann", "p", "r", post)
    assert parts.gathering.gather_all(1, 1)
    run = parts.services.runs.get(ann, "ann", "p", "r")
    monkeypatch.setattr(thinned, "_read", lambda *_: [dict.fromkeys(keys, 0)])
    monkeypatch.setattr(Segment, "numbers", pytest.fail)
    assert len(parts.services.reading.sample(run, keys, 50)) > 0
    assert len(parts.services.reading.lines(run, Stream.HISTORY, 0, 4)) == 2


@pytest.mark.slow
@pytest.mark.parametrize("keys", ASKED[2:4], ids=" ".join)
def test_of_several_numbers_a_segments_sample_is_all_that_is_read(
    parts: server.Parts, ann: Caller, monkeypatch: pytest.MonkeyPatch, keys: list[str]
) -> None:
    monkeypatch.setattr(module, "COARSE", 1)
    rows = rows_of(0)
    parts.services.runs.upsert(ann, None, "p", "r", RunChange())
    post = StreamPost(history=Lines(0, [json.dumps(row) for row in rows]))
    parts.services.history.append(ann, "ann", "p", "r", post)
    assert parts.gathering.gather_all(1, 1)
    run = parts.services.runs.get(ann, "ann", "p", "r")
    monkeypatch.setattr(thinned, "SPARSE", 1)
    for name in ("rows", "numbers", "values", "level"):
        monkeypatch.setattr(Segment, name, pytest.fail)
    found = parts.services.reading.sample(run, keys, 12)
    assert len(found) == 12 and found[0]["_step"] == 0


def test_rows_are_chosen_by_what_the_script_logged() -> None:
    assert thinned.numbers_of(["_step", "a.b", "_runtime", "loss"]) == ["a.b", "loss"]
