"""Insights as results arrive: too few, all alike, kept until they change; and bands."""

import pytest

from sweepd import server
from sweepd.domain.sweeps import Sweep
from sweepd.domain.users import Caller
from sweepd.search.importance import MIN_RUNS
from sweepd.services.sweeps import insights
from sweepd.services.sweeps.insights import Insights
from tests.unit.services.handing_out import edit, end, log, make_sweep, next_run, register

TEXT = """
method: grid
program: train.py
metric: {name: loss, goal: GOAL}
parameters:
  a: {min: 0, max: 19}
  b: {values: [x, y]}
"""


class Search:
    """A sweep whose runs log what they are told."""

    def __init__(self, parts: server.Parts, ann: Caller, more: str = "") -> None:
        self.parts, self.ann = parts, ann
        self.sweep: Sweep = make_sweep(parts, ann, TEXT.replace("GOAL", "minimize") + more)

    def run(self, *losses: float) -> str:
        agent = register(self.parts, self.ann, self.sweep)
        run_id = str(next_run(self.parts, self.ann, agent).run_id)
        if losses:
            log(self.parts, self.ann, run_id, 0, *losses)
        end(self.parts, self.ann, run_id)
        return run_id

    @property
    def found(self) -> Insights:
        return self.parts.services.sweeps.importance(self.sweep)


@pytest.fixture
def search(parts: server.Parts, ann: Caller) -> Search:
    return Search(parts, ann)


def test_with_too_few_results_nothing_is_ranked_and_it_says_how_many(search: Search) -> None:
    assert (search.found.enough, search.found.n_runs) == (False, 0)
    for n in range(MIN_RUNS - 1):
        search.run(float(n))
    search.run()  # without a result
    found = search.found
    assert (found.enough, found.n_runs, found.parameters) == (False, MIN_RUNS - 1, ())
    assert f"needs {MIN_RUNS} runs with a result, there are {MIN_RUNS - 1}" in found.message
    search.run(99.0)
    found = search.found
    assert (found.enough, found.n_runs, found.message) == (True, MIN_RUNS, "")
    assert {line.name for line in found.parameters} == {"a", "b"}


def test_of_equal_results_no_parameter_can_matter(search: Search) -> None:
    for _ in range(MIN_RUNS):
        search.run(1.0)
    assert not search.found.enough
    assert "same result" in search.found.message


@pytest.mark.slow
def test_runs_are_compared_by_their_best_value_as_the_goal_has_it(
    parts: server.Parts, ann: Caller
) -> None:
    """The greatest grows with `a`, the least does not."""
    for goal, expected in (("maximize", True), ("minimize", False)):
        search = Search(parts, ann)
        search.sweep = make_sweep(parts, ann, TEXT.replace("GOAL", goal))
        for n in range(MIN_RUNS):
            search.run(float(n // 2), -1.0)
        assert search.found.enough is expected
    search.sweep = make_sweep(parts, ann, TEXT.replace("GOAL", "maximize"))
    for n in range(2 * MIN_RUNS):
        search.run(float(n // 2))
    line = next(line for line in search.found.parameters if line.name == "a")
    assert line.correlation is not None and line.correlation > 0.99
    assert line.correlation_low is not None and line.correlation_high is not None
    assert line.importance_low <= line.importance <= line.importance_high
    assert line.correlation_low == pytest.approx(1.0) == line.correlation_high
    other = next(line for line in search.found.parameters if line.name == "b")
    assert (other.correlation, other.correlation_low, other.correlation_high) == (None,) * 3


@pytest.mark.slow
def test_insights_are_worked_out_when_results_change_only(
    search: Search, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[int] = []
    original = insights.importance

    def count(space: object, configs: list[object], values: list[object]) -> object:
        calls.append(len(values))
        return original(space, configs, values)  # type: ignore[arg-type]

    monkeypatch.setattr(insights, "importance", count)
    runs = [search.run(float(n)) for n in range(MIN_RUNS)]
    first = search.found
    assert search.found == first and calls == [MIN_RUNS]
    log(search.parts, search.ann, runs[5], 1, -5.0)  # a better value
    assert search.found != first and calls == [MIN_RUNS] * 2
    search.run(3.5)
    assert search.found.n_runs == MIN_RUNS + 1 and calls == [MIN_RUNS] * 2 + [MIN_RUNS + 1]


@pytest.mark.slow
def test_insights_follow_runs_of_the_same_sum_and_a_file_that_is_edited(search: Search) -> None:
    """They were kept by the number and the sum of the results."""
    runs = [search.run(float(n)) for n in range(MIN_RUNS)]
    first = search.found
    gone = search.parts.services.runs.get(search.ann, None, "p", runs[5])
    search.parts.services.runs.delete(search.ann, gone.pk, keep_config=True)
    search.run(5.0)  # of another config
    second = search.found
    assert second != first
    text = TEXT.replace("GOAL", "minimize").replace("  b: {values: [x, y]}\n", "")
    search.sweep = edit(search.parts, search.ann, search.sweep, text)
    assert [line.name for line in search.found.parameters] == ["a"]


def test_bands_tell_what_a_run_has_to_reach_now(parts: server.Parts, ann: Caller) -> None:
    rule = "early_terminate: {type: hyperband, min_iter: 2, eta: 2}\n"
    search = Search(parts, ann, rule)
    bands = parts.services.sweeps.bands
    assert bands(search.sweep) == []
    search.run(9.0, 4.0, 1.0)
    assert bands(search.sweep) == [(2, 4.0)]
    search.run(9.0, 3.0)
    search.run(9.0, 5.0, 5.0, 2.0)
    search.run(1.0)
    assert bands(search.sweep) == [(2, 4.0), (4, 2.0)]


def test_bands_of_the_median_rule_have_no_threshold_and_none_without_a_rule(
    parts: server.Parts, ann: Caller
) -> None:
    rule = "sweepd: {early_terminate: {type: median, min_iter: 1}}\n"
    search = Search(parts, ann, rule)
    search.run(9.0, 4.0)
    assert parts.services.sweeps.bands(search.sweep) == [(1, None), (2, None)]
    plain = Search(parts, ann)
    plain.run(9.0, 4.0)
    assert parts.services.sweeps.bands(plain.sweep) == []
