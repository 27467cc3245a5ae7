"""How far an expression is from holding, by hand."""

import pytest

from sweepd.search.expression import parse_expression
from sweepd.search.shortfall import FAR, NEAR, Shortfall

VALUES = {"a": 3.0, "b": 7.5, "n": 2, "t": "x", "flag": True, "few": [4.0, 9.0], "none": []}


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ("a == b", 4.5),
        ("b == a", 4.5),
        ("a > b", 4.5),
        ("a >= b", 4.5),
        ("b < a", 4.5),
        ("b <= a", 4.5),
        ("a < a", NEAR),
        ("a < b", 0.0),
        ("a > b and n > 5", 7.5),
        ("a > b or n > 5", 3.0),
        ("b < n < a", 5.5),
        ("a in few", 1.0),
        ("n in few", 2.0),
        ("a in none", 1.0),
        ("t in few", 1.0),
        ("flag in few", 1.0),
        ("a != a", 1.0),
        ("t == 'y'", 1.0),
        ("t == a", 1.0),
        ("a == t", 1.0),
        ("flag == a", 1.0),
        ("a == flag", 1.0),
        ("not a", 1.0),
        ("not flag or a > b", 1.0),
        ("not flag and a > b", 5.5),
        ("a > b if n > 1 else n > 5", 4.5),
        ("a > b if n > 2 else n > 5", 3.0),
        ("1 / (n - 2) > 3", FAR),
        ("1 / (n - 2) > 3 or a > b", 4.5),
        ("1 / (n - 2) > 3 and a > b", FAR),
        ("t < a", FAR),
    ],
)
def test_the_shortfall_is_how_far_the_sides_are_apart(rule: str, expected: float) -> None:
    assert Shortfall(parse_expression(rule))(VALUES) == expected


def test_a_missing_name_is_said() -> None:
    with pytest.raises(KeyError):
        Shortfall(parse_expression("a < unknown"))(VALUES)
