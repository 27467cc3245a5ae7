"""Each rule on the numbers that the store gives it, and that a run is told to stop once."""

import pytest

from sweepd import server
from sweepd.domain.errors import BadInput
from sweepd.domain.runs import StopOrigin
from sweepd.domain.sweeps import Sweep
from sweepd.domain.users import Caller
from sweepd.services.sweeps import early_stops
from tests.unit.services.handing_out import GRID, log, make_sweep, next_run, register, set_state

# What each run logs, and whether it is told to stop after each value.
CURVES: dict[str, tuple[str, list[tuple[list[float], list[bool]]]]] = {
    "hyperband": (
        "{type: hyperband, min_iter: 2, eta: 2}",
        [
            ([5.0, 1.0], [False, False]),
            ([5.0, 2.0, 2.0], [False, False, False]),  # second of two: equal, not worse
            ([0.0, 3.0, 0.5], [False, True, True]),  # strict: the value at the band
        ],
    ),
    "asha": (
        "{type: asha, min_iter: 2, eta: 2, min_runs: 3}",
        [
            ([5.0, 1.0], [False, False]),
            ([5.0, 2.0], [False, False]),  # too few to judge by
            ([0.5, 9.0], [False, False]),  # its best so far counts
            ([4.0, 9.0, 0.1], [False, True, True]),
        ],
    ),
    "median": (
        "{type: median, min_iter: 2, min_runs: 3}",
        [
            ([1.0, 3.0], [False, False]),  # mean 2
            ([3.0, 5.0], [False, False]),  # mean 4
            ([9.0, 3.9], [False, False]),  # mean 6.45: the median is 4, its best 3.9
            ([9.0, 6.0], [False, True]),  # mean 7.5: the median is 5.225
        ],
    ),
}


def play(
    parts: server.Parts, ann: Caller, sweep: Sweep, curve: list[float]
) -> tuple[str, list[bool]]:
    run_id = str(next_run(parts, ann, register(parts, ann, sweep)).run_id)
    return run_id, [log(parts, ann, run_id, i, value) for i, value in enumerate(curve)]


@pytest.mark.parametrize("is_max", [False, True])
@pytest.mark.parametrize("name", CURVES)
def test_rules_judge_by_the_numbers_of_all_runs(
    parts: server.Parts, ann: Caller, name: str, is_max: bool
) -> None:
    rule, runs = CURVES[name]
    text = GRID.replace("minimize", "maximize") if is_max else GRID
    extra = f"early_terminate: {rule}\n" if name == "hyperband" else ""
    ours = f"sweepd: {{early_terminate: {rule}}}\n" if name != "hyperband" else ""
    sweep = make_sweep(parts, ann, text + extra + ours)
    n_stopped = 0
    for curve, expected in runs:
        run_id, told = play(parts, ann, sweep, [-v for v in curve] if is_max else curve)
        assert told == expected, curve
        run = parts.services.runs.get(ann, None, "p", run_id)
        assert run.stop_requested is expected[-1]
        if expected[-1]:
            n_stopped += 1
            assert run.stop_origin is StopOrigin.RULE
            assert name in str(run.stop_reason)
            assert ("below" if is_max else "above") in str(run.stop_reason)
            [event] = [e for e in parts.services.sweeps.events(sweep) if e.kind == "stop"]
            assert event.message == f"{run.display_name} ({run_id}): {run.stop_reason}"
    assert n_stopped == 1


def test_a_person_who_stopped_a_run_first_is_named(parts: server.Parts, ann: Caller) -> None:
    sweep = make_sweep(parts, ann, GRID + f"early_terminate: {CURVES['hyperband'][0]}\n")
    play(parts, ann, sweep, [1.0, 1.0])
    play(parts, ann, sweep, [1.0, 1.0])
    run_id, _ = play(parts, ann, sweep, [9.0])
    parts.services.runs.stop(ann, parts.services.runs.get(ann, None, "p", run_id).pk)
    assert log(parts, ann, run_id, 1, 9.0)
    run = parts.services.runs.get(ann, None, "p", run_id)
    assert (run.stop_reason, run.stop_origin) == ("stopped by ann", StopOrigin.PERSON)
    assert [e for e in parts.services.sweeps.events(sweep) if e.kind == "stop"] == []


def test_rules_hold_while_a_sweep_is_paused(parts: server.Parts, ann: Caller) -> None:
    sweep = make_sweep(parts, ann, GRID + f"early_terminate: {CURVES['hyperband'][0]}\n")
    play(parts, ann, sweep, [1.0, 1.0])
    play(parts, ann, sweep, [1.0, 1.0])
    run_id, _ = play(parts, ann, sweep, [9.0])
    set_state(parts, ann, sweep, "PAUSED")
    assert log(parts, ann, run_id, 1, 9.0)


def test_a_dry_run_needs_a_metric_and_takes_the_files_rule_or_another(
    parts: server.Parts, ann: Caller
) -> None:
    text = GRID + f"early_terminate: {CURVES['hyperband'][0]}\n"
    sweep = make_sweep(parts, ann, text)
    curves = [[1.0, 1.0, 5.0], [1.0, 1.0, 6.0], [1.0, 9.0, 7.0]]
    ids = [play(parts, ann, sweep, curve)[0] for curve in curves]
    stops = parts.services.sweeps.stops
    assert [(stop.run, stop.n_values) for stop in stops(sweep)] == [(ids[2], 2)]
    later = {"type": "hyperband", "min_iter": 3, "eta": 3}
    expected = [(ids[1], 3), (ids[2], 3)]  # a third of two and of three: the best there is
    assert [(stop.run, stop.n_values) for stop in stops(sweep, later)] == expected
    plain = make_sweep(parts, ann, GRID.replace("metric: {name: loss, goal: minimize}\n", ""))
    with pytest.raises(BadInput, match="names none"):
        stops(plain, later)


@pytest.mark.parametrize("n", [early_stops.MAX_BANDS, early_stops.MAX_BANDS + 8])
def test_of_a_rule_with_many_bands_the_search_is_told_those_of_powers_of_two(
    parts: server.Parts, ann: Caller, n: int
) -> None:
    rule = "sweepd: {early_terminate: {type: median, min_iter: 1}}\n"
    sweep = make_sweep(parts, ann, GRID + rule)
    run_id, _ = play(parts, ann, sweep, [float(i) for i in range(1, n + 1)])
    spec = parts.services.sweeps.spec(sweep)
    plain = parts.services.sweeps.spec(make_sweep(parts, ann))
    with parts.core.db.read() as connection:
        found = early_stops.curves(connection, sweep, spec)
        assert early_stops.curves(connection, sweep, plain) == {}
    bands = range(1, n + 1) if n <= early_stops.MAX_BANDS else (1, 2, 4, 8, 16)
    assert found.keys() == {run_id}
    assert [band for band, _ in found[run_id]] == list(bands)
