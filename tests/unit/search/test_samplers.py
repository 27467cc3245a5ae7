"""Optuna's samplers: what they need, and that they learn from results."""

import sys

import pytest

from sweepd.search import samplers
from sweepd.search.errors import SamplerMissing
from sweepd.search.grammar.sweep_file import parse
from sweepd.search.observation import Observation
from sweepd.search.proposing import propose

optuna = pytest.importorskip("optuna")


def spec(sampler: str):
    raw = {
        "method": "bayes",
        "metric": {"name": "loss", "goal": "minimize"},
        "parameters": {"x": {"min": 0.0, "max": 1.0}, "y": {"min": 0.0, "max": 1.0}},
        "sweepd": {"sampler": sampler},
    }
    return parse(raw)


def test_only_cmaes_needs_its_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "cmaes", None)
    for sampler in ("tpe", "nsga2"):
        assert len(propose(spec(sampler), [], [], 1, 0)) == 1
    with pytest.raises(SamplerMissing, match="cmaes needs the package cmaes"):
        propose(spec("cmaes"), [], [], 1, 0)


@pytest.mark.slow
@pytest.mark.parametrize(("sampler", "n"), [("tpe", 20), ("cmaes", 60), ("nsga2", 150)])
def test_what_is_asked_for_depends_on_the_results(sampler: str, n: int) -> None:
    """cmaes and nsga2 learn only from trials that have the number of a generation."""
    if sampler == "cmaes":
        pytest.importorskip("cmaes")
    configs = propose(spec("sobol"), [], [], n, 0)

    def mean_x(sign: float) -> float:
        told = [Observation(config, sign * config["x"]) for config in configs]
        asked = [propose(spec(sampler), told, [], 1, seed)[0]["x"] for seed in range(8)]
        return sum(asked) / len(asked)

    assert mean_x(1.0) < mean_x(-1.0) - 0.15


def test_of_many_results_the_best_and_the_latest_are_told_in_their_order(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A search by generations reads them as they came."""
    monkeypatch.setattr(samplers, "MAX_TRIALS", 120)
    told: list[float] = []
    add = optuna.Study.add_trial
    monkeypatch.setattr(
        optuna.Study, "add_trial", lambda self, t: told.append(t.value) or add(self, t)
    )
    values = [float(n * 37 % 200) for n in range(200)]
    runs = [Observation({"x": n / 200, "y": 0.5}, value) for n, value in enumerate(values)]
    propose(spec("tpe"), runs, [], 1, 0)
    best = sorted(values[:100])[:20]
    assert told == [value for value in values[:100] if value in best] + values[100:]
