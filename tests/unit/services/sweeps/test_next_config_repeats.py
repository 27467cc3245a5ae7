"""Finite spaces: random draws with replacement, models repeat when nothing new is left, `distinct`
gives each config once; and every place tells the same number of runs."""

import json
import time
from collections import Counter
from pathlib import Path

import pytest
from typer.testing import CliRunner

from sweepd import server
from sweepd.cli import app
from sweepd.domain.paging import BEGINNING
from sweepd.domain.sweeps import Sweep, SweepState
from sweepd.domain.users import Caller
from sweepd.services.runs.runs import RunChange
from sweepd.services.sweeps.sweeps import SweepChange
from tests.unit.services.handing_out import (
    GRID,
    beat,
    begin,
    end,
    log,
    make_sweep,
    register,
    state_of,
    work_off,
)

WEIGHTED = """
method: random
program: train.py
run_cap: 40
parameters: {optimizer: {values: [adam, sgd], probabilities: [0.9, 0.1]}}
sweepd: {seed: 3}
"""


@pytest.mark.slow
def test_random_draws_with_replacement(parts: server.Parts, ann: Caller) -> None:
    sweep = make_sweep(parts, ann, WEIGHTED)
    assert sweep.n_expected == 40
    assert len(work_off(parts, ann, register(parts, ann, sweep))) == 40
    found = Counter(json.loads(p.config)["optimizer"] for p in parts.services.sweeps.points(sweep))
    assert found["adam"] >= 30
    assert found["sgd"] >= 1
    assert state_of(parts, ann, sweep).state is SweepState.FINISHED


@pytest.mark.slow
@pytest.mark.parametrize("method", ["random", "bayes"])
def test_distinct_gives_each_config_once(parts: server.Parts, ann: Caller, method: str) -> None:
    text = GRID.replace("grid", method) + "sweepd: {distinct: true}\nrun_cap: 40\n"
    sweep = make_sweep(parts, ann, text)
    assert sweep.n_expected == 6
    assert len(_all(parts, ann, sweep)) == 6
    assert len({p.config for p in parts.services.sweeps.points(sweep)}) == 6
    assert state_of(parts, ann, sweep).state is SweepState.FINISHED


@pytest.mark.slow
def test_bayes_prefers_what_is_new_and_then_repeats(parts: server.Parts, ann: Caller) -> None:
    sweep = make_sweep(parts, ann, GRID.replace("grid", "bayes") + "run_cap: 9\n")
    assert sweep.n_expected == 9
    found = _all(parts, ann, sweep)
    assert len(found) == 9
    assert len(set(found[:6])) == 6, "what is new comes first"
    assert state_of(parts, ann, sweep).state is SweepState.FINISHED


def _all(parts: server.Parts, ann: Caller, sweep: Sweep) -> list[str]:
    """The configs one agent gets until it is sent home."""
    agent, found = register(parts, ann, sweep), []
    parts.proposals.start()
    try:
        deadline = time.monotonic() + 120
        while time.monotonic() < deadline:
            for command in beat(parts, ann, agent):
                if command.kind == "exit":
                    return found
                begin(parts, ann, str(command.run_id))
                log(parts, ann, str(command.run_id), 0, float(len(found)))
                end(parts, ann, str(command.run_id))
                found.append(json.dumps(command.config))
    finally:
        parts.proposals.stop()
    pytest.fail("the agent was never sent home")


EXPECTED = {  # file, (a, b) of attached runs, runs there will be
    "grid": (GRID, [], 6),
    "grid with an attached cell": (GRID, [(1, "x")], 6),
    "grid and a run that does not fit it": (GRID, [(9, "x")], 6),
    "grid with a cell attached twice": (GRID, [(1, "x"), (1, "x")], 7),
    "cap": (GRID + "run_cap: 2\n", [], 2),
    "cap and an attached cell": (GRID + "run_cap: 2\n", [(1, "x")], 3),
    "repeats": (GRID + "sweepd: {repeats: 2}\n", [], 12),
    "repeats and an attached cell": (GRID + "sweepd: {repeats: 2}\n", [(1, "x")], 11),
    "random": (GRID.replace("grid", "random") + "run_cap: 8\n", [], 8),
    "distinct": (GRID.replace("grid", "random") + "sweepd: {distinct: true}\n", [], 6),
    "distinct, attached": (
        GRID.replace("grid", "random") + "sweepd: {distinct: true}\n",
        [(2, "y")],
        6,
    ),
}


@pytest.mark.slow
@pytest.mark.parametrize(("text", "attached", "n"), EXPECTED.values(), ids=EXPECTED)
def test_sweep_ends_with_as_many_runs_as_were_told(
    parts: server.Parts,
    ann: Caller,
    text: str,
    attached: list[tuple[int, str]],
    n: int,
    tmp_path: Path,
) -> None:
    names = [f"prior{i}" for i in range(len(attached))]
    for name, (a, b) in zip(names, attached, strict=True):
        config = json.dumps({"a": {"value": a}, "b": {"value": b}, "other": {"value": 1}})
        change = RunChange(config=config, host="h", program="t.py")
        parts.services.runs.upsert(ann, None, "p", name, change)
        end(parts, ann, name)
    change_ = SweepChange(config_yaml=text, prior_runs=names)
    sweep, _ = parts.services.sweeps.create(ann, None, "p", change_)
    sweep = state_of(parts, ann, sweep)
    assert sweep.n_expected == n
    page = parts.services.sweeps.page_prior_runs(sweep, BEGINNING, 10)
    fitting = [name for name, (a, _) in zip(names, attached, strict=True) if a <= 3]
    assert [run.run_id for run in page.values] == fitting
    if not attached:
        path = tmp_path / "sweep.yaml"
        path.write_text(text)
        said = CliRunner().invoke(app, ["check", str(path)])
        assert f" {n} runs" in said.output, said.output
        assert parts.services.sweeps.preview(text)[1] == n
    work_off(parts, ann, register(parts, ann, sweep))
    assert sum(parts.services.sweeps.count_runs(sweep).values()) == n
    assert state_of(parts, ann, sweep).n_expected == n
