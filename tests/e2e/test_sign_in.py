"""`wandb login`, `wandb status` and `wandb verify` as a user types them."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import RunningServer

pytestmark = pytest.mark.e2e


def wandb(live: RunningServer, home: Path, *words: str, said: str = "", **environ: str) -> str:
    """Run the stock command without key or address in the environment; its whole output."""
    kept = {
        name: value
        for name, value in (live.environment(home) | environ).items()
        if name not in ("WANDB_API_KEY", "WANDB_BASE_URL") or name in environ
    }
    done = subprocess.run(
        [sys.executable, "-m", "wandb", *words],
        cwd=home,
        env=kept,
        text=True,
        input=said,
        capture_output=True,
        timeout=200,
        check=False,
    )
    return f"{done.stdout}{done.stderr}\nexit code {done.returncode}"


@pytest.fixture(scope="module")
def home(shared_live: RunningServer, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where somebody has signed in to the server."""
    folder = tmp_path_factory.mktemp("home")
    said = wandb(shared_live, folder, "login", "--host", shared_live.url, shared_live.key)
    assert "exit code 0" in said, said
    return folder


def test_login_keeps_key_and_address_where_the_client_looks(
    shared_live: RunningServer, home: Path
) -> None:
    netrc = (home / ".netrc").read_text()
    assert re.search(rf"^machine 127\.0\.0\.1(:{shared_live.port})?$", netrc, re.M), netrc
    assert shared_live.key in netrc and oct(os.stat(home / ".netrc").st_mode)[-3:] == "600"
    status = wandb(shared_live, home, "status")
    assert shared_live.url in status, status
    code = "import wandb; print(wandb.Api().viewer.username)"
    kept = {k: v for k, v in shared_live.environment(home).items() if "WANDB_API" not in k}
    del kept["WANDB_BASE_URL"]
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=home,
        env=kept,
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert (
        done.stdout.strip()
        == shared_live.client.query("{ viewer { username } }")["viewer"]["username"]
    ), done.stderr


@pytest.mark.parametrize(
    ("key", "told"),
    [("f" * 40, "belongs to nobody|invalid|401|verify"), ("short", r"40\+ characters")],
)
def test_login_with_a_wrong_key_fails_and_keeps_the_old_one(
    shared_live: RunningServer, home: Path, key: str, told: str
) -> None:
    words = ("login", "--relogin", "--verify", "--host", shared_live.url, key)
    said = wandb(shared_live, home, *words)
    assert "exit code 0" not in said, said
    assert re.search(told, said), said
    assert shared_live.key in (home / ".netrc").read_text()


def test_keys_of_every_form_the_client_takes_sign_in(
    shared_live: RunningServer, tmp_path: Path
) -> None:
    for name, key in (
        ("plain", "p" * 40),
        ("local", "local-" + "a" * 40),
        ("long", "k_" * 30),
        ("token", f"{'h' * 20}.{'p' * 30}.{'s' * 20}"),
    ):
        done = subprocess.run(
            [
                sys.executable,
                "-m",
                "sweepd",
                "users",
                "add",
                name,
                "--key",
                key,
                "--data",
                str(shared_live.data),
            ],
            capture_output=True,
            text=True,
            check=True,
        )
        assert done.stdout.strip() == key
        words = ("login", "--relogin", "--verify", "--host", shared_live.url, key)
        assert "exit code 0" in wandb(shared_live, tmp_path, *words)
        assert key in (tmp_path / ".netrc").read_text()


def test_wandb_verify_passes(shared_live: RunningServer, home: Path) -> None:
    said = wandb(
        shared_live, home, "verify", "--host", shared_live.url, WANDB_API_KEY=shared_live.key
    )
    failed = {line.split(".")[0] for line in said.splitlines() if "\u274c" in line}
    # What is asked of an address with https alone; the client itself only warns.
    assert failed <= {
        "Checking requests to base url",
        "Checking requests made over signed URLs",
    }, said
    assert said.count("\u2705") >= 8 and "exit code 0" in said, said
