"""Small expressions over parameters, for `when` and `constraints`, read without `eval`.

Python's own parser makes the tree; only the node kinds listed here are ever evaluated, on numbers,
texts, booleans, None and lists of these. Nested parameters are written `optimizer.lr`; a name that
is no identifier is written `p["learning-rate"]`.
"""

import ast
import math
import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sweepd.search.errors import ExpressionError

MAX_LENGTH = 2000  # characters; beyond this the parser's own depth limit could be met
MAX_POWER = 1e6  # largest exponent and base of **: no expression may take long

_BINARY: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
    ast.Pow: operator.pow,
}
_COMPARE: dict[type[ast.cmpop], Callable[[Any, Any], Any]] = {
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
_UNARY: dict[type[ast.unaryop], Callable[[Any], Any]] = {
    ast.Not: operator.not_,
    ast.USub: operator.neg,
    ast.UAdd: operator.pos,
}
_FUNCTIONS: dict[str, Callable[..., Any]] = {
    "abs": abs,
    "min": min,
    "max": max,
    "round": round,
    "int": int,
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
_WORDS: dict[str, Any] = {"true": True, "false": False, "null": None}


@dataclass(frozen=True)
class Expression:
    """One parsed expression.

    Attributes:
        source: The text as the user wrote it.
        names: Dotted names of the parameters it reads.
    """

    source: str
    names: frozenset[str]
    _tree: ast.expr

    def holds(self, values: Mapping[str, Any]) -> bool:
        """Whether the expression is true for these values, keyed by dotted name.

        A value of the wrong type, a division by zero and the like make it false.

        Raises:
            KeyError: A name it reads is missing; ask `names` first.
        """
        try:
            return bool(_evaluate(self._tree, values))
        except (TypeError, ValueError, ArithmeticError):
            return False


def parse_expression(source: str) -> Expression:
    """Read one expression.

    Raises:
        ExpressionError: Not an expression, too long, or it uses something not allowed here.
    """
    if len(source) > MAX_LENGTH:
        raise ExpressionError(f"expression longer than {MAX_LENGTH} characters")
    try:
        tree = ast.parse(source.strip(), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise ExpressionError(f"cannot read {source!r}: {error}") from error
    names: set[str] = set()
    _check(tree, names, source)
    return Expression(source, frozenset(names), tree)


def _check(node: ast.expr, names: set[str], source: str) -> None:
    name = _name_of(node)
    if name is not None:
        if name not in _WORDS:
            names.add(name)
        return
    if isinstance(node, ast.Constant):
        if isinstance(node.value, bytes | complex) or node.value is ...:
            raise ExpressionError(f"{source!r}: {node.value!r} is not allowed")
        return
    if isinstance(node, ast.Call):
        if not (isinstance(node.func, ast.Name) and node.func.id in _FUNCTIONS) or node.keywords:
            known = ", ".join(sorted(_FUNCTIONS))
            raise ExpressionError(f"{source!r}: only these functions may be called: {known}")
        for argument in node.args:
            _check(argument, names, source)
        return
    allowed = (
        isinstance(node, ast.BoolOp | ast.IfExp | ast.List | ast.Tuple)
        or (isinstance(node, ast.BinOp) and type(node.op) in _BINARY)
        or (isinstance(node, ast.UnaryOp) and type(node.op) in _UNARY)
        or (isinstance(node, ast.Compare) and all(type(op) in _COMPARE for op in node.ops))
    )
    if not allowed:
        raise ExpressionError(f"{source!r}: {type(node).__name__} is not allowed")
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.expr):
            _check(child, names, source)


def _name_of(node: ast.expr) -> str | None:
    """`a`, `a.b.c` and `p["a.b"]` as a dotted name; None for anything else."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        base = _name_of(node.value)
        return None if base is None else f"{base}.{node.attr}"
    if (
        isinstance(node, ast.Subscript)
        and isinstance(node.value, ast.Name)
        and node.value.id == "p"
        and isinstance(node.slice, ast.Constant)
        and isinstance(node.slice.value, str)
    ):
        return node.slice.value
    return None


def _evaluate(node: ast.expr, values: Mapping[str, Any]) -> Any:
    name = _name_of(node)
    if name is not None:
        return _WORDS[name] if name in _WORDS and name not in values else values[name]
    match node:
        case ast.Constant():
            return node.value
        case ast.List() | ast.Tuple():
            return [_evaluate(item, values) for item in node.elts]
        case ast.BoolOp():
            is_and = isinstance(node.op, ast.And)
            found: Any = is_and
            for item in node.values:
                found = _evaluate(item, values)
                if bool(found) != is_and:
                    break
            return found
        case ast.IfExp():
            chosen = node.body if _evaluate(node.test, values) else node.orelse
            return _evaluate(chosen, values)
        case ast.UnaryOp():
            return _UNARY[type(node.op)](_evaluate(node.operand, values))
        case ast.BinOp():
            return _binary(node.op, _evaluate(node.left, values), _evaluate(node.right, values))
        case ast.Compare():
            left = _evaluate(node.left, values)
            for op, item in zip(node.ops, node.comparators, strict=True):
                right = _evaluate(item, values)
                if not _COMPARE[type(op)](left, right):
                    return False
                left = right
            return True
        case ast.Call(func=ast.Name(id=function)):
            return _FUNCTIONS[function](*[_evaluate(item, values) for item in node.args])
    raise TypeError(f"{type(node).__name__} passed the check but cannot be evaluated")


def _binary(op: ast.operator, left: Any, right: Any) -> Any:
    if isinstance(op, ast.Mult | ast.Pow | ast.Mod) and not (
        isinstance(left, int | float) and isinstance(right, int | float)
    ):
        raise TypeError("this operator takes numbers only")
    if isinstance(op, ast.Pow):
        if abs(right) > MAX_POWER or abs(left) > MAX_POWER:
            raise ValueError("power out of range")
        return float(left) ** float(right)
    return _BINARY[type(op)](left, right)
