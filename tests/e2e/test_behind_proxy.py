"""A server behind proxies, and several servers behind one, as clients and browsers meet them."""

import base64
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http.cookiejar import CookieJar
from pathlib import Path
from urllib.request import HTTPCookieProcessor, Request, build_opener, urlopen

import pytest

from tests.conftest import ROOT, RunningServer, start_server
from tests.proxy import Proxy

pytestmark = pytest.mark.e2e

UPSERT = """mutation { upsertBucket(input: {name: "forwarded", modelName: "p", config: "{}"}) {
  bucket { id } } }"""
UPLOAD = """mutation C($e: String!) { createRunFiles(input: {entityName: $e, projectName: "p",
  runName: "forwarded", files: ["a.txt"]}) { files { uploadUrl } } }"""


def test_addresses_follow_what_the_proxy_on_this_machine_says(shared_live: RunningServer) -> None:
    """A proxy that speaks TLS passes `Host` on and says how it was reached."""
    shared_live.client.query(UPSERT)
    entity = shared_live.client.query("{ viewer { entity } }")["viewer"]["entity"]
    key = base64.b64encode(f"api:{shared_live.key}".encode()).decode()
    request = Request(
        f"{shared_live.url}/graphql",
        data=json.dumps({"query": UPLOAD, "variables": {"e": entity}}).encode(),
        headers={
            "Authorization": f"Basic {key}",
            "Host": "sweeps.example.org",
            "X-Forwarded-Proto": "https",
            "X-Forwarded-Host": "elsewhere.example.org",
        },
    )
    with urlopen(request, timeout=60) as answer:
        [file] = json.load(answer)["data"]["createRunFiles"]["files"]
    assert file["uploadUrl"].startswith("https://sweeps.example.org/-/blobs/")


@pytest.fixture
def replicas(postgresql_url: str, tmp_path: Path) -> Iterator[tuple[Proxy, list[RunningServer]]]:
    """Two servers over one PostgreSQL and one folder of files, started at the same time.

    The proxy in front asks them in turn, request by request, below a path that it passes on.
    """
    with Proxy("/tools/sweepd") as proxy:

        def start(name: str) -> RunningServer:
            return start_server(
                tmp_path / name,
                SWEEPD_DATABASE=postgresql_url,
                SWEEPD_PUBLIC_URL=proxy.url,
                SWEEPD_FILES=str(tmp_path / "files"),
            )

        with ThreadPoolExecutor(2) as pool:
            servers = list(pool.map(start, ["one", "two"]))
        proxy.behind = [server.port for server in servers]
        yield proxy, servers
        for server in servers:
            server.stop()


def test_two_replicas_on_postgresql_are_one_server_to_the_client(
    replicas: tuple[Proxy, list[RunningServer]], tmp_path: Path, postgresql_url: str
) -> None:
    proxy, servers = replicas
    home = tmp_path / "home"
    home.mkdir()
    done = subprocess.run(
        [sys.executable, ROOT / "tests" / "e2e" / "scripts" / "replicas.py"],
        cwd=home,
        text=True,
        env=servers[0].environment(home),
        capture_output=True,
        timeout=280,
        check=False,
    )
    logs = "".join(server.log for server in servers)
    assert done.returncode == 0 and done.stdout.endswith("done\n"), (
        done.stdout[-3000:] + done.stderr[-3000:] + logs[-3000:]
    )
    assert "Traceback" not in logs, logs
    asked = [port for port, _ in proxy.asked]
    assert min(asked.count(server.port) for server in servers) > 10
    _stay_signed_in(servers[1], postgresql_url)


def _stay_signed_in(server: RunningServer, database: str) -> None:
    """A sign-in link of one replica, and the session it begins, hold on the other."""
    words = [sys.executable, "-m", "sweepd", "login", "--link", "--data", str(server.data)]
    said = subprocess.run(
        words,
        env=os.environ | {"SWEEPD_DATABASE": database},
        cwd=ROOT,
        text=True,
        check=True,
        capture_output=True,
    ).stdout
    link = re.search(r"http://\S+/authorize\?token=\S+", said)
    assert link
    browser = build_opener(HTTPCookieProcessor(CookieJar()))
    for address in [link[0], *[f"{server.url}/-/account"] * 4]:
        with browser.open(address, timeout=60) as answer:
            assert "API keys" in answer.read().decode() or address == link[0]
