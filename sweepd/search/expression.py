"""Small expressions over parameters, for `when` and `constraints`, read without `eval`.

Python's own parser makes the tree; only the node kinds listed here are ever evaluated, on numbers,
texts, booleans, None and lists of these. Nested parameters are written `optimizer.lr`; a name that
is no identifier is written `p["learning-rate"]`.

No expression takes long: its length, its depth, the size of every number, text and list it makes
and the values it looks through have bounds. What would pass them raises `TooMuchWork`.
"""

import ast
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any

from sweepd.search.errors import ExpressionError, TooMuchWork
from sweepd.search.operators import BINARY, COMPARE, FUNCTIONS, MAX_BITS, UNARY, Reading

MAX_LENGTH = 2000  # characters; beyond this the parser's own depth limit could be met
MAX_DEPTH = 100  # levels of brackets, signs and operators

_WORDS: dict[str, Any] = {"true": True, "false": False, "null": None}

Step = Callable[[Reading], Any]


@dataclass(frozen=True)
class Expression:
    """One parsed expression.

    Attributes:
        source: The text as the user wrote it.
        names: Dotted names of the parameters it reads.
    """

    source: str
    names: frozenset[str]

    def holds(self, values: Mapping[str, Any]) -> bool:
        """Whether the expression is true for these values, keyed by dotted name.

        A value of the wrong type, a division by zero and the like make it false.

        Raises:
            KeyError: A name it reads is missing; ask `names` first.
            TooMuchWork: It makes or reads more than one expression may.
        """
        try:
            return bool(self._run(Reading(values)))
        except (TypeError, ValueError, ArithmeticError):
            return False
        except TooMuchWork as error:
            raise TooMuchWork(f"{self.source!r:.200}: {error}") from None

    def conjuncts(self) -> list["Expression"]:
        """What is joined by `and` at the top, each by itself; all hold where this does."""
        tree = tree_of(self.source)
        if not (isinstance(tree, ast.BoolOp) and isinstance(tree.op, ast.And)):
            return [self]
        return [parse_expression(ast.unparse(item)) for item in tree.values]

    @cached_property
    def _run(self) -> Step:
        """The expression as nested functions; made again where it was sent to another process."""
        return Compiler(self.source).compile(tree_of(self.source))

    def __getstate__(self) -> dict[str, Any]:
        return {"source": self.source, "names": self.names}


def parse_expression(source: str) -> Expression:
    """Read one expression.

    Raises:
        ExpressionError: Not an expression, too long, too deep, or it uses something not allowed
            here.
    """
    if len(source) > MAX_LENGTH:
        raise ExpressionError(f"expression longer than {MAX_LENGTH} characters")
    compiler = Compiler(source)
    compiler.compile(tree_of(source))
    return Expression(source, frozenset(compiler.names))


def tree_of(source: str) -> ast.expr:
    """The tree of one expression's text.

    Raises:
        ExpressionError: Python's parser cannot read it.
    """
    try:
        return ast.parse(source.strip(), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise ExpressionError(f"cannot read {source!r:.200}: {error}") from error


class Compiler:
    """Turns the tree of one expression into functions, noting the names it reads."""

    def __init__(self, source: str) -> None:
        self._source = source
        self.names: set[str] = set()

    def compile(self, node: ast.expr, depth: int = 0) -> Step:
        """The node as a function of one reading.

        Raises:
            ExpressionError: It is not among what is allowed.
        """
        if depth > MAX_DEPTH:
            raise self._refusal(f"nested more than {MAX_DEPTH} levels deep")
        name = _name_of(node)
        if name is not None:
            return self._name(name)
        inner = partial(self.compile, depth=depth + 1)
        match node:
            case ast.Constant(value=value):
                return self._constant(value)
            case ast.List(elts=items) | ast.Tuple(elts=items):
                steps = [inner(item) for item in items]
                return lambda reading: [step(reading) for step in steps]
            case ast.BoolOp(op=op, values=items):
                return _bool_op(isinstance(op, ast.And), [inner(item) for item in items])
            case ast.IfExp(test=test, body=body, orelse=orelse):
                ask, yes, no = inner(test), inner(body), inner(orelse)
                return lambda reading: yes(reading) if ask(reading) else no(reading)
            case ast.UnaryOp(op=sign, operand=operand) if type(sign) in UNARY:
                turn, of = UNARY[type(sign)], inner(operand)
                return lambda reading: turn(of(reading))
            case ast.BinOp(op=sign_of_two, left=left, right=right) if type(sign_of_two) in BINARY:
                join, first, second = BINARY[type(sign_of_two)], inner(left), inner(right)
                return lambda reading: reading.made(join(first(reading), second(reading)))
            case ast.Compare(ops=ops) if all(type(op) in COMPARE for op in ops):
                tests = [COMPARE[type(op)] for op in ops]
                operands = [inner(item) for item in (node.left, *node.comparators)]
                return _compare(tests, operands)
            case ast.Call(func=ast.Name(id=called), args=args, keywords=[]) if called in FUNCTIONS:
                return _call(FUNCTIONS[called], [inner(item) for item in args])
            case ast.Call():
                known = ", ".join(sorted(FUNCTIONS))
                raise self._refusal(f"only these functions may be called: {known}")
        raise self._refusal(f"{type(node).__name__} is not allowed")

    def _name(self, name: str) -> Step:
        if name not in _WORDS:
            self.names.add(name)
            return lambda reading: reading.look(reading.values[name])
        word = _WORDS[name]
        return lambda reading: reading.values.get(name, word)

    def _constant(self, value: Any) -> Step:
        if isinstance(value, bytes | complex) or value is ...:
            raise self._refusal(f"{value!r:.100} is not allowed")
        if isinstance(value, int) and value.bit_length() > MAX_BITS:
            raise self._refusal(f"a number has at most {MAX_BITS} bits")
        return lambda _: value

    def _refusal(self, why: str) -> ExpressionError:
        return ExpressionError(f"{self._source!r:.200}: {why}")


def _bool_op(is_and: bool, steps: list[Step]) -> Step:
    def run(reading: Reading) -> Any:
        found: Any = is_and
        for step in steps:
            found = step(reading)
            if bool(found) != is_and:
                break
        return found

    return run


def _compare(tests: list[Callable[[Any, Any], Any]], operands: list[Step]) -> Step:
    def run(reading: Reading) -> bool:
        left = operands[0](reading)
        for test, operand in zip(tests, operands[1:], strict=True):
            right = operand(reading)
            if not test(left, right):
                return False
            left = right
        return True

    return run


def _call(function: Callable[..., Any], steps: list[Step]) -> Step:
    return lambda reading: reading.made(function(*[step(reading) for step in steps]))


def _name_of(node: ast.expr) -> str | None:
    """`a`, `a.b.c` and `p["a.b"]` as a dotted name; None for anything else."""
    steps: list[str] = []
    while isinstance(node, ast.Attribute):
        steps.insert(0, node.attr)
        node = node.value
    match node:
        case (
            ast.Name(id=name)
            | ast.Subscript(value=ast.Name(id="p"), slice=ast.Constant(value=str(name)))
        ):
            return ".".join([name, *steps])
    return None
