"""How far an expression is from holding: what a search for configs that meet it goes down.

`a < b` falls short by a - b, `a == b` by their difference; of what is joined by `and` the
shortfalls add up, of `or` the least counts. What has no such measure falls short by 1.
"""

import ast
import math
import operator
from collections.abc import Callable, Mapping
from typing import Any

from sweepd.search.expression import Compiler, Expression, Step, tree_of
from sweepd.search.operators import COMPARE, Reading

FAR = 1e300  # of what cannot be worked out: the wrong type, a division by zero
NEAR = 5e-324  # of what does not hold by no distance at all, as 1 < 1

_OVER: dict[type[ast.cmpop], Callable[[float, float], float]] = {
    ast.Eq: lambda a, b: abs(a - b),
    ast.Lt: operator.sub,
    ast.LtE: operator.sub,
    ast.Gt: lambda a, b: b - a,
    ast.GtE: lambda a, b: b - a,
}


class Shortfall:
    """One expression as a number, 0 exactly where it holds."""

    def __init__(self, rule: Expression) -> None:
        self._rule = rule
        self._run = _compile(Compiler(rule.source), tree_of(rule.source))

    def __call__(self, values: Mapping[str, Any]) -> float:
        """The shortfall for these values, keyed by dotted name; from 0 to FAR.

        Raises:
            KeyError: A name the expression reads is missing.
            TooMuchWork: It makes or reads more than one expression may.
        """
        try:
            found = float(self._run(Reading(values)))
        except (TypeError, ValueError, ArithmeticError):
            return FAR
        return found if found > 0 or self._rule.holds(values) else 1.0


def _compile(compiler: Compiler, node: ast.expr) -> Step:
    match node:
        case ast.BoolOp(op=op, values=items):
            steps = [_compile(compiler, item) for item in items]
            join = sum if isinstance(op, ast.And) else min
            return lambda reading: join([_of(step, reading) for step in steps])
        case ast.IfExp(test=test, body=body, orelse=orelse):
            ask = compiler.compile(test)
            yes, no = _compile(compiler, body), _compile(compiler, orelse)
            return lambda reading: yes(reading) if ask(reading) else no(reading)
        case ast.Compare(ops=ops):
            operands = [compiler.compile(item) for item in (node.left, *node.comparators)]
            signs = [type(op) for op in ops]
            return lambda reading: _compare(signs, [operand(reading) for operand in operands])
    step = compiler.compile(node)
    return lambda reading: 0.0 if step(reading) else 1.0


def _of(step: Step, reading: Reading) -> float:
    """One part's shortfall: a part that cannot be worked out must not decide for the others."""
    try:
        return float(step(reading))
    except (TypeError, ValueError, ArithmeticError):
        return FAR


def _compare(signs: list[type[ast.cmpop]], values: list[Any]) -> float:
    return sum(
        0.0 if COMPARE[sign](a, b) else _distance(sign, a, b)
        for sign, a, b in zip(signs, values, values[1:], strict=False)
    )


def _distance(sign: type[ast.cmpop], a: Any, b: Any) -> float:
    """How far two values are from a comparison that does not hold; more than 0."""
    if sign is ast.In and isinstance(b, list | tuple) and _is_number(a):
        return min([_distance(ast.Eq, a, item) for item in b], default=1.0)
    if sign not in _OVER or not _is_number(a) or not _is_number(b):
        return 1.0
    over = float(_OVER[sign](a, b))
    return FAR if math.isnan(over) else min(max(over, NEAR), FAR)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
