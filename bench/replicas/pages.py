"""Somebody who signs in at one server, reads at the next, and watches at each what changes."""

import http.client
import json
import os
import re
import subprocess
import sys
from urllib.parse import quote, urlsplit

from bench.hand_out import BUCKET
from bench.replicas.parts import Everywhere, Site

HEAR_S = 30


def go_round(site: Site, entity: str) -> list[str]:
    """Sign in once, see every server's pages, hear at each of a change made at another.

    Returns:
        What did not work, a sentence each.
    """
    wrong = []
    first, *others = site.servers
    told = subprocess.run(
        [sys.executable, "-m", "sweepd", "login", "--link", "--data", first.data],
        env=os.environ | first.environ,
        capture_output=True,
        text=True,
        check=False,
    ).stdout
    link = re.search(r"\S+/authorize\?token=\S+", told)
    if link is None:
        return [f"`sweepd login --link` printed no link: {told}"]
    path = urlsplit(link[0])
    cookie = _sign_in(others[0].port, f"{path.path}?{path.query}")
    if cookie is None:
        return ["a link of one server signs nobody in at another"]
    client = Everywhere(site.ports, site.key)
    client.query(BUCKET, name="watched", project="load", config="{}")
    for number, server in enumerate(site.servers):
        status = _get(server.port, f"/{entity}/load", cookie)
        if status != 200:
            wrong.append(f"the page of server {number} answers {status}")
        elsewhere = site.servers[(number + 1) % len(site.servers)]
        if not _hears(server.port, elsewhere.port, site.key, entity, cookie, number):
            wrong.append(f"server {number} does not tell of what changed at another")
    return wrong


def _sign_in(port: int, path: str) -> str | None:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    connection.request("GET", path)
    answer = connection.getresponse()
    answer.read()
    cookie = answer.getheader("Set-Cookie")
    connection.close()
    return cookie.partition(";")[0] if answer.status == 303 and cookie else None


def _get(port: int, path: str, cookie: str) -> int:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    connection.request("GET", path, headers={"Cookie": cookie})
    status = connection.getresponse().status
    connection.close()
    return status


def _hears(port: int, other: int, key: str, entity: str, cookie: str, step: int) -> bool:
    """Whether an open page of one server is told of a line that was sent to another."""
    watching = http.client.HTTPConnection("127.0.0.1", port, timeout=HEAR_S)
    topic = quote(f"runs/{entity}/load/watched", safe="")
    watching.request("GET", f"/-/events?topic={topic}", headers={"Cookie": cookie})
    answer = watching.getresponse()
    try:
        if answer.status != 200 or b"retry" not in answer.readline():
            return False
        line = json.dumps({"_step": step, "loss": step})
        Everywhere([other], key).post(
            f"/files/{entity}/load/watched/file_stream",
            {"files": {"wandb-history.jsonl": {"offset": step, "content": [line]}}},
        )
        return any(b"changed" in answer.readline() for _ in range(3))
    except OSError:
        return False
    finally:
        watching.close()
