"""Independent samples from a space, by inverse CDF of one uniform number per dimension."""

import time
from collections.abc import Callable, Set
from contextlib import suppress

import numpy as np

from sweepd.search.budget import Budget
from sweepd.search.errors import ConfigError, NoFeasibleConfig, TooMuchWork
from sweepd.search.grid import Grid
from sweepd.search.space import Config, Space

MAX_TRIES = 10_000  # draws before constraints are called unmeetable
MAX_SECONDS = 10.0  # that these draws may take
MAX_REPEATS = 200  # draws that may hit a used config before a finite space is enumerated
MAX_WALK = 20_000  # cells looked at in search of an unused one; about 0.3 s


def sample(space: Space, rng: np.random.Generator, tries: int = MAX_TRIES) -> Config:
    """One config that meets the constraints.

    Raises:
        NoFeasibleConfig: None of `tries` draws meets them.
        TooMuchWork: So many draws take longer than MAX_SECONDS.
    """
    return sample_where(space, lambda: rng.random(len(space.dimensions)), tries)


def sample_where(space: Space, draw: Callable[[], np.ndarray], tries: int = MAX_TRIES) -> Config:
    """As `sample`, from a stream of points of the unit cube."""
    budget = Budget(tries, MAX_SECONDS, "loosen the constraints")
    for _ in range(tries):
        budget.spend()
        config = space.decode(draw())
        if space.is_feasible(config):
            return config
    rules = ", ".join(repr(rule.source) for rule in space.constraints)
    raise NoFeasibleConfig(
        f"sweepd.constraints: none of {tries} random configs meets {rules}; "
        f"loosen the constraints or narrow the parameters they read"
    )


def sample_new(space: Space, rng: np.random.Generator, used: Set[str]) -> Config | None:
    """One config whose key is not in `used`.

    Returns:
        None when a finite space has no unused config left. A space with more than MAX_WALK
        cells where none is found from a random cell on counts as used up.
    """
    for _ in range(MAX_REPEATS if space.n_configs is not None else 1):
        config = sample(space, rng)
        if space.n_configs is None or space.key(config) not in used:
            return config
    cells = unused_cells(space, rng, used)
    return cells[int(rng.integers(len(cells)))] if cells else None


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
    for _ in range(MAX_REPEATS):
        try:
            config = sample(space, rng)
        except (NoFeasibleConfig, TooMuchWork):
            if not found:
                raise
            break
        if (key := space.key(config)) not in used:
            found[key] = config
        if len(found) >= n or time.monotonic() > until:
            break
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
    """Unused configs of a finite space: all of them up to MAX_WALK cells, else some."""
    try:
        grid = Grid(space, drawn=True)
    except ConfigError:
        return []
    size = grid.size
    start = draw_below(size, rng) if size > MAX_WALK else 0
    found: list[Config] = []
    with suppress(TooMuchWork):  # what was found by then will do
        for looked, index in enumerate(grid.indexes(start)):
            if looked >= MAX_WALK:
                break
            config = grid.config(index)
            if config is not None and space.key(config) not in used:
                found.append(config)
    return found
