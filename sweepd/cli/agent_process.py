"""A stock agent as a process of ours, begun and ended with all it started.

Only the standard library: this file also goes to the nodes of a Ray cluster (`ray_node.py`).
"""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

UNTOLD_S = 5  # beyond its script's time, for an agent to see that the script has ended


@dataclass
class AgentProcess:
    """A stock agent with a session of its own, so that everything it started can be found."""

    number: int
    process: subprocess.Popen[bytes]
    log_path: Path | None = None
    log: IO[bytes] | None = None

    @property
    def is_alive(self) -> bool:
        """Whether the agent itself still runs."""
        return self.process.poll() is None

    def ask_to_end(self) -> None:
        """The agent passes it on to its script, whose client is left to send what it has."""
        with contextlib.suppress(ProcessLookupError):
            self.process.terminate()

    def kill(self) -> None:
        """End the agent and all its children, whatever group they are in."""
        for pid in session_members(self.process.pid):
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(pid, signal.SIGKILL)


def session_members(session: int) -> list[int]:
    """Processes of a session; the agent puts each run in a group of its own, but not beyond."""
    listing = subprocess.run(
        ["ps", "-A", "-o", "pid=", "-o", "sid="], capture_output=True, text=True, check=False
    ).stdout
    pairs = [line.split() for line in listing.splitlines()]
    return [int(pid) for pid, sid in (p for p in pairs if len(p) == 2) if sid == str(session)]


def start_agent(
    sweep: str,
    environment: Mapping[str, str],
    grace_s: int,
    log: IO[bytes] | None,
    before: Callable[[], None],
    folder: str | None = None,
    between: Sequence[str] = (),
) -> subprocess.Popen[bytes]:
    """Start one.

    Args:
        sweep: ENTITY/PROJECT/SWEEP.
        grace_s: Seconds its script has to end by itself, once it is asked to.
        log: Where it prints; None: where we do.
        folder: Where its scripts are; None: here.
        between: The command of what stands between it and us; it gets the agent's as arguments.
        before: Done in the new process: it has to end with this one, else it keeps its GPU.
    """
    command = [*between, sys.executable, "-m", "wandb", "agent", "--forward-signals"]
    return subprocess.Popen(
        [*command, "--term-timeout", str(grace_s), sweep],
        cwd=folder,
        env=dict(environment),
        stdin=subprocess.DEVNULL,
        stdout=log,
        stderr=None if log is None else subprocess.STDOUT,
        start_new_session=True,
        preexec_fn=before,
    )


def stop_agents(agents: Sequence[AgentProcess], grace_s: float) -> None:
    """End agents and everything they started: asked first, forced after `grace_s`.

    A second Ctrl-C meanwhile forces them at once.
    """
    try:
        for agent in agents:
            agent.ask_to_end()
        deadline = time.monotonic() + grace_s + UNTOLD_S
        while time.monotonic() < deadline:
            for agent in agents:
                agent.process.poll()
            if not any(session_members(agent.process.pid) for agent in agents):
                break
            time.sleep(0.1)
    except KeyboardInterrupt:
        pass
    finally:
        for agent in agents:
            agent.kill()
            agent.process.wait()
            if agent.log is not None:
                agent.log.close()
