"""The real models the search is measured on: every one has a space, a fit and levels."""

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bench.search import trainer
from bench.search.fits import FITS
from bench.search.judging import WORST, judged
from bench.search.levels import draw
from bench.search.problems import makers
from bench.search.real_models import LEVELS, SPACES


def test_every_model_has_a_space_a_fit_and_levels() -> None:
    levels = json.loads(LEVELS.read_text())
    assert SPACES.keys() == FITS.keys() == levels.keys() and SPACES.keys() <= makers().keys()
    assert all(level["best"] < level["typical"] for level in levels.values())


@pytest.mark.slow
@pytest.mark.parametrize("name", SPACES)
def test_a_config_trained_twice_has_one_value(name: str) -> None:
    config = draw(SPACES[name], np.random.default_rng(0))
    values = [FITS[name](json.loads(json.dumps(config, default=int))) for _ in range(2)]
    assert values[0] == values[1] and 0 <= values[0] <= max(WORST.values())


class _Diverges:
    """A model whose training fails with a message."""

    def __init__(self, said: str) -> None:
        self._said = said

    def fit(self, *_: Any) -> None:
        raise ValueError(self._said)


def test_what_diverges_counts_as_the_worst_and_a_mistake_is_raised() -> None:
    weights = _Diverges("Solver produced non-finite parameter weights.")
    assert judged(weights, "wine", 5, "log") == WORST["log"] == pytest.approx(-math.log(1e-6))
    with pytest.raises(ValueError, match="no such"):
        judged(_Diverges("no such activation"), "wine", 5, "log")


def test_what_was_trained_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    trained = []
    monkeypatch.setattr(trainer, "FILE", tmp_path / "fits.sqlite")
    monkeypatch.setitem(trainer.FITS, "a model", lambda config: trained.append(config) or 0.25)
    for _ in range(2):
        ours = trainer.Trainer()
        assert ours.value("a model", {"y": np.int64(3), "x": True}) == 0.25
        assert ours.value("a model", {"x": True, "y": 3}) == 0.25
    assert trained == [{"x": True, "y": 3}] and ours.values("a model") == [0.25]
