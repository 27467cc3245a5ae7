"""`sweepd agents`: stock `wandb agent` processes, on this machine or on a Ray cluster."""

import os
import signal
import subprocess
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path

import typer

from sweepd.cli import client, options, out, ray_agents
from sweepd.cli.agent_process import AgentProcess, start_agent, stop_agents
from sweepd.cli.signals import Interrupts
from sweepd.domain import shell
from sweepd.domain.errors import BadInput
from sweepd.domain.ids import SweepPath, parse_sweep_path
from sweepd.search.process import end_with

GRACE_S = 10  # for a script to end by itself
GRACE = typer.Option(
    GRACE_S,
    min=0,
    help="Seconds a script has to end by itself when this command is ended by Ctrl-C, SIGTERM or "
    "SIGHUP.",
)


def start_agents(
    sweep: SweepPath,
    n_agents: int,
    environment: Mapping[str, str],
    logs: Path,
    interrupted: Interrupts,
    gpus: Sequence[str] = (),
    grace_s: int = GRACE_S,
) -> list[AgentProcess]:
    """Start stock agents; with GPUs, each sees one, in turn. They end when this process does.

    Args:
        logs: Folder for what each agent and its runs print.
        grace_s: Seconds a script has to end by itself, once it is asked to.
    """
    logs.mkdir(parents=True, exist_ok=True)
    started: list[AgentProcess] = []
    try:
        with interrupted.held():
            _start(started, sweep, n_agents, environment, logs, gpus, grace_s)
    except BaseException:
        stop_agents(started, 0)
        raise
    return started


def _start(
    started: list[AgentProcess],
    sweep: SweepPath,
    n_agents: int,
    environment: Mapping[str, str],
    logs: Path,
    gpus: Sequence[str],
    grace_s: int,
) -> None:
    for number in range(1, n_agents + 1):
        environ = dict(environment)
        if gpus:
            environ["CUDA_VISIBLE_DEVICES"] = gpus[(number - 1) % len(gpus)]
        path = logs / f"agent-{number}.log"
        log = path.open("wb")
        before = partial(end_with, os.getpid(), signal.SIGTERM)
        process = start_agent(str(sweep), environ, grace_s, log, before)
        started.append(AgentProcess(number, process, path, log))


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
    ray: str | None = typer.Option(
        None,
        help="Run them on a Ray cluster: ray://HOST:10001, or on one of its nodes HOST:6379 or "
        "auto. An agent whose node is lost begins on another.",
    ),
    gpus_per_agent: float | None = typer.Option(
        None, min=0, help="With --ray: a whole number, or a share of one GPU."
    ),
    cpus_per_agent: float | None = typer.Option(None, min=0, help="With --ray; by default 1."),
    grace: int = GRACE,
    server: str | None = options.SERVER,
    data: Path | None = options.DATA,
) -> None:
    """Run stock agents of a sweep until it is over: here, or on a Ray cluster."""
    path = parse_sweep_path(sweep)
    if ray is None and (gpus_per_agent is not None or cpus_per_agent is not None):
        raise BadInput("--gpus-per-agent and --cpus-per-agent are for --ray; here it is --gpus")
    if ray is not None:
        if gpus is not None:
            raise BadInput("--gpus names those of this machine; with --ray say --gpus-per-agent")
        where = client.connect(options.settings(data), server)
        share = ray_agents.Share(
            gpus_per_agent or 0.0, 1.0 if cpus_per_agent is None else cpus_per_agent
        )
        _run_on_ray(ray, where, path, n, share, grace)
        return
    found = list_gpus(gpus)
    where = client.connect(options.settings(data), server)
    logs = Path("wandb") / "agents" / path.sweep_id
    n_agents = n or len(found) or 1
    interrupted = Interrupts()
    with interrupted.caught():
        agents = start_agents(path, n_agents, where.environment(), logs, interrupted, found, grace)
        try:
            out.say(f"{n_agents} agents of {path} began; what they print is in {logs}")
            codes = [agent.process.wait() for agent in agents]
        except KeyboardInterrupt:
            stop_agents(agents, grace)
            raise _stopped(path) from None
        except BaseException:
            stop_agents(agents, grace)
            raise
    if any(codes):
        worst = next(agent for agent in agents if agent.process.returncode)
        raise BadInput(f"agent {worst.number} ended with an error; read {worst.log_path}")


def _stopped(path: SweepPath, *more: str) -> typer.Exit:
    again = shell.command("sweepd", "agents", str(path), *more)
    out.say("stopped; the sweep goes on with other agents, or: " + again)
    return typer.Exit(130)


def _run_on_ray(
    address: str,
    where: client.Client,
    path: SweepPath,
    n: int | None,
    share: ray_agents.Share,
    grace_s: int,
) -> None:
    with ray_agents.connected(address) as cluster, Interrupts().caught():  # Ray sets its own first
        try:
            codes = ray_agents.run(cluster, where, path, n, share, grace_s)
        except KeyboardInterrupt:
            cluster.stop(grace_s)
            raise _stopped(path, "--ray", address) from None
    if failed := [number for number, code in enumerate(codes, 1) if code]:
        raise BadInput(
            f"agent {failed[0]} of {len(codes)} ended with an error; it stands above, and in Ray's "
            "logs of the actor NodeAgent"
        )
