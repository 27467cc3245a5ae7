"""Tests that could not fail: their only assertions stand where a loop may have nothing to do, are
true whatever is tested, or stand where they are not reached or not heard."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[1]
SAME_LENGTH = {"enumerate", "zip", "sorted", "reversed", "list", "iter", "map"}
RAISES = {"raises", "fail", "skip", "warns"}


parsed = cache(ast.parse)


def is_filled(node: ast.expr) -> bool:
    """Whether something surely is in what is looped over: written out, a range, a constant."""
    match node:
        case ast.Tuple(elts=[_, *_]) | ast.List(elts=[_, *_]) | ast.Set(elts=[_, *_]):
            return True
        case ast.Constant(value=str(text)):
            return bool(text)
        case ast.Name(id=name):
            return name.isupper() or name[:1].isupper()  # a module's constant, or an enum
        case ast.Call(func=ast.Name(id="range" | "tracked")):  # the latter asserts that
            return True
        case ast.Call(func=ast.Name(id=name), args=[first, *_]) if name in SAME_LENGTH:
            return is_filled(first)
        case ast.Call(func=ast.Attribute(value=inner, attr="items" | "values" | "keys")):
            return is_filled(inner)
        case ast.ListComp(generators=[only]) | ast.DictComp(generators=[only]) if not only.ifs:
            return is_filled(only.iter)
        case ast.Call(func=ast.Attribute(attr="linspace" | "product" | "permutations")):
            return True
        case ast.BinOp(left=left, right=right):
            return is_filled(left) or is_filled(right)
        case ast.Attribute(attr=name):
            return name.isupper()
        case ast.Starred(value=inner):
            return is_filled(inner)
    return False


def surely_runs(statements: list[ast.stmt], filled: set[str]) -> Iterator[ast.stmt]:
    """The statements that run whatever the loops among them have to do.

    Args:
        filled: Variables that hold something.
    """
    for statement in statements:
        if isinstance(statement, ast.Assign) and is_filled(statement.value):
            filled |= {item.id for item in statement.targets if isinstance(item, ast.Name)}
        if isinstance(statement, ast.For | ast.AsyncFor):
            names = {node.id for node in ast.walk(statement.iter) if isinstance(node, ast.Name)}
            if not is_filled(statement.iter) and not names & filled:
                continue
        yield statement
        for part in ("body", "orelse", "finalbody"):
            yield from surely_runs(getattr(statement, part, []), filled)


def can_fail(statement: ast.stmt) -> bool:
    """Whether a statement says something that may be untrue."""
    if isinstance(statement, ast.Assert):
        match statement.test:
            case ast.Call(func=ast.Name(id="all"), args=[ast.GeneratorExp(generators=[first, *_])]):
                return is_filled(first.iter)
        return True
    if isinstance(statement, ast.With | ast.AsyncWith):
        heads = [ast.unparse(item.context_expr) for item in statement.items]
        return any(name in head for head in heads for name in RAISES)
    return False


def list_idle(source: str) -> list[str]:
    """Names of the tests of a file that assert something, and perhaps nothing."""
    found = []
    for node in ast.walk(parsed(source)):
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
            asserts = [inner for inner in ast.walk(node) if isinstance(inner, ast.Assert)]
            arguments = {argument.arg for argument in node.args.args}
            if {"path", "page"} & arguments:
                continue  # one of many files, of which another test says that there is something
            is_table = any("parametrize" in ast.unparse(item) for item in node.decorator_list)
            filled = arguments if is_table else set[str]()
            if asserts and not any(map(can_fail, surely_runs(node.body, filled))):
                found.append(node.name)
    return found


@pytest.mark.slow  # reads every file
def test_no_test_asserts_only_where_a_loop_may_be_empty() -> None:
    files = sorted(TESTS.rglob("test_*.py"))
    assert len(files) > 200
    found = [
        f"{path.relative_to(TESTS)}: {name}"
        for path in files
        for name in list_idle(path.read_text())
    ]
    assert found == [], "assert that there is something to loop over"


def test_what_may_be_empty_is_told_from_what_is_not() -> None:
    idle = [
        "for x in found(): assert x",
        "for x in found.items():\n  for y in (1, 2): assert y",
        "assert all(x > 0 for x in found)",
        "if a:\n  for x in found: assert x",
        "with closing(a):\n  for x in found: assert x",
    ]
    busy = [
        "for x in found(): assert x\nassert found()",
        "for x in (1, 2): assert x",
        "for i, x in enumerate(FILES): assert x",
        "for x in range(4): assert x",
        "assert all(x > 0 for x in SIZES.values())",
        "assert all(found)",
        "with pytest.raises(ValueError):\n  f()\nfor x in found: assert x",
    ]
    for body, expected in [(text, 1) for text in idle] + [(text, 0) for text in busy]:
        lines = "\n".join(f"  {line}" for line in body.split("\n"))
        assert len(list_idle(f"def test_x():\n{lines}\n")) == expected, body


MADE_LATER = {"map", "filter", "zip", "iter", "reversed", "enumerate"}  # true though empty
ANYTHING = ("Exception", "BaseException", "AssertionError")


def is_always_true(test: ast.expr) -> bool:
    """Whether what is asserted holds whatever is tested: a text, a pair, `x == x`, `or True`."""
    match test:
        case ast.Constant(value=value):
            return bool(value)
        case ast.GeneratorExp() | ast.Lambda() | ast.JoinedStr():
            return True
        case ast.Tuple(elts=[_, *_]) | ast.List(elts=[_, *_]) | ast.Dict(keys=[_, *_]):
            return True
        case ast.Call(func=ast.Name(id=name)) if name in MADE_LATER:
            return True
        case ast.BoolOp(op=ast.Or(), values=values):
            return any(map(is_always_true, values))
        case ast.Compare(left=ast.Call(func=ast.Name(id="len")), ops=[op], comparators=[right]):
            return (type(op), ast.unparse(right)) in {(ast.GtE, "0"), (ast.Gt, "-1")}
        case ast.Compare(left=left, ops=[ast.Eq() | ast.Is() | ast.LtE()], comparators=[right]):
            is_value = not any(isinstance(inner, ast.Call) for inner in ast.walk(left))
            return is_value and ast.unparse(left) == ast.unparse(right)
    return False


def is_deaf(node: ast.AST) -> bool:
    """Whether a failed assertion within would not be heard, or passes for what was expected."""
    match node:
        case ast.With(items=items):
            heads = [item.context_expr for item in items if isinstance(item.context_expr, ast.Call)]
            deaf = [head for head in heads if ast.unparse(head.func).endswith("suppress")]
            deaf += [head for head in heads if ast.unparse(head.func) == "pytest.raises"]
            names = {ast.unparse(arg) for head in deaf for arg in head.args}
        case ast.Try(handlers=handlers):
            if any(isinstance(inner, ast.Raise) for h in handlers for inner in ast.walk(h)):
                return False
            names = {ast.unparse(h.type) if h.type else "Exception" for h in handlers}
        case _:
            return False
    asserts = any(isinstance(inner, ast.Assert) for line in node.body for inner in ast.walk(line))
    return asserts and not names.isdisjoint(ANYTHING)


def list_hollow(source: str) -> Iterator[str]:
    """Assertions and expectations of a file that cannot fail, as its lines."""
    for node in ast.walk(parsed(source)):
        match node:
            case ast.Assert(test=test) if is_always_true(test):
                yield ast.unparse(node)
            case ast.Expr(value=ast.Call(func=ast.Name(id="expect"))):  # of what?
                yield ast.unparse(node)
            case ast.Expr(value=ast.Attribute(value=ast.Call(func=ast.Name(id="expect")))):
                yield ast.unparse(node)
            case ast.With() | ast.Try() if is_deaf(node):
                yield ast.unparse(node)


@pytest.mark.slow  # reads every file
def test_no_assertion_is_hollow() -> None:
    files = sorted(TESTS.rglob("*.py"))
    assert len(files) > 400
    found = [f"{path.name}: {line}" for path in files for line in list_hollow(path.read_text())]
    assert found == []


@pytest.mark.parametrize(
    ("body", "n_hollow"),
    [
        ("assert 'text'", 1),
        ("assert (found, 1)", 1),
        ("assert found == found", 1),
        ("assert found.n is found.n", 1),
        ("assert found or True", 1),
        ("assert found > 1 or len(found) >= 0", 1),
        ("assert (x > 1 for x in found)", 1),
        ("assert map(f, found)", 1),
        ("expect(page)", 1),
        ("expect(page).to_be_visible", 1),
        ("with suppress(Exception):\n  assert found", 1),
        ("with pytest.raises(AssertionError):\n  assert found", 1),
        ("try:\n  assert found\nexcept:\n  pass", 1),
        ("assert f(1) == f(1), 'the same again'", 0),
        ("assert found", 0),
        ("assert []", 0),
        ("assert found or other", 0),
        ("assert len(found) >= 1", 0),
        ("assert all(x > 1 for x in found)", 0),
        ("expect(page).to_be_visible()", 0),
        ("with suppress(BadInput):\n  assert found", 0),
        ("try:\n  assert found\nexcept AssertionError:\n  raise", 0),
        ("try:\n  f()\nexcept Exception:\n  pass", 0),
    ],
)
def test_what_is_hollow_is_told_from_what_is_not(body: str, n_hollow: int) -> None:
    assert len(list(list_hollow(body))) == n_hollow


BELIEVED = {  # what the code believes of itself, and the type checker cannot know
    "cli/own_server.py": 1,
    "search/coordinates.py": 1,
    "search/grid.py": 1,
    "search/samplers.py": 1,
    "search/stopping/hyperband.py": 1,
    "services/moving/view_intake.py": 1,
    "services/streams/forks.py": 1,
    "services/tables/aside.py": 1,
    "services/upkeep/backup.py": 1,
    "services/upkeep/backup_files.py": 1,
    "store/schema.py": 1,
    "store/sqlite_writer.py": 1,
    "wandb_api/graphql/engine.py": 1,
    "wandb_api/graphql/inputs/input_types.py": 1,
}


@pytest.mark.slow  # reads every file
def test_the_code_asserts_little_of_itself() -> None:
    """Input is refused by exceptions, which `-O` leaves in; whoever writes returns what is new."""
    code = TESTS.parent / "sweepd"
    found = {
        path.relative_to(code).as_posix(): n
        for path in sorted(code.rglob("*.py"))
        if (n := sum(isinstance(node, ast.Assert) for node in ast.walk(parsed(path.read_text()))))
    }
    assert found == BELIEVED
