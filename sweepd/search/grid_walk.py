"""Walk a grid under conditions and constraints, prefix by prefix.

A *prefix* fixes the slowest dimensions. A condition or constraint is looked at as soon as the
dimensions it reads are fixed, so one that fails takes all cells below its prefix with it.
"""

from collections.abc import Iterator, Sequence
from typing import Any

from sweepd.search.budget import Budget
from sweepd.search.expression import Expression
from sweepd.search.quantise import size_of
from sweepd.search.space import Space

ROOT = -1  # the level of what no dimension decides


class Walk:
    """The cells of a restricted space, in the grid's order.

    Args:
        axes: The choices of each dimension of the space, slowest first.
    """

    def __init__(self, space: Space, axes: Sequence[Sequence[Any]]) -> None:
        self._space = space
        self._axes = axes
        self._names = [[member.name for member in d.members] for d in space.dimensions]
        level: dict[str, int] = {p.name: ROOT for p in space.parameters}
        level |= {name: j for j, names in enumerate(self._names) for name in names}
        for name in space.condition_order:
            level[name] = max([level[name], *(level[read] for read in space.when[name].names)])
        self._plain = [[n for n in names if n not in space.when] for names in self._names]
        self._conditional: dict[int, list[str]] = {}
        for name in space.condition_order:
            self._conditional.setdefault(level[name], []).append(name)
        self._repeats: dict[int, list[int]] = {}
        for j, names in enumerate(self._names):
            if all(name in space.when for name in names):
                self._repeats.setdefault(max(level[name] for name in names), []).append(j)
        self._rules: dict[int, list[Expression]] = {}
        for constraint in space.constraints:
            # One that reads a left-out parameter is met as a whole, so then it stays whole.
            is_split = not constraint.names & space.when.keys()
            for rule in constraint.conjuncts() if is_split else [constraint]:
                at = max((level[name] for name in rule.names), default=ROOT)
                self._rules.setdefault(at, []).append(rule)
        self._deepest = max(
            (j for found in (self._conditional, self._repeats, self._rules) for j in found),
            default=ROOT,
        )
        self._strides = [1] * len(axes)
        for j in range(len(axes) - 1, 0, -1):
            self._strides[j - 1] = self._strides[j] * size_of(axes[j])

    def holds(self, digits: Sequence[int]) -> bool:
        """Whether the cell with these digits is one: no rule excludes it, and it repeats none."""
        state = _State(list(digits))
        return all(self._enter(level, state) for level in range(ROOT, len(self._axes)))

    def blocks(self, digits: Sequence[int], budget: Budget) -> Iterator[tuple[list[int], int]]:
        """Runs of cells from `digits` on, in order: where each begins, and how many cells it has.

        Raises:
            TooMuchWork: More prefixes had to be looked at than the budget allows.
        """
        state = _State(list(digits))
        if not self._enter(ROOT, state):
            return
        if not self._axes:
            yield [], 1
            return
        last = max(self._deepest, 0)
        n_levels = len(self._axes)
        level: int | None = 0
        while level is not None:
            budget.spend()
            if not self._enter(level, state):
                level = self._advance(level, state.digits)
            elif level < last:
                level += 1
            else:  # nothing further down decides anything
                n_before = sum(
                    state.digits[j] * self._strides[j] for j in range(level + 1, n_levels)
                )
                yield list(state.digits), self._strides[level] - n_before
                level = self._advance(level, state.digits)

    def _advance(self, level: int, digits: list[int]) -> int | None:
        """Go to the next prefix of this length; the level that changed, None at the end."""
        digits[level + 1 :] = [0] * (len(digits) - level - 1)
        while level >= 0:
            digits[level] += 1
            if digits[level] < size_of(self._axes[level]):
                return level
            digits[level] = 0
            level -= 1
        return None

    def _enter(self, level: int, state: "_State") -> bool:
        """Fix a level's dimension as the digits say; whether a cell can still come of it."""
        raw, held, when = state.raw, state.held, self._space.when
        if level == ROOT:
            for parameter in self._space.parameters:
                if parameter.kind == "constant":
                    raw[parameter.name] = parameter.values[0]
                    if parameter.name not in when:
                        held[parameter.name] = parameter.values[0]
        else:
            names, choice = self._names[level], self._axes[level][state.digits[level]]
            row = choice if len(names) > 1 else (choice,)
            raw.update(zip(names, row, strict=True))
            for name in self._plain[level]:
                held[name] = raw[name]
        for name in self._conditional.get(level, ()):
            rule = when[name]
            if rule.names <= held.keys() and rule.holds(held):
                held[name] = raw[name]
            else:
                held.pop(name, None)
        for j in self._repeats.get(level, ()):
            if state.digits[j] and not any(name in held for name in self._names[j]):
                return False
        return all(
            rule.holds(held) for rule in self._rules.get(level, ()) if rule.names <= held.keys()
        )


class _State:
    """Where a walk stands.

    Attributes:
        digits: Of each dimension, the number of its choice.
        raw: Values of the dimensions fixed so far, by dotted name.
        held: Of these, what the conditions leave in the config; deeper entries are left over.
    """

    def __init__(self, digits: list[int]) -> None:
        self.digits = digits
        self.raw: dict[str, Any] = {}
        self.held: dict[str, Any] = {}
