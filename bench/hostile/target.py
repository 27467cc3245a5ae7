"""A server under attack: an honest user's agent on it, and somebody who means harm."""

import base64
import http.client
import json
import os
import re
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from bench.load import ROOT, Server, authorization, free_port, running

ATTACKER, PROJECT = "mallory", "harm"


@dataclass(frozen=True)
class Target:
    """What an attack has: the server's address, a user's key, and for some the folder."""

    server: Server
    key: str
    data: Path

    def send(
        self,
        method: str,
        path: str,
        body: bytes | None = None,
        headers: dict[str, str] | None = None,
        key: str | None = None,
        timeout_s: float = 60.0,
    ) -> tuple[int, bytes, dict[str, str]]:
        """Status, body and headers of an answer; status 0 when there was none."""
        connection = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=timeout_s)
        named = {"Authorization": authorization(self.key if key is None else key)}
        try:
            connection.request(method, path, body, named | (headers or {}))
            answer = connection.getresponse()
            told = {name.lower(): value for name, value in answer.getheaders()}
            return answer.status, answer.read(), told
        except (OSError, http.client.HTTPException):
            return 0, b"", {}
        finally:
            connection.close()

    def ask(self, document: str, **variables: Any) -> tuple[int, Any]:
        """Status of a GraphQL request, and its data or the first error's message."""
        body = json.dumps({"query": document, "variables": variables}).encode()
        status, text, _ = self.send("POST", "/graphql", body, {"Content-Type": "application/json"})
        try:
            answer = json.loads(text)
        except ValueError:
            return status, text[:200].decode(errors="replace")
        return status, answer.get("data") or answer["errors"][0]["message"]

    def connect(self) -> socket.socket:
        """A bare connection."""
        return socket.create_connection(("127.0.0.1", self.server.port), timeout=30)

    def sign_in(self) -> dict[str, str]:
        """Headers of a browser's session: its cookie, and what its pages send with a change."""
        form = urlencode({"key": self.key}).encode()
        kind = {"Content-Type": "application/x-www-form-urlencoded"}
        _, _, told = self.send("POST", "/authorize", form, kind)
        cookie = {"Cookie": told.get("set-cookie", "").partition(";")[0]}
        _, page, _ = self.send("GET", "/", headers=cookie)
        found = re.search(rb'name="csrf" content="(\w+)"', page)
        return cookie | {"X-CSRF-Token": found[1].decode() if found else ""}

    def command(self, *words: str) -> subprocess.CompletedProcess[str]:
        """One of our commands, on the server's folder."""
        return subprocess.run(
            [sys.executable, "-m", "sweepd", *words, "--data", str(self.data)],
            capture_output=True,
            text=True,
            cwd=ROOT,
            check=False,
        )


@dataclass(frozen=True)
class Attack:
    """One thing to try. `act` says what came of it; it may take as long as it is let."""

    item: int  # of the list in docs/security.md
    name: str
    act: Callable[[Target], str]


@contextmanager
def target(folder: Path) -> Iterator[Target]:
    """A fresh server with two users; ended hard when it does not end by itself."""
    port, data = free_port(), folder / "data"
    command = [sys.executable, "-m", "sweepd", "serve", "--data", str(data), "--port", str(port)]
    key = f"{ATTACKER}-" + os.urandom(20).hex()
    with running("sweepd", command, port, folder / "log", "/healthz", {}) as server:
        try:
            found = Target(server, key, data)
            while not (data / "local.key").exists():
                pass
            made = found.command("users", "add", ATTACKER, "--key", key)
            assert made.returncode == 0, made.stderr
            own = json.loads((data / "local.key").read_text())["key"]
            honest = Server("sweepd", port, own, server.process, server.start_s)
            yield Target(honest, key, data)
        finally:
            server.process.terminate()
            try:
                server.process.wait(20)
            except subprocess.TimeoutExpired:
                server.process.kill()


def told(status: int, what: object) -> str:
    """An answer in a few words."""
    text = what if isinstance(what, str) else ""
    return f"{status} {' '.join(text.split())[:70]}".strip()


def encoded(text: str) -> str:
    """Base64."""
    return base64.b64encode(text.encode()).decode()
