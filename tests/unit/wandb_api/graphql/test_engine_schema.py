"""The schema that is served is the one that is written down."""

from pathlib import Path

from graphql import build_schema as read_schema
from graphql import parse, print_schema
from graphql.validation.validate import assert_valid_sdl

from sweepd.wandb_api.graphql import engine

SDL = (Path(engine.__file__).parent / "schema.graphql").read_text()


def test_the_text_of_the_schema_is_valid() -> None:
    """It is not looked at again at each start."""
    assert_valid_sdl(parse(SDL))


def test_what_is_served_is_what_is_written() -> None:
    assert print_schema(engine.build_schema()) == print_schema(read_schema(SDL))
