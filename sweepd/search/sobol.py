"""Scrambled Sobol points: the design a search begins with, and a method of its own.

Point number i depends on i and the seed alone, so agents that ask at once and are told different
numbers get different, jointly even points. Scrambling is a random lower-triangular matrix over
GF(2) and a digital shift, which keeps the net property.

Sources: Joe & Kuo (2008), table new-joe-kuo-6, for polynomials and initial numbers; Matoušek
(1998) for the scrambling. Own code: `scipy.stats.qmc` takes over half a second to import.
"""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

import numpy as np

from sweepd.search.observation import Observation
from sweepd.search.parameter import Array
from sweepd.search.random_draws import sample_new, sample_where, unused_cells
from sweepd.search.space import Config
from sweepd.search.spec import SweepSpec

BITS = 30
# Dimension 2 on: primitive polynomial with all its coefficients as bits, initial odd numbers.
_JOE_KUO: tuple[tuple[int, tuple[int, ...]], ...] = (
    (3, (1,)),
    (7, (1, 3)),
    (11, (1, 3, 1)),
    (13, (1, 1, 1)),
    (19, (1, 1, 3, 3)),
    (25, (1, 3, 5, 13)),
    (37, (1, 1, 5, 5, 17)),
    (41, (1, 1, 5, 5, 5)),
    (47, (1, 1, 7, 11, 19)),
    (55, (1, 1, 5, 1, 1)),
    (59, (1, 1, 1, 3, 11)),
    (61, (1, 3, 5, 5, 31)),
    (67, (1, 3, 3, 9, 7, 49)),
    (91, (1, 1, 1, 15, 21, 21)),
    (97, (1, 3, 1, 13, 27, 49)),
    (103, (1, 1, 1, 15, 7, 5)),
    (109, (1, 3, 1, 15, 13, 25)),
    (115, (1, 1, 5, 5, 19, 61)),
    (131, (1, 3, 7, 11, 23, 15, 103)),
    (137, (1, 3, 7, 13, 13, 15, 69)),
    (143, (1, 1, 3, 13, 7, 35, 63)),
    (145, (1, 3, 5, 9, 1, 25, 53)),
    (157, (1, 3, 1, 13, 9, 35, 107)),
    (167, (1, 3, 1, 5, 27, 61, 31)),
    (171, (1, 1, 5, 11, 19, 41, 61)),
    (185, (1, 3, 5, 3, 3, 13, 69)),
    (191, (1, 1, 7, 13, 1, 19, 1)),
    (193, (1, 3, 7, 5, 13, 19, 59)),
    (203, (1, 1, 3, 9, 25, 29, 41)),
    (211, (1, 3, 5, 13, 23, 1, 55)),
    (213, (1, 3, 7, 3, 13, 59, 17)),
    (229, (1, 3, 1, 3, 5, 53, 69)),
    (239, (1, 1, 5, 5, 23, 33, 13)),
    (241, (1, 1, 7, 7, 1, 61, 123)),
    (247, (1, 1, 7, 9, 13, 61, 49)),
    (253, (1, 3, 3, 5, 3, 55, 33)),
    (285, (1, 3, 1, 15, 31, 13, 49, 245)),
    (299, (1, 3, 5, 15, 31, 59, 63, 97)),
    (301, (1, 3, 1, 11, 11, 11, 77, 249)),
)
MAX_DIMENSIONS = len(_JOE_KUO) + 1  # further ones are filled with independent uniforms


def sobol_points(first: int, n: int, d: int, seed: int) -> Array:
    """Points `first … first + n - 1` of a scrambled sequence, shape (n, d), in [0, 1).

    The same (number, d, seed) gives the same point in whatever batch it is asked for.
    """
    rng = np.random.default_rng([0x50B01, seed])
    if d == 0:
        return np.empty((n, 0))
    n_net = min(d, MAX_DIMENSIONS)
    matrix = _scrambled(n_net, rng)
    shift = rng.integers(0, 1 << BITS, size=n_net, dtype=np.int64)
    numbers = np.arange(first, first + n, dtype=np.int64)[:, None]
    digits = np.broadcast_to(shift, (n, n_net)).copy()
    for bit in range(max(1, (first + n).bit_length())):
        digits ^= ((numbers >> bit) & 1) * matrix[:, bit]
    points = np.empty((n, d))
    points[:, :n_net] = (digits + 0.5) / (1 << BITS)
    for row in range(n if d > n_net else 0):
        points[row, n_net:] = np.random.default_rng([first + row, seed]).random(d - n_net)
    return points


def direction_numbers(d: int) -> np.ndarray:
    """Unscrambled direction numbers, shape (d, BITS), as integers below 2**BITS."""
    numbers = np.zeros((d, BITS), dtype=np.int64)
    numbers[0] = 1
    for j in range(1, d):
        polynomial, initial = _JOE_KUO[j - 1]
        degree = polynomial.bit_length() - 1
        m = list(initial)
        for i in range(degree, BITS):
            new = m[i - degree] ^ (m[i - degree] << degree)
            for k in range(1, degree):
                if polynomial >> (degree - k) & 1:
                    new ^= m[i - k] << k
            m.append(new)
        numbers[j] = m
    return numbers << np.arange(BITS - 1, -1, -1)


def _scrambled(d: int, rng: np.random.Generator) -> np.ndarray:
    """Direction numbers times a random lower-triangular binary matrix per dimension."""
    plain = _plain()[:d]
    row = np.arange(BITS)  # a digit of the output, the most significant first
    above = rng.integers(0, np.left_shift(1, row), size=(d, BITS))
    masks = (1 << (BITS - 1 - row)) | (above << (BITS - row))
    # bitwise_count answers in eight bits, too few to shift
    parity = np.bitwise_count(plain[:, None, :] & masks[:, :, None]).astype(np.int64) & 1
    scrambled: np.ndarray = (parity << (BITS - 1 - row)[None, :, None]).sum(axis=1)
    return scrambled


@cache
def _plain() -> np.ndarray:
    return direction_numbers(MAX_DIMENSIONS)


def propose(
    spec: SweepSpec,
    observations: Sequence[Observation],
    pending: Sequence[Mapping[str, Any]],
    n: int,
    seed: int,
) -> list[Config]:
    """The next points of the sequence; see `proposing.propose`."""
    from sweepd.search.proposing import used_keys

    used = used_keys(spec, observations, pending)
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

    Where constraints or used configs rule points out, it is the first that fits of a stretch of
    the sequence of its own.
    """
    space = spec.space
    d = len(space.dimensions)
    tries = iter(_stretch(number, d, seed))
    if space.n_configs is None:
        return sample_where(space, lambda: next(tries))
    for _ in range(64):
        config = sample_where(space, lambda: next(tries))
        if space.key(config) not in used:
            return config
    rng = np.random.default_rng([seed, number])
    if space.n_configs > 4096:
        return sample_new(space, rng, used)
    cells = unused_cells(space, rng, used)
    return cells[int(rng.integers(len(cells)))] if cells else None


def _stretch(number: int, d: int, seed: int) -> Any:
    """Point `number` first, then points far along the sequence that no other number begins with."""
    yield sobol_points(number, 1, d, seed)[0]
    start = (1 << 20) + number * 16_384
    for block in range(64):
        yield from sobol_points(start % (1 << 29) + block * 256, 256, d, seed)
