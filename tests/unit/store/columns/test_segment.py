"""Any lines come back as the same rows, whatever a client logs; keys are read one at a time."""

import json
import math
import struct
import zlib
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sweepd.domain.config import MISSING, find, flatten
from sweepd.store.columns.arrays import (
    pack_flags,
    pack_floats,
    pack_ints,
    unpack_flags,
    unpack_floats,
    unpack_ints,
)
from sweepd.store.columns.packing import (
    MAGIC,
    MAX_BYTES,
    pack,
    pack_chunks,
)
from sweepd.store.columns.rows import parse_line
from sweepd.store.columns.segment import Segment, as_number

KEYS = st.sampled_from(
    ["loss", "a", "b", "a.b", "", ".", "_step", "_timestamp", "_type", "é", "\ud800", "x" * 60]
)
NUMBERS = st.one_of(
    st.integers(-3, 3),
    st.integers(-(2**70), 2**70),
    st.floats(),
    st.decimals(-1000, 1000, places=3).map(float),
    st.sampled_from([0.0, -0.0, 1e300, 5e-324, 2**53, 2**63 - 1, 2**63, 2**64, -(2**63), 1.0]),
)
LEAVES = st.one_of(NUMBERS, st.none(), st.booleans(), st.text(max_size=4), st.just("\udfff"))
VALUES = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3),
    max_leaves=5,
)
ROWS = st.dictionaries(KEYS, VALUES, max_size=4).map(json.dumps)
ODD = st.sampled_from(
    [
        "",
        "[]",
        "3",
        "no json",
        "{",
        '{"a":1,"a":{"b":2}}',
        '{"a":1e400}',
        '{"a":' * 60 + "1" + "}" * 60,
        '{"a": 1' + "0" * 400 + "}",
        '{ "loss" : 1 }',
    ]
)
LINES = st.lists(st.one_of(ROWS, ROWS, ODD), min_size=1, max_size=20)


def opened(body: bytes) -> Segment:
    return Segment(lambda start, n_bytes: body[start : start + n_bytes])


def exactly(value: Any) -> Any:
    """A value in which 1, 1.0 and True differ, 0.0 and -0.0 too, and NaN is NaN."""
    if isinstance(value, dict):
        return [(key, exactly(item)) for key, item in value.items()]
    if isinstance(value, list):
        return [exactly(item) for item in value]
    if isinstance(value, float):
        return "NaN" if math.isnan(value) else struct.pack("d", value)
    return type(value).__name__, value


def meaning(line: str) -> Any:
    """What the standard library reads, which rounds nothing; a line it cannot read is itself."""
    try:
        return exactly(json.loads(line))
    except (ValueError, RecursionError):
        return line


@pytest.mark.slow
@settings(max_examples=300, deadline=None)
@given(lines=LINES)
def test_any_lines_come_back_as_the_same_rows(lines: list[str]) -> None:
    segment = opened(pack(lines))
    everything = np.arange(len(lines))
    assert [meaning(line) for line in segment.lines(everything)] == list(map(meaning, lines))
    rows = [parse_line(line) for line in lines]
    assert exactly(segment.rows(everything)) == exactly(rows)
    some = everything[::3]
    assert exactly(segment.rows(some)) == exactly(rows[::3])
    assert [meaning(line) for line in segment.lines(some)] == list(map(meaning, lines[::3]))


@pytest.mark.slow
@settings(max_examples=100, deadline=None)
@given(lines=LINES, keys=st.lists(KEYS | st.just("a.b.a"), min_size=1, max_size=3))
def test_a_key_alone_is_what_the_whole_row_holds_under_it(
    lines: list[str], keys: list[str]
) -> None:
    segment = opened(pack(lines))
    rows = segment.rows(np.arange(len(lines)), segment.touching(keys))
    assert len(rows) == len(lines)
    for row, line in zip(rows, lines, strict=True):
        for key in keys:
            found, expected = find(row, key), find(parse_line(line), key)
            assert (found is MISSING) == (expected is MISSING)
            assert found is MISSING or exactly(found) == exactly(expected)


@pytest.mark.slow
@settings(max_examples=100, deadline=None)
@given(lines=LINES)
def test_a_columns_numbers_are_those_of_the_rows_that_have_it(lines: list[str]) -> None:
    segment = opened(pack(lines))
    if not segment.is_regular:
        return
    flat = [flatten(parse_line(line)) for line in lines]
    assert {column.name for column in segment.columns} >= {name for row in flat for name in row}
    for column in segment.columns:
        having = [row for row in flat if column.name in row]
        rows = segment.rows_with(column)
        assert column.n == len(having) == (segment.n if rows is None else len(rows))
        expected = [as_number(row[column.name]) for row in having]
        assert np.array_equal(segment.numbers(column), expected, equal_nan=True)


@pytest.mark.slow
@settings(max_examples=200, deadline=None)
@given(values=st.lists(st.integers(-(2**63), 2**63 - 1), min_size=1))
def test_whole_numbers_of_any_size_come_back(values: list[int]) -> None:
    assert unpack_ints(pack_ints(np.array(values, np.int64))).tolist() == values


@pytest.mark.slow
@settings(max_examples=200, deadline=None)
@given(
    values=st.lists(st.floats(), min_size=1)
    | st.lists(st.decimals(-(10**6), 10**6, places=6).map(float), min_size=1)
    | st.lists(st.sampled_from([0.0, -0.0, 1e15, 2.0**53, 0.1, 1e-9, 1.5]), min_size=1)
)
def test_floats_come_back_bit_by_bit(values: list[float]) -> None:
    array = np.array(values, np.float64)
    found = unpack_floats(pack_floats(array))
    assert np.array_equal(found.view(np.int64), array.view(np.int64))


@given(values=st.lists(st.booleans(), min_size=1))
def test_flags_come_back(values: list[bool]) -> None:
    assert unpack_flags(pack_flags(np.array(values)), len(values)).tolist() == values


def test_decimals_as_people_log_them_take_few_bytes() -> None:
    array = np.round(np.random.default_rng(0).random(10_000), 4)
    assert len(pack_floats(array)) < 2.2 * len(array)


def test_a_segment_written_before_there_were_samples_is_read() -> None:
    body = pack(['{"a": 1}'])
    start = len(MAGIC) + 4
    n_bytes = int.from_bytes(body[len(MAGIC) : start], "little")
    header = json.loads(zlib.decompress(body[start : start + n_bytes]))
    del header["sample"]
    head = zlib.compress(json.dumps(header).encode())
    old = b"".join([MAGIC, len(head).to_bytes(4, "little"), head, body[start + n_bytes :]])
    assert opened(old).sample is None
    assert opened(old).lines(np.array([0])) == ['{"a":1}']


def test_only_the_key_asked_for_is_read() -> None:
    lines = [json.dumps({"_step": i, "loss": i / 7, "acc": i / 3}) for i in range(2000)]
    body, n_read = pack(lines), 0

    def read(start: int, n_bytes: int) -> bytes:
        nonlocal n_read
        n_read += n_bytes
        return body[start : start + n_bytes]

    segment = Segment(read)
    column = segment.find("loss")
    assert column is not None
    before = n_read
    segment.numbers(column)
    assert n_read - before == sum(n_bytes for _, n_bytes in column.parts) < len(body) / 2


@pytest.mark.slow
def test_chunks_become_segments_of_bounded_size_with_their_steps() -> None:
    chunks = [
        "\n".join(json.dumps({"_step": i, "v": "x"}) for i in range(k, k + 9000))
        for k in (0, 9000, 18000)
    ]
    packed = pack_chunks([chunk.encode() for chunk in chunks])
    assert [item.n_lines for item in packed] == [16384, 27000 - 16384]
    assert [(item.min_step, item.max_step) for item in packed] == [(0, 16383), (16384, 26999)]


def test_a_row_that_is_kept_as_its_line_is_read_among_others() -> None:
    deep = '{"a":' * 40 + "1" + "}" * 40
    segment = opened(pack(['{"a": 2}', deep, '{"b": 3}']))
    rows = segment.rows(np.array([2, 1, 0]))
    assert rows == [{"b": 3}, json.loads(deep), {"a": 2}]


def test_a_segment_takes_no_further_line_once_it_has_its_bytes() -> None:
    line = json.dumps({"v": "x" * (MAX_BYTES // 4)})
    packed = pack_chunks(["\n".join([line] * 9).encode()])
    assert [item.n_lines for item in packed] == [4, 4, 1]


@pytest.mark.parametrize("bits", [8, 16, 32, 64])
def test_whole_numbers_at_the_ends_of_a_width_come_back(bits: int) -> None:
    low, high = -(2 ** (bits - 1)), 2 ** (bits - 1) - 1
    for values in ([low, 0], [0, high], [max(low - 1, -(2**63)), 0], [0, min(high + 1, 2**63 - 1)]):
        packed = np.array(values, np.int64)
        assert unpack_ints(pack_ints(packed)).tolist() == values


@pytest.mark.parametrize(("values", "is_rising"), [([1, 1, 2], True), ([1, 2, 1], False)])
def test_a_column_tells_whether_it_rises(values: list[int], is_rising: bool) -> None:
    segment = opened(pack([f'{{"a": {value}}}' for value in values]))
    assert [column.is_rising for column in segment.columns] == [is_rising]


def test_a_segments_steps_are_those_of_the_lines_that_have_one() -> None:
    [packed] = pack_chunks([b'{"a": 1}\n{"_step": 7}\n{"_step": 0, "a": 2}\n{"_step": 9}'])
    assert (packed.min_step, packed.max_step) == (0, 9)
    [packed] = pack_chunks([b'{"a": 1}\n{"_step": 7}'])
    assert (packed.min_step, packed.max_step) == (7, 7)
    [packed] = pack_chunks([b'{"a": 1}'])
    assert (packed.min_step, packed.max_step) == (-1, -1)


def test_what_is_no_segment_is_refused() -> None:
    with pytest.raises(ValueError, match="no segment"):
        opened(b"something else")


def test_whole_numbers_that_no_float_holds_are_infinite_on_their_side() -> None:
    assert as_number(10**400) == float("inf")
    assert as_number(-(10**400)) == float("-inf")
    assert as_number(7) == 7.0
