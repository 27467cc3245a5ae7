"""Errors that are kept: they hold nothing of whoever met them."""

import asyncio
import gc
import weakref
from collections.abc import Callable
from typing import Any, cast

import pytest

from sweepd.domain.errors import BadInput, SweepdError, TooMany, unraised
from sweepd.search.errors import ConfigError, NoFeasibleConfig, SearchError
from sweepd.services.sweeps import ahead, specs
from sweepd.wandb_api.graphql.context import Context
from sweepd.wandb_api.graphql.engine import Engine


def test_unraised_error_is_the_same_but_for_where_it_was() -> None:
    for error in (BadInput("a"), TooMany("b", retry_after_s=3), ConfigError(["c", "d"])):
        try:
            raise error
        except (SweepdError, SearchError) as met:
            copy = unraised(met)
        assert type(copy) is type(error) and str(copy) == str(error) and copy.args == error.args
        assert copy.__dict__ == error.__dict__
        assert copy.__traceback__ is None and copy.__context__ is None


def _read_bad_file() -> None:
    specs.parse("method: of a kept error\n")


def _run_bad_document(engine: Engine) -> None:
    asyncio.run(engine.run("{ nope }", {}, None, cast(Context, None)))


def _look_in_vain() -> None:
    def find() -> Any:
        raise NoFeasibleConfig("none")

    ahead.kept("of a kept error", find)


@pytest.mark.slow
@pytest.mark.parametrize(
    "meet",
    [_read_bad_file, lambda engine=Engine(): _run_bad_document(engine), _look_in_vain],  # noqa: B008
    ids=["a sweep file", "a document", "what is looked for"],
)
def test_kept_error_lets_go_of_whoever_met_it(meet: Callable[[], None]) -> None:
    class Body:
        """What a request holds."""

    met: list[weakref.ref[Body]] = []

    def ask() -> None:
        body = Body()
        met.append(weakref.ref(body))
        with pytest.raises((SweepdError, SearchError)):
            meet()

    with pytest.raises((SweepdError, SearchError)):
        meet()  # the first is worked out, in a thread that may end a little later
    for _ in range(3):
        ask()
    gc.collect()
    assert [ref() for ref in met] == [None] * 3
