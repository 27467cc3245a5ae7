"""Which rows of a long history are shown."""

from itertools import pairwise

import numpy as np
import pytest

from sweepd.services.streams.sampling import spread


@pytest.mark.parametrize("n_series", [0, 1, 2])
@pytest.mark.parametrize("n_samples", [2, 3, 10, 65, 500, 999])
def test_as_many_rows_come_as_were_asked_for(n_series: int, n_samples: int) -> None:
    rng = np.random.default_rng(0)
    kept = spread(1000, n_samples, [lambda: rng.random(1000)] * n_series).tolist()
    assert len(kept) == len(set(kept)) == n_samples
    assert kept == sorted(kept) and kept[0] == 0 and kept[-1] == 999
    if n_samples >= 10:
        assert max(b - a for a, b in pairwise(kept)) <= 10 * 1000 / n_samples


def test_extremes_are_kept_and_nan_is_none() -> None:
    values = np.ones(1000)
    values[[333, 666, 500]] = 9.0, -9.0, np.nan
    assert {333, 666} <= set(spread(1000, 20, [lambda: values]).tolist())
    assert len(spread(1000, 20, [lambda: np.full(1000, np.nan)])) == 20


def test_short_histories_come_whole_and_none_when_none_is_wanted() -> None:
    assert spread(5, 10).tolist() == [0, 1, 2, 3, 4]
    assert spread(5, 0).tolist() == []
    assert spread(5, 1).tolist() == [4]
    assert spread(0, 3).tolist() == []
