"""Numbers at the edge of what can be reckoned with, in every key of a sweep file."""

import json
from random import Random
from typing import Any

import pytest

from sweepd.domain.errors import BadInput
from sweepd.search.distribution import KINDS
from sweepd.services.sweeps import specs
from tests.fuzz.sweeps import a_file

HUGE = [1e308, -1e308, 1.7976931348623157e308, 5e-324, 2**1023, -(2**1023), 10**400, 0, 1, -1]
KEYS = ["min", "max", "mu", "sigma", "q", "a", "b"]


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(20))
def test_file_is_taken_or_refused_by_the_key(seed: int) -> None:
    """Pairs of such numbers that go together, and whatever else the fuzz writes."""
    rng, refusals = Random(seed), []
    for _ in range(60):
        two = [rng.choice(HUGE), rng.choice(HUGE)]
        numbers = dict(zip(rng.sample(KEYS, 2), two, strict=True))
        entries: list[dict[str, Any]] = [
            {"distribution": rng.choice(KINDS), **numbers},
            {"values": two},
            {"values": [1, 2], "probabilities": two},
        ]
        stop = {"type": "hyperband", "min_iter": two[0], "eta": two[1]}
        for entry in entries:
            raw = {"method": "random", "run_cap": two[0], "early_terminate": stop}
            raw["parameters"] = {"x": entry, "y": {"min": 0, "max": 1}}
            for file in (json.dumps(raw), json.dumps({**raw, "method": "grid"}), a_file(rng)):
                try:
                    specs.parse(file)
                except BadInput as error:
                    refusals.append(f"{error}: {file}")
    assert refusals
    assert not [told for told in refusals if "beyond what can be reckoned with" in told]


@pytest.mark.parametrize("chances", [[1e308] * 3, [1e308, 5e-324], [2**1023, 1], [5e-324] * 2])
def test_probabilities_of_any_size_are_divided_by_their_sum(chances: list[float]) -> None:
    entry = {"values": list(range(len(chances))), "probabilities": chances}
    file = json.dumps({"method": "random", "parameters": {"x": entry}})
    [x] = specs.parse(file).space.parameters
    assert x.probabilities is not None and sum(x.probabilities) == pytest.approx(1)
