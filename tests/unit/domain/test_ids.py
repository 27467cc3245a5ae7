"""Names and numbers in texts."""

import pytest

from sweepd.domain.ids import number_in


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("0", 0),
        ("7", 7),
        ("9" * 18, 10**18 - 1),
        ("9" * 19, None),
        ("9" * 5000, None),
        ("", None),
        ("-1", None),
        ("+1", None),
        (" 1", None),
        ("1_0", None),
        ("1\n", None),
        ("\u00b2", None),
        ("\uff11", None),
        ("\u0661", None),
        ("1.0", None),
    ],
)
def test_only_plain_digits_are_a_number(text: str, number: int | None) -> None:
    assert number_in(text) == number
