"""Which errors may pass, which are the sender's, which are damage."""

import sqlite3

import pytest
import sqlalchemy as sa

from sweepd.store import faults


def error_of(code: int) -> sa.exc.DBAPIError:
    original = sqlite3.OperationalError("what it\n  said")
    original.sqlite_errorcode = code
    return sa.exc.OperationalError("SELECT", {}, original)


PASSING = {
    "BUSY",
    "LOCKED",
    "NOMEM",
    "READONLY",
    "IOERR",
    "FULL",
    "CANTOPEN",
    "PROTOCOL",
    "PERM",
    "AUTH",
}
OTHERS = {"ERROR", "CONSTRAINT", "CORRUPT", "NOTADB", "MISMATCH", "SCHEMA"}


@pytest.mark.parametrize("name", sorted(PASSING | OTHERS))
def test_errors_of_the_disk_may_pass_others_not(name: str) -> None:
    code = getattr(sqlite3, f"SQLITE_{name}")
    for extended in (code, code | (3 << 8)):
        assert faults.is_passing(error_of(extended)) is (name in PASSING)
        assert faults.is_damaged(error_of(extended)) is (name in ("CORRUPT", "NOTADB"))


class FromPostgresql(Exception):
    """As psycopg raises it."""

    def __init__(self, sqlstate: str | None) -> None:
        super().__init__("from afar")
        self.sqlstate = sqlstate


@pytest.mark.parametrize(
    ("state", "kind", "is_cut", "is_passing"),
    [
        ("40001", sa.exc.DBAPIError, False, True),
        ("40P01", sa.exc.DBAPIError, False, True),
        ("25006", sa.exc.DBAPIError, False, True),
        ("23505", sa.exc.IntegrityError, False, False),
        ("22003", sa.exc.DataError, False, False),
        (None, sa.exc.OperationalError, False, True),
        (None, sa.exc.InterfaceError, False, False),
        (None, sa.exc.InterfaceError, True, True),
    ],
)
def test_errors_of_a_database_server(
    state: str | None, kind: type[sa.exc.DBAPIError], is_cut: bool, is_passing: bool
) -> None:
    error = kind("SELECT", {}, FromPostgresql(state), connection_invalidated=is_cut)
    assert faults.is_passing(error) is is_passing
    assert not faults.is_damaged(error)


def test_a_full_pool_passes_and_faults_of_ours_do_not() -> None:
    assert faults.is_passing(sa.exc.TimeoutError())
    for error in (ValueError(), sa.exc.ArgumentError(), KeyboardInterrupt()):
        assert not faults.is_passing(error)


@pytest.mark.parametrize(
    "error",
    [
        OverflowError("too large"),
        UnicodeEncodeError("utf-8", "\ud800", 0, 1, "half"),
        sa.exc.DataError("INSERT", {}, FromPostgresql("22021")),
    ],
)
def test_what_no_column_can_hold_is_told_to_its_sender(error: Exception) -> None:
    told = faults.as_bad_input(error)
    assert told is not None and told.__cause__ is error
    assert "cannot be stored" in str(told) and "64 bits" in str(told)


def test_other_errors_are_no_bad_input_and_reasons_have_one_line() -> None:
    assert faults.as_bad_input(ValueError()) is None
    assert faults.as_bad_input(error_of(sqlite3.SQLITE_FULL)) is None
    assert faults.reason(error_of(sqlite3.SQLITE_FULL)) == "what it said"
    assert faults.reason(ValueError("a\n b")) == "a b"
    error = error_of(sqlite3.SQLITE_FULL)
    assert faults.cause(error) is error.orig
