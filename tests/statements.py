"""Statements are compiled once in a session, not once more for the database of each test."""

from typing import Any

import sqlalchemy as sa

_create_engine = sa.create_engine


class _Compiled(dict[Any, Any]):
    """What SQLAlchemy keeps for one engine, kept for all of their kind."""

    def get(self, key: Any, default: Any = None) -> Any:
        return super().get(_of_kind(key), default)

    def __setitem__(self, key: Any, compiled: Any) -> None:
        super().__setitem__(_of_kind(key), compiled)


def _of_kind(key: Any) -> Any:
    dialect, *rest = key
    return type(dialect), *rest


_COMPILED = _Compiled()


def create_engine(*given: Any, **named: Any) -> sa.Engine:
    """As SQLAlchemy's; what it compiles, engines made later know."""
    engine = _create_engine(*given, **named)
    engine.update_execution_options(compiled_cache=_COMPILED)
    return engine


def share() -> None:
    """Let every engine of this process be such a one."""
    sa.create_engine = create_engine
