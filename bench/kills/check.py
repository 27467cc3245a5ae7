"""Is everything there that was answered for? Asked of the server, then of its folder."""

import hashlib
import json
import sqlite3
from datetime import timedelta
from pathlib import Path
from typing import Any

from bench.kills.sender import Sender, md5
from bench.kills.work import Artifacts, Run, Uploads, body_of, console_line, history_line
from sweepd import server
from sweepd.services.upkeep.housekeeping import UPLOAD_LIFETIME_S
from sweepd.settings import Settings
from sweepd.store import run_files

HISTORY = """query H($entity: String!, $name: String!, $from: Int64, $to: Int64) {
  project(name: "kills", entityName: $entity) { run(name: $name) {
    state historyLineCount history(minStep: $from, maxStep: $to) } } }"""
CONSOLE = """query C($entity: String!, $name: String!) {
  project(name: "kills", entityName: $entity) { run(name: $name) {
    logLines { edges { node { number line } } } } } }"""
FILES = """query F($entity: String!, $name: String!, $names: [String]) {
  project(name: "kills", entityName: $entity) { run(name: $name) {
    files(names: $names) { edges { node { name url sizeBytes md5 } } } } } }"""
VERSION = """query V($id: ID!) { artifact(id: $id) { state versionIndex
  files { edges { node { name directUrl digest } } } } }"""
PAGE_LINES = 20_000


class Checker:
    """Compares; every difference is a sentence in `lost`."""

    def __init__(self, sender: Sender, entity: str) -> None:
        self._sender = sender
        self._entity = entity
        self.lost: list[str] = []
        self.given_up: list[str] = []
        self.n_compared = 0

    async def history(self, run: Run, is_all: bool = False) -> None:
        """Lines answered for since the last look; at the end all of them, and no others."""
        start, end = (0 if is_all else run.n_checked), run.n_history
        for first in range(start, end, PAGE_LINES):
            last = min(first + PAGE_LINES, end)
            found = await self._run(HISTORY, run.name, **{"from": first, "to": last})
            # What lies in columns by now says the same in other words.
            lines = [_said(line) for line in found["history"]]
            wanted = [_said(history_line(run.name, number)) for number in range(first, last)]
            self.n_compared += len(wanted)
            if lines != wanted:
                n_same = len(set(lines) & set(wanted))
                self.lost.append(f"{run.name}: {len(wanted) - n_same} of lines {first}-{last}")
        run.n_checked = end
        if is_all:
            found = await self._run(HISTORY, run.name, **{"from": 0, "to": 0})
            if (found["historyLineCount"], found["state"]) != (end, "finished"):
                self.lost.append(f"{run.name}: {found['historyLineCount']} lines, not {end}")
            lines = [e["node"] for e in (await self._run(CONSOLE, run.name))["logLines"]["edges"]]
            said = [console_line(run.name, number) for number in range(run.n_console)]
            if [line["line"] for line in lines] != [s.split(" ", 1)[1] for s in said]:
                self.lost.append(f"{run.name}: {len(lines)} console lines, not {run.n_console}")

    async def files(self, uploads: Uploads, is_all: bool = False) -> None:
        """Files answered for since the last look: their MD5s; at the end all, and their bytes."""
        wanted = list(uploads.done)[0 if is_all else uploads.n_checked :]
        uploads.n_checked = len(uploads.done)
        for start in range(0, len(wanted), 100):
            names = wanted[start : start + 100]
            nodes = await self._run(FILES, uploads.name, names=names)
            found = {edge["node"]["name"]: edge["node"] for edge in nodes["files"]["edges"]}
            for path in names:
                await self._file(uploads, path, found.get(path), is_all)

    async def _file(
        self, uploads: Uploads, path: str, node: dict[str, Any] | None, is_all: bool
    ) -> None:
        number, digest = uploads.done[path]
        if path.startswith("again/") and not is_all:
            return  # the next of that name may have come without an answer
        if node is None or node["md5"] != md5(body_of(uploads.name, number)):
            self.lost.append(f"{uploads.name}: file {path}")
        elif is_all:
            body = await self._sender.get(node["url"])
            if hashlib.sha256(body).digest() != digest:
                self.lost.append(f"{uploads.name}: bytes of {path}")

    async def artifacts(self, logged: Artifacts, is_all: bool = False) -> None:
        """Versions answered for: whole, numbered one after the other."""
        wanted = list(logged.done)
        for index in range(0 if is_all else logged.n_checked, len(wanted)):
            artifact = wanted[index]
            bodies = {f"d/{n}": body_of(logged.name, n) for n in logged.done[artifact]}
            found = (await self._sender.ask(VERSION, id=artifact))["artifact"]
            nodes = {edge["node"]["name"]: edge["node"] for edge in found["files"]["edges"]}
            if (found["state"], found["versionIndex"], sorted(nodes)) != (
                "COMMITTED",
                index,
                sorted(bodies),
            ):
                self.lost.append(f"{logged.name}: version {index}: {found}")
                continue
            for path, body in bodies.items() if is_all else ():
                if await self._sender.get(nodes[path]["directUrl"]) != body:
                    self.lost.append(f"{logged.name}: bytes of {path} in version {index}")
        logged.n_checked = len(wanted)

    async def stock(self, name: str, done: dict[str, list[int]], folder: Path) -> None:
        """What a stock client's run did: each row and line once, every file and version.

        A request that the client itself gave up, after its last try, by the word of its log, was
        never answered for: such a file is told apart.
        """
        page: dict[str, Any] = {"from": 0, "to": 10**9}
        rows = [json.loads(x)["n"] for x in (await self._run(HISTORY, name, **page))["history"]]
        if rows != done["rows"]:
            self.lost.append(f"{name}: {len(rows)} rows, not {len(done['rows'])}")
        edges = (await self._run(CONSOLE, name))["logLines"]["edges"]
        said = [e["node"]["line"] for e in edges if f"{name} says" in e["node"]["line"]]
        if said != [f"{name} says {n}" for n in done["printed"]]:
            self.lost.append(f"{name}: console {said} is not {done['printed']}")
        nodes = (await self._run(FILES, name))["files"]["edges"]
        found = {edge["node"]["name"]: edge["node"]["md5"] for edge in nodes}
        for step in done["files"]:
            if found.get(f"saved{step}.txt") != md5((f"{name} {step}" * 1000).encode()):
                self._tell(name, f"saved{step}.txt", folder)
        for version, step in enumerate(done["versions"]):
            text = await self._version_text(f"model-{name}:v{version}")
            if text != f"{name} {step}":
                self.lost.append(f"{name}: version {version} holds {text!r}")

    def _tell(self, name: str, path: str, folder: Path) -> None:
        """A file is missing, or is another: say so, with what its client's log has of it."""
        told = []
        for log in sorted(folder.glob("**/logs/debug*.log")):
            with log.open(errors="replace") as lines:
                told += [
                    line.strip()[:600] for line in lines if path in line or "giving up" in line
                ]
        is_given_up = any(path in line and "giving up after" in line for line in told)
        sentence = f"{name}: {path}; its client's log: {told[-8:]}"
        (self.given_up if is_given_up else self.lost).append(sentence)

    async def _version_text(self, name: str) -> str | None:
        document = """query A($entity: String!, $name: String!) {
          project(name: "kills", entityName: $entity) { artifact(name: $name) {
            files { edges { node { directUrl } } } } } }"""
        asked = await self._sender.ask(document, entity=self._entity, name=name)
        artifact = asked["project"]["artifact"]
        if artifact is None:
            return None
        return (await self._sender.get(artifact["files"]["edges"][0]["node"]["directUrl"])).decode()

    async def _run(self, document: str, name: str, **variables: Any) -> dict[str, Any]:
        answer = await self._sender.ask(document, entity=self._entity, name=name, **variables)
        return dict(answer["project"]["run"])


def _said(line: str) -> str:
    """A line as what it says, every digit and the order of its names."""
    return json.dumps(json.loads(line))


def folder(data: Path) -> list[str]:
    """What is wrong in a stopped server's folder, once what was abandoned has been cleared away."""
    wrong = []
    with sqlite3.connect(data / "sweepd.db") as database:
        [found] = database.execute("PRAGMA integrity_check").fetchone()
        if found != "ok":
            wrong.append(f"integrity_check: {found}")
        if broken := database.execute("PRAGMA foreign_key_check").fetchall():
            wrong.append(f"foreign_key_check: {broken[:5]}")
    database.close()
    passed = timedelta()
    parts = server.build(Settings(data=data), lambda: server.utc_now() + passed)
    parts.housekeeping.drop_cut_off()
    passed = timedelta(seconds=2 * UPLOAD_LIFETIME_S)
    parts.housekeeping.remove_expired()
    parts.housekeeping.remove_unused(share=1)
    with sqlite3.connect(data / "sweepd.db") as database:
        recorded = {name for (name,) in database.execute("SELECT hash FROM blobs")}
        held = {
            name
            for table, column in ((c.table.name, c.name) for c in run_files.HOLDERS)
            for (name,) in database.execute(
                f"SELECT {column} FROM {table} WHERE {column} IS NOT NULL"
            )
        }
    database.close()
    parts.core.db.close()
    there = {
        str(path.relative_to(data / "blobs")).replace("/", ""): path
        for path in (data / "blobs").glob("??/*")
    }
    if set(there) != held or recorded != held:
        wrong.append(
            f"{len(there)} files in blobs/, {len(recorded)} recorded, {len(held)} held: "
            f"{len(set(there) - held)} without owner, {len(held - set(there))} missing"
        )
    for name, path in there.items():
        if hashlib.sha256(path.read_bytes()).hexdigest() != name:
            wrong.append(f"the bytes of {name} are others")
    return wrong
