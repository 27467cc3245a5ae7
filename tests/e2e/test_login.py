"""Signing in with the stock client: at a terminal, from a script, and where that is refused."""

import http.client
import json
import os
import re
import stat
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from tests.conftest import ROOT, RunningServer
from tests.e2e.terminal import Terminal

pytestmark = pytest.mark.e2e

NOBODY = "this API key belongs to nobody here; run `sweepd login` on the server's machine"
CLOUD = "machine api.wandb.ai\n  login user\n  password " + "c" * 40 + "\n"
INIT = 'import wandb\nwith wandb.init(project="login") as run: print("mode", run.settings.mode)'


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """Of somebody who has an account at wandb.ai."""
    (tmp_path / ".netrc").write_text(CLOUD)
    (tmp_path / ".netrc").chmod(0o600)
    return tmp_path


def plain(live: RunningServer, home: Path, **environ: str) -> dict[str, str]:
    """The environment of somebody who has not signed in."""
    kept = live.environment(home)
    del kept["WANDB_API_KEY"], kept["WANDB_BASE_URL"]
    return kept | environ


def test_prompt_refuses_wrong_keys_takes_ours_and_leaves_others_alone(
    shared_live: RunningServer, home: Path
) -> None:
    words = [sys.executable, "-m", "wandb", "login", "--host", f"{shared_live.url}/"]
    with Terminal(words, home, plain(shared_live, home)) as terminal:
        for key, told in (("short", "has 5."), ("e" * 40, NOBODY)):
            terminal.expect(f"Create a new API key at: {shared_live.url}/authorize?ref=models")
            terminal.expect("hit enter:")
            terminal.type(key)
            terminal.expect(told)
        terminal.expect("hit enter:")
        terminal.type(shared_live.key)
        assert terminal.wait() == 0, terminal.said
    assert "Currently logged in as:" in terminal.said
    assert shared_live.key not in terminal.said
    kept = (home / ".netrc").read_text()
    assert kept.startswith(CLOUD)
    assert f"machine 127.0.0.1:{shared_live.port}" in kept and shared_live.key in kept
    assert stat.S_IMODE(os.stat(home / ".netrc").st_mode) == 0o600
    assert f"base_url = {shared_live.url}" in (home / ".config/wandb/settings").read_text()
    # From now on nothing is asked, and a run goes to the server signed in to.
    with Terminal([sys.executable, "-c", INIT], home, plain(shared_live, home)) as terminal:
        terminal.expect("mode online")
        terminal.expect(f"View project at: {shared_live.url}/")


def test_init_without_a_key_offers_three_ways_and_offline_is_one(
    shared_live: RunningServer, home: Path
) -> None:
    environ = plain(shared_live, home, WANDB_BASE_URL=shared_live.url)
    with Terminal([sys.executable, "-c", INIT], home, environ) as terminal:
        terminal.expect("(1) Create a W&B account")
        terminal.expect("Enter your choice:")
        terminal.type("1")
        terminal.expect(f"{shared_live.url}/authorize?signup=true&ref=models")
        terminal.expect("hit enter:")
        terminal.type("short")
        terminal.expect("Enter your choice:")
        terminal.type("3")
        terminal.expect("mode offline")
    assert (home / ".netrc").read_text() == CLOUD


def test_scripts_sign_in_with_keys_from_every_place(shared_live: RunningServer, home: Path) -> None:
    other = subprocess.run(
        [sys.executable, "-m", "sweepd", "users", "add", "login-eve", "--data", shared_live.data],
        capture_output=True,
        text=True,
        check=True,
    ).stdout.strip()
    done = subprocess.run(
        [
            sys.executable,
            ROOT / "tests" / "e2e" / "scripts" / "logins.py",
            shared_live.url,
            shared_live.key,
            other,
        ],
        cwd=home,
        env=plain(shared_live, home),
        capture_output=True,
        text=True,
        check=False,
        stdin=subprocess.DEVNULL,
        timeout=200,
    )
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout.splitlines()[-1])
    first = shared_live.client.query("{ viewer { username } }")["viewer"]["username"]
    assert said.pop("netrc").startswith(CLOUD)
    for name in ("unknown key", "api with an unknown key"):
        assert said.pop(name).startswith("AuthenticationError: ") and NOBODY in done.stdout
    assert said == {
        "no terminal": "UsageError: No API key configured. Use `wandb login` to log in.",
        "key and host": first,
        "again": first,
        "another key": "login-eve",
        "short key": "AuthenticationError: API key must have 40+ characters, has 39.",
        "odd key": "AuthenticationError: API key may only contain the letters A-Z, digits and "
        "underscores.",
        "api with a key": first,
        "localhost": first,
        "environment": "login-eve",
        "bad key in the environment": "AuthenticationError: WANDB_API_KEY invalid: API key must "
        "have 40+ characters, has 5.",
    }


def test_identity_token_is_refused_with_the_reason(shared_live: RunningServer, home: Path) -> None:
    (home / "token").write_text("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhIn0.c2ln")
    done = subprocess.run(
        [sys.executable, "-m", "wandb", "login", "--verify"],
        cwd=home,
        text=True,
        env=plain(
            shared_live,
            home,
            WANDB_BASE_URL=shared_live.url,
            WANDB_IDENTITY_TOKEN_FILE=str(home / "token"),
        ),
        capture_output=True,
        timeout=100,
        check=False,
    )
    assert done.returncode != 0
    assert "not by identity tokens: unset WANDB_IDENTITY_TOKEN_FILE" in done.stderr, done.stderr


def redeem(link: str) -> int:
    """The status of the page that a browser which follows a sign-in link ends at."""
    host, _, path = link.removeprefix("http://").partition("/")
    with closing(http.client.HTTPConnection(host, timeout=30)) as connection:
        connection.request("GET", f"/{path}")
        answer = connection.getresponse()
        answer.read()
        if answer.status != 303:
            return answer.status
        cookie = (answer.getheader("Set-Cookie") or "").partition(";")[0]
        connection.request("GET", answer.getheader("Location") or "/", headers={"Cookie": cookie})
        return connection.getresponse().status


def test_link_is_printed_when_asked_for_and_never_into_a_log(
    shared_live: RunningServer, home: Path
) -> None:
    assert "login --link" in shared_live.log and "token=" not in shared_live.log
    words = [sys.executable, "-m", "sweepd", "login", "--link", "--data", str(shared_live.data)]
    done = subprocess.run(
        words, capture_output=True, text=True, check=True, env=plain(shared_live, home), cwd=home
    )
    link = done.stdout.strip()
    assert link.startswith(f"{shared_live.url}/authorize?token=")
    assert [redeem(link), redeem(link)] == [200, 401]
    wrong = subprocess.run(
        [*words, "--user", "nobody"],
        capture_output=True,
        text=True,
        check=False,
        env=plain(shared_live, home),
        cwd=home,
    )
    assert wrong.returncode == 1 and "no user 'nobody'" in wrong.stderr
    elsewhere = subprocess.run(
        [*words[:-1], str(home / "none")],
        capture_output=True,
        text=True,
        check=False,
        env=plain(shared_live, home),
        cwd=home,
    )
    assert elsewhere.returncode == 1 and "no sweepd runs on" in elsewhere.stderr


def test_first_start_at_a_terminal_prints_a_link_and_later_ones_do_not(
    shared_live: RunningServer, home: Path
) -> None:
    words = [sys.executable, "-m", "sweepd", "serve", "--port", "0", "--data", str(home / "data")]
    with Terminal(words, home, plain(shared_live, home)) as terminal:
        terminal.expect("Ctrl-C stops", 60)
        found = re.search(r"http://\S+/authorize\?token=\S+", terminal.said)
        assert found, terminal.said
        assert [redeem(found[0]), redeem(found[0])] == [200, 401]
    with Terminal(words, home, plain(shared_live, home)) as terminal:
        terminal.expect("Ctrl-C stops", 60)
        assert "token=" not in terminal.said and "login --link" in terminal.said
