"""A sweep's file, read once: what its YAML says, as the search understands it.

Reading a long file takes seconds, so it is never done within a write: there it is asked for first.
"""

import threading
from collections import OrderedDict
from collections.abc import Iterator, Mapping
from contextlib import nullcontext
from functools import cached_property, partial
from typing import Any

import yaml

from sweepd.domain.before import WorkFirst, is_writing
from sweepd.domain.collecting import young_only
from sweepd.domain.errors import BadInput, unraised
from sweepd.domain.sweeps import Sweep
from sweepd.search.errors import ConfigError
from sweepd.search.grammar import sweep_file as grammar
from sweepd.search.grid import Grid
from sweepd.search.parameter import Parameter
from sweepd.search.space import Space
from sweepd.search.spec import SweepSpec
from sweepd.services.sweeps import sweep_yaml, yaml_words

MAX_KEPT = 64 << 20  # characters of all files kept as values
LONG = 100_000  # characters of a file; such are read one at a time
READ = 1000  # characters that any file counts for


_KINDS = {type(None): "an empty file", list: "a list"}


def read_yaml(text: str) -> dict[str, Any]:
    """A sweep file's text as a mapping.

    Raises:
        BadInput: Not YAML, not a mapping, or too much; with the line where it goes wrong.
    """
    try:
        raw = sweep_yaml.load(text)
    except (ValueError, LookupError, TypeError, ArithmeticError) as error:
        raise BadInput(f"a value of the sweep file cannot be read: {error}") from error
    except yaml.YAMLError as error:
        what = "too large" if isinstance(error, sweep_yaml.TooLarge) else "not valid YAML"
        raise BadInput(f"the sweep file is {what}{yaml_words.explain(error, text)}") from error
    if not isinstance(raw, dict):
        raise BadInput(
            "a sweep file is a mapping with `method` and `parameters`; "
            f"got {_KINDS.get(type(raw), 'a single value')}"
        )
    return raw


class _File:
    """One file as values, or why it cannot run."""

    def __init__(self, text: str) -> None:
        self.size = len(text) + READ
        self._found: SweepSpec | BadInput
        self._order: dict[str, int] = {}
        try:
            with young_only() if len(text) > LONG else nullcontext():
                raw = read_yaml(text)
                self._found = grammar.parse(raw)
                self._order = {name: k for k, name in enumerate(_names_in(raw))}
        except ConfigError as error:
            self._found = BadInput("this sweep cannot run: " + "; ".join(error.problems))
        except ArithmeticError as error:
            self._found = BadInput(
                f"a number of the sweep file is beyond what can be reckoned with: {error}"
            )
        except BadInput as error:
            self._found = unraised(error)

    @property
    def spec(self) -> SweepSpec:
        if isinstance(self._found, BadInput):
            raise unraised(self._found)
        return self._found

    @cached_property
    def parameters(self) -> list[Parameter]:
        found = () if isinstance(self._found, BadInput) else self._found.space.parameters
        last = len(self._order)
        return sorted(found, key=lambda parameter: self._order.get(parameter.name, last))

    @cached_property
    def grid(self) -> Grid:
        return Grid(self.spec.space)

    @cached_property
    def drawn_grid(self) -> Grid:
        return Grid(self.spec.space, drawn=True)


def _names_in(mapping: Mapping[Any, Any], prefix: str = "") -> Iterator[str]:
    """Dotted names of the parameters below a mapping's key `parameters`, nested ones included."""
    inner = mapping.get("parameters")
    for key, item in inner.items() if isinstance(inner, dict) else ():
        yield f"{prefix}{key}"
        if isinstance(item, dict):
            yield from _names_in(item, f"{prefix}{key}.")


class _Files:
    """The files read last, as far as there is room."""

    def __init__(self) -> None:
        self._lock, self._long = threading.Lock(), threading.Lock()
        self._kept: OrderedDict[str, _File] = OrderedDict()
        self._size = 0

    def get(self, text: str) -> _File:
        found = self._find(text)
        if found is not None:
            return found
        if is_writing():
            raise WorkFirst(partial(self._read, text))
        return self._read(text)

    def _find(self, text: str) -> _File | None:
        with self._lock:
            if text in self._kept:
                self._kept.move_to_end(text)
            return self._kept.get(text)

    def _read(self, text: str) -> _File:
        if len(text) < LONG:
            return self._keep(text, _File(text))
        with self._long:
            return self._find(text) or self._keep(text, _File(text))

    def _keep(self, text: str, file: _File) -> _File:
        with self._lock:
            if text not in self._kept:
                self._kept[text] = file
                self._size += file.size
            while self._size > MAX_KEPT and len(self._kept) > 1:
                self._size -= self._kept.popitem(last=False)[1].size
            return file


_files = _Files()


def parse(text: str) -> SweepSpec:
    """What a sweep file says.

    Raises:
        BadInput: It cannot run; the message names each key that is wrong.
    """
    return _files.get(text).spec


def spec_of(sweep: Sweep) -> SweepSpec:
    """What a stored sweep's file says.

    A file that was taken before what is wrong with it was known gives an empty one, which says why:
    what its runs send is kept, and no config is handed out.
    """
    try:
        return parse(sweep.config_yaml)
    except BadInput as error:
        return SweepSpec(method=sweep.method, space=Space(()), broken=str(error))


def parameters_of(text: str) -> list[Parameter]:
    """The parameters of a sweep file in the order in which it names them; none if it cannot run."""
    return _files.get(text).parameters


def grid_of(text: str) -> Grid:
    """The grid of a `method: grid` file."""
    return _files.get(text).grid


def drawn_grid_of(text: str) -> Grid:
    """Every config that sampling a finite space can give."""
    return _files.get(text).drawn_grid
