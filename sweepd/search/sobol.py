"""Scrambled Sobol points: the design a search begins with, and a method of its own.

Point number i depends on i and the seed alone, so agents that ask at once and are told different
numbers get different, jointly even points. The points are `scipy.stats.qmc`'s; importing that
takes 0.4 s and 22 MB, which only the process that searches spends, as it begins.
"""

import warnings
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from scipy.stats import qmc

from sweepd.search.distribution import Array
from sweepd.search.observation import Observation
from sweepd.search.random_draws import new_draws, one_left, sample_new
from sweepd.search.space import Config
from sweepd.search.spec import SweepSpec

BITS = 30
_HALF_STEP = 0.5 / (1 << BITS)  # keeps points off 0, which some distributions map to infinity
_BLOCK = 256


def sobol_points(first: int, n: int, d: int, seed: int) -> Array:
    """Points `first … first + n - 1` of a scrambled sequence, shape (n, d), in (0, 1).

    The same (number, d, seed) gives the same point in whatever batch it is asked for.
    """
    if d == 0:
        return np.empty((n, 0))
    engine = _engine(d, [seed])
    if first:
        engine.fast_forward(first)
    return _next(engine, n)


def _engine(d: int, seeds: Sequence[int]) -> Any:
    return qmc.Sobol(d, scramble=True, bits=BITS, rng=np.random.default_rng([0x50B01, *seeds]))


def _next(engine: Any, n: int) -> Array:
    with warnings.catch_warnings():  # whole powers of two are more even; we take what is asked
        warnings.filterwarnings("ignore", "The balance properties of Sobol")
        points: Array = engine.random(n) + _HALF_STEP
    return points


def propose(
    spec: SweepSpec,
    observations: Sequence[Observation],
    pending: Sequence[Mapping[str, Any]],
    n: int,
    seed: int,
    *,
    may_repeat: bool = False,
) -> list[Config]:
    """The next points of the sequence; see `proposing.propose`."""
    from sweepd.search.proposing import used_keys

    used = used_keys(spec, observations, pending, may_repeat)
    number = len(observations) + len(pending)
    found: list[Config] = []
    for _ in range(n):
        config = design_config(spec, number + len(found), seed, used)
        if config is None:
            break
        used.add(spec.space.key(config))
        found.append(config)
    return found


def design_config(spec: SweepSpec, number: int, seed: int, used: set[str]) -> Config | None:
    """Config number `number` of the design, new in a finite space; None when that is used up.

    Where constraints or used configs rule points out, it is the first that fits of a sequence of
    its own.
    """
    space = spec.space
    d = len(space.dimensions)
    tries = iter(_stretch(number, d, seed))
    found = next(new_draws(space, lambda: next(tries), used, 64), None)
    if found is not None or space.n_configs is None:
        return found
    rng = np.random.default_rng([seed, number])
    if space.n_configs > 4096:
        return sample_new(space, rng, used)
    return one_left(space, rng, used)


def _stretch(number: int, d: int, seed: int) -> Iterator[Array]:
    """Point `number` first, then those of a sequence that no other number begins with."""
    yield sobol_points(number, 1, d, seed)[0]
    engine = _engine(d, [seed, number]) if d else None
    while True:
        yield from _next(engine, _BLOCK) if engine else np.empty((_BLOCK, 0))
