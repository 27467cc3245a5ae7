"""Quantisation."""

from sweepd.search.quantise import quantise


def test_quantisation_is_half_to_even_and_keeps_whole_numbers():
    assert [quantise(x, 2) for x in (1, 3, 5)] == [0, 4, 4]
    assert type(quantise(3.2, 1)) is int and type(quantise(3.2, 1.0)) is float
