"""Earlier runs as results: which count, with what values, under which config."""

import json
from collections import Counter

import pytest

from sweepd import server
from sweepd.domain.sweeps import Sweep, SweepPoint
from sweepd.domain.users import Caller
from sweepd.services.runs.runs import RunChange
from sweepd.services.streams.lines import Lines, StreamPost
from sweepd.services.sweeps.observed import known
from sweepd.services.sweeps.sweeps import SweepChange
from tests.unit.services.handing_out import (
    GRID,
    begin,
    end,
    log,
    make_sweep,
    next_run,
    register,
    state_of,
    work_off,
)


def prior(
    parts: server.Parts,
    ann: Caller,
    run_id: str,
    *values: float,
    summary: str | None = None,
    **config: object,
) -> None:
    """A run of no sweep that has ended."""
    wrapped = {key: {"value": value} for key, value in config.items()}
    change = RunChange(config=json.dumps(wrapped), host="h")
    parts.services.runs.upsert(ann, None, "p", run_id, change)
    lines = [json.dumps({"_step": i, "loss": value}) for i, value in enumerate(values)]
    post = StreamPost(
        history=Lines(0, lines) if lines else None,
        summary=summary,
        exitcode=0,
        is_complete=True,
    )
    parts.services.history.append(ann, "ann", "p", run_id, post)


def attach(
    parts: server.Parts, ann: Caller, sweep: Sweep, *ids: str
) -> tuple[dict[str, SweepPoint], list[str]]:
    change = SweepChange(prior_runs=ids)
    sweep, warnings = parts.services.sweeps.update(ann, sweep.pk, change)
    return {point.run_id: point for point in parts.services.sweeps.points(sweep)}, warnings


def numbers(point: SweepPoint) -> tuple[float | None, float | None, float | None]:
    return point.metric_last, point.metric_min, point.metric_max


def test_last_least_and_greatest_finite_value_of_the_history_count(
    parts: server.Parts, ann: Caller
) -> None:
    sweep = make_sweep(parts, ann)
    values = (3.0, 1.0, 9.0, 4.0, float("nan"), float("inf"))
    prior(parts, ann, "old", *values, summary='{"loss": 7}', a=1, b="x")
    points, warnings = attach(parts, ann, sweep, "old")
    assert numbers(points["old"]) == (4.0, 1.0, 9.0)
    assert warnings == []


@pytest.mark.parametrize(
    ("summary", "expected"),
    [('{"loss": 7}', 7.0), ('{"loss": 0}', 0.0), ('{"loss": "NaN"}', None), ("{}", None)],
)
def test_without_a_value_in_the_history_the_summarys_counts(
    parts: server.Parts, ann: Caller, summary: str, expected: float | None
) -> None:
    sweep = make_sweep(parts, ann)
    prior(parts, ann, "old", summary=summary, a=1, b="x")
    points, warnings = attach(parts, ann, sweep, "old")
    assert numbers(points["old"]) == (expected, expected, expected)
    told = [
        "prior runs without a value of loss: old; their configs count as done, and teach the "
        "search nothing"
    ]
    assert warnings == ([] if expected is not None else told)


def test_the_search_can_tell_them_from_the_sweeps_own(parts: server.Parts, ann: Caller) -> None:
    sweep = make_sweep(parts, ann)
    made = str(next_run(parts, ann, register(parts, ann, sweep)).run_id)
    end(parts, ann, made)
    prior(parts, ann, "old", 3.0, a=1, b="x")
    elsewhere = make_sweep(parts, ann)
    theirs = str(next_run(parts, ann, register(parts, ann, elsewhere)).run_id)
    end(parts, ann, theirs)
    points, _ = attach(parts, ann, sweep, "old", theirs)
    assert {run_id: point.is_prior for run_id, point in points.items()} == {
        made: False,
        "old": True,
        theirs: True,
    }
    seen, _ = known(list(points.values()), Counter(), sweep.metric_goal)
    assert sorted(run.is_prior for run in seen if run.value is not None) == [True]


def test_sweep_without_a_metric_asks_for_no_value(parts: server.Parts, ann: Caller) -> None:
    sweep = make_sweep(parts, ann, GRID.replace("metric: {name: loss, goal: minimize}", ""))
    prior(parts, ann, "old", 1.0, a=1, b="x")
    points, warnings = attach(parts, ann, sweep, "old")
    assert (numbers(points["old"]), warnings) == ((None, None, None), [])


def test_only_what_is_searched_counts_of_a_config_and_of_a_sweeps_run_what_that_chose(
    parts: server.Parts, ann: Caller
) -> None:
    first = make_sweep(parts, ann, GRID.replace("[1, 2, 3]", "[1, 2]"))
    run_id = str(next_run(parts, ann, register(parts, ann, first)).run_id)
    change = RunChange(config='{"a": {"value": 3}, "lr": {"value": 9}}')
    parts.services.runs.upsert(ann, None, "p", run_id, change)
    end(parts, ann, run_id)
    prior(parts, ann, "old", a=2, b="y", lr=0.1)
    points, _ = attach(parts, ann, make_sweep(parts, ann), run_id, "old")
    assert json.loads(points[run_id].config) == {"a": 1, "b": "x"}
    assert json.loads(points["old"].config) == {"a": 2, "b": "y"}


def test_runs_left_out_are_told_by_reason_each_once(parts: server.Parts, ann: Caller) -> None:
    sweep = make_sweep(parts, ann)
    begin(parts, ann, "live1")
    begin(parts, ann, "live2")
    prior(parts, ann, "part", c=1)
    own = work_off(parts, ann, register(parts, ann, sweep))[0]
    points, warnings = attach(
        parts, ann, sweep, "live1", "live2", "live1", "part", own, "nobody", "none"
    )
    assert warnings == [
        "prior runs left out (still running): live1, live2",
        "prior runs left out (without a value for a, b): part",
        f"prior runs left out (the sweep's own already): {own}",
        "prior runs left out (not in this project): nobody, none",
    ]
    events = parts.services.sweeps.events(sweep)
    assert [e.message for e in events if e.kind == "warning"] == warnings
    assert len(points) == 6


def test_attaching_a_run_twice_counts_it_once(parts: server.Parts, ann: Caller) -> None:
    first = make_sweep(parts, ann)
    done = str(next_run(parts, ann, register(parts, ann, first)).run_id)
    log(parts, ann, done, 0, 2.0)
    end(parts, ann, done)
    sweep = make_sweep(parts, ann)
    for _ in range(2):
        points, _ = attach(parts, ann, sweep, done)
        assert list(points) == [done]


def test_attached_runs_are_shown_once_deleted_no_more_and_belong_to_their_sweep(
    parts: server.Parts, ann: Caller
) -> None:
    first, sweep = make_sweep(parts, ann), make_sweep(parts, ann)
    done = str(next_run(parts, ann, register(parts, ann, first)).run_id)
    end(parts, ann, done)
    attach(parts, ann, sweep, done)
    run = parts.services.runs.get(ann, None, "p", done)
    assert run.sweep_id == first.sweep_id
    parts.services.runs.delete(ann, run.pk)
    assert parts.services.sweeps.points(sweep) == []


def test_a_grid_passes_over_what_attached_runs_had(parts: server.Parts, ann: Caller) -> None:
    prior(parts, ann, "old", 1.0, a=1, b="x")
    change = SweepChange(config_yaml=GRID, prior_runs=["old"])
    sweep, _ = parts.services.sweeps.create(ann, None, "p", change)
    found = state_of(parts, ann, sweep)
    assert (found.n_cells, found.n_open, found.n_prior, found.n_outside) == (0, 0, 1, 0)
    configs = []
    for _ in range(5):
        configs.append(next_run(parts, ann, register(parts, ann, sweep)).config)
    assert {"a": 1, "b": "x"} not in configs
    assert len({json.dumps(config) for config in configs}) == 5


def test_a_run_needs_no_value_of_what_its_conditions_leave_out(
    parts: server.Parts, ann: Caller
) -> None:
    text = GRID + "sweepd: {when: {b: 'a == 1'}}\n"
    prior(parts, ann, "left", 1.0, a=2)
    prior(parts, ann, "lacks", 1.0, a=1)
    points, warnings = attach(parts, ann, make_sweep(parts, ann, text), "left", "lacks")
    assert list(points) == ["left"]
    assert warnings == ["prior runs left out (without a value for b): lacks"]


def test_configs_that_do_not_fit_are_told_by_parameter_with_what_each_run_has(
    parts: server.Parts, ann: Caller
) -> None:
    text = GRID.replace("method: grid", "method: bayes").replace("[1, 2, 3]", "[1, 2, 3, 4]")
    text = text.replace("parameters:", "parameters:\n  lr: {min: 0.001, max: 0.1}")
    sweep = make_sweep(parts, ann, text)
    configs = {"fits": (1, 0.01), "low": (1, 0.0), "high": (1, 5.0), "other": (9, 0.01)}
    for name, (a, lr) in configs.items():
        prior(parts, ann, name, 1.0, a=a, b="x", lr=lr)
    prior(parts, ann, "text", 1.0, a=1, b="x", lr="0.01")
    prior(parts, ann, "gone", 1.0, a=1, b="x", lr=0.01)
    parts.services.runs.delete(ann, parts.services.runs.get(ann, None, "p", "gone").pk)
    points, warnings = attach(parts, ann, sweep, *configs, "text", "gone")
    assert list(points) == ["fits"]
    assert warnings == [
        "prior runs left out (lr is outside 0.001 to 0.1): low (0.0), high (5.0)",
        "prior runs left out (a is none of its values): other (9)",
        'prior runs left out (lr is no number): text ("0.01")',
        "prior runs left out (deleted): gone",
    ]


def test_what_fits_is_asked_of_the_file_as_it_was_edited(parts: server.Parts, ann: Caller) -> None:
    sweep = make_sweep(parts, ann)
    prior(parts, ann, "old", 1.0, a=7, b="x")
    assert attach(parts, ann, sweep, "old")[0] == {}
    text = sweep.config_yaml.replace("[1, 2, 3]", "[1, 2, 3, 7]")
    parts.services.sweeps.update(ann, sweep.pk, SweepChange(config_yaml=text))
    assert list(attach(parts, ann, sweep, "old")[0]) == ["old"]


def test_attached_cell_that_is_edited_out_of_the_grid_comes_on_top(
    parts: server.Parts, ann: Caller
) -> None:
    sweep = make_sweep(parts, ann)
    prior(parts, ann, "old", 1.0, a=3, b="x")
    attach(parts, ann, sweep, "old")
    assert state_of(parts, ann, sweep).n_expected == 6
    text = sweep.config_yaml.replace("[1, 2, 3]", "[1, 2]")
    parts.services.sweeps.update(ann, sweep.pk, SweepChange(config_yaml=text))
    assert state_of(parts, ann, sweep).n_expected == 5
    work_off(parts, ann, register(parts, ann, sweep))
    assert len(parts.services.sweeps.points(sweep)) == 5
