"""What costs much and is the same for all tests is done once in a session: statements are compiled
and documents prepared once, not once more for the database and the application of each test."""

import functools
from typing import Any

import sqlalchemy as sa

from sweepd import server
from sweepd.wandb_api.graphql.engine import Engine

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
    """Let every engine of this process be such a one, of databases and of GraphQL."""
    sa.create_engine = create_engine
    server.Engine = functools.cache(Engine)  # type: ignore[misc]
