"""Independent samples from a space, by inverse CDF of one uniform number per dimension."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Set
from contextlib import suppress

from sweepd.later import np
from sweepd.search.budget import Budget
from sweepd.search.errors import ConfigError, NoFeasibleConfig, TooMuchWork
from sweepd.search.feasible import Feasible, refusal
from sweepd.search.grid import Grid, new_budget
from sweepd.search.space import Config, Space

MAX_TRIES = 1000  # draws before a config is looked for from the last of them on
MAX_SECONDS = 5.0  # that these draws may take
MAX_WAYS = 8  # draws from which one is looked for
REPEAT_SECONDS = 0.5  # that draws of a constrained finite space may take of which some are used
MAX_REPEATS = 200  # draws that may hit a used config before a finite space is enumerated
MAX_WALK = 20_000  # cells looked at in search of an unused one; about 0.3 s
MAX_PREFIXES = 300_000  # prefixes of cells looked at meanwhile; about 1 s


def sample(space: Space, rng: np.random.Generator, tries: int = MAX_TRIES) -> Config:
    """One config that meets the constraints.

    Raises:
        NoFeasibleConfig: None of `tries` draws meets them, nor is one found near a few of these.
        TooMuchWork: So many draws take longer than MAX_SECONDS.
    """
    return next(draws(space, lambda: rng.random(len(space.dimensions)), tries))


def draws(space: Space, draw: Callable[[], np.ndarray], tries: int = MAX_TRIES) -> Iterator[Config]:
    """As many configs as `sample` finds, from a stream of points of the unit cube.

    Where `tries` of them hold none, those that follow are looked for at once.

    Raises:
        NoFeasibleConfig, TooMuchWork: As `sample`; with fewer than MAX_TRIES nothing is looked for.
    """
    is_rare = False
    while not is_rare:
        budget = Budget(tries, MAX_SECONDS, "loosen the constraints")
        for _ in range(tries):
            budget.spend()
            point = draw()
            config = space.decode(point)
            if space.is_feasible(config):
                yield config
                break
        else:
            is_rare = True
    if tries < MAX_TRIES:
        raise refusal(space, f"none of {tries} random configs")
    feasible = Feasible(space)
    n_failed = 0
    while n_failed < MAX_WAYS:
        point = draw()
        rng = np.random.default_rng((point * (1 << 53)).astype(np.uint64))
        found = feasible.near(point, rng)
        n_failed += found is None
        if found is not None:
            yield found
    raise refusal(space, f"none of {tries} random configs, nor any found from {MAX_WAYS} of them,")


def sample_new(space: Space, rng: np.random.Generator, used: Set[str]) -> Config | None:
    """One config whose key is not in `used`.

    Returns:
        None when a finite space has no unused config left. A space with more than MAX_WALK
        cells where none is found from a random cell on counts as used up.

    Raises:
        NoFeasibleConfig: None meets the constraints, used or not.
    """
    found = new_draws(space, lambda: rng.random(len(space.dimensions)), used)
    config = next(found, None)
    return one_left(space, rng, used) if config is None else config


def one_left(space: Space, rng: np.random.Generator, used: Set[str]) -> Config | None:
    """An unused config of a finite space by enumeration, as `sample_new`."""
    cells = unused_cells(space, rng, used)
    return cells[int(rng.integers(len(cells)))] if cells else None


def new_draws(
    space: Space, draw: Callable[[], np.ndarray], used: Set[str], repeats: int = MAX_REPEATS
) -> Iterator[Config]:
    """Configs drawn whose keys are not in `used`, until so many in a row of a finite space are, or
    none is found where an enumeration may.

    Raises:
        NoFeasibleConfig, TooMuchWork: As `draws`, of an infinite space.
    """
    is_finite = space.n_configs is not None
    seconds = Budget(1 << 62, REPEAT_SECONDS, "")
    n_used = 0
    try:
        for config in draws(space, draw):
            if not is_finite or space.key(config) not in used:
                n_used = 0
                yield config
                continue
            n_used += 1
            if n_used >= repeats or (space.constraints and seconds.is_spent):
                return
    except (NoFeasibleConfig, TooMuchWork):
        if not is_finite:
            raise


def sample_some(
    space: Space, rng: np.random.Generator, used: Set[str], n: int, seconds: float
) -> list[Config]:
    """Up to `n` different configs whose keys are not in `used`: as many as are drawn within some
    seconds, but one at least unless a finite space has none left.

    Raises:
        NoFeasibleConfig, TooMuchWork: As `sample`, of the first.
    """
    until = time.monotonic() + seconds
    found: dict[str, Config] = {}
    n_repeats = 0
    try:
        for config in new_draws(space, lambda: rng.random(len(space.dimensions)), used):
            key = space.key(config)
            n_repeats = n_repeats + 1 if key in found else 0
            found[key] = config
            if len(found) >= n or time.monotonic() > until or n_repeats >= MAX_REPEATS:
                break
    except (NoFeasibleConfig, TooMuchWork):
        if not found:
            raise
    if found or space.n_configs is None:
        return list(found.values())
    cells = unused_cells(space, rng, used)
    return [cells[i] for i in rng.permutation(len(cells))[:n]]


def draw_below(n: int, rng: np.random.Generator) -> int:
    """A whole number from 0 to n - 1, for n of any size."""
    if n < 1 << 63:
        return int(rng.integers(n))
    n_bytes = n.bit_length() // 8 + 9  # 64 bits to spare: the remainder is even enough
    return int.from_bytes(rng.bytes(n_bytes), "little") % n


def unused_cells(space: Space, rng: np.random.Generator, used: Set[str]) -> list[Config]:
    """Unused configs of a finite space: all of them up to MAX_WALK cells, else some.

    Raises:
        NoFeasibleConfig: None was found, and none is known to be used.
    """
    try:
        grid = Grid(space, drawn=True)
    except ConfigError:
        return []
    size = grid.size
    start = draw_below(size, rng) if size > MAX_WALK else 0
    found: list[Config] = []
    with suppress(TooMuchWork):  # what was found by then will do
        for looked, index in enumerate(grid.indexes(start, new_budget(MAX_PREFIXES))):
            if looked >= MAX_WALK:
                break
            config = grid.config(index)
            if config is not None and space.key(config) not in used:
                found.append(config)
    if not found and not used:
        raise refusal(space, "no config that was found")
    return found
