"""A project of another server of the same protocol, read as the stock client reads it."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from typing import Any, Protocol

from sweepd.domain.config import private_part, unwrap
from sweepd.domain.errors import BadInput, NotFound, SweepdError
from sweepd.domain.runs import ENDED, ConsoleLine, RunState
from sweepd.domain.sweeps import SweepState
from sweepd.services.artifacts.manifest_reading import read_manifest
from sweepd.services.moving import wire_documents as documents
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
)
from sweepd.services.moving.wire_values import read_number, read_object, read_time
from sweepd.services.moving.wire_words import read_alerts, read_views
from sweepd.services.streams.console import console_text
from sweepd.services.sweeps.brought_in import SweepElsewhere

SMALL = 50_000  # lines of a history that are asked for at once
STEPS = 2_000  # of the first page of a longer one
MOST_STEPS = 1 << 40
_ENDS = {
    "FINISHED": SweepState.FINISHED,
    "STOPPED": SweepState.FINISHED,
    "CANCELED": SweepState.CANCELED,
    "CANCELLED": SweepState.CANCELED,
}


class Wire(Protocol):
    """How a server is asked."""

    def query(self, document: str, **variables: Any) -> dict[str, Any]:
        """The `data` of an answer."""

    def read(self, address: str) -> Iterator[bytes]:
        """The bytes at an address that an answer named."""


class WireProject:
    """One project there; nothing of it is changed."""

    def __init__(self, wire: Wire, url: str, entity: str, project: str) -> None:
        self._wire = wire
        self._path = {"entity": entity, "project": project}
        self.name = f"{url}/{entity}/{project}"

    def sweeps(self) -> Iterator[SweepElsewhere]:
        """Its sweeps, oldest first."""
        found = list(self._pages(documents.SWEEPS, "project"))
        for node in sorted(found, key=lambda node: str(node["createdAt"])):
            state = _ENDS.get(str(node["state"]).upper())
            yield SweepElsewhere(
                source=self.name,
                sweep_id=node["name"],
                config_yaml=node["config"],
                state=state,
                display_name=node["displayName"],
                description=node["description"],
                created_at=read_time(node["createdAt"]),
                ended_at=read_time(node["updatedAt"]) if state and node["updatedAt"] else None,
            )

    def runs(self) -> Iterator[ForeignRun]:
        """Its runs, oldest first."""
        found = self._wire.query(documents.RUN_FIELDS)["found"]
        has_alerts = any(field["name"] == "alerts" for field in (found or {}).get("fields") or ())
        for node in self._pages(documents.RUNS, "project"):
            config = read_object(node["config"])
            known = {str(state): state for state in ENDED}
            began = read_time(node["createdAt"])
            yield ForeignRun(
                source=self.name,
                run_id=node["name"],
                name=node["displayName"] or node["name"],
                state=known.get(str(node["state"]).lower(), RunState.CRASHED),
                config=unwrap(config),
                notes_of_client=private_part(config),
                summary=read_object(node["summaryMetrics"]),
                tags=node["tags"] or (),
                notes=node["notes"],
                group=node["group"],
                job_type=node["jobType"],
                description=node["description"],
                commit_sha=node["commit"],
                sweep_id=node["sweepName"],
                started_at=began,
                ended_at=read_time(node["heartbeatAt"]) if node["heartbeatAt"] else began,
                files=self._files(partial(self._pages, documents.FILES, "project", "run"), node),
                streams=self._streams(node),
                alerts=self._alerts(node["name"]) if has_alerts else (),
            )

    def collections(self) -> Iterator[ForeignCollection]:
        """Its collections of artifacts, of every type."""
        for kind in list(self._pages(documents.TYPES, "project")):
            of_type = partial(self._pages, documents.COLLECTIONS, "project", "artifactType")
            for node in of_type(type=kind["name"]):
                yield self._collection(kind["name"], node)

    def lineage(self, run_id: str) -> Lineage:
        """What a run logged and used."""
        logged = self._pages(documents.LOGGED, "project", "run", run=run_id)
        used = self._pages(documents.USED, "project", "run", run=run_id)
        return Lineage([node["id"] for node in logged], [node["id"] for node in used])

    def views(self) -> Iterator[ForeignView]:
        """Its workspaces and reports, and the panels on pages of sweeps; oldest first."""
        pages = partial(self._pages, documents.VIEWS, "project")
        yield from read_views(lambda kind: pages(kind=kind))

    def artifact_of(self, client_id: str) -> str | None:
        """What the server calls the version that a client's own id names."""
        try:
            found = self._wire.query(documents.CLIENT_ID, clientID=client_id)["clientIDMapping"]
        except SweepdError:  # of one that was deleted there
            return None
        return found["serverID"] if found else None

    def _pages(self, document: str, *way: str, **variables: Any) -> Iterator[dict[str, Any]]:
        """Every node of a list that comes page by page.

        Args:
            way: From the answer's root to what holds it.

        Raises:
            NotFound: There is nothing on the way.
        """
        cursor: str | None = None
        if way[0] == "project":
            variables = self._path | variables
        while True:
            found: Any = self._wire.query(document, **variables, cursor=cursor)
            for step in way:
                found = found.get(step)
                if found is None:
                    raise NotFound(f"{self.name}: the server knows no such {step}, or not to you")
            for edge in found["found"]["edges"]:
                if (node := edge["node"]) is not None:
                    yield node | ({"placed": edge["version"]} if "version" in edge else {})
            cursor, before = found["found"]["pageInfo"]["endCursor"], cursor
            is_last = not found["found"]["pageInfo"]["hasNextPage"]
            if is_last or not found["found"]["edges"] or cursor in (None, before):
                return

    def _run(self, document: str, run_id: str, **variables: Any) -> dict[str, Any]:
        data = self._wire.query(document, **self._path, run=run_id, **variables)
        found = (data["project"] or {}).get("run")
        if found is None:
            raise NotFound(f"{self.name}: run {run_id} was deleted there while it was read")
        return dict(found)

    def _streams(self, node: dict[str, Any]) -> ForeignStreams:
        run_id = node["name"]
        n_history, n_events = node["historyLineCount"] or 0, node["eventsLineCount"] or 0

        def events() -> Iterable[str]:
            if not n_events:
                return ()
            return self._run(documents.EVENTS, run_id, n=n_events)["events"] or ()

        def console() -> Iterator[str]:
            lines = self._pages(documents.CONSOLE, "project", "run", run=run_id)
            for number, line in enumerate(lines):
                is_error = line["level"] == "error"
                label, at = line["label"] or "", (line["timestamp"] or "").removesuffix("Z")
                yield console_text(ConsoleLine(number, at, is_error, label, line["line"] or ""))

        return ForeignStreams(
            n_history,
            n_events,
            node["logLineCount"] or 0,
            lambda: self._history(run_id, n_history),
            events,
            console,
        )

    def _history(self, run_id: str, n_lines: int) -> Iterator[str]:
        """Every line, a long history by steps: more at once where few lie, fewer where many do."""
        if not n_lines:
            return
        if n_lines <= SMALL:
            lines = self._run(documents.WHOLE_HISTORY, run_id, n=n_lines)["history"] or []
            if len(lines) >= n_lines:  # else it gives samples of what is long to it
                yield from lines
                return
        last = (self._run(documents.LAST_STEP, run_id)["historyKeys"] or {}).get("lastStep")
        last = MOST_STEPS if last is None else min(last, MOST_STEPS)
        low, wide, n_read = 0, STEPS, 0
        while n_read < n_lines and low <= last:
            asked = {"low": low, "high": low + wide, "n": wide}
            lines = self._run(documents.HISTORY, run_id, **asked)["history"] or []
            yield from lines
            n_read += len(lines)
            low += wide
            wide = max(STEPS, wide // 2) if len(lines) > STEPS else min(wide * 2, MOST_STEPS)
        if n_read < n_lines:
            raise BadInput(
                f"{self.name}: expected {n_lines} lines of history of run {run_id}, was given "
                f"{n_read}; import again, which goes on from there"
            )

    def _alerts(self, run_id: str) -> list[ForeignAlert]:
        return read_alerts(self._pages(documents.ALERTS, "project", "run", run=run_id))

    def _files(
        self, pages: Callable[..., Iterator[dict[str, Any]]], run: dict[str, Any]
    ) -> Mapping[str, ForeignFile]:
        return {
            node["name"]: ForeignFile(
                node["sizeBytes"] or 0, partial(self._wire.read, node["directUrl"]), node["md5"]
            )
            for node in pages(run=run["name"])
        }

    def _collection(self, type_name: str, node: dict[str, Any]) -> ForeignCollection:
        found = list(
            self._pages(
                documents.VERSIONS,
                "project",
                "artifactType",
                "artifactCollection",
                type=type_name,
                collection=node["name"],
            )
        )
        versions, links = [], []
        for version in found:
            aliases = [
                alias["alias"]
                for alias in version["aliases"]
                if (alias["artifactCollection"] or {}).get("name") == node["name"]
            ]
            if version["state"] != "COMMITTED":
                continue
            if node["__typename"] == "ArtifactSequence":
                versions.append(self._version(version, aliases))
            else:
                links.append(ForeignLink(version["id"], read_number(version["placed"]), aliases))
        tags = [edge["node"]["name"] for edge in (node["tags"] or {}).get("edges", ())]
        return ForeignCollection(
            node["name"],
            type_name,
            node["description"],
            tags,
            sorted(versions, key=lambda version: version.index),
            sorted(links, key=lambda link: link.index),
        )

    def _version(self, node: dict[str, Any], aliases: list[str]) -> ForeignVersion:
        ttl_s = None if node["ttlIsInherited"] else node["ttlDurationSeconds"]
        creator = node["createdBy"] or {}
        return ForeignVersion(
            source_id=node["id"],
            index=int(node["versionIndex"]),
            digest=node["digest"],
            digest_algorithm=node["digestAlgorithm"] or "MANIFEST_MD5",
            created_at=read_time(node["createdAt"]),
            description=node["description"],
            metadata=node["metadata"] or "{}",
            tags=[tag["name"] for tag in node["tags"]],
            aliases=aliases,
            ttl_s=None if ttl_s == -1 else ttl_s,
            history_step=node["historyStep"],
            created_by=creator.get("name") if creator.get("__typename") == "Run" else None,
            manifest=partial(self._manifest, node["id"]),
            files=partial(self._version_files, node["id"]),
        )

    def _manifest(self, source_id: str) -> Mapping[str, Any]:
        found = self._wire.query(documents.MANIFEST, id=source_id)["artifact"]
        if not found or not found["currentManifest"]:
            raise NotFound(f"{self.name}: a version has no manifest; it may have been deleted")
        address = found["currentManifest"]["file"]["directUrl"]
        return read_manifest(b"".join(self._wire.read(address)))

    def _version_files(self, source_id: str) -> Mapping[str, ForeignFile]:
        return {
            node["name"]: ForeignFile(
                node["sizeBytes"] or 0, partial(self._wire.read, node["directUrl"])
            )
            for node in self._pages(documents.VERSION_FILES, "artifact", id=source_id)
            if node["directUrl"]
        }
