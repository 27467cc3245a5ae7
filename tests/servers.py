"""Real servers in processes of their own, on ports that no other worker takes."""

import functools
import itertools
import json
import os
import random
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from sweepd.cli.client import Client
from tests.parts import new_database
from tests.timing import wait_until

ROOT = Path(__file__).parent.parent


@dataclass
class RunningServer:
    """A real server in a process of its own."""

    data: Path
    port: int
    process: subprocess.Popen[bytes]
    log_path: Path
    key: str = ""
    public_url: str = ""  # of the proxy in front, when there is one

    @property
    def url(self) -> str:
        """Its address."""
        return self.public_url or f"http://127.0.0.1:{self.port}"

    @property
    def log(self) -> str:
        """What it has printed."""
        return self.log_path.read_text(errors="replace")

    @property
    def client(self) -> Client:
        """Its first user's client."""
        return Client(self.url, self.key)

    def environment(self, home: Path) -> dict[str, str]:
        """For a stock client: this server, a home of its own, nothing of the machine's user."""
        kept = {k: v for k, v in os.environ.items() if not k.startswith("WANDB_")}
        return kept | {
            "HOME": str(home),
            "WANDB_BASE_URL": self.url,
            "WANDB_API_KEY": self.key,
            "WANDB_ERROR_REPORTING": "false",
            "WANDB_SILENT": "false",
            "PYTHONWARNINGS": "ignore",
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        }

    def stop(self) -> None:
        """End it politely."""
        self.process.terminate()
        self.process.wait(60)


@functools.cache
def _ports() -> Iterator[int]:
    """Ports no other worker of this session tries, below those the system gives to connections."""
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")) % 16
    slot = range(16_000 + 1_000 * worker, 17_000 + 1_000 * worker)
    begin = random.SystemRandom().randrange(len(slot))
    return itertools.cycle([*slot[begin:], *slot[:begin]])


def free_port() -> int:
    """A port nobody listens on now."""
    for port in itertools.islice(_ports(), 1_000):
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise OSError("all of this worker's thousand ports are in use")


def start_server(
    data: Path, port: int | None = None, *, flags: dict[str, bool] | None = None, **environ: str
) -> RunningServer:
    """Start `sweepd serve` on a folder and wait until it answers.

    Args:
        flags: Feature flags that this server sets otherwise: `{"SWEEPS_QUERY_FILTERING": False}`.
    """
    data.mkdir(parents=True, exist_ok=True, mode=0o700)
    if not list(data.glob("sweepd.db*")) and "SWEEPD_DATABASE" not in environ:
        (data / "sweepd.db").write_bytes(new_database())  # which `migrate` would make so
    port = port or free_port()
    log_path = data / "serve.log"
    program = ["tests.flagged", json.dumps(flags)] if flags else ["sweepd"]
    n_before = log_path.stat().st_size if log_path.exists() else 0  # of an earlier server there
    with log_path.open("ab") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", *program, "serve", "--data", str(data), "--port", str(port)],
            stdout=log,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            cwd=ROOT,
            env=os.environ | environ,
        )
    public_url = environ.get("SWEEPD_PUBLIC_URL", "")
    running = RunningServer(data, port, process, log_path, public_url=public_url)
    try:
        wait_until(
            lambda: (
                b"Ctrl-C stops" in log_path.read_bytes()[n_before:] or process.poll() is not None
            ),
            120,  # a second, but for machines where a dozen others work
            lambda: running.log,
        )
    except BaseException:  # nobody is given it who could end it
        process.kill()
        process.wait()
        raise
    assert process.poll() is None, running.log
    running.key = json.loads((data / "local.key").read_text())["key"]
    return running
