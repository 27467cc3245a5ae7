"""Every operator and function as Python has it, the bounds of what one may cost, and its parts."""

import math
import pickle

import pytest

from sweepd.search.errors import ExpressionError, TooMuchWork
from sweepd.search.expression import MAX_DEPTH, MAX_LENGTH, parse_expression
from sweepd.search.operators import MAX_BITS, MAX_DIGITS, MAX_ITEMS, MAX_LOOKS

VALUES = {"a": 7, "b": -2.5, "s": "sgd", "l": [1, 2], "n": None, "t": True}
OPERATORS = ["+", "-", "*", "/", "//", "%", "**"]
CALLS = [
    "abs(b)",
    "min(a, b)",
    "max(a, b)",
    "round(b)",
    "round(2.345, 2)",
    "int(b)",
    "int()",
    "int('12')",
    "float('2.5')",
    "len(s)",
    "len(l)",
    "log(a)",
    "log2(a)",
    "log10(a)",
    "exp(b)",
    "sqrt(a)",
    "floor(b)",
    "ceil(b)",
]


def python(source):
    """What Python's own evaluation gives."""
    names = {name: getattr(math, name) for name in ("log", "log2", "log10", "exp", "sqrt")}
    names |= {"floor": math.floor, "ceil": math.ceil}
    return eval(source, names | VALUES)


@pytest.mark.parametrize("sign", OPERATORS)
@pytest.mark.parametrize(("left", "right"), [("a", "b"), ("b", "a"), ("a", "3"), ("a", "2")])
def test_operators_are_pythons(sign, left, right):
    source = f"{left} {sign} {right}"
    try:
        expected = python(source)
    except ArithmeticError:
        pytest.skip("nor has Python one")
    if isinstance(expected, complex):
        assert not parse_expression(f"{source} == {source}").holds(VALUES)
        return
    assert parse_expression(f"{source} == {expected!r}").holds(VALUES)
    assert not parse_expression(f"{source} == {expected + 1!r}").holds(VALUES)


@pytest.mark.parametrize("source", CALLS)
def test_functions_are_pythons(source):
    assert parse_expression(f"{source} == {python(source)!r}").holds(VALUES)
    assert not parse_expression(f"{source} == {python(source) + 1!r}").holds(VALUES)


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("a == 7", True),
        ("a != 7", False),
        ("a < 7", False),
        ("a <= 7", True),
        ("a > 7", False),
        ("a >= 7", True),
        ("1 in l", True),
        ("1 not in l", False),
        ("n is None", True),
        ("n is not None", False),
        ("n is null", True),
        ("n == null", True),
        ("t is true", True),
        ("t == false", False),
        ("-a == -7", True),
        ("+a == 7", True),
        ("not a", False),
        ("not n", True),
        ("a and 0", False),
        ("0 and a", False),
        ("a or 0", True),
        ("0 or n", False),
        ("5 < a < 9", True),
        ("5 < a > 9", False),
        ("9 < a < 5", False),
        ("1 < 2 < 3 < 3", False),
        ("(1 if a else 2) == 1", True),
        ("(1 if n else 2) == 2", True),
        ("(1, 2) == [1, 2]", True),
        ("s + 'x' == 'sgdx'", True),
        ("l + [3] == [1, 2, 3]", True),
        ("s * 2 == 'sgdsgd'", False),  # numbers only: texts could grow
        ("'%s' % a == '7'", False),
        ("2 ** 0.5 == 1.4142135623730951", True),
        ("a ** 1000000 > 0", False),  # overflows
        ("2 ** 1000001 > 0", False),
        ("1000001 ** 2 > 0", False),
        ("1000000 ** 2 > 0", True),
        ("(-8) ** 0.5 == 1", False),
        ("s ** 2 > 0", False),
    ],
)
def test_comparisons_words_and_bounds(source, expected):
    assert parse_expression(source).holds(VALUES) is expected


def test_only_what_decides_is_looked_at():
    for source in ("a == 7 or 1 / 0 == 1", "not (a == 8 and 1 / 0 == 1)"):
        assert parse_expression(source).holds(VALUES)
    assert parse_expression("1 if a else 1 / 0").holds(VALUES)
    assert not parse_expression("1 / 0 == 1 or a == 7").holds(VALUES)


def test_a_parameter_may_be_named_as_a_word_is():
    rule = parse_expression("true == 3")
    assert rule.names == frozenset()
    assert rule.holds({"true": 3}) and not rule.holds({})


def test_a_missing_name_is_the_askers_fault():
    with pytest.raises(KeyError):
        parse_expression("a > 1").holds({})


def test_names_of_every_form():
    rule = parse_expression("a.b.c > p['x-y'] and p['q.r'].s in [z, (w,)] and len(u) > -v")
    assert rule.names == {"a.b.c", "x-y", "q.r.s", "z", "w", "u", "v"}
    for source in ("a['b'] > 1", "p[1] > 1", "p[a] > 1", "len.x(3)"):
        with pytest.raises(ExpressionError):
            parse_expression(source)


@pytest.mark.parametrize(
    ("source", "parts"),
    [
        ("a > 1", ["a > 1"]),
        ("a > 1 and b > 2 and s == 'x'", ["a > 1", "b > 2", "s == 'x'"]),
        ("a > 1 or b > 2", ["a > 1 or b > 2"]),
        ("not (a > 1 and b > 2)", ["not (a > 1 and b > 2)"]),
        ("a > 1 and (b > 2 or t)", ["a > 1", "b > 2 or t"]),
    ],
)
def test_parts_that_must_all_hold(source, parts):
    found = parse_expression(source).conjuncts()
    assert [part.source for part in found] == parts
    assert set().union(*(part.names for part in found)) == parse_expression(source).names


def test_an_expression_goes_to_another_process_and_back():
    rule = parse_expression("a > 1")
    assert rule.holds(VALUES)
    again = pickle.loads(pickle.dumps(rule))
    assert again == rule and again.holds(VALUES) and not again.holds({"a": 1})


def test_length_and_depth_end_where_they_say():
    assert parse_expression("a" + " " * (MAX_LENGTH - 1)).holds(VALUES)
    with pytest.raises(ExpressionError, match=f"longer than {MAX_LENGTH}"):
        parse_expression("a" + " " * MAX_LENGTH)
    assert parse_expression("-" * MAX_DEPTH + "a").holds(VALUES)
    with pytest.raises(ExpressionError, match=f"more than {MAX_DEPTH} levels"):
        parse_expression("-" * (MAX_DEPTH + 1) + "a")


def test_whole_numbers_end_where_they_say():
    most = 2**MAX_BITS - 1
    assert parse_expression(f"{most} > 0").holds({})
    with pytest.raises(ExpressionError, match=f"at most {MAX_BITS} bits"):
        parse_expression(f"{most + 1} > 0")
    assert parse_expression("a + 0 > 0").holds({"a": most})
    with pytest.raises(TooMuchWork, match=f"more than {MAX_BITS} bits"):
        parse_expression("a + 1 > 0").holds({"a": most})


def test_texts_and_lists_end_where_they_say():
    for value, part in (("x" * (MAX_ITEMS // 2), "'y'"), ([1] * (MAX_ITEMS // 5), "[2]")):
        n = MAX_ITEMS // len(value)
        whole = " + ".join(["a"] * n) if isinstance(value, str) else f"a{' + a' * (n - 1)}"
        values = {"a": value}
        if isinstance(value, str):
            assert parse_expression(f"len({whole}) == {MAX_ITEMS}").holds(values)
        with pytest.raises(TooMuchWork, match=r"10,000 items|20,000 values"):
            parse_expression(f"len({whole} + {part}) > 0").holds(values)


def test_digits_end_where_they_say():
    assert parse_expression(f"round(1.5, {MAX_DIGITS}) == 1.5").holds({})
    assert parse_expression(f"round(1, -{MAX_DIGITS}) == 0").holds({})
    for digits in (MAX_DIGITS + 1, -MAX_DIGITS - 1):
        with pytest.raises(TooMuchWork, match="digits"):
            parse_expression(f"round(1.5, {digits}) > 0").holds({})
    assert parse_expression("int(a) > 0").holds({"a": "1".zfill(MAX_DIGITS)})
    with pytest.raises(TooMuchWork, match="characters"):
        parse_expression("int(a) > 0").holds({"a": "1".zfill(MAX_DIGITS + 1)})


@pytest.mark.parametrize(
    "value", [[1] * (MAX_LOOKS - 1), [[1] * 99] * 200, {"k": [1] * 100}, "x" * 64 * 19_000]
)
def test_lists_are_looked_through_at_a_price(value):
    n = str(value).count("1") + 200 if not isinstance(value, str) else 19_000
    rule = parse_expression("a == a")
    if 2 * n <= MAX_LOOKS:
        assert rule.holds({"a": value})
        return
    with pytest.raises(TooMuchWork, match=r"reads more than 20,000 values"):
        rule.holds({"a": value})
