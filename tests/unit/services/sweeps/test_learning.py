"""`sweepd: {learn_from: [SWEEP]}`: which sweeps are taken, which refused, and what they teach."""

import json

import pytest

from sweepd import server
from sweepd.domain.errors import BadInput
from sweepd.domain.sweeps import Sweep
from sweepd.domain.users import Caller
from sweepd.services.streams.lines import Lines, StreamPost
from sweepd.services.sweeps import learning, specs
from sweepd.services.sweeps.proposals import Proposals
from sweepd.services.sweeps.sweeps import SweepChange
from tests.conftest import wait_until
from tests.unit.services.handing_out import edit, end, make_sweep, next_run, register, state_of

pytestmark = pytest.mark.both_databases
GRID = """
method: grid
metric: {name: acc, goal: maximize}
parameters: {x: {values: [1, 2, 3]}}
"""
LATER = """
method: bayes
metric: {name: loss, goal: minimize}
parameters: {x: {min: 0.0, max: 10.0}, y: {values: [a, b]}}
sweepd: {learn_from: [NAME]}
"""


def source_of(parts: server.Parts, ann: Caller) -> Sweep:
    """A sweep of three runs, the last of which failed."""
    sweep = make_sweep(parts, ann, GRID)
    agent = register(parts, ann, sweep)
    for accuracy, exitcode in ((0.5, 0), (0.7, 0), (0.9, 1)):
        run_id = str(next_run(parts, ann, agent).run_id)
        line = Lines(0, [json.dumps({"_step": 0, "acc": accuracy})])
        parts.services.history.append(ann, ann.name, "p", run_id, StreamPost(history=line))
        end(parts, ann, run_id, exitcode)
    return sweep


def learnt(parts: server.Parts, sweep: Sweep) -> tuple[list[tuple[int, float]], list[str]]:
    with parts.core.db.read() as connection:
        found, warnings = learning.observations(connection, sweep, specs.spec_of(sweep))
    assert all(run.source.endswith(run.source.split("/")[-1]) for run in found)
    return [(run.config["x"], run.objective or 0.0) for run in found], warnings


@pytest.mark.parametrize("form", ["{id}", "p/{id}", "ann/p/{id}", "http://h:1/ann/p/sweeps/{id}"])
def test_what_ended_well_counts_in_the_direction_of_the_later_goal(
    parts: server.Parts, ann: Caller, form: str
) -> None:
    source = source_of(parts, ann)
    name = form.format(id=source.sweep_id)
    sweep = make_sweep(parts, ann, LATER.replace("NAME", json.dumps(name)))
    assert learnt(parts, sweep) == ([(1, -0.5), (2, -0.7)], [])


def test_a_sweep_that_is_deleted_later_is_left_out_and_told_of(
    parts: server.Parts, ann: Caller
) -> None:
    source = source_of(parts, ann)
    sweep = make_sweep(parts, ann, LATER.replace("NAME", source.sweep_id))
    parts.services.sweeps.delete(ann, source.pk)
    runs, [warning] = learnt(parts, sweep)
    assert runs == [] and f"ann/p/{source.sweep_id} is gone" in warning
    # other edits of the file go on working
    edit(parts, ann, sweep, sweep.config_yaml.replace("10.0", "12.0"))


@pytest.mark.parametrize("goal", ["minimize", "maximize"])
def test_of_a_long_sweep_the_best_half_is_sent_and_others_of_every_rank(
    parts: server.Parts, ann: Caller, monkeypatch: pytest.MonkeyPatch, goal: str
) -> None:
    monkeypatch.setattr(learning, "MAX_RUNS", 4)
    text = GRID.replace("maximize", goal).replace("1, 2, 3", "1, 2, 3, 4, 5, 6, 7, 8")
    source = make_sweep(parts, ann, text)
    agent = register(parts, ann, source)
    for number in range(8):
        run_id = str(next_run(parts, ann, agent).run_id)
        line = Lines(0, [json.dumps({"_step": 0, "acc": float(number)})])
        parts.services.history.append(ann, ann.name, "p", run_id, StreamPost(history=line))
        end(parts, ann, run_id)
    sweep = make_sweep(parts, ann, LATER.replace("NAME", source.sweep_id))
    sign = 1 if goal == "minimize" else -1  # of the later goal's, which is to minimize
    sent = [sign * value for _, value in learnt(parts, sweep)[0]]
    assert sent == ([0, 1, 2, 7] if goal == "minimize" else [0, 5, 6, 7])


def test_only_sweeps_that_can_teach_are_taken(
    parts: server.Parts, ann: Caller, bob: Caller
) -> None:
    source = source_of(parts, ann)
    no_metric = make_sweep(parts, ann, "method: random\nparameters: {x: {min: 0.0, max: 1.0}}")
    strange = make_sweep(parts, ann, GRID.replace("x:", "z:"))
    for name, said in (
        ("gone1234", "ann/p/gone1234 is none"),
        ("nobody/p/gone1234", "nobody/p/gone1234 is none"),
        (no_metric.sweep_id, "names none"),
        (strange.sweep_id, r"a parameter of this one \(x, y\).* has z"),
        ("a/b/c/d/e", "names of sweeps"),
    ):
        with pytest.raises(BadInput, match=said):
            make_sweep(parts, ann, LATER.replace("NAME", name))
    theirs = LATER.replace("NAME", f"ann/p/{source.sweep_id}")
    change = SweepChange(config_yaml=theirs)
    with pytest.raises(BadInput, match="may read"):  # as if it did not exist
        parts.services.sweeps.create(bob, None, "p", change)
    sweep = make_sweep(parts, ann, theirs)
    with pytest.raises(BadInput, match="is this one itself"):
        edit(parts, ann, sweep, LATER.replace("NAME", sweep.sweep_id))


@pytest.mark.slow
def test_a_sweep_that_learns_is_given_configs_of_its_own_space(
    parts: server.Parts, ann: Caller
) -> None:
    """By the process that searches. What the source has to say, once results agree with it, is
    tested in tests/unit/search."""
    values = ", ".join(str(k) for k in range(21))
    source = make_sweep(parts, ann, GRID.replace("1, 2, 3", values))
    agent = register(parts, ann, source)
    for x in range(21):
        run_id = str(next_run(parts, ann, agent).run_id)
        line = Lines(0, [json.dumps({"_step": 0, "acc": 1 - (x - 7) ** 2 / 400})])
        parts.services.history.append(ann, ann.name, "p", run_id, StreamPost(history=line))
        end(parts, ann, run_id)
    sweep = make_sweep(parts, ann, LATER.replace("NAME", source.sweep_id).replace("10.0", "20.0"))
    proposals = Proposals(parts.core)
    proposals.start()
    try:
        found: list[dict[str, object]] = []

        def take() -> bool:
            proposals.want(sweep.pk)
            config = proposals.take(state_of(parts, ann, sweep), lambda _: False)
            found.extend([config] if config else [])
            return bool(found)

        wait_until(take, 60, lambda: "no config was prepared")
    finally:
        proposals.stop()
    assert found[0].keys() == {"x", "y"} and found[0]["y"] in ("a", "b")
    assert 0 <= float(str(found[0]["x"])) <= 20
    assert len(learnt(parts, sweep)[0]) == 21
