"""A whole project in one file, which another server's `sweepd import` takes in.

A ZIP of JSON: `project.json`, `sweeps.jsonl`, `collections.jsonl`, `runs.jsonl`, `views.jsonl`,
and what these point to by the names of members: lines as clients send them, files, manifests,
bytes. Bytes of versions lie once each, however many versions have them. Nothing is unpacked by a
member's name.
"""

import hashlib
import json
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, fields
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

from sweepd.domain.errors import BadInput
from sweepd.domain.runs import RunState
from sweepd.domain.sweeps import SweepState
from sweepd.services.artifacts.manifest_reading import read_manifest
from sweepd.services.moving.checked import OTHERWISE
from sweepd.services.moving.foreign import (
    ForeignAlert,
    ForeignCollection,
    ForeignFile,
    ForeignLink,
    ForeignRun,
    ForeignStreams,
    ForeignVersion,
    ForeignView,
    Lineage,
    ProjectSource,
)
from sweepd.services.moving.project_intake import client_ids_in
from sweepd.services.sweeps.brought_in import SweepElsewhere

FORMAT = 1
STREAMS = ("history", "events", "console")
_READ_BYTES = 1 << 20


def write(source: ProjectSource, path: Path) -> dict[str, int]:
    """Write a project into a file, whole or not at all.

    Returns:
        How many sweeps, versions, runs and views there are.
    """
    aside = path.with_name(f".{path.name}.part")
    try:
        with zipfile.ZipFile(aside, "w", zipfile.ZIP_DEFLATED, allowZip64=True) as file:
            counts = _Writer(file, source).write()
        aside.replace(path)
    finally:
        aside.unlink(missing_ok=True)
    return counts


class _Writer:
    """Of one file."""

    def __init__(self, file: zipfile.ZipFile, source: ProjectSource) -> None:
        self._file, self._source = file, source
        self._client_ids: set[str] = set()
        self._bytes: set[str] = set()  # members that are written

    def write(self) -> dict[str, int]:
        sweeps = [asdict(sweep) for sweep in self._source.sweeps()]
        collections = [self._collection(one) for one in self._source.collections()]
        runs = [self._run(n, run) for n, run in enumerate(self._source.runs())]
        known = {one: self._source.artifact_of(one) for one in sorted(self._client_ids)}
        views = [asdict(view) for view in self._source.views()]
        tables = {"sweeps": sweeps, "collections": collections, "runs": runs, "views": views}
        for name, rows in tables.items():
            self._put(f"{name}.jsonl", (f"{_text(row)}\n".encode() for row in rows))
        head = {"format": FORMAT, "name": self._source.name, "client_ids": known, "views": True}
        self._put("project.json", [_text(head).encode()])
        versions = sum(len(one["versions"]) for one in collections)
        return {
            "sweeps": len(sweeps),
            "versions": versions,
            "runs": len(runs),
            "views": len(views),
        }

    def _run(self, number: int, run: ForeignRun) -> dict[str, Any]:
        place = f"runs/{number}"
        files = {}
        for n, (name, file) in enumerate(run.files.items()):
            member = f"{place}/files/{n}"
            size_bytes = self._put(member, file.read())
            files[name] = {"member": member, "size_bytes": size_bytes, "md5": file.md5}
        counts = {
            name: self._put_lines(f"{place}/{name}.jsonl", getattr(run.lines, name)())
            for name in STREAMS
        }
        self._client_ids |= client_ids_in(_text(run.summary))
        left = {"files": files, "streams": counts, "place": place}
        left["alerts"] = [asdict(alert) for alert in run.alerts]
        lineage = asdict(self._source.lineage(run.run_id))
        return {**_plain(run, ("files", "streams", "rows", "alerts")), **left, "lineage": lineage}

    def _collection(self, one: ForeignCollection) -> dict[str, Any]:
        versions = [self._version(version) for version in one.versions]
        links = [asdict(link) for link in one.links]
        return {**_plain(one, ("versions", "links")), "versions": versions, "links": links}

    def _version(self, version: ForeignVersion) -> dict[str, Any]:
        manifest = version.manifest()
        files = version.files()
        for path, item in manifest["contents"].items():
            if not item.get("ref") and (member := _member_of(item)) not in self._bytes:
                if path not in files:
                    raise BadInput(f"the bytes of {path[:200]!r} are gone from its server")
                self._bytes.add(member)
                self._put(member, files[path].read())
        return {**_plain(version, ("manifest", "files")), "manifest": manifest}

    def _put(self, member: str, parts: Iterable[bytes]) -> int:
        size_bytes = 0
        with self._file.open(member, "w", force_zip64=True) as file:
            for part in parts:
                file.write(part)
                size_bytes += len(part)
        return size_bytes

    def _put_lines(self, member: str, lines: Iterable[str]) -> int:
        n = 0
        with self._file.open(member, "w", force_zip64=True) as file:
            for line in lines:
                self._client_ids |= client_ids_in(line)
                file.write(f"{json.dumps(line)}\n".encode())
                n += 1
        return n


class ProjectFile:
    """A project that `write` wrote."""

    def __init__(self, path: Path) -> None:
        """Open it.

        Raises:
            BadInput: It is none, or of a later version.
        """
        try:
            self._file = zipfile.ZipFile(path)
            head = json.loads(self._file.read("project.json"))
            is_known = head["format"] == FORMAT
            self.name = str(head["name"])
            self._client_ids: dict[str, str | None] = dict(head["client_ids"])
            self._has_views = bool(head.get("views"))  # an earlier sweepd wrote none
        except (OSError, *OTHERWISE) as error:
            raise BadInput(f"{path}: expected a project of `sweepd export`, got {error}") from error
        if not is_known:
            raise BadInput(
                f"{path}: expected format {FORMAT}, got {head['format']!r:.20}; it was written by "
                "a later sweepd, which can import it"
            )
        self._path = path
        self._lineage: dict[str, Lineage] = {}

    def sweeps(self) -> Iterator[SweepElsewhere]:
        """Its sweeps, oldest first."""
        for row in self._rows("sweeps"):
            row["state"] = SweepState(row["state"]) if row["state"] else None
            yield SweepElsewhere(**_timed(row))

    def collections(self) -> Iterator[ForeignCollection]:
        """Its collections of artifacts."""
        for row in self._rows("collections"):
            row["versions"] = [self._version(version) for version in row["versions"]]
            row["links"] = [ForeignLink(**link) for link in row["links"]]
            yield ForeignCollection(**row)

    def runs(self) -> Iterator[ForeignRun]:
        """Its runs, oldest first."""
        for row in self._rows("runs"):
            self._lineage[row["run_id"]] = Lineage(**row.pop("lineage"))
            place, counts = row.pop("place"), row.pop("streams")
            row["files"] = {
                name: ForeignFile(
                    file["size_bytes"], partial(self._parts, file["member"]), file["md5"]
                )
                for name, file in row["files"].items()
            }
            lines = [partial(self._lines, f"{place}/{name}.jsonl") for name in STREAMS]
            streams = ForeignStreams(*(counts[name] for name in STREAMS), *lines)
            row["state"] = RunState(row["state"])
            row["alerts"] = [ForeignAlert(**_timed(one)) for one in row.pop("alerts", ())]
            yield ForeignRun(**_timed(row), streams=streams)

    def lineage(self, run_id: str) -> Lineage:
        """What a run, which was given, logged and used."""
        return self._lineage[run_id]

    def views(self) -> Iterator[ForeignView]:
        """Its workspaces and reports, oldest first."""
        if self._has_views:
            for row in self._rows("views"):
                yield ForeignView(**_timed(row))

    def artifact_of(self, client_id: str) -> str | None:
        """What the server it came from called the version that a client's own id names."""
        return self._client_ids.get(client_id)

    def _version(self, row: dict[str, Any]) -> ForeignVersion:
        manifest: Mapping[str, Any] = row.pop("manifest")

        def files() -> Mapping[str, ForeignFile]:
            return {
                path: ForeignFile(
                    self._file.getinfo(member).file_size, partial(self._parts, member)
                )
                for path, item in manifest["contents"].items()
                if not item.get("ref") and (member := _member_of(item))
            }

        def read() -> Mapping[str, Any]:
            return read_manifest(json.dumps(manifest).encode())

        return ForeignVersion(**_timed(row), manifest=read, files=files)

    def _rows(self, name: str) -> Iterator[dict[str, Any]]:
        with self._file.open(f"{name}.jsonl") as file:
            for number, line in enumerate(file, 1):
                try:
                    yield json.loads(line)
                except ValueError as error:
                    raise BadInput(f"{self._path}, {name}.jsonl, line {number}: {error}") from error

    def _lines(self, member: str) -> Iterator[str]:
        with self._file.open(member) as file:
            for line in file:
                yield json.loads(line)

    def _parts(self, member: str) -> Iterator[bytes]:
        with self._file.open(member) as file:
            while part := file.read(_READ_BYTES):
                yield part


def _member_of(item: Mapping[str, Any]) -> str:
    """Where the bytes of a manifest's line lie: by their digest and size."""
    extra = item.get("extra") or {}
    told = f"{extra.get('alg', 'MD5')}:{item.get('digest')}:{item.get('size')}"
    return f"bytes/{hashlib.sha256(told.encode()).hexdigest()}"


def _plain(value: Any, left_out: tuple[str, ...]) -> dict[str, Any]:
    return {f.name: getattr(value, f.name) for f in fields(value) if f.name not in left_out}


def _text(value: Any) -> str:
    return json.dumps(value, default=datetime.isoformat)


def _timed(row: dict[str, Any]) -> dict[str, Any]:
    """A row with its times as such."""
    return {
        name: datetime.fromisoformat(value) if name.endswith("_at") and value else value
        for name, value in row.items()
    }
