"""The YAML of sweep files, measured before anything is built from it.

A text of some hundred bytes can unfold into billions of values, through aliases (`*name`) of
aliases and through merges (`<<`) of merges. So the text's events are counted first, each alias for
all that it stands for.
"""

from typing import Any

import yaml
from yaml.events import AliasEvent, CollectionEndEvent, CollectionStartEvent, NodeEvent

from sweepd.domain.encoding import MAX_INT_BITS

MAX_CHARACTERS = 16 << 20  # of the text
MAX_VALUES = 2_000_000  # unfolded; a list of 10⁶ values is a grid we take
MAX_LEVELS = 60
MAX_NUMBER = 4300  # characters of a whole number; Python reads no more digits
_TAGS = "tag:yaml.org,2002:"

_Fast: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # libyaml's, where PyYAML has it


class TooLarge(yaml.MarkedYAMLError):
    """The text is, or stands for, more than a sweep file may."""


class _Loader(_Fast):  # type: ignore[misc]
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
    if len(node.value) <= MAX_NUMBER:
        value = loader.construct_yaml_int(node)
        if value.bit_length() <= MAX_INT_BITS:
            return value
    raise yaml.constructor.ConstructorError(
        problem="a whole number has at most 4,000 digits; write a text",
        problem_mark=node.start_mark,
    )


_Loader.add_constructor(f"{_TAGS}int", _whole)


def load(text: str) -> Any:
    """What a text says, once it is known to be of a bounded size.

    Raises:
        TooLarge: It is not; with the place where it passes a bound.
        yaml.YAMLError: It is not YAML.
    """
    measure(text)
    return yaml.load(text, _Loader)


def measure(text: str) -> int:
    """How many values a text stands for.

    Raises:
        TooLarge: More than MAX_VALUES, nested deeper than MAX_LEVELS, or a value within itself.
        yaml.YAMLError: It is not YAML.
    """
    if len(text) > MAX_CHARACTERS:
        raise TooLarge(problem=f"it has more than {MAX_CHARACTERS:,} characters")
    n_values = 0
    open_: list[tuple[str | None, int]] = []  # the anchor of each level, the count when it began
    sizes: dict[str, int | None] = {}  # of what has an anchor; None while it is being read
    for event in yaml.parse(text, _Fast):
        if isinstance(event, CollectionEndEvent):
            anchor, before = open_.pop()
            if anchor is not None:
                sizes[anchor] = n_values - before
            continue
        if not isinstance(event, NodeEvent):
            continue
        size: int | None = 1
        if isinstance(event, AliasEvent):
            size = sizes.get(event.anchor or "", 0)  # of an unknown one the loader will tell
            if size is None:
                raise _too_large(event, "the alias stands for a value that it is in")
        elif isinstance(event, CollectionStartEvent):
            open_.append((event.anchor, n_values))
            if len(open_) > MAX_LEVELS:
                raise _too_large(event, f"values are nested more than {MAX_LEVELS} levels deep")
            if event.anchor is not None:
                sizes[event.anchor] = None
        elif event.anchor is not None:
            sizes[event.anchor] = 1
        n_values += size or 0
        if n_values > MAX_VALUES:
            raise _too_large(
                event,
                f"it unfolds into more than {MAX_VALUES:,} values; "
                "does an alias (*name) repeat another?",
            )
    return n_values


def _too_large(event: yaml.Event, problem: str) -> TooLarge:
    mark: Any = event.start_mark
    return TooLarge(problem=problem, problem_mark=mark)
