"""Points at which the acquisition is judged: everywhere, around the best, and their neighbours."""

import numpy as np

from sweepd.search.coordinates import Coordinates
from sweepd.search.distribution import Array
from sweepd.search.sobol import sobol_points

MAX_OPTIONS = 64


def spread(coordinates: Coordinates, n: int, rng: np.random.Generator) -> Array:
    """Feasible points all over the space, shape (n, d)."""
    cube = sobol_points(0, n, coordinates.d, int(rng.integers(1 << 30)))
    return coordinates.from_cube(cube)


def around(
    coordinates: Coordinates,
    centres: Array,
    widths: Array,
    n: int,
    rng: np.random.Generator,
) -> Array:
    """Feasible points near the centres, shape (n, d): a random few coordinates moved.

    Args:
        centres: Shape (c, d); used in turn.
        widths: Shape (d,), standard deviation of a move at scale 1; scales are drawn between
            1/30 and 1, so that both the valley and its floor are searched.
    """
    d = coordinates.d
    points = centres[np.arange(n) % len(centres)].copy()
    share = rng.choice([1.0, 0.5, min(1.0, 2.0 / d)], size=(n, 1))
    moved = rng.random((n, d)) < share
    moved[np.arange(n), rng.integers(0, d, n)] = True
    scale = 30 ** -rng.random((n, 1))
    step = rng.standard_normal((n, d)) * widths * scale
    fresh = coordinates.from_cube(rng.random((n, d)))
    for j in range(d):
        at = moved[:, j]
        lattice = coordinates.lattices[j]
        if coordinates.is_category[j]:
            points[at, j] = fresh[at, j]
            continue
        if lattice is not None and len(lattice) > 1:  # at least one place away
            gap = (lattice[-1] - lattice[0]) / (len(lattice) - 1)
            small = np.abs(step[:, j]) < gap
            step[small, j] = np.where(rng.random(int(small.sum())) < 0.5, gap, -gap)
        target = points[:, j] + step[:, j]
        # Reflected at the bounds: clipping would pile up points on them.
        target = np.abs(target - coordinates.low[j]) + coordinates.low[j]
        target = coordinates.high[j] - np.abs(coordinates.high[j] - target)
        points[at, j] = target[at]
    return coordinates.snap(points)


def neighbours(coordinates: Coordinates, point: Array, rng: np.random.Generator) -> Array:
    """Points one discrete choice away from `point`, shape (k, d): steps, and categories, all of a
    list or MAX_OPTIONS drawn from it."""
    found = []
    for j, lattice in enumerate(coordinates.lattices):
        if lattice is None or len(lattice) < 2:
            continue
        at = int(np.argmin(np.abs(lattice - point[j])))
        options = [at - 1, at + 1]
        if coordinates.is_category[j]:
            options = list(range(len(lattice)))
            if len(options) > MAX_OPTIONS:
                options = rng.choice(len(lattice), MAX_OPTIONS, replace=False).tolist()
        for option in options:
            if option != at and 0 <= option < len(lattice):
                other = point.copy()
                other[j] = lattice[option]
                found.append(other)
    return np.array(found).reshape(len(found), coordinates.d)
