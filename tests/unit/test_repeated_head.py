"""A head that is known stands for the same request the parser would read, and for nothing else."""

from typing import Any

import httptools
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from sweepd.repeated_head import MAX_BYTES, RepeatedHead

LINE = b"POST /graphql HTTP/1.1"
FIELDS = (b"Host: x", b"Authorization: Basic abc")


def request(body: bytes, *fields: bytes, line: bytes = LINE, length: bytes = b"") -> bytes:
    """A request whose length is said between the other fields."""
    said = b"Content-Length: " + (length or str(len(body)).encode())
    first, *rest = fields or FIELDS
    return b"\r\n".join((line, first, said, *rest, b"", body))


def known(sent: bytes, body: bytes, line: bytes = LINE) -> RepeatedHead[str] | None:
    """What is kept of a request."""
    return RepeatedHead.read(sent, line, body, "it")


class Read:
    """What the parser makes of bytes."""

    def __init__(self, sent: bytes) -> None:
        self.heads: list[list[tuple[bytes, bytes]]] = []
        self.urls, self.body, self.n_ended = b"", b"", 0
        self.parser = httptools.HttpRequestParser(self)
        self.parser.feed_data(sent)

    def on_message_begin(self) -> None:
        self.heads.append([])

    def on_url(self, url: bytes) -> None:
        self.urls += url

    def on_header(self, name: bytes, value: bytes) -> None:
        self.heads[-1].append((name.lower(), value))

    def on_body(self, body: bytes) -> None:
        self.body += body

    def on_message_complete(self) -> None:
        self.n_ended += 1

    def others(self) -> list[tuple[bytes, bytes]]:
        """Headers but for the length."""
        return [(name, value) for name, value in self.heads[0] if name != b"content-length"]


@pytest.mark.parametrize("body", [b"", b"{}", b"x" * 99_999, b"\r\n\r\n", b"5\r\nHost: y\r\n\r\n"])
def test_a_body_of_any_length_after_the_same_head(body: bytes) -> None:
    head = known(request(b'{"a": 1}'), b'{"a": 1}')
    assert head is not None and head.came_to == "it"
    assert head.body_of(request(body)) == body


@pytest.mark.parametrize(
    "sent",
    [
        request(b"{}") + b" ",
        request(b"{}")[:-1],
        request(b"{}") * 2,
        b"\r\n" + request(b"{}"),
        request(b"{}", b"Host: y", FIELDS[1]),
        request(b"{}", *FIELDS, b"Connection: close"),
        request(b"{}", line=b"POST /graphql2 HTTP/1.1"),
        request(b"{}", line=b"PUT /graphql HTTP/1.1"),
        request(b"{}", line=b"POST /graphql HTTP/1.0"),
        *(
            request(b"{}", length=x)
            for x in (b"+2", b"2 ", b"1", b"3", b"000000002", b"\xb2", b"x")
        ),
        request(b"{}")[:40],
        b"",
    ],
)
def test_whatever_differs_is_left_to_the_parser(sent: bytes) -> None:
    head = known(request(b"{}"), b"{}")
    assert head is not None and head.body_of(request(b"{}")) == b"{}"
    assert head.body_of(sent) is None


@pytest.mark.parametrize(
    ("sent", "body"),
    [
        (request(b"{}") * 2, b"{}"),
        (b"\r\n" + request(b"{}"), b"{}"),
        (b"POST /graphql HTTP/1.1\r\n\r\n" + request(b"{}"), b"{}"),
        (request(b"{}", line=b"POST /other HTTP/1.1"), b"{}"),
        (request(b"{}") + b"POST", b"{}"),
        (request(b"{}", length=b"3"), b"{}"),
        (b"\r\n".join((LINE, *FIELDS, b"", b"")), b""),
        (request(b"{}", b"X: " + b"y" * MAX_BYTES), b"{}"),
        (b"POST /graphql HTTP/1.1\r\n2\r\n{}\r\n0\r\n\r\n", b"{}"),
    ],
)
def test_nothing_is_kept_of_bytes_that_are_more_than_one_plain_request(
    sent: bytes, body: bytes
) -> None:
    assert known(sent, body) is None


PARTS = st.sampled_from(
    [
        b"",
        b"\r\n",
        b"\n",
        b" ",
        b"0",
        b"1",
        b"Content-Length: 1\r\n",
        b"Host: z\r\n",
        b"\x00",
        b"{}",
    ]
)


@settings(max_examples=300, deadline=None)
@given(
    body=st.binary(max_size=12),
    again=st.binary(max_size=120),
    at=st.integers(0, 120),
    cut=st.integers(0, 3),
    part=PARTS,
)
@example(body=b"{}", again=b"x" * 11, at=0, cut=0, part=b"")
def test_a_known_head_reads_as_the_parser_does(
    body: bytes, again: bytes, at: int, cut: int, part: bytes
) -> None:
    first = request(body)
    head = known(first, body)
    assert head is not None
    whole = request(again)
    sent = whole[:at] + part + whole[at + cut :]
    found: Any = head.body_of(sent)
    if sent == whole:
        assert found == again
    if found is not None:
        read, like = Read(sent), Read(first)
        assert (read.n_ended, len(read.heads), read.body) == (1, 1, found)
        assert (read.urls, read.others()) == (like.urls, like.others())
