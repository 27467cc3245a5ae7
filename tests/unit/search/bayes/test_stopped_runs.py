"""A stopped run counts as what it would have come to, as far as the finished ones tell."""

import math

import numpy as np
import pytest

from sweepd.domain.goals import Goal
from sweepd.search.bayes.objective import gather
from sweepd.search.bayes.stopped_runs import MIN_FINISHED, expected_ends
from sweepd.search.coordinates import Coordinates
from sweepd.search.grammar.sweep_file import parse
from sweepd.search.observation import Observation
from sweepd.search.proposing import propose
from sweepd.search.spec import EarlyTerminate, Metric
from sweepd.search.stopping import rules

UNIT = {"min": 0.0, "max": 1.0}


def run(at, end, state="finished", n=3, x=0.5):
    """A run that had `at` after n values and ended, or stood, at `end`."""
    curve = [(n, at)] if state == "stopped" else [(n, at), (9, end)]
    return Observation({"x": x}, end, state, None, (), curve)


def end_of(stopped, finished, sign=1.0):
    return expected_ends([*finished, stopped], sign).get(len(finished))


@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_where_curves_run_alongside_the_end_is_as_far_below(sign):
    finished = [run(sign * (1 + at), sign * at) for at in np.linspace(0, 1, 12)]
    stopped = run(sign * 1.6, sign * 1.6, "stopped")
    end, variance = end_of(stopped, finished, sign)
    assert end == pytest.approx(0.6, abs=0.05) and variance < 0.01


def test_where_curves_cross_a_stopped_run_says_little():
    rng = np.random.default_rng(0)
    finished = [run(1 + at, rng.random()) for at in np.linspace(0, 1, 12)]
    end, variance = end_of(run(2.0, 2.0, "stopped"), finished)
    assert 0.2 < end < 0.9 and variance > 0.05


def test_a_run_never_ends_worse_than_it_stands():
    finished = [run(at, at + 3) for at in np.linspace(0, 1, 6)]
    assert end_of(run(0.5, 0.5, "stopped"), finished)[0] == 0.5


def test_far_beyond_all_finished_runs_the_line_ends():
    finished = [run(1 + at, at) for at in np.linspace(0, 1, 6)]
    assert end_of(run(1e9, 1e9, "stopped"), finished)[0] < 4


def test_two_ranges_below_all_finished_runs_the_line_ends_too():
    finished = [run(1 + at, at) for at in np.linspace(0, 0.5, 6)]
    ends = [end_of(run(at, 9.0, "stopped"), finished) for at in (1.25 - 2 * 0.5, -50.0, 0.75)]
    assert ends[0] == pytest.approx(ends[1]) and ends[2][0] > ends[0][0] + 0.1


def test_where_all_finished_runs_were_alike_their_mean_is_to_be_expected():
    finished = [run(1.0, end) for end in (0.1, 0.2, 0.3)]
    assert end_of(run(5.0, 5.0, "stopped"), finished) == pytest.approx((0.2, 0.01 * (1 + 1 / 3)))


def test_with_few_finished_runs_or_none_that_far_it_counts_as_it_is():
    few = [run(1.0, 0.5), run(2.0, 0.7)]
    assert len(few) < MIN_FINISHED
    assert end_of(run(1.5, 1.5, "stopped"), few) is None
    assert end_of(run(1.5, 1.5, "stopped", n=5), [run(1.0, 0.5)] * 5) is None
    assert end_of(Observation({}, 1.5, "stopped"), [run(1.0, 0.5)] * 5) is None


@pytest.mark.parametrize("goal", Goal)
def test_the_model_is_told_the_end_and_how_sure_it_is(goal):
    sign = goal.sign
    space = parse({"method": "random", "parameters": {"x": UNIT}}).space
    finished = [run(sign * (1 + i / 5), sign * i / 5, x=i / 10) for i in range(6)]
    stopped = run(sign * 1.5, sign * 1.5, "stopped", x=0.9)
    data = gather(Coordinates(space), Metric("loss", goal), [*finished, stopped], [])
    at = int(data.X[:, 0].argmax())
    assert data.y[at] == pytest.approx(0.5, abs=0.1)
    assert data.doubt[at] > 0 and np.delete(data.doubt, at).tolist() == [0.0] * 6


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 5])
def test_where_slow_starters_win_stopping_does_not_drag_the_search_away(seed):
    """Without curves these leave 0.006 and 0.011."""
    rule = EarlyTerminate("hyperband", min_iter=3)
    spec = parse({"method": "bayes", "metric": {"name": "l"}, "parameters": {"x": UNIT, "y": UNIT}})

    def values(c):
        end = (c["x"] - 0.3) ** 2 + (c["y"] - 0.6) ** 2
        slowness = 3 + 15 * (1 - c["x"])
        return [end + math.exp(-n / slowness) for n in range(1, 28)]

    grid = np.linspace(0, 1, 101)
    best = min(values({"x": x, "y": y})[-1] for x in grid for y in grid)
    ended, peers, n_epochs = [], {}, 0
    while n_epochs < 300:
        (config,) = propose(spec, ended, [], 1, seed)
        seen, stop, curve = [], None, []
        for value in values(config):
            seen.append(value)
            n = len(seen)
            if n in rules.bands(rule, n):
                peers.setdefault(n, []).append(value)
                curve.append((n, value))
            stop = rules.decide(rule, Goal.MINIMIZE, seen, peers)
            if stop:
                break
        n_epochs += len(seen)
        state = "stopped" if stop else "finished"
        ended.append(Observation(config, seen[-1], state, None, (), curve))
    assert min(run.objective for run in ended) < best + 0.001
