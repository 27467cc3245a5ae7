"""A project as its source gives it, or a refusal in words: files are damaged, and other servers
answer what nobody expected."""

import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, TypeVar

from sweepd.domain.errors import BadInput
from sweepd.domain.typed import check_types
from sweepd.services.moving.foreign import (
    ForeignCollection,
    ForeignFile,
    ForeignRun,
    ForeignStreams,
    ForeignVersion,
    ForeignView,
    Lineage,
    ProjectSource,
)
from sweepd.services.sweeps.brought_in import SweepElsewhere

_T = TypeVar("_T")
OTHERWISE = (  # than whole and known
    *(ArithmeticError, AttributeError, LookupError, TypeError, ValueError),
    *(EOFError, NotImplementedError, zipfile.BadZipFile, zlib.error),
)


class CheckedSource:
    """A source that gives values of the kinds it should.

    Whatever it is asked for, also later by the functions it gives, raises BadInput where it gives
    something else.
    """

    def __init__(self, source: ProjectSource) -> None:
        self._source, self.name = source, source.name

    def sweeps(self) -> Iterator[SweepElsewhere]:
        """Its sweeps, oldest first."""
        for sweep in self._each(self._source.sweeps(), "a sweep"):
            check_types(sweep, f"{self.name}: a sweep")
            yield sweep

    def collections(self) -> Iterator[ForeignCollection]:
        """Its collections of artifacts."""
        for found in self._each(self._source.collections(), "a collection"):
            check_types(found, f"{self.name}: a collection")
            yield replace(found, versions=[self._version(one, found) for one in found.versions])

    def runs(self) -> Iterator[ForeignRun]:
        """Its runs, oldest first."""
        for run in self._each(self._source.runs(), "a run"):
            check_types(run, f"{self.name}: a run")
            what = f"run {run.run_id}"
            lines = run.lines
            streams = ForeignStreams(
                lines.n_history,
                lines.n_events,
                lines.n_console,
                self._later(lines.history, f"{what}, its history", str),
                self._later(lines.events, f"{what}, its system metrics", str),
                self._later(lines.console, f"{what}, its console", str),
            )
            yield replace(run, streams=streams, files=self._files(run.files, what))

    def lineage(self, run_id: str) -> Lineage:
        """What a run logged and used."""
        what = f"what run {run_id} logged and used"
        with self._expecting(what):
            found = self._source.lineage(run_id)
        check_types(found, f"{self.name}: {what}")
        return found

    def views(self) -> Iterator[ForeignView]:
        """Its workspaces and reports, oldest first."""
        for view in self._each(self._source.views(), "a view"):
            check_types(view, f"{self.name}: a view")
            yield view

    def artifact_of(self, client_id: str) -> str | None:
        """What the source calls the version that a client's own id names; None if nothing."""
        with self._expecting("a client's id of a version"):
            return self._source.artifact_of(client_id)

    def _version(self, version: ForeignVersion, home: ForeignCollection) -> ForeignVersion:
        what = f"{home.name}:v{version.index}"

        def manifest() -> Mapping[str, Any]:
            with self._expecting(f"{what}, its manifest"):
                return version.manifest()

        def files() -> Mapping[str, ForeignFile]:
            with self._expecting(f"{what}, its files"):
                found = version.files()
            return self._files(found, what)

        return replace(version, manifest=manifest, files=files)

    def _files(self, files: Mapping[str, ForeignFile], what: str) -> Mapping[str, ForeignFile]:
        for name, file in files.items():
            check_types(file, f"{self.name}: {what}, {name}")
        return {
            name: replace(file, read=self._later(file.read, f"{what}, {name}", bytes))
            for name, file in files.items()
        }

    def _later(
        self, read: Callable[[], Iterable[_T]], what: str, kind: type[_T]
    ) -> Callable[[], Iterator[_T]]:
        def items() -> Iterator[_T]:
            with self._expecting(what):
                found = read()
            for item in self._each(found, what):
                if not isinstance(item, kind):
                    raise BadInput(f"{self.name}: {what}: expected a text, got {item!r:.80}")
                yield item

        return items

    def _each(self, items: Iterable[_T], what: str) -> Iterator[_T]:
        with self._expecting(what):
            given = iter(items)
        while True:
            with self._expecting(what):
                try:
                    item = next(given)
                except StopIteration:
                    return
            yield item

    @contextmanager
    def _expecting(self, what: str) -> Iterator[None]:
        try:
            yield
        except OTHERWISE as error:
            raise BadInput(
                f"{self.name}: {what} cannot be read ({type(error).__name__}: {error}); is it "
                "whole, and of a server this version knows?"
            ) from error
