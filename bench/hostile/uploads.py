"""Items 9 and 10: what is uploaded, and what pages keep open."""

import base64
import contextlib
import hashlib
import json
import socket
import time
from collections.abc import Callable
from typing import Any

from bench.hostile.queries import RUN
from bench.hostile.target import ATTACKER, PROJECT, Attack, Target, told

FILES = """mutation F($p: String!, $f: [String!]!) { createRunFiles(input: {entityName: "mallory",
  projectName: $p, runName: "r", files: $f}) { files { uploadUrl } } }"""
CREATE = (
    """mutation C($i: CreateArtifactInput!) { createArtifact(input: $i) { artifact { id } } }"""
)
MANIFEST = """mutation M($i: CreateArtifactManifestInput!) { createArtifactManifest(input: $i) {
  artifactManifest { file { uploadUrl } } } }"""
COMMIT = """mutation C($id: ID!) { commitArtifact(input: {artifactID: $id}) { artifact { id } } }"""
LINK = """mutation L($i: LinkArtifactInput!) { linkArtifact(input: $i) { versionIndex } }"""


def script(target: Target) -> str:
    """A script under an address of ours: would a page run it?"""
    target.ask(RUN, name="r", project=PROJECT, config="{}")
    _, made = target.ask(FILES, p=PROJECT, f=["x.js"])
    path = "/" + made["createRunFiles"]["files"][0]["uploadUrl"].split("/", 3)[3]
    target.send("PUT", path, b"alert(1)", {"Content-Type": "text/javascript"})
    address = f"/-/runs/{ATTACKER}/{PROJECT}/r/files/x.js"
    status, _, told_headers = target.send("GET", address, headers=target.sign_in())
    kind = told_headers.get("content-type", "")
    return f"{status}, sent as {kind}, {told_headers.get('x-content-type-options', 'sniffed')}"


def streams(target: Target) -> str:
    """Event streams of one user, as many as are let in; then one of the honest user's."""
    target.ask(RUN, name="r", project=PROJECT, config="{}")
    cookie = target.sign_in()["Cookie"]
    path = f"/-/events?topic=runs/{ATTACKER}/{PROJECT}/r"
    head = (
        f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{target.server.port}\r\nCookie: {cookie}\r\n\r\n"
    )
    opened: list[socket.socket] = []
    with contextlib.suppress(OSError):
        while len(opened) < 800:
            opened.append(target.connect())
            opened[-1].sendall(head.encode())
    statuses = [one.recv(2_000).split(b" ", 2)[1].decode() for one in opened]
    time.sleep(3)
    for one in opened:
        one.close()
    return ", ".join(f"{statuses.count(s)} times {s}" for s in sorted(set(statuses)))


def manifest(contents: Any, is_linked: bool = False) -> Callable[[Target], str]:
    """A version with this manifest, committed ten times."""

    def act(target: Target) -> str:
        status: int = 0
        answer: Any = ""
        for number in range(10):
            where = {"entityName": ATTACKER, "projectName": PROJECT}
            new = {
                "artifactTypeName": "t",
                "artifactCollectionName": "c",
                "digest": f"d{number}",
                "clientID": f"client-{number}-{id(contents)}",
            }
            _, made = target.ask(CREATE, i=where | new)
            pk = made["createArtifact"]["artifact"]["id"]
            text = json.dumps({"version": 1, "contents": contents}).encode()
            md5 = hashlib.md5(text, usedforsecurity=False).digest()
            wanted = {"artifactID": pk, "name": "m", "digest": base64.b64encode(md5).decode()}
            _, place = target.ask(MANIFEST, i=where | wanted | {"runName": "r"})
            url = place["createArtifactManifest"]["artifactManifest"]["file"]["uploadUrl"]
            target.send("PUT", "/" + url.split("/", 3)[3], text)
            if is_linked:
                target.ask(
                    LINK,
                    i=where | {"artifactID": pk, "artifactPortfolioName": "links", "aliases": []},
                )
            status, answer = target.ask(COMMIT, id=pk)
        return told(status, answer)

    return act


GOOD = {"digest": "1B2M2Y8AsgTpgAmY7PhCfg==", "size": 0}
ATTACKS = [
    Attack(9, "a script among a run's files", script),
    Attack(9, "800 event streams of one user", streams),
    Attack(10, 'a manifest, size "x"', manifest({"f": {**GOOD, "size": "x"}})),
    Attack(10, "a manifest, size NaN", manifest({"f": {**GOOD, "size": float("nan")}})),
    Attack(10, "a manifest, size -1", manifest({"f": {**GOOD, "size": -1}})),
    Attack(10, "a manifest, an empty path", manifest({"": GOOD})),
    Attack(10, "a manifest, NUL in a path", manifest({"a\0b": GOOD})),
    Attack(10, "a reference that leaves", manifest({"../a": {"digest": "e", "ref": "s3://b/k"}})),
    Attack(10, "a manifest of 200,000 files", manifest({f"f{i}": GOOD for i in range(200_000)})),
    Attack(10, "a draft that is linked first", manifest({}, is_linked=True)),
]
