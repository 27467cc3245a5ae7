"""Which results the process is fitted to."""

from dataclasses import replace

import numpy as np
import pytest

from sweepd.search.bayes.model import model_of
from sweepd.search.bayes.objective import Data
from sweepd.search.bayes.settings import DEFAULT
from sweepd.search.bayes.warp import warps

X = np.random.default_rng(0).random((20, 2))
Y = np.exp(6 * X[:, 0]) + X[:, 1]  # a long bad tail
NONE = np.empty((0, 2))
DATA = Data(X, Y, np.ones(20), np.zeros(20), NONE, NONE, 0)


@pytest.mark.parametrize(("warp", "at"), [(False, 0), (True, -1)])
def test_who_asks_for_results_as_they_are_or_drawn_in_gets_them(warp: bool, at: int) -> None:
    options = warps(Y)
    assert len(options) == 2 and not np.allclose(options[0].y, options[1].y)
    model = model_of(DATA, np.zeros(2, dtype=bool), replace(DEFAULT, warp=warp))
    assert model.y == pytest.approx(options[at].y)
