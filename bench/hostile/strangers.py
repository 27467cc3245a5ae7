"""Item 5: what somebody without a key can send."""

import contextlib
import socket
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from bench.hostile.target import Attack, Target

HEAD = b"POST /graphql HTTP/1.1\r\nHost: x\r\n"
CHUNKED = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"
GET = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"
PIECE = b"x" * 65_000
SECONDS = 5.0
MANY = 3_000_000_000


def endless(begin: bytes, piece: bytes) -> Callable[[Target], str]:
    """Send a piece again and again, on one connection after another."""

    def act(target: Target) -> str:
        n_sent = n_connections = 0
        until = time.monotonic() + SECONDS
        while time.monotonic() < until and n_sent < MANY:
            n_connections += 1
            with contextlib.suppress(OSError), target.connect() as opened:
                opened.sendall(begin)
                while time.monotonic() < until and n_sent < MANY:
                    opened.sendall(piece)
                    n_sent += len(piece)
        return f"{n_sent / n_connections / 1e6:.2g} MB taken a connection, {n_connections} of them"

    return act


def crowd(n: int, sent: bytes) -> Callable[[Target], str]:
    """Many connections that begin something and then say nothing."""

    def act(target: Target) -> str:
        opened: list[socket.socket] = []
        with contextlib.suppress(OSError):
            while len(opened) < n:
                opened.append(target.connect())
                opened[-1].sendall(sent)
        time.sleep(SECONDS)
        for one in opened:
            one.close()
        return f"{len(opened)} connections"

    return act


def guesses(target: Target) -> str:
    """Wrong keys on 16 connections at once."""
    until = time.monotonic() + SECONDS

    def guess(number: int) -> list[int]:
        found = []
        while time.monotonic() < until:
            wrong = f"guess-{number:040x}"
            status, _, _ = target.send("POST", "/graphql", b"{}", key=wrong, timeout_s=SECONDS)
            found.append(status)
        return found

    with ThreadPoolExecutor(16) as pool:
        statuses = [status for found in pool.map(guess, range(16)) for status in found]
    return ", ".join(f"{statuses.count(s)} times {s or 'held'}" for s in sorted(set(statuses)))


ATTACKS = [
    Attack(5, "a header without end", endless(HEAD + b"A: ", PIECE)),
    Attack(5, "headers without end", endless(HEAD, b"A: b\r\n" * 10_000)),
    Attack(5, "an address without end", endless(b"GET /", PIECE)),
    Attack(5, "a trailer without end", endless(CHUNKED + b"0\r\nA: ", PIECE)),
    Attack(5, "a chunk's size without end", endless(CHUNKED + b"1;", PIECE)),
    Attack(
        5,
        "a body without end, no key",
        endless(HEAD + b"Content-Length: 99999999999\r\n\r\n", PIECE),
    ),
    Attack(5, "requests ahead of answers", endless(b"", GET * 999)),
    Attack(5, "3,000 half requests", crowd(3_000, b"GET /h")),
    Attack(
        5,
        "300 downloads nobody takes",
        crowd(300, b"GET /-/vendor/plotly.min.js HTTP/1.1\r\nHost: x\r\n\r\n"),
    ),
    Attack(5, "wrong keys, 16 at once", guesses),
]
