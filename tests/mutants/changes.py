"""Every small change of a source file that could matter, by cosmic-ray's operators."""

import ast
import math
import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import unified_diff
from functools import cache
from itertools import islice
from random import Random
from typing import Any

import parso
from cosmic_ray.mutating import mutate_code
from cosmic_ray.plugins import get_operator, operator_names

from tests.mutants.patching import compiled

_SILENT = {"frozen", "slots", "strict", "daemon", "exc_info", "check_finite"}
_CACHE = re.compile(r"'(lru_)?cache'")


@dataclass(frozen=True)
class Change:
    """One operator at one place of a file."""

    operator: str
    occurrence: int
    line: int
    column: int

    def apply(self, source: str) -> str:
        """The whole file, changed."""
        changed = mutate_code(source, _operator(self.operator), self.occurrence)
        assert isinstance(changed, str)
        return changed

    def show(self, source: str) -> str:
        """The lines that change, as a diff without its head."""
        old, new = source.splitlines(), self.apply(source).splitlines()
        return "\n".join(list(unified_diff(old, new, lineterm="", n=0))[3:])


@cache
def _operator(name: str) -> Any:
    return get_operator(name)()


def draw_changes(source: str, rng: Random, n_changes: int | None = None) -> list[Change]:
    """Changes of a file in reading order, at most one for each operand or keyword.

    Of the dozen operators that could stand for a `+`, one is drawn: the others tell no more. What
    is no fault by rule (`_Bare`) is left out.

    Args:
        n_changes: How many to draw; None for all.
    """
    places: dict[tuple[int, int, str], list[Change]] = defaultdict(list)
    for change in _all_changes(source):
        kind = change.operator.split("/")[1].split("_")[0]
        places[change.line, change.column, kind].append(change)
    drawn = [rng.choice(changes) for _, changes in sorted(places.items())]
    rng.shuffle(drawn)
    meaning = _meaning(source)
    matter = (change for change in drawn if _matters(change, source, meaning))
    return sorted(islice(matter, n_changes), key=lambda change: (change.line, change.column))


def _matters(change: Change, source: str, meaning: str) -> bool:
    try:
        return _meaning(change.apply(source)) != meaning
    except SyntaxError:  # the `*` of a signature is no operand: what cannot run says nothing
        return False
    except AttributeError:  # cosmic-ray cannot replace an exception with a dotted name
        return False


def _all_changes(source: str) -> Iterator[Change]:
    tree = parso.parse(source)
    for name in operator_names():
        try:
            operator = _operator(name)
        except TypeError:  # needs arguments of its user
            continue
        number = 0
        for node in _nodes(tree):
            for (line, column), _ in operator.mutation_positions(node):
                yield Change(name, number, line, column)
                number += 1


def _nodes(node: Any) -> Iterator[Any]:
    """As cosmic-ray walks a tree, so that occurrences count alike."""
    yield node
    for child in getattr(node, "children", ()):
        yield from _nodes(child)


class _Bare(ast.NodeTransformer):
    """Takes away what a running program does not read, or what no test should hold.

    Annotations, docstrings, assertions (here: for the type checker), log lines, what an error's
    text quotes; `frozen`, `slots` and `strict`, `is` for `==` of what there is one of, caches, and
    a bound of a hundred and more that is moved by one.
    """

    def visit_arg(self, node: ast.arg) -> ast.arg:
        node.annotation = None
        return node

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        return self._function(node)

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> ast.AST:
        return self._function(node)

    def _function(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> ast.AST:
        node.returns = None
        node.decorator_list = [d for d in node.decorator_list if not _CACHE.search(ast.dump(d))]
        return self.generic_visit(node)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.AST:
        node.annotation = ast.Constant(None)
        return self.generic_visit(node)

    def visit_Assert(self, node: ast.Assert) -> ast.AST:
        return ast.Pass()

    def visit_Call(self, node: ast.Call) -> ast.AST:
        if isinstance(node.func, ast.Name) and node.func.id == "cast":
            node.args[:1] = [ast.Constant(None)]
        if isinstance(node.func, ast.Attribute) and _is_named(node.func.value, "log"):
            return ast.Constant(None)
        return self.generic_visit(node)

    def visit_keyword(self, node: ast.keyword) -> ast.AST:
        if node.arg in _SILENT:
            node.value = ast.Constant(None)
        return self.generic_visit(node)

    def visit_JoinedStr(self, node: ast.JoinedStr) -> ast.AST:
        node.values = [_Unsliced().visit(value) for value in node.values]
        return self.generic_visit(node)

    def visit_Compare(self, node: ast.Compare) -> ast.AST:
        for i, right in enumerate(node.comparators):
            if isinstance(right, ast.Attribute | ast.Constant):
                if isinstance(node.ops[i], ast.Is):
                    node.ops[i] = ast.Eq()
                if isinstance(node.ops[i], ast.IsNot):
                    node.ops[i] = ast.NotEq()
        return self.generic_visit(node)

    def visit_Constant(self, node: ast.Constant) -> ast.AST:
        if isinstance(node.value, int | float) and abs(node.value) >= 99:
            return ast.Constant(f"about {math.log(abs(node.value)):.1f}")
        return node


class _Unsliced(ast.NodeTransformer):
    """How much of a text an error quotes."""

    def visit_Slice(self, node: ast.Slice) -> ast.AST:
        return ast.Slice()


def _is_named(node: ast.AST, name: str) -> bool:
    return isinstance(node, ast.Name) and node.id == name


def _meaning(source: str) -> str:
    return ast.dump(_Bare().visit(compiled(source, "<changed>", ast.PyCF_ONLY_AST)))
