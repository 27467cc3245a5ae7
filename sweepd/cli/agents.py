"""`sweepd agents`: stock `wandb agent` processes on this machine."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import typer

from sweepd.cli import client, options
from sweepd.domain import shell
from sweepd.domain.errors import BadInput
from sweepd.domain.ids import SweepPath, parse_sweep_path

TERM_TIMEOUT_S = 10
WANDB = [sys.executable, "-m", "wandb"]


@dataclass
class AgentProcess:
    """A stock agent with a session of its own, so that everything it started can be found."""

    number: int
    process: subprocess.Popen[bytes]
    log_path: Path
    log: IO[bytes]

    @property
    def is_alive(self) -> bool:
        """Whether the agent itself still runs."""
        return self.process.poll() is None

    def signal(self, number: int) -> None:
        """Send a signal to the agent and to all its children, whatever group they are in."""
        for pid in _session_members(self.process.pid):
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(pid, number)


def _session_members(session: int) -> list[int]:
    """Processes of a session; the agent puts each run in a group of its own, but not beyond."""
    listing = subprocess.run(
        ["ps", "-A", "-o", "pid=", "-o", "sid="], capture_output=True, text=True, check=False
    ).stdout
    pairs = [line.split() for line in listing.splitlines()]
    return [int(pid) for pid, sid in (p for p in pairs if len(p) == 2) if sid == str(session)]


def start_agents(
    sweep: SweepPath,
    n_agents: int,
    environment: Mapping[str, str],
    logs: Path,
    gpus: Sequence[str] = (),
) -> list[AgentProcess]:
    """Start stock agents; with GPUs, each sees one, in turn.

    Args:
        logs: Folder for what each agent and its runs print.
    """
    logs.mkdir(parents=True, exist_ok=True)
    started = []
    for number in range(1, n_agents + 1):
        environ = dict(environment)
        if gpus:
            environ["CUDA_VISIBLE_DEVICES"] = gpus[(number - 1) % len(gpus)]
        path = logs / f"agent-{number}.log"
        log = path.open("wb")
        command = [*WANDB, "agent", "--forward-signals", "--term-timeout", str(TERM_TIMEOUT_S)]
        process = subprocess.Popen(
            [*command, str(sweep)],
            env=environ,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        started.append(AgentProcess(number, process, path, log))
    return started


def stop_agents(agents: Sequence[AgentProcess]) -> None:
    """End agents and everything they started: asked first, forced after a while."""
    for agent in agents:
        agent.signal(signal.SIGTERM)
    deadline = time.monotonic() + TERM_TIMEOUT_S
    while time.monotonic() < deadline:
        if not any(_session_members(agent.process.pid) for agent in agents):
            break
        for agent in agents:
            agent.process.poll()
        time.sleep(0.1)
    for agent in agents:
        agent.signal(signal.SIGKILL)
        agent.process.wait()
        agent.log.close()


def list_gpus(wanted: str | None) -> list[str]:
    """GPUs to use: "all", or numbers with commas.

    Raises:
        BadInput: All are wanted and none is found.
    """
    if not wanted:
        return []
    if wanted != "all":
        return [part.strip() for part in wanted.split(",") if part.strip()]
    try:
        listing = subprocess.run(
            ["nvidia-smi", "--query-gpu=index", "--format=csv,noheader"],
            capture_output=True,
            text=True,
            check=True,
        ).stdout
    except (OSError, subprocess.CalledProcessError) as error:
        raise BadInput("--gpus all: nvidia-smi finds no GPU here; name them, as in 0,1") from error
    return listing.split()


def command(
    sweep: str = typer.Argument(help="ENTITY/PROJECT/SWEEP, or the address of its page."),
    n: int | None = typer.Option(
        None, "-n", min=1, help="How many; one per GPU with --gpus, else 1."
    ),
    gpus: str | None = typer.Option(
        None, help="`all`, or numbers as in 0,1: one GPU for each agent."
    ),
    server: str | None = options.SERVER,
    data: Path | None = options.DATA,
) -> None:
    """Run stock agents of a sweep here until it is over."""
    found = list_gpus(gpus)
    path = parse_sweep_path(sweep)
    where = client.connect(options.settings(data), server)
    logs = Path("wandb") / "agents" / path.sweep_id
    n_agents = n or len(found) or 1
    agents = start_agents(path, n_agents, where.environment(), logs, found)
    typer.echo(f"{n_agents} agents of {path} began; what they print is in {logs}")
    try:
        codes = [agent.process.wait() for agent in agents]
    except KeyboardInterrupt:
        stop_agents(agents)
        command_line = shell.command("sweepd", "agents", str(path))
        typer.echo("stopped; the sweep goes on with other agents, or: " + command_line)
        raise typer.Exit(130) from None
    if any(codes):
        worst = next(agent for agent in agents if agent.process.returncode)
        raise BadInput(f"agent {worst.number} ended with an error; read {worst.log_path}")
