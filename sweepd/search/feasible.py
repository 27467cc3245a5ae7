"""Configs that meet constraints which hardly any random config meets.

Parameters that no constraint joins are independent of each other, so each group that some join is
solved by itself: from where it stands, one parameter or one direction at a time goes to where the
constraints fall short least (`shortfall.py`). Lists and short ranges are looked through; along
others the way leads from even probes to the bottom between them, so that `abs(x - y) < 1e-5` is
met within some dozens of looks. What is left of a finite group is walked through, prefix by prefix.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from sweepd.later import np
from sweepd.search.budget import Budget
from sweepd.search.distribution import Array
from sweepd.search.errors import NoFeasibleConfig, TooMuchWork
from sweepd.search.expression import Expression
from sweepd.search.quantise import size_of
from sweepd.search.shortfall import FAR, Shortfall
from sweepd.search.space import Config, Space

MAX_LISTED = 64  # choices of a dimension that are all looked at
N_PROBES = 24  # of any other
N_STEPS = 60  # from the best probe to the bottom: beyond this numbers do not differ
N_ROUNDS = 12  # moves per dimension of a group, from one start
N_STARTS = 6
MAX_LOOKS = 20_000  # for one config; about 0.2 s
MAX_WALK = 20_000  # prefixes of a finite group looked at where the descent found nothing
MAX_SECONDS = 5.0
ADVICE = "loosen the constraints or narrow the parameters they read"
_SHRINK = (math.sqrt(5) - 1) / 2

Fall = Callable[[Array], float]


class Feasible:
    """The configs of a space that meet its constraints, found by descent."""

    def __init__(self, space: Space) -> None:
        self.space = space
        self._groups = [_Group(space, dims, rules) for dims, rules in _joined(space)]

    def near(self, unit: Array, rng: np.random.Generator, starts: int = N_STARTS) -> Config | None:
        """A config that meets the constraints, found from a point of the unit cube on.

        Args:
            unit: Shape (n_dimensions,); where it is NaN the way begins anywhere.
            starts: How often the way may begin again elsewhere.

        Returns:
            None when the looks allowed are used up.

        Raises:
            NoFeasibleConfig: There is none: all choices were looked through.
            TooMuchWork: A look takes too long.
        """
        found = np.where(np.isnan(unit), rng.random(len(unit)), unit)
        budget = Budget(MAX_LOOKS, MAX_SECONDS, ADVICE)
        try:
            for group in self._groups:
                if not group.solve(found, rng, budget, starts):
                    return None
        except TooMuchWork:
            if budget.is_spent:
                return None
            raise
        config = self.space.decode(found)
        return config if self.space.is_feasible(config) else None


def refusal(space: Space, what: str) -> NoFeasibleConfig:
    """The error that names the constraints, and what to change."""
    rules = ", ".join(repr(rule.source) for rule in space.constraints)
    return NoFeasibleConfig(
        f"sweepd.constraints: {what} meets {rules}; {ADVICE}; of numbers that are not whole write "
        "abs(a - b) < 0.001 rather than a == b"
    )


def _joined(space: Space) -> list[tuple[list[int], list[Expression]]]:
    """Groups of dimensions that constraints join, directly or through conditions; their rules."""
    at = {m.name: j for j, dimension in enumerate(space.dimensions) for m in dimension.members}
    groups: list[tuple[set[int], list[Expression]]] = []
    for rule in space.constraints:
        names, waiting = set(), set(rule.names)
        while waiting:
            name = waiting.pop()
            names.add(name)
            if name in space.when:
                waiting |= space.when[name].names - names
        dims, rules = {at[name] for name in names if name in at}, [rule]
        for group in [group for group in groups if group[0] & dims]:
            groups.remove(group)
            dims |= group[0]
            rules = group[1] + rules
        groups.append((dims, rules))
    return [(sorted(dims), rules) for dims, rules in groups]


class _Group:
    """Dimensions that constraints join."""

    def __init__(self, space: Space, dims: Sequence[int], rules: Sequence[Expression]) -> None:
        self._space = space
        self._dims = list(dims)
        parts = [(rule.names, part) for rule in rules for part in rule.conjuncts()]
        self._rules = [(names, Shortfall(part)) for names, part in parts]
        self._constants = {p.name: p.values[0] for p in space.parameters if p.kind == "constant"}
        self._listed = {j: found for j in dims if (found := _choices(space, j)) is not None}
        self._ordered = [j for j in dims if space.dimensions[j].is_ordered]

    def solve(
        self, unit: Array, rng: np.random.Generator, budget: Budget, starts: int = N_STARTS
    ) -> bool:
        """Move these dimensions of `unit` to where the rules hold; whether it succeeded.

        Raises:
            NoFeasibleConfig: No choice of a finite group meets the rules.
        """

        def fall(point: Array) -> float:
            budget.spend()
            return self._shortfall(self._values(point, self._dims))

        for start in range(starts):
            if start:
                unit[self._dims] = rng.random(len(self._dims))
            if self._descend(unit, fall, rng):
                self._loosen(unit, fall, rng)
                return True
        if len(self._listed) == len(self._dims) and starts == N_STARTS:
            return self._walk(unit, rng)
        return False

    def _values(self, unit: Array, dims: Sequence[int]) -> dict[str, Any]:
        flat = dict(self._constants)
        for j in dims:
            dimension = self._space.dimensions[j]
            flat |= zip(
                (m.name for m in dimension.members), dimension.take(float(unit[j])), strict=True
            )
        return self._space.active(flat) if self._space.when else flat

    def _shortfall(self, flat: dict[str, Any]) -> float:
        return min(FAR, sum(rule(flat) for names, rule in self._rules if names <= flat.keys()))

    def _descend(self, unit: Array, fall: Fall, rng: np.random.Generator) -> bool:
        best = fall(unit)
        for _ in range(N_ROUNDS):
            if best <= 0:
                return True
            for j in rng.permutation(self._dims).tolist():
                best = self._move(unit, j, best, fall, rng)
                if best <= 0:
                    return True
            if len(self._ordered) > 1:
                best = self._slide(unit, best, fall, rng)
        return best <= 0

    def _loosen(self, unit: Array, fall: Fall, rng: np.random.Generator) -> None:
        """Leave the border where a descent ends: redraw each dimension where the rules still hold.

        Source: Neal (2003), Slice sampling, the shrinking of figure 5.
        """
        for j in rng.permutation(self._dims).tolist():
            before, point = float(unit[j]), unit.copy()
            if j in self._listed:
                for u in rng.permutation(self._listed[j]).tolist():
                    point[j] = u
                    if fall(point) <= 0:
                        break
                unit[j] = point[j] if fall(point) <= 0 else before
                continue
            low, high = 0.0, 1.0
            for _ in range(N_STEPS):
                point[j] = rng.uniform(low, high)
                if fall(point) <= 0:
                    unit[j] = point[j]
                    break
                low, high = (point[j], high) if point[j] < before else (low, point[j])

    def _move(
        self, unit: Array, j: int, best: float, fall: Fall, rng: np.random.Generator
    ) -> float:
        """Take dimension j to where the rules fall short least; what is left of the shortfall."""
        point = unit.copy()

        def at(u: float) -> float:
            point[j] = u
            return fall(point)

        if j in self._listed:
            places, h = self._listed[j], 0.0
        else:
            even = (np.arange(N_PROBES) + rng.random(N_PROBES)) / N_PROBES
            places, h = np.concatenate([even, unit[self._dims]]), 1.0 / N_PROBES
        u, found = _lowest(at, places, h if j in self._ordered else 0.0, rng)
        if found <= best:
            unit[j], best = u, found
        return best

    def _slide(self, unit: Array, best: float, fall: Fall, rng: np.random.Generator) -> float:
        """As `_move`, of all ordered dimensions at once along a random direction."""
        way = np.zeros(len(unit))
        some = rng.permutation(self._ordered)[: int(rng.integers(2, len(self._ordered) + 1))]
        way[some] = rng.choice([-1.0, 1.0], len(some)) * rng.choice([1.0, rng.random()], len(some))
        start = unit.copy()

        def at(t: float) -> float:
            return fall(np.clip(start + t * way, 0.0, 1.0))

        places = 2 * (np.arange(N_PROBES) + rng.random(N_PROBES)) / N_PROBES - 1
        t, found = _lowest(at, places, 2.0 / N_PROBES, rng)
        if found <= best:
            unit[:], best = np.clip(start + t * way, 0.0, 1.0), found
        return best

    def _walk(self, unit: Array, rng: np.random.Generator) -> bool:
        """Look through a finite group, rules as soon as what they read is set."""
        left = MAX_WALK
        order: list[int] = []
        while len(order) < len(self._dims):  # whatever completes a rule soonest comes next
            order.append(min(set(self._dims) - set(order), key=lambda j: self._missing(order, j)))

        def walk(level: int) -> Iterator[bool]:
            nonlocal left
            if level == len(order):
                yield True
                return
            for u in rng.permutation(self._listed[order[level]]).tolist():
                left -= 1
                if left < 0:
                    yield False
                    return
                unit[order[level]] = u
                flat = self._values(unit, order[: level + 1])
                is_known = level + 1 == len(order) or not self._space.when
                if is_known and self._shortfall(flat) > 0:
                    continue
                yield from walk(level + 1)

        found = next(walk(0), None)
        if found is None:
            raise refusal(self._space, "no config")
        return found

    def _missing(self, order: Sequence[int], j: int) -> tuple[int, int]:
        names = {m.name for i in [*order, j] for m in self._space.dimensions[i].members}
        own = {m.name for m in self._space.dimensions[j].members}
        missing = [len(read - names) for read, _ in self._rules if read & own]
        return min(missing, default=len(self._dims)), len(self._listed[j])


def _choices(space: Space, j: int) -> Array | None:
    """Where in [0, 1] each choice of a dimension lies; None where they are not all looked at."""
    dimension = space.dimensions[j]
    choices = dimension.choices
    if choices is None or (size_of(choices) > MAX_LISTED and dimension.is_ordered):
        return None
    n_members = len(dimension.members)
    columns = list(zip(*choices, strict=True)) if n_members > 1 else [list(choices)]
    return dimension.units(columns)


def _lowest(
    at: Callable[[float], float], places: Array, h: float, rng: np.random.Generator
) -> tuple[float, float]:
    """Where a function is lowest among places, or within `h` of the best of them; its value."""
    values = np.array([at(u) for u in places.tolist()])
    lowest = float(values.min())
    best = float(rng.choice(places[values == lowest]))
    if h == 0 or lowest <= 0:
        return best, lowest
    low, high = best - h, best + h
    if places.min() >= 0:
        low, high = max(low, 0.0), min(high, 1.0)
    # Golden section: the ends close in on a bottom that nothing is known of but its values.
    a, b = high - _SHRINK * (high - low), low + _SHRINK * (high - low)
    of_a, of_b = at(a), at(b)
    for _ in range(N_STEPS):
        if min(of_a, of_b) <= 0:
            break
        if of_a <= of_b:
            high, b, of_b = b, a, of_a
            a = high - _SHRINK * (high - low)
            of_a = at(a)
        else:
            low, a, of_a = a, b, of_b
            b = low + _SHRINK * (high - low)
            of_b = at(b)
    found = min((of_a, a), (of_b, b), (lowest, best))
    return found[1], found[0]
