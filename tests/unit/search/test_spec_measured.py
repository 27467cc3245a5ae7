"""The numbers with which docs/search.md's figures were measured, and what holds where a file is
silent: whoever changes one measures anew (`python -m bench.search`) or tells users."""

from dataclasses import MISSING, fields
from importlib import import_module
from typing import Any

import pytest

from sweepd.search.bayes.settings import Settings
from sweepd.search.spec import EarlyTerminate, Extras, SweepSpec

CONSTANTS: dict[str, dict[str, Any]] = {
    "bayes.candidates": {"MAX_OPTIONS": 64},
    "bayes.failures": {
        "MARGIN": 1.0,
        "MAX_POINTS": 200,
        "REACHES": (0.1, 0.25, 0.5, 1.0),
        "WEIGHTS": (0.1, 1.0),
    },
    "bayes.outliers": {
        "GAP": 1e4,
        "WIDE_GAP": 1e9,
        "FAR_BETTER": 5.0,
        "N_WITNESSES": 3,
        "BESIDE": 0.1,
    },
    "bayes.several": {"SHARE_OF_SUM": 0.05},
    "bayes.sources": {
        "MAX_SOURCES": 5,
        "BEYOND": 1.0,
        "NOWHERE": -2.0,
        "START": 2.0,
        "MARGIN": 1.0,
        "MARGIN_PER_RUN": 0.1,
        "MIN_COMPARED": 5,
        "FEW_AGREE": 0.5,
    },
    "feasible": {
        "MAX_LISTED": 64,
        "N_PROBES": 24,
        "N_STEPS": 60,
        "N_ROUNDS": 12,
        "N_STARTS": 6,
        "MAX_LOOKS": 20_000,
        "MAX_WALK": 20_000,
        "MAX_SECONDS": 5.0,
    },
    "grammar.durations": {"MOST": 10 * 365 * 24 * 3600.0},
    "grid": {"MAX_SECONDS": 10.0},
    "process": {"START_S": 60.0},
    "random_draws": {
        "MAX_TRIES": 1000,
        "MAX_SECONDS": 5.0,
        "MAX_WAYS": 8,
        "REPEAT_SECONDS": 0.5,
        "MAX_REPEATS": 200,
        "MAX_WALK": 20_000,
        "MAX_PREFIXES": 300_000,
    },
    "sobol": {"BITS": 30},
    "stopping.median": {"DENSE": 64},
}
SETTINGS = {
    "n_design": None,
    "max_points": 200,
    "max_fit_points": 75,
    "n_fantasies": 16,
    "n_spread": 256,
    "n_local": 512,
    "n_refined": 4,
    "gap": 0.2,
    "warp": None,
    "max_warped_noise": 0.02,
    "max_precise_noise": 1e-4,
    "patience": 8,
    "n_results": 3,
    "is_drawn": True,
    "counts_pending": True,
    "width": 0.5,
    "max_width": 0.3,
    "n_centres": 5,
    "caution": 2.0,
    "n_refused": 64,
    "n_mended": 12,
    "polish": 0.05,
}
EXTRAS = {
    "retries": 3,
    "repeats": 1,
    "repeat_as": None,
    "seed": None,
    "sampler": None,
    "zip": (),
    "constraints": (),
    "wait_for_in_flight": True,
    "distinct": False,
    "budget": None,
    "breaker": 5,
}
STOPPING = {
    "min_iter": None,
    "max_iter": None,
    "s": None,
    "eta": 3.0,
    "strict": True,
    "min_runs": 5,
}


def defaults(kind: type[Any]) -> dict[str, Any]:
    return {f.name: f.default for f in fields(kind) if f.default is not MISSING}


@pytest.mark.parametrize("module", CONSTANTS)
def test_constants_are_those_that_were_measured(module: str) -> None:
    found = vars(import_module(f"sweepd.search.{module}"))
    assert {name: found[name] for name in CONSTANTS[module]} == CONSTANTS[module]


def test_the_process_is_set_as_the_ablations_left_it() -> None:
    found = defaults(Settings)
    assert {name: found[name] for name in SETTINGS} == SETTINGS


def test_what_holds_where_a_sweep_file_is_silent() -> None:
    for kind, expected in ((Extras, EXTRAS), (EarlyTerminate, STOPPING)):
        found = defaults(kind)
        assert {name: found[name] for name in expected} == expected
    silent = defaults(SweepSpec)
    assert {name for name, value in silent.items() if value not in (None, ())} == set()
