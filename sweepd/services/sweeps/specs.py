"""A sweep's file, read once: what its YAML says, as the search understands it."""

from functools import lru_cache
from typing import Any

import yaml

from sweepd.domain.encoding import MAX_INT_BITS
from sweepd.domain.errors import BadInput
from sweepd.domain.sweeps import Sweep
from sweepd.search.errors import ConfigError
from sweepd.search.grammar import sweep_file as grammar
from sweepd.search.grid import Grid
from sweepd.search.spec import SweepSpec

MAX_VALUES = 2_000_000  # a list of 10⁶ values is a grid we take
MAX_LEVELS = 60


_TAGS = "tag:yaml.org,2002:"


class _Loader(yaml.SafeLoader):
    """YAML as far as JSON goes: what is handed out later must be writable as JSON."""

    def construct_object(self, node: yaml.Node, deep: bool = False) -> Any:
        """The value of a node; one that its tag does not fit is told of with its place."""
        try:
            return super().construct_object(node, deep=deep)
        except (ValueError, LookupError, TypeError, AttributeError, ArithmeticError) as error:
            raise yaml.constructor.ConstructorError(
                problem=f"this is no {node.tag.replace(_TAGS, '!!')}: {str(error)[:200]}",
                problem_mark=node.start_mark,
            ) from error


_Loader.yaml_implicit_resolvers = {  # 2026-01-31 unquoted is the text that it looks like
    first: [(tag, look) for tag, look in resolvers if tag != f"{_TAGS}timestamp"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def _refuse(_: yaml.SafeLoader, node: yaml.Node) -> Any:
    raise yaml.constructor.ConstructorError(
        problem=f"{node.tag.replace(_TAGS, '!!')} is no value that a config can "
        "have; write a text, a number, true, false, null, a list or an object",
        problem_mark=node.start_mark,
    )


for _kind in ("timestamp", "binary", "set", "omap", "pairs"):
    _Loader.add_constructor(f"{_TAGS}{_kind}", _refuse)


def _whole(loader: yaml.SafeLoader, node: yaml.ScalarNode) -> Any:
    """A whole number; one of thousands of digits could be read but never handed out."""
    value = loader.construct_yaml_int(node)
    if value.bit_length() <= MAX_INT_BITS:
        return value
    raise yaml.constructor.ConstructorError(
        problem="a whole number has at most 4,000 digits; write a text",
        problem_mark=node.start_mark,
    )


_Loader.add_constructor(f"{_TAGS}int", _whole)


def read_yaml(text: str) -> dict[str, Any]:
    """A sweep file's text as a mapping.

    Raises:
        BadInput: Not YAML, or not a mapping; with the line where it goes wrong.
    """
    try:
        raw = yaml.load(text, _Loader)
    except RecursionError as error:
        raise BadInput("the sweep file is nested too deeply to be read") from error
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f" at line {mark.line + 1}, column {mark.column + 1}" if mark else ""
        problem = getattr(error, "problem", None) or str(error)
        raise BadInput(f"the sweep file is not valid YAML{where}: {problem}") from error
    if not isinstance(raw, dict):
        raise BadInput(
            "a sweep file is a mapping with `method` and `parameters`; "
            f"got {type(raw).__name__ if raw is not None else 'an empty file'}"
        )
    _check_size(raw)
    return raw


def _check_size(raw: dict[str, Any]) -> None:
    """Refuse a text whose aliases (`*name`) unfold into far more than was written."""
    n_values, waiting = 0, [iter([raw])]
    while waiting:
        for value in waiting[-1]:
            n_values += 1
            if n_values > MAX_VALUES or len(waiting) > MAX_LEVELS:
                raise BadInput(
                    f"the sweep file unfolds into more than {MAX_VALUES:,} values or "
                    f"{MAX_LEVELS} levels; does an alias (*name) repeat another, or itself?"
                )
            if isinstance(value, dict | list):
                waiting.append(iter(value.values() if isinstance(value, dict) else value))
                break
        else:
            waiting.pop()


@lru_cache(maxsize=256)
def parse(text: str) -> SweepSpec:
    """What a sweep file says.

    Raises:
        BadInput: It cannot run; the message names each key that is wrong.
    """
    try:
        return grammar.parse(read_yaml(text))
    except ConfigError as error:
        raise BadInput("this sweep cannot run: " + "; ".join(error.problems)) from error


def spec_of(sweep: Sweep) -> SweepSpec:
    """What a stored sweep's file says."""
    return parse(sweep.config_yaml)


@lru_cache(maxsize=256)
def grid_of(text: str) -> Grid:
    """The grid of a `method: grid` file."""
    return Grid(parse(text).space)


@lru_cache(maxsize=64)
def drawn_grid_of(text: str) -> Grid:
    """Every config that sampling a finite space can give."""
    return Grid(parse(text).space, drawn=True)
