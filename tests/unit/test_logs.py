"""Whatever is logged: one event is one line, and no key stands in it."""

import io
import logging

import pytest

from sweepd import logs

KEY = "0123456789abcdef0123456789abcdef01234567"


@pytest.fixture
def written() -> tuple[logging.Logger, io.StringIO]:
    text = io.StringIO()
    handler = logging.StreamHandler(text)
    handler.setFormatter(logs.LineFormatter())
    log = logging.Logger("tried")
    log.addHandler(handler)
    return log, text


@pytest.mark.parametrize(
    "text",
    [
        "\n2026-01-01 INFO all is well",
        "\r",
        "\x1b[2J",
        "\x00",
        "\u2028",
        "\u202e",
        "\ud800",
        "\x85",
        "x" * 100_000,
    ],
)
def test_one_event_is_one_line(written: tuple[logging.Logger, io.StringIO], text: str) -> None:
    log, kept = written
    log.error("refused: %s", text)
    assert kept.getvalue().endswith("\n")
    [line] = kept.getvalue()[:-1].split("\n")
    assert line.isprintable()
    assert len(line) < 5_000


def test_a_traceback_is_marked(written: tuple[logging.Logger, io.StringIO]) -> None:
    log, kept = written
    try:
        raise ValueError(f"first\n2026-01-01 INFO second \x1b[31m {KEY}")
    except ValueError as error:
        log.error("failed", exc_info=error)
    first, *rest = kept.getvalue()[:-1].split("\n")
    assert first.endswith("ERROR failed")
    assert rest and all(line.startswith("    | ") and line.isprintable() for line in rest)
    assert KEY not in kept.getvalue()


@pytest.mark.parametrize(
    "text",
    [
        KEY,
        f"ann-{KEY}",
        f"local-{'aB3_' * 12}",
        f"Authorization: Basic {'YXBp' * 20}",
        "Bearer abcdefgh1",
        "postgresql+psycopg://sweepd:abcdefgh1@host/db",
        "/authorize?token=abcdefgh1&next=/",
        "/-/blobs/abcdefgh1.xyz/file.txt",
        '{"password": "abcdefgh1"}',
        "sweepd_0a1b2c3d=abcdefgh1",
        f"{'eyJhbGciOi' * 3}.{'eyJzdWIiOi' * 3}.{'abcdefgh1' * 3}",
    ],
)
def test_no_key_is_written(written: tuple[logging.Logger, io.StringIO], text: str) -> None:
    log, kept = written
    log.warning("a client sent %s and left", text)
    assert logs.HIDDEN in kept.getvalue()
    assert "abcdefgh1" not in kept.getvalue() and KEY[4:] not in kept.getvalue()
    assert "and left" in kept.getvalue()


@pytest.mark.parametrize(
    "text",
    [
        "blob 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08: gone",
        "this key belongs to nobody here",
        "removed 3 files of uploads that were cut off",
    ],
)
def test_what_is_no_key_is_kept(written: tuple[logging.Logger, io.StringIO], text: str) -> None:
    log, kept = written
    log.warning("%s", text)
    assert text in kept.getvalue()
