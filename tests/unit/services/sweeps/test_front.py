"""The Pareto front of a sweep with several metrics, as pages and commands are told of it."""

import json
from dataclasses import replace
from typing import Any

import pytest

from sweepd import server
from sweepd.domain.sweeps import Sweep
from sweepd.domain.users import Caller
from sweepd.services.runs.runs import RunChange
from sweepd.services.streams.lines import StreamPost
from tests.unit.services.handing_out import make_sweep, next_run, register

pytestmark = pytest.mark.both_databases
TWO = """
method: bayes
metrics: [{name: val/acc, goal: maximize}, {name: size, goal: minimize}]
parameters: {x: {values: [1, 2, 3]}}
"""


def work(parts: server.Parts, ann: Caller, sweep: Sweep, summary: Any, exitcode: int = 0) -> str:
    """One run, queued by hand, that ends with that summary."""
    parts.services.sweeps.enqueue(ann, sweep.pk, {"x": 1}, None)
    run_id = str(next_run(parts, ann, register(parts, ann, sweep)).run_id)
    change = RunChange(summary=json.dumps(summary))
    parts.services.runs.upsert(ann, None, "p", run_id, change)
    post = StreamPost(exitcode=exitcode, is_complete=True)
    parts.services.history.append(ann, ann.name, "p", run_id, post)
    return run_id


def test_the_front_follows_what_ends_and_leaves_out_what_failed(
    parts: server.Parts, ann: Caller
) -> None:
    sweep = make_sweep(parts, ann, TWO)

    def front() -> list[tuple[str, tuple[float, ...]]]:
        found = parts.services.sweeps.front(sweep)
        assert all(run.name for run in found)
        return [(run.run_id, run.values) for run in found]

    assert front() == []
    small = work(parts, ann, sweep, {"val/acc": 0.8, "size": 5})
    assert front() == [(small, (0.8, 5.0))]
    work(parts, ann, sweep, {"val/acc": 0.7, "size": 5})  # beaten
    work(parts, ann, sweep, {"val/acc": 0.99})  # without a size
    work(parts, ann, sweep, {"val/acc": 0.99, "size": 1}, exitcode=1)
    best = work(parts, ann, sweep, {"val/acc": {"max": 0.9, "last": 0.1}, "size": 9})
    assert front() == [(best, (0.9, 9.0)), (small, (0.8, 5.0))]
    parts.services.runs.upsert(ann, None, "p", small, RunChange(summary='{"size": 5}'))
    assert front()[0][0] == best


@pytest.mark.parametrize("first", ["minimize", "maximize"])
def test_the_front_follows_the_file(parts: server.Parts, ann: Caller, first: str) -> None:
    """What is kept is of one text, whichever of the two comes first in the alphabet."""
    sweep = make_sweep(parts, ann, TWO.replace("goal: minimize", f"goal: {first}"))
    small = work(parts, ann, sweep, {"val/acc": 0.8, "size": 5})
    large = work(parts, ann, sweep, {"val/acc": 0.8, "size": 9})
    best = {"minimize": small, "maximize": large}
    second = "minimize" if first == "maximize" else "maximize"
    edited = replace(sweep, config_yaml=TWO.replace("goal: minimize", f"goal: {second}"))
    for each, goal in ((sweep, first), (edited, second), (sweep, first)):
        assert [run.run_id for run in parts.services.sweeps.front(each)] == [best[goal]]


def test_with_one_metric_there_is_none(parts: server.Parts, ann: Caller) -> None:
    one = "method: random\nmetric: {name: size}\nparameters: {x: {values: [1, 2]}}"
    sweep = make_sweep(parts, ann, one)
    work(parts, ann, sweep, {"size": 1.0})
    assert parts.services.sweeps.front(sweep) == []
