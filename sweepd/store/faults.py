"""Which errors of a database may pass: of its disk, its server or its connections."""

import sqlite3

import sqlalchemy as sa

from sweepd.domain.errors import BadInput

RETRYABLE = {"40001", "40P01"}  # PostgreSQL: serialization failure, deadlock detected
_READ_ONLY = "25006"  # PostgreSQL: a replica, or out of space
_PASSING_SQLITE = {
    sqlite3.SQLITE_BUSY,
    sqlite3.SQLITE_LOCKED,
    sqlite3.SQLITE_NOMEM,
    sqlite3.SQLITE_READONLY,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_CANTOPEN,
    sqlite3.SQLITE_PROTOCOL,
    sqlite3.SQLITE_PERM,
    sqlite3.SQLITE_AUTH,
}


def is_passing(error: BaseException) -> bool:
    """Whether an error is of the disk, the database server or its connections: it may pass."""
    if isinstance(error, sa.exc.TimeoutError):  # every connection is in use
        return True
    if not isinstance(error, sa.exc.DBAPIError):
        return False
    if isinstance(error.orig, sqlite3.Error):
        code = getattr(error.orig, "sqlite_errorcode", sqlite3.SQLITE_ERROR)
        return (code & 0xFF) in _PASSING_SQLITE
    state = getattr(error.orig, "sqlstate", None) or ""
    is_lost = error.connection_invalidated or isinstance(error, sa.exc.OperationalError)
    return is_lost or state in RETRYABLE or state == _READ_ONLY


UNSTORABLE = (OverflowError, UnicodeEncodeError, sa.exc.DataError)


def as_bad_input(error: BaseException) -> BadInput | None:
    """What its sender reads when no column can hold a value of theirs; None for other errors.

    NUL and halves of characters in a text, whole numbers beyond 64 bits.
    """
    if not isinstance(error, UNSTORABLE):
        return None
    told = BadInput(
        f"a value cannot be stored: {reason(error)[:200]}; texts are Unicode without NUL, whole "
        "numbers have 64 bits"
    )
    told.__cause__ = error
    return told


def is_damaged(error: BaseException) -> bool:
    """Whether SQLite found bytes that it never wrote."""
    code = getattr(getattr(error, "orig", None), "sqlite_errorcode", 0)
    return (code & 0xFF) in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)


def cause(error: BaseException) -> object:
    """What the database's own library raised."""
    return getattr(error, "orig", None) or error


def reason(error: BaseException) -> str:
    """What the database said, in one line."""
    return " ".join(str(cause(error)).split())
