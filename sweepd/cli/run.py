"""`sweepd run`: a whole sweep on one machine, from nothing to the best model on disk."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn
from rich.progress import Progress as Bar

from sweepd.cli import agents, best, client, local, options, out, progress, sweep_file
from sweepd.cli.agent_process import AgentProcess, stop_agents
from sweepd.cli.signals import Interrupts
from sweepd.domain.errors import BadInput, SweepdError, Unavailable
from sweepd.domain.ids import SweepPath, parse_sweep_path
from sweepd.domain.sweeps import count_text
from sweepd.search.process import end_with
from sweepd.settings import DEFAULT_PORT, Settings

POLL_S = 1.0
START_TIMEOUT_S = 30.0

_RESUME = """
mutation Resume($id: ID!, $state: String!) {
  upsertSweep(input: {id: $id, state: $state}) { sweep { state } }
}
"""


def command(
    file: Path | None = typer.Argument(None, help="The sweep file; sweep.yaml by default."),
    n_agents: int = typer.Option(1, "--agents", min=1, help="How many stock agents."),
    gpus: str | None = typer.Option(
        None, help="`all`, or numbers as in 0,1: one GPU for each agent."
    ),
    resume: str | None = typer.Option(None, help="Go on with this sweep instead of creating one."),
    project: str | None = typer.Option(None, help="Project of the sweep; else as the file says."),
    grace: int = agents.GRACE,
    stay: bool = typer.Option(False, "--stay", help="Keep serving the pages afterwards."),
    server: str | None = options.SERVER,
    data: Path | None = options.DATA,
) -> None:
    """Start what is missing, run the sweep, name the best run and fetch its model."""
    settings = options.settings(data)
    file = file or Path("sweep.yaml")
    if resume is None:
        check_file(file)
    console = Console(highlight=False, soft_wrap=True)
    if not console.is_terminal:
        console.width = 120  # a log can hold whole names
    interrupted = Interrupts()
    with interrupted.caught(), _server(settings, server, console) as (where, is_ours):
        path = _resume(where, resume) if resume else _create(where, file, project)
        found = progress.ask(where, path)
        page = f"{where.url}/{found.entity}/{found.project}/sweeps/{path.sweep_id}"
        logs = Path("wandb") / "agents" / path.sweep_id
        out.draw(console, f"sweep {found.path}, {found.sweep['method']}: {page}")
        out.draw(console, f"what agents print: {logs}")
        for warning in found.sweep["warnings"]:
            out.draw(console, f"warning: {warning}", "yellow")
        started = agents.start_agents(
            SweepPath(found.entity, found.project, path.sweep_id),
            n_agents,
            where.environment(),
            logs,
            interrupted,
            agents.list_gpus(gpus),
            grace,
        )
        try:
            _watch(where, path, started, console)
        except KeyboardInterrupt:
            stop_agents(started, grace)
            out.draw(console)
            out.draw(console, "stopped; nothing of it runs any more. To go on:")
            again = f"run --resume {found.path} --agents {n_agents}{options.data_again(settings)}"
            out.draw(console, f"  {out.own_command()} {again}")
            raise typer.Exit(130) from None
        except BaseException:
            stop_agents(started, grace)
            raise
        stop_agents(started, grace)
        _conclude(where, path, console, logs)
        if is_ours and stay:
            out.draw(console, f"serving {page} until Ctrl-C")
            _wait_for_interrupt()
        elif is_ours:
            again = f"{out.own_command()} serve{options.data_again(settings)}, then {page}"
            out.draw(console, f"the server stops now; to see the pages again: {again}")


def check_file(path: Path) -> None:
    """Read a sweep file as the server will, before anything is started.

    Raises:
        BadInput: It is missing, is not YAML, or cannot run.
    """
    from sweepd.search.grammar.sections import NO_PROGRAM
    from sweepd.services.sweeps import specs

    spec = specs.parse(sweep_file.read(path))
    if spec.lacks_program:
        raise BadInput(f"{path}: {NO_PROGRAM}")
    if spec.program and not Path(spec.program).exists():
        raise BadInput(
            f"{path}: program {spec.program!r} is not in {Path.cwd()}; agents start it from the "
            "folder they run in"
        )


@contextmanager
def _server(
    settings: Settings, url: str | None, console: Console
) -> Iterator[tuple[client.Client, bool]]:
    """A server and a key for it; one is started when none answers, and stopped at the end."""
    if url is not None:
        yield client.connect(settings, url), False
        return
    running = local.running_url(settings.data)
    if running is not None:
        yield _own_client(settings, running), False
        return
    process = _start_server(settings)
    try:
        address = _wait_for_server(settings, process)
        out.draw(console, f"sweepd is at {address}, its data in {settings.data}")
        command = f"{out.own_command()} login --link{options.data_again(settings)}"
        out.draw(console, f"to sign in to its pages: {command}")
        yield _own_client(settings, address), True
    finally:
        process.terminate()
        process.wait()


def _own_client(settings: Settings, url: str) -> client.Client:
    key = local.read_key(settings)
    if key is None:
        raise Unavailable(f"the server at {url} keeps its key elsewhere; run `sweepd login {url}`")
    return client.Client(url, key)


def _start_server(settings: Settings) -> subprocess.Popen[bytes]:
    settings.data.mkdir(parents=True, exist_ok=True, mode=0o700)
    port = settings.port
    if port == DEFAULT_PORT and not _is_free(settings.host, port):
        port = 0
    command = [sys.executable, "-m", "sweepd", "serve", "--data", str(settings.data)]
    with (settings.data / "server.log").open("ab") as log:
        return subprocess.Popen(
            [*command, "--host", settings.host, "--port", str(port)],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # Ctrl-C is ours to pass on, after the agents have ended
            preexec_fn=partial(end_with, os.getpid(), signal.SIGTERM),
        )


def _is_free(host: str, port: int) -> bool:
    import socket

    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


def _wait_for_server(settings: Settings, process: subprocess.Popen[bytes]) -> str:
    deadline = time.monotonic() + START_TIMEOUT_S
    while time.monotonic() < deadline:
        address = local.running_url(settings.data)
        if address is not None and local.read_key(settings) is not None:
            return address
        if process.poll() is not None:
            break
        time.sleep(0.05)
    log = (settings.data / "server.log").read_text(errors="replace")[-2000:]
    raise Unavailable(f"the server did not start; it said:\n{log}")


def _create(where: client.Client, file: Path, project: str | None) -> SweepPath:
    """`wandb sweep FILE`, as a user would type it."""
    command = [
        sys.executable,
        "-m",
        "wandb",
        "sweep",
        *(["--project", project] if project else []),
        str(file),
    ]
    done = subprocess.run(
        command, env=where.environment(), capture_output=True, text=True, check=False
    )
    match = re.search(r"wandb agent (\S+)", done.stdout + done.stderr)
    if done.returncode != 0 or match is None:
        said = (done.stderr or done.stdout).strip()
        raise BadInput(f"`wandb sweep {file}` did not create a sweep:\n{said}")
    return parse_sweep_path(match[1])


def _resume(where: client.Client, sweep: str) -> SweepPath:
    path = parse_sweep_path(sweep)
    found = progress.ask(where, path)
    if found.sweep["state"] != "RUNNING":
        where.query(_RESUME, id=found.sweep["id"], state="RUNNING")
    return SweepPath(found.entity, found.project, path.sweep_id)


def _watch(
    where: client.Client,
    path: SweepPath,
    started: list[AgentProcess],
    console: Console,
) -> None:
    """Draw progress until every agent has left; a server that is away for a while is waited for."""
    columns = (TextColumn("{task.description}", markup=False), BarColumn(), MofNCompleteColumn())
    with Bar(*columns, console=console, disable=not console.is_terminal) as bar:
        task = bar.add_task("starting", total=None)
        said = ""
        while True:
            is_alive = any(agent.is_alive for agent in started)
            try:
                found = progress.ask(where, path)
            except Unavailable as error:
                found = None
                line = f"waiting for the server: {error}"
            if found is not None:
                line = _line(found)
                n_ended = found.count("done", "failed")
                bar.update(
                    task, description=out.shown(line), completed=n_ended, total=found.n_expected
                )
            if not console.is_terminal and line != said:
                out.draw(console, line)
                said = line
            if not is_alive:
                return
            time.sleep(POLL_S)


def _line(found: progress.Progress) -> str:
    parts = [f"{found.count('done')} done", f"{found.count('live')} running"]
    if found.count("failed"):
        parts.append(f"{found.count('failed')} failed")
    if found.n_expected is not None:
        parts.append(f"of {count_text(found.n_expected)}")
    if found.best is not None:
        parts.append(f"best {found.sweep['metricName']} {found.best['metricBest']:.4f}")
    left = found.seconds_left()
    if left:
        minutes = int(left // 60)
        parts.append(f"about {minutes} min left" if minutes else "less than a minute left")
    return ", ".join(parts)


def _conclude(where: client.Client, path: SweepPath, console: Console, logs: Path) -> None:
    found = progress.ask(where, path)
    out.draw(console)
    console.print(found.table())  # of cells made by `out`
    out.draw(console)
    reason = found.sweep["stateReason"]
    out.draw(console, f"sweep {found.path} is {found.sweep['state']}: {reason}")
    if not found.count("done"):
        raise SweepdError(f"no run ended well; read what the agents printed in {logs}")
    best.show(where, found, None, None)
    if found.count("failed"):
        told = f"{found.count('failed')} runs failed; their output is in {logs}"
        out.draw(console, told, "yellow")


def _wait_for_interrupt() -> None:
    try:
        while True:
            time.sleep(3600)
    except KeyboardInterrupt:
        return
