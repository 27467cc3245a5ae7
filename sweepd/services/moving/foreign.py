"""A project of another server, as plain values: what a source gives and an import takes."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

from sweepd.domain.runs import RunState
from sweepd.services.sweeps.brought_in import SweepElsewhere

_READ_BYTES = 1 << 20


@dataclass(frozen=True)
class ForeignFile:
    """A file where its source has it.

    Attributes:
        read: Gives its bytes, some at a time; each call begins anew.
        md5: Base64; None when the source does not say.
    """

    size_bytes: int
    read: Callable[[], Iterable[bytes]]
    md5: str | None = None


def file_at(path: Path) -> ForeignFile:
    """A file of this machine."""

    def read() -> Iterator[bytes]:
        with path.open("rb") as file:
            while part := file.read(_READ_BYTES):
                yield part

    return ForeignFile(path.stat().st_size, read)


@dataclass(frozen=True)
class ForeignStreams:
    """What a run's client streamed: lines as it sends them, and how many there are of each kind."""

    n_history: int
    n_events: int
    n_console: int
    history: Callable[[], Iterable[str]]
    events: Callable[[], Iterable[str]]
    console: Callable[[], Iterable[str]]


@dataclass(frozen=True)
class ForeignAlert:
    """What a run called out."""

    title: str
    body: str
    severity: str
    created_at: datetime


@dataclass(frozen=True)
class ForeignRun:
    """A run as its source has it.

    Attributes:
        source: What it comes from, with which it is known again: `mlflow:RUN`.
        rows: Its history, of a source that has rows; else `streams` gives its lines.
        notes_of_client: The client's own part of the config, `_wandb`.
        sweep_id: Of the sweep it belongs to.
        files: By their names here.
    """

    source: str
    run_id: str
    name: str
    state: RunState
    config: Mapping[str, Any] = field(default_factory=dict)
    summary: Mapping[str, Any] = field(default_factory=dict)
    rows: Sequence[Mapping[str, Any]] = ()
    tags: Sequence[str] = ()
    notes: str | None = None
    group: str | None = None
    started_at: datetime | None = None
    ended_at: datetime | None = None
    files: Mapping[str, ForeignFile] = field(default_factory=dict)
    streams: ForeignStreams | None = None
    notes_of_client: Mapping[str, Any] = field(default_factory=dict)
    description: str | None = None
    job_type: str | None = None
    commit_sha: str | None = None
    sweep_id: str | None = None
    alerts: Sequence[ForeignAlert] = ()

    @property
    def lines(self) -> ForeignStreams:
        """What was streamed, also of a source that has rows."""
        if self.streams is not None:
            return self.streams

        def history() -> Iterator[str]:
            return (json.dumps(row) for row in self.rows)

        return ForeignStreams(len(self.rows), 0, 0, history, lambda: (), lambda: ())

    @property
    def n_lines(self) -> int:
        """Lines of history."""
        return self.lines.n_history


@dataclass(frozen=True)
class ForeignVersion:
    """A version of an artifact.

    Attributes:
        source_id: What the source calls it.
        manifest: Gives its manifest, whole: what it says of each path under `contents`.
        files: Gives the bytes of each path that has some.
    """

    source_id: str
    index: int
    digest: str
    digest_algorithm: str
    created_at: datetime
    description: str | None
    metadata: str
    tags: Sequence[str]
    aliases: Sequence[str]
    ttl_s: int | None
    history_step: int | None
    created_by: str | None
    manifest: Callable[[], Mapping[str, Any]]
    files: Callable[[], Mapping[str, ForeignFile]]


@dataclass(frozen=True)
class ForeignLink:
    """A version in a portfolio, by what the source calls it."""

    source_id: str
    index: int
    aliases: Sequence[str]


@dataclass(frozen=True)
class ForeignCollection:
    """A collection: of versions of its own, or a portfolio of others' (`links`)."""

    name: str
    type_name: str
    description: str | None
    tags: Sequence[str]
    versions: Sequence[ForeignVersion] = ()
    links: Sequence[ForeignLink] = ()


@dataclass(frozen=True)
class ForeignView:
    """A workspace or report; its kind and name as the protocol has them."""

    kind: str
    name: str
    display_name: str
    description: str
    spec: str
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True)
class Lineage:
    """The versions a run logged and used, by what the source calls them."""

    logged: Sequence[str]
    used: Sequence[str]


class ProjectSource(Protocol):
    """Where a project comes from."""

    name: str  # the same each time: `https://host/entity/project`

    def sweeps(self) -> Iterator[SweepElsewhere]:
        """Its sweeps, oldest first."""

    def collections(self) -> Iterator[ForeignCollection]:
        """Its collections of artifacts."""

    def runs(self) -> Iterator[ForeignRun]:
        """Its runs, oldest first."""

    def lineage(self, run_id: str) -> Lineage:
        """What a run logged and used."""

    def views(self) -> Iterator[ForeignView]:
        """Its workspaces and reports, oldest first."""

    def artifact_of(self, client_id: str) -> str | None:
        """What the source calls the version that a client's own id names; None if nothing."""
