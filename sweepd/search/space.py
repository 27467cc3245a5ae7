"""The search space: parameters with their ties, conditions and constraints, as a unit cube.

A *dimension* is what a method chooses freely: one parameter, or a group tied by `zip`. Constants
are none. Everything between configs and numbers happens here, so methods see only arrays.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from sweepd.later import np
from sweepd.search.canonical import content
from sweepd.search.dimension import Dimension
from sweepd.search.distribution import Array
from sweepd.search.errors import ExpressionError
from sweepd.search.expression import Expression
from sweepd.search.parameter import Parameter
from sweepd.search.quantise import size_of

Config = dict[str, Any]
MISSING: Any = object()


@dataclass(frozen=True)
class Space:
    """An ordered set of parameters; immutable.

    Attributes:
        parameters: Leaves in grid order: sorted by name at each level of nesting.
        ties: Groups of dotted names that advance together.
        when: Dotted name → condition; the parameter is left out of a config unless it holds. A
            condition that reads a left-out parameter does not hold.
        constraints: A config must meet all; one that reads a left-out parameter is met.
    """

    parameters: tuple[Parameter, ...]
    ties: tuple[tuple[str, ...], ...] = ()
    when: Mapping[str, Expression] = field(default_factory=dict)
    constraints: tuple[Expression, ...] = ()

    def __post_init__(self) -> None:
        self.condition_order  # noqa: B018  # a cycle is refused here, not at the first config

    @cached_property
    def dimensions(self) -> tuple[Dimension, ...]:
        """The free choices, in grid order; a tied group stands where its first member does."""
        by_name = {parameter.name: parameter for parameter in self.parameters}
        group = {name: tie for tie in self.ties for name in tie}
        found: dict[tuple[str, ...], Dimension] = {}
        for parameter in self.parameters:
            names = group.get(parameter.name, (parameter.name,))
            members = tuple(by_name[name] for name in names)
            if parameter.kind != "constant":
                found.setdefault(names, Dimension(members))
        return tuple(found.values())

    @cached_property
    def n_configs(self) -> int | None:
        """Number of configs after ties, None if infinite; an upper bound under when/constraints."""
        sizes = [dimension.choices for dimension in self.dimensions]
        if any(choices is None for choices in sizes):
            return None
        return math.prod(size_of(choices) for choices in sizes if choices is not None)

    @property
    def is_restricted(self) -> bool:
        """Whether conditions or constraints exclude or merge configs."""
        return bool(self.when or self.constraints)

    def decode(self, unit: Sequence[float] | Array) -> Config:
        """The nested config at a point of the unit cube, shape (n_dimensions,)."""
        pairs = zip(self.dimensions, unit, strict=True)
        return self.nest([dimension.take(float(u)) for dimension, u in pairs])

    def encode(self, config: Mapping[str, Any]) -> Array:
        """Quantiles of a config, shape (n_dimensions,); see `encode_many`."""
        encoded: Array = self.encode_many([config])[0]
        return encoded

    def encode_many(self, configs: Sequence[Mapping[str, Any]]) -> Array:
        """Quantiles of configs, shape (n, n_dimensions).

        NaN where a value is missing or has no place; 0.5 where a condition leaves it out. Numbers
        beyond changed bounds come out beyond [0, 1].
        """
        units = np.empty((len(configs), len(self.dimensions)))
        for j in range(len(self.dimensions)):
            units[:, j], left_out = self.column(j, configs)
            units[left_out, j] = 0.5
        return units

    def column(self, j: int, configs: Sequence[Mapping[str, Any]]) -> tuple[Array, Any]:
        """Quantiles of configs in one dimension, shape (n,), NaN where a value is missing or has
        no place; and the rows where a condition leaves it out, an array of integers."""
        dimension = self.dimensions[j]
        columns = self.raw_columns(j, configs)
        units = dimension.units(columns)
        if not self.when or not any(member.name in self.when for member in dimension.members):
            return units, np.empty(0, dtype=int)
        missing = np.flatnonzero(np.isnan(units))
        few = [configs[i] for i in missing.tolist()]
        return units, missing[self._are_left_out(dimension, few)]

    def raw_columns(self, j: int, configs: Sequence[Mapping[str, Any]]) -> list[list[Any]]:
        """The values of each member of a dimension in configs; MISSING where one has none."""
        return [_column(configs, member.path) for member in self.dimensions[j].members]

    def _are_left_out(
        self, dimension: Dimension, configs: Sequence[Mapping[str, Any]]
    ) -> np.ndarray[Any, Any]:
        """Whether conditions leave a dimension's parameters out of each config, shape (n,).

        That depends on what the conditions read, and is asked once for each values of it.
        """
        members = {member.name for member in dimension.members}
        asked, read = self._conditions(dimension)
        readable = [p for p in asked.parameters if p.name in read]
        columns = [_column(configs, p.path) for p in readable]

        def is_left_out(values: Sequence[Any]) -> bool:
            pairs = zip(readable, values, strict=False)
            flat = {p.name: value for p, value in pairs if value is not MISSING}
            return members.isdisjoint(asked.present(flat))

        if not columns:
            return np.full(len(configs), is_left_out(()))
        kinds = [map(type, column) for column in columns]  # 1, 1.0 and true are different values
        keys = list(zip(*columns, *kinds, strict=True))
        try:
            known = {key: is_left_out(key) for key in set(keys)}
            return np.array([known[key] for key in keys], dtype=bool)
        except TypeError:  # one is a list or an object
            return np.array([is_left_out(key) for key in keys], dtype=bool)

    def _conditions(self, dimension: Dimension) -> tuple[Space, set[str]]:
        """The part of the space that says whether a dimension is there, and the names it reads."""
        if (found := self._asked.get(dimension.name)) is not None:
            return found
        names, read = set[str](), set[str]()
        waiting = {member.name for member in dimension.members}
        while waiting:
            name = waiting.pop()
            names.add(name)
            if name in self.when:
                read |= self.when[name].names
                waiting |= self.when[name].names - names
        parts = tuple(p for p in self.parameters if p.name in names)
        asked = Space(parts, when={name: self.when[name] for name in names & self.when.keys()})
        return self._asked.setdefault(dimension.name, (asked, read))

    @cached_property
    def _asked(self) -> dict[str, tuple[Space, set[str]]]:
        return {}

    def nest(self, choices: Sequence[Sequence[Any]]) -> Config:
        """A nested config from one row of member values per dimension, constants included."""
        flat: dict[str, Any] = {}
        for dimension, row in zip(self.dimensions, choices, strict=True):
            for member, value in zip(dimension.members, row, strict=True):
                flat[member.name] = value
        for parameter in self.parameters:
            if parameter.kind == "constant":
                flat[parameter.name] = parameter.values[0]
        active = self.active(flat) if self.when else flat
        config: Config = {}
        for parameter in self.parameters:
            if parameter.name in active:
                level = config
                for step in parameter.path[:-1]:
                    level = level.setdefault(step, {})
                level[parameter.path[-1]] = flat[parameter.name]
        return config

    def flat(self, config: Mapping[str, Any]) -> dict[str, Any]:
        """Values of the known parameters by dotted name; those the config lacks are left out."""
        found = {p.name: find(config, p.path) for p in self.parameters}
        return {name: value for name, value in found.items() if value is not MISSING}

    def project(self, config: Mapping[str, Any]) -> Config:
        """The config with nothing but the values of the parameters present, nested as they are."""
        flat = self.flat(config)
        present = self.present(flat)
        projected: Config = {}
        for parameter in self.parameters:
            if parameter.name in present and parameter.name in flat:
                level = projected
                for step in parameter.path[:-1]:
                    level = level.setdefault(step, {})
                level[parameter.path[-1]] = flat[parameter.name]
        return projected

    def active(self, flat: Mapping[str, Any]) -> dict[str, Any]:
        """The entries whose conditions hold."""
        held = {name: value for name, value in flat.items() if name not in self.when}
        for name in self.condition_order:
            rule = self.when[name]
            if name in flat and rule.names <= held.keys() and rule.holds(held):
                held[name] = flat[name]
        return held

    def present(self, flat: Mapping[str, Any]) -> set[str]:
        """Names of the parameters that a config with these values has: all but those that their
        conditions leave out. One that is present and has no value is missing."""
        names = {p.name for p in self.parameters if p.name not in self.when}
        held = {name: flat[name] for name in names & flat.keys()}
        for name in self.condition_order:
            rule = self.when[name]
            if rule.names <= held.keys() and rule.holds(held):
                names.add(name)
                if name in flat:
                    held[name] = flat[name]
        return names

    def is_feasible(self, config: Mapping[str, Any]) -> bool:
        """Whether the config meets every constraint."""
        if not self.constraints:
            return True
        flat = self.flat(config)
        return all(not rule.names <= flat.keys() or rule.holds(flat) for rule in self.constraints)

    def key(self, config: Mapping[str, Any]) -> str:
        """Content of a config as 20 hex digits: 3.0 is 3, order-free, unknown keys ignored.

        Of an object among a parameter's values only the keys written in the sweep count, so what a
        script adds to it changes nothing.
        """
        known: dict[str, Any] = {}
        for parameter in self.parameters:
            value = find(config, parameter.path)
            if value is MISSING:
                continue
            if isinstance(value, dict) and parameter.is_listed:
                at = parameter.index(value)
                value = value if at is None or not parameter.choices else parameter.choices[at]
            known[parameter.name] = value
        return hashlib.blake2b(content(known).encode(), digest_size=10).hexdigest()

    @cached_property
    def condition_order(self) -> tuple[str, ...]:
        """Conditional names, each after the conditional names it reads."""
        order: list[str] = []
        waiting = dict(self.when)
        while waiting:
            ready = [name for name, rule in waiting.items() if not rule.names & waiting.keys()]
            if not ready:
                names = ", ".join(sorted(waiting))
                raise ExpressionError(f"conditions under `when` depend on each other: {names}")
            order += ready
            for name in ready:
                del waiting[name]
        return tuple(order)


def find(config: Mapping[str, Any], path: Sequence[str]) -> Any:
    """The value at a path of a nested config, or MISSING."""
    level: Any = config
    for step in path:
        if not isinstance(level, Mapping) or step not in level:
            return MISSING
        level = level[step]
    return level


def _column(configs: Sequence[Mapping[str, Any]], path: Sequence[str]) -> list[Any]:
    """One parameter's value in each config; MISSING has no place in any parameter."""
    if len(path) == 1:
        return [config.get(path[0], MISSING) for config in configs]
    return [find(config, path) for config in configs]
