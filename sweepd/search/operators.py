"""What expressions are made of: operators and functions, none of which can take long.

The size of every number, text and list they make has a bound, and so has what one evaluation reads.
"""

import ast
import math
import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sweepd.search.errors import TooMuchWork

MAX_POWER = 1e6  # largest exponent and base of **
MAX_BITS = 1024  # of a whole number, as of the largest float
MAX_DIGITS = 400  # that `round` may be asked for
MAX_ITEMS = 10_000  # characters or items of a text or list an expression makes
MAX_LOOKS = 20_000  # values and items of lists that one evaluation reads


@dataclass
class Reading:
    """One evaluation: the values by dotted name, and how many looks are left."""

    values: Mapping[str, Any]
    left: int = MAX_LOOKS

    def look(self, value: Any) -> Any:
        """The value, having paid for what comparing it or looking through it may cost."""
        if isinstance(value, str | list | tuple | dict):
            self.pay(_size(value, self.left))
        return value

    def made(self, value: Any) -> Any:
        """What an operator or function made, if it is no larger than it may be."""
        if isinstance(value, str | list | tuple):
            self.pay(len(value) // 16)
        return bounded(value)

    def pay(self, looks: int) -> None:
        """Take some looks.

        Raises:
            TooMuchWork: There are no more.
        """
        self.left -= looks
        if self.left < 0:
            raise TooMuchWork(
                f"an expression reads more than {MAX_LOOKS:,} values at once; compare parameters "
                "with shorter lists and texts"
            )


def _size(value: Any, at_most: int) -> int:
    """How many characters and items a value has at all depths; counted to a little over."""
    n, waiting = 0, [value]
    while waiting and n <= at_most:
        item = waiting.pop()
        n += 1
        if isinstance(item, str):
            n += len(item) // 64  # compared at once
        elif isinstance(item, list | tuple | dict):
            n += len(item)
            if n <= at_most:
                waiting += item.values() if isinstance(item, dict) else item
    return n


def bounded(value: Any) -> Any:
    """What an operator or function made, if it is no larger than it may be."""
    if isinstance(value, int):
        if value.bit_length() > MAX_BITS:
            raise TooMuchWork(
                f"an expression makes a number of more than {MAX_BITS} bits; use smaller numbers"
            )
    elif isinstance(value, str | list | tuple) and len(value) > MAX_ITEMS:
        raise TooMuchWork(
            f"an expression makes a text or list of more than {MAX_ITEMS:,} items; use shorter ones"
        )
    return value


def _check_number(value: Any) -> Any:
    if not isinstance(value, int | float):
        raise TypeError("this operator takes numbers only")
    return bounded(value)


def _power(left: Any, right: Any) -> Any:
    if abs(_check_number(right)) > MAX_POWER or abs(_check_number(left)) > MAX_POWER:
        raise ValueError("power out of range")
    return float(left) ** float(right)


def _numbers_only(function: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    return lambda left, right: function(_check_number(left), _check_number(right))


def _round(value: Any, digits: Any = None) -> Any:
    if digits is not None and (not isinstance(digits, int) or abs(digits) > MAX_DIGITS):
        raise TooMuchWork(f"round takes from -{MAX_DIGITS} to {MAX_DIGITS} digits; use fewer")
    return round(value, digits)


def _int(value: Any = 0) -> Any:
    if isinstance(value, str) and len(value) > MAX_DIGITS:
        raise TooMuchWork(f"int reads texts of at most {MAX_DIGITS} characters; use shorter ones")
    return int(value)


BINARY: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: _numbers_only(operator.mul),
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: _numbers_only(operator.mod),
    ast.Pow: _power,
}
COMPARE: dict[type[ast.cmpop], Callable[[Any, Any], Any]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.In: lambda left, right: left in right,
    ast.NotIn: lambda left, right: left not in right,
    ast.Is: lambda left, right: left is right,
    ast.IsNot: lambda left, right: left is not right,
}
UNARY: dict[type[ast.unaryop], Callable[[Any], Any]] = {
    ast.Not: operator.not_,
    ast.USub: operator.neg,
    ast.UAdd: operator.pos,
}
FUNCTIONS: dict[str, Callable[..., Any]] = {
    "abs": abs,
    "min": min,
    "max": max,
    "round": _round,
    "int": _int,
    "float": float,
    "len": len,
    "log": math.log,
    "log2": math.log2,
    "log10": math.log10,
    "exp": math.exp,
    "sqrt": math.sqrt,
    "floor": math.floor,
    "ceil": math.ceil,
}
