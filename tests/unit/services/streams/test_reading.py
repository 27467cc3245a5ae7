"""Which rows of a long history are shown."""

import random
from itertools import pairwise

import pytest

from sweepd.services.streams.reading import sample_indexes


@pytest.mark.parametrize("keys", [[], ["loss"], ["loss", "acc"], ["_step", "loss"]])
@pytest.mark.parametrize("n_samples", [2, 3, 10, 65, 500, 999])
def test_as_many_rows_come_as_were_asked_for(keys: list[str], n_samples: int) -> None:
    rng = random.Random(0)
    rows = [{"_step": i, "loss": rng.random(), "acc": rng.random()} for i in range(1000)]
    kept = sample_indexes(rows, keys, n_samples)
    assert len(kept) == len(set(kept)) == n_samples
    assert kept == sorted(kept) and kept[0] == 0 and kept[-1] == 999
    if n_samples >= 10:
        assert max(b - a for a, b in pairwise(kept)) <= 10 * 1000 / n_samples


def test_extremes_are_kept_and_nan_is_none() -> None:
    rows = [{"loss": 1.0} for _ in range(1000)]
    rows[333], rows[666], rows[500] = {"loss": 9.0}, {"loss": -9.0}, {"loss": float("nan")}
    assert {333, 666} <= set(sample_indexes(rows, ["loss"], 20))


def test_short_histories_come_whole_and_none_when_none_is_wanted() -> None:
    assert sample_indexes([{}] * 5, [], 10) == [0, 1, 2, 3, 4]
    assert sample_indexes([{}] * 5, [], 0) == []
    assert sample_indexes([{}] * 5, [], 1) == [4]
