"""What clients send while the server is killed; each remembers what it was answered for.

What a line or a file holds follows from its name and number, so that it can be told later.
"""

import asyncio
import hashlib
import json
import random
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from bench.kills.sender import PROJECT, RUN, Sender, md5

FILES = """mutation CreateRunFiles($entity: String!, $run: String!, $files: [String!]!) {
  createRunFiles(input: {entityName: $entity, projectName: "kills", runName: $run, files: $files}) {
    files { name uploadUrl } } }"""
CREATE = """mutation CreateArtifact($input: CreateArtifactInput!) {
  createArtifact(input: $input) { artifact { id state } } }"""
ANNOUNCE = """mutation CreateArtifactFiles($input: CreateArtifactFilesInput!) {
  createArtifactFiles(input: $input) { files { edges { node { uploadUrl } } } } }"""
MANIFEST = """mutation CreateArtifactManifest($input: CreateArtifactManifestInput!) {
  createArtifactManifest(input: $input) { artifactManifest { file { uploadUrl } } } }"""
COMMIT = """mutation CommitArtifact($id: ID!) { commitArtifact(input: {artifactID: $id}) {
  artifact { id state versionIndex } } }"""

PAUSE_S = 0.4  # at most, between two posts of a run: the machine is not this measurement's alone


def history_line(name: str, number: int) -> str:
    """Line of a run's history."""
    seed = (hash_of(name) + number * 2_654_435_761) % 1_000_003
    return json.dumps(
        {
            "loss": seed / 1_000_003,
            "accuracy": 1 - seed / 1_000_003,
            "lr": 1 / (1 + number),
            "epoch": number // 100,
            "grad_norm": seed,
            "_step": number,
            "_timestamp": 1.7e9 + number,
            "_runtime": number / 10,
        }
    )


def console_line(name: str, number: int) -> str:
    """Line a run printed."""
    return f"2026-01-01T00:00:00.000000 {name} says {number}"


def body_of(name: str, number: int) -> bytes:
    """A file's bytes: some empty, most small, some of megabytes."""
    rng = random.Random(f"{name}-{number}")
    n_bytes = rng.choice((0, rng.randrange(1, 2000), rng.randrange(2000, 200_000), 3_000_000))
    return rng.randbytes(n_bytes)


def hash_of(name: str) -> int:
    """A number for a name, the same in every process."""
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:6], "big")


@dataclass
class Work:
    """What the clients of one measurement share.

    Attributes:
        may_go: Cleared while what was answered for is compared, which would never end otherwise.
    """

    entity: str
    is_over: bool = False
    may_go: asyncio.Event = field(default_factory=asyncio.Event)


@dataclass
class Run:
    """A run that logs and prints as fast as it is answered."""

    name: str
    n_history: int = 0  # lines answered for
    n_console: int = 0
    n_posts: int = 0
    n_checked: int = 0

    async def work(self, sender: Sender, work: Work, lines_each: Sequence[int]) -> None:
        """Post until it is over, then say that the run has ended."""
        rng = random.Random(self.name)
        await sender.ask(RUN, name=self.name, project=PROJECT)
        while not work.is_over:
            await work.may_go.wait()
            await self._post(sender, work, rng.choice(lines_each), rng.choice((0, 0, 3)))
            await asyncio.sleep(rng.uniform(0, PAUSE_S))
        await self._post(sender, work, 1, 1, complete=True, exitcode=0)

    async def _post(
        self, sender: Sender, work: Work, n_history: int, n_console: int, **more: Any
    ) -> None:
        history = [history_line(self.name, self.n_history + i) for i in range(n_history)]
        files: dict[str, Any] = {
            "wandb-history.jsonl": {"offset": self.n_history, "content": history},
            "wandb-summary.json": {"offset": 0, "content": [history[-1]]},
        }
        if n_console:
            said = [console_line(self.name, self.n_console + i) for i in range(n_console)]
            files["output.log"] = {"offset": self.n_console, "content": said}
        path = f"/files/{work.entity}/{PROJECT}/{self.name}/file_stream"
        await sender.send("POST", path, json.dumps({"files": files, **more}).encode())
        self.n_history += n_history
        self.n_console += n_console
        self.n_posts += 1


@dataclass
class Uploads:
    """A run that uploads files, some of them again under the same name."""

    name: str
    done: dict[str, tuple[int, bytes]] = field(default_factory=dict)  # number, SHA-256 by name
    n_checked: int = 0

    async def work(self, sender: Sender, work: Work) -> None:
        """Upload until it is over."""
        rng, number = random.Random(self.name), 0
        await sender.ask(RUN, name=self.name, project=PROJECT)
        while not work.is_over:
            await work.may_go.wait()
            number += 1
            path = f"f/{number}" if rng.random() < 0.7 else f"again/{number % 3}"
            asked = await sender.ask(FILES, entity=work.entity, run=self.name, files=[path])
            [file] = asked["createRunFiles"]["files"]
            body = body_of(self.name, number)
            await sender.put(file["uploadUrl"], body)
            self.done[path] = (number, hashlib.sha256(body).digest())


@dataclass
class Artifacts:
    """A run that logs versions of one artifact, a few files each."""

    name: str
    done: dict[str, list[int]] = field(default_factory=dict)  # id: numbers of its files
    n_checked: int = 0

    async def work(self, sender: Sender, work: Work) -> None:
        """Log versions until it is over."""
        rng, number = random.Random(self.name), 0
        await sender.ask(RUN, name=self.name, project=PROJECT)
        while not work.is_over:
            await work.may_go.wait()
            numbers = [number - 1] if number else []  # a file of the version before
            for _ in range(rng.randrange(1, 4)):
                number += 1
                numbers.append(number)
            await self._log(sender, work, sorted(set(numbers)))

    async def _log(self, sender: Sender, work: Work, numbers: list[int]) -> None:
        bodies = {f"d/{number}": body_of(self.name, number) for number in numbers}
        digest = hashlib.md5(repr((self.name, numbers)).encode()).hexdigest()
        created = await sender.ask(
            CREATE,
            input={
                "entityName": work.entity,
                "projectName": PROJECT,
                "runName": self.name,
                "artifactTypeName": "dataset",
                "artifactCollectionName": self.name,
                "digest": digest,
                "clientID": uuid.uuid4().hex,
                "enableDigestDeduplication": True,
            },
        )
        artifact = created["createArtifact"]["artifact"]["id"]
        specs = [
            {"artifactID": artifact, "name": p, "md5": md5(body)} for p, body in bodies.items()
        ]
        announced = await sender.ask(ANNOUNCE, input={"artifactFiles": specs})
        edges = announced["createArtifactFiles"]["files"]["edges"]
        for edge, body in zip(edges, bodies.values(), strict=True):
            if edge["node"]["uploadUrl"] is not None:
                await sender.put(edge["node"]["uploadUrl"], body)
        manifest = json.dumps(
            {
                "version": 1,
                "storagePolicy": "wandb-storage-policy-v1",
                "contents": {
                    path: {"digest": md5(body), "size": len(body), "birthArtifactID": artifact}
                    for path, body in bodies.items()
                },
            }
        ).encode()
        made = await sender.ask(
            MANIFEST,
            input={
                "artifactID": artifact,
                "name": "wandb_manifest.json",
                "digest": md5(manifest),
                "entityName": work.entity,
                "projectName": PROJECT,
                "runName": self.name,
                "type": "FULL",
            },
        )
        await sender.put(
            made["createArtifactManifest"]["artifactManifest"]["file"]["uploadUrl"], manifest
        )
        committed = await sender.ask(COMMIT, id=artifact)
        found = committed["commitArtifact"]["artifact"]
        assert found["state"] == "COMMITTED", found
        self.done[artifact] = numbers
