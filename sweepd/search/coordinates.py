"""What the model sees: configs as points where closeness means likeness.

Coordinates of a point, one per dimension of the space: a number is its quantile in [0, 1], of the
normal kinds its z-score and of the beta kinds its value, scaled to [0, 1] over the middle of the
distribution (quantiles would stretch their ends without bound); a list
of numbers is evenly spaced by rank, so that 16, 32, 64 are steps of one length; any other list is
a category, coded 0, 1, 2, … and compared only for equality. Where `when` leaves a dimension out,
its coordinate is 0.5, or -1 for a category.

Arrays are float64; (n, d) points, d = number of dimensions.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from statistics import NormalDist
from typing import Any

from sweepd.later import np
from sweepd.search.dimension import Dimension
from sweepd.search.distribution import Array
from sweepd.search.errors import TooMuchWork
from sweepd.search.parameter import Parameter
from sweepd.search.quantise import size_of
from sweepd.search.space import Config, Space

MAX_LATTICE = 2000  # longer ranges are treated as continuous, then rounded by decoding
EDGE = 1e-4  # normal and beta kinds are searched between these quantiles, ±3.7 sigma
_NORMAL = NormalDist()
Z_EDGE = -_NORMAL.inv_cdf(EDGE)


class Coordinates:
    """Translate between configs and model points for one space."""

    def __init__(self, space: Space) -> None:
        self.space = space
        self.d = len(space.dimensions)
        self.is_category = np.array([not dim.is_ordered for dim in space.dimensions], dtype=bool)
        self.left_out = np.where(self.is_category, -1.0, 0.5)  # coordinates of what is not there
        self.lattices = [_lattice(dimension) for dimension in space.dimensions]
        self.is_free = np.array([lattice is None for lattice in self.lattices], dtype=bool)
        self.low, self.high = np.zeros(self.d), np.ones(self.d)
        self._orders = [_order(dimension) for dimension in space.dimensions]

    def of_configs(self, configs: Sequence[Mapping[str, Any]]) -> Array:
        """Points of configs, shape (n, d); NaN in a dimension where the config has no place."""
        points = np.empty((len(configs), self.d))
        for j in range(self.d):
            points[:, j] = self.column(j, configs)
        return points

    def column(self, j: int, configs: Sequence[Mapping[str, Any]]) -> Array:
        """Coordinate j of the points of configs, shape (n,)."""
        units, left_out = self.space.column(j, configs)
        first = self.space.dimensions[j].members[0]
        if self.is_category[j] or first.is_listed:
            units = self._places(j, units)
        elif self.lattices[j] is None:
            units = _stretched(first, units)
        units[left_out] = self.left_out[j]
        return units

    def n_places(self, j: int) -> float:
        """How well a coordinate tells configs apart; of free ones, more where it costs less."""
        lattice = self.lattices[j]
        if lattice is not None:
            return float(len(lattice))
        kind = self.space.dimensions[j].members[0].kind
        return 1e9 if "normal" in kind or kind.endswith("beta") else 1e10

    @cached_property
    def telling(self) -> list[int]:
        """The dimensions, those first that tell most configs apart."""
        return sorted(range(self.d), key=lambda j: -self.n_places(j))

    def to_config(self, point: Array) -> Config:
        """The config nearest a point."""
        return self.space.nest(self.to_choices(point))

    def to_choices(self, point: Array) -> list[tuple[Any, ...]]:
        """Member values per dimension at a point."""
        return [self._choice(j, point[j]) for j in range(self.d)]

    def _choice(self, j: int, coordinate: float) -> tuple[Any, ...]:
        dimension, lattice = self.space.dimensions[j], self.lattices[j]
        if lattice is None:
            return dimension.take(
                _quantile(dimension.members[0], float(np.clip(coordinate, 0.0, 1.0)))
            )
        at = int(np.argmin(np.abs(lattice - coordinate)))
        assert dimension.choices is not None
        choice = dimension.choices[self._orders[j][at]]
        found: tuple[Any, ...] = choice if len(dimension.members) > 1 else (choice,)
        return found

    def snap(self, points: Array) -> Array:
        """Points moved to the nearest ones that a config can have, inside the bounds."""
        snapped = np.clip(points, self.low, self.high)
        for j, lattice in enumerate(self.lattices):
            if lattice is None:
                continue
            if len(lattice) == 1:
                snapped[:, j] = lattice[0]
                continue
            middle = (lattice[1:] + lattice[:-1]) / 2
            snapped[:, j] = lattice[np.searchsorted(middle, points[:, j])]
        return snapped

    def without_idle(self, points: Array) -> Array:
        """The points of the configs that these stand for: what conditions leave out of a config
        has the coordinate of what is not there. Changed in place and returned."""
        space = self.space
        if not space.when:
            return points
        read = set().union(*(rule.names for rule in space.when.values()))
        asked = [
            j
            for j, dimension in enumerate(space.dimensions)
            if any(member.name in read for member in dimension.members)
        ]
        constants = {p.name: p.values[0] for p in space.parameters if p.kind == "constant"}
        rows, at = np.unique(points[:, asked], axis=0, return_inverse=True)
        is_there = np.empty((len(rows), self.d), dtype=bool)
        for i, row in enumerate(rows):
            flat = dict(constants)
            for j, coordinate in zip(asked, row.tolist(), strict=True):
                members = space.dimensions[j].members
                choice = self._choice(j, coordinate)
                flat |= {m.name: value for m, value in zip(members, choice, strict=True)}
            try:
                present = space.present(flat)
            except TooMuchWork:  # for whoever makes this config to say
                present = {p.name for p in space.parameters}
            is_there[i] = [
                any(member.name in present for member in dimension.members)
                for dimension in space.dimensions
            ]
        idle = ~is_there[at.ravel()]
        points[idle] = np.broadcast_to(self.left_out, points.shape)[idle]
        return points

    def from_cube(self, cube: Array) -> Array:
        """Feasible points spread as the uniform points `cube`, shape (n, d), in [0, 1)."""
        points = np.clip(cube, self.low, self.high)
        for j, lattice in enumerate(self.lattices):
            if lattice is None:
                points[:, j] = _stretched(self.space.dimensions[j].members[0], points[:, j])
                continue
            at = (cube[:, j] * len(lattice)).astype(int)
            points[:, j] = lattice[np.minimum(at, len(lattice) - 1)]
        return points

    def all_points(self) -> Array:
        """Every point of a finite space, shape (n_configs, d)."""
        grids = np.meshgrid(*[g for g in self.lattices if g is not None], indexing="ij")
        return np.stack([grid.ravel() for grid in grids], axis=1)

    def _places(self, j: int, units: Array) -> Array:
        """Coordinates of listed values from their quantiles; NaN stays."""
        dimension, lattice, order = self.space.dimensions[j], self.lattices[j], self._orders[j]
        n = len(order)
        middles = np.array(
            (np.arange(n) + 0.5) / n if len(dimension.members) > 1 else dimension.members[0].middles
        )
        rank = np.empty(n, dtype=int)
        rank[np.asarray(order)] = np.arange(n)
        coordinates = np.arange(n, dtype=float) if lattice is None else lattice
        known = np.isfinite(units)
        nearest = np.searchsorted((middles[1:] + middles[:-1]) / 2, units[known])
        found = np.full(len(units), np.nan)
        found[known] = coordinates[rank[nearest]]
        return found


def _order(dimension: Dimension) -> Sequence[int]:
    """Positions of the choices in the order of the lattice: ascending for lists of numbers.

    Empty for a continuous dimension.
    """
    choices = dimension.choices
    if choices is None:
        return ()
    if dimension.is_ordered and dimension.members[0].is_listed:
        return sorted(range(len(choices)), key=lambda i: choices[i])
    return range(size_of(choices))


def _lattice(dimension: Dimension) -> Array | None:
    """Coordinates the choices have, ascending; None for a continuous dimension."""
    choices = dimension.choices
    is_listed = len(dimension.members) > 1 or dimension.members[0].is_listed
    if choices is None or (size_of(choices) > MAX_LATTICE and not is_listed):
        return None
    if not dimension.is_ordered:
        return np.arange(len(choices), dtype=float)
    if is_listed:
        return (np.arange(len(choices)) + 0.5) / len(choices)
    parameter = dimension.members[0]
    return np.array([parameter.unit(choice) for choice in choices])


def _stretched(parameter: Parameter, units: Array) -> Array:
    """Coordinates of quantiles, shape (n,); NaN stays."""
    if "normal" in parameter.kind:
        z = np.array([_NORMAL.inv_cdf(u) for u in _inside(units).tolist()])
        return np.where(np.isnan(units), np.nan, z / (2 * Z_EDGE) + 0.5)
    if parameter.kind.endswith("beta"):
        from scipy.special import betaincinv

        low, high = betaincinv(parameter.a, parameter.b, [EDGE, 1 - EDGE])
        values = betaincinv(parameter.a, parameter.b, _inside(units))
        return np.where(np.isnan(units), np.nan, (values - low) / (high - low))
    return units


def _inside(units: Array) -> Array:
    return np.clip(np.nan_to_num(units, nan=0.5), EDGE, 1 - EDGE)


def _quantile(parameter: Parameter, coordinate: float) -> float:
    """The inverse of `_stretched` for one coordinate in [0, 1]."""
    if "normal" in parameter.kind:
        return _NORMAL.cdf((coordinate - 0.5) * 2 * Z_EDGE)
    if parameter.kind.endswith("beta"):
        from scipy.special import betainc, betaincinv

        low, high = betaincinv(parameter.a, parameter.b, [EDGE, 1 - EDGE])
        return float(betainc(parameter.a, parameter.b, low + coordinate * (high - low)))
    return coordinate
