"""Requests as bytes on a socket: cut off, slow, too long."""

import base64
import json
import socket
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from tests.conftest import RunningServer

RUN = """mutation UpsertBucket($name: String) {
  upsertBucket(input: {name: $name, modelName: "p", config: "{}"}) { bucket { id } } }"""
FILES = """mutation CreateRunFiles($entity: String!, $run: String!, $files: [String!]!) {
  createRunFiles(input: {entityName: $entity, projectName: "p", runName: $run, files: $files}) {
    files { uploadUrl } } }"""
READ = """query Run($name: String!) { project(name: "p") { run(name: $name) {
  state historyLineCount files { edges { node { id name url sizeBytes } } } } } }"""


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)


class Wire:
    """One user's requests to a server, each on a connection of its own, none sent twice."""

    def __init__(self, server: RunningServer) -> None:
        self.server = server
        token = base64.b64encode(f"api:{server.key}".encode()).decode()
        self.authorization = f"Basic {token}"

    def send(
        self, method: str, url: str, body: bytes | None = None, timeout_s: float = 60
    ) -> Answer:
        """The answer, whatever its status."""
        url = url if url.startswith("http") else self.server.url + url
        headers = {"Authorization": self.authorization, "Content-Type": "application/json"}
        request = urllib.request.Request(url, body, headers, method=method)
        try:
            with urllib.request.urlopen(request, timeout=timeout_s) as answer:
                return Answer(answer.status, answer.read(), dict(answer.headers))
        except urllib.error.HTTPError as error:
            with error:
                return Answer(error.code, error.read(), dict(error.headers))

    def query(self, document: str, **variables: Any) -> Answer:
        """One GraphQL request."""
        body = json.dumps({"query": document, "variables": variables}).encode()
        return self.send("POST", "/graphql", body)

    def ask(self, document: str, **variables: Any) -> dict[str, Any]:
        """Its `data`."""
        answer = self.query(document, **variables)
        assert answer.status == 200, answer
        return dict(json.loads(answer.body)["data"])

    def entity(self) -> str:
        """The user's own."""
        return str(self.ask("{ viewer { entity } }")["viewer"]["entity"])

    def upload_urls(self, run: str, *files: str) -> list[str]:
        """Signed addresses for files of a run."""
        asked = self.ask(FILES, entity=self.entity(), run=run, files=list(files))
        return [file["uploadUrl"] for file in asked["createRunFiles"]["files"]]

    def run(self, name: str) -> dict[str, Any]:
        """What the server knows of a run; its files by name."""
        found = dict(self.ask(READ, name=name)["project"]["run"])
        found["files"] = {e["node"]["name"]: e["node"] for e in found["files"]["edges"]}
        return found

    def connect(self) -> socket.socket:
        """A bare connection."""
        return socket.create_connection(("127.0.0.1", self.server.port), timeout=60)

    def begin(self, method: str, url: str, *headers: str) -> socket.socket:
        """A request up to the end of its headers."""
        opened = self.connect()
        path = urlsplit(url).path
        lines = [f"{method} {path} HTTP/1.1", "Host: 127.0.0.1", *headers, "", ""]
        opened.sendall("\r\n".join(lines).encode())
        return opened


def status_of(opened: socket.socket) -> int:
    """The status of the answer that comes on a bare connection; 0 when it was closed."""
    head = opened.recv(65_536)
    return int(head.split(b" ", 2)[1]) if head else 0
