"""What happens on a node of a Ray cluster: one stock agent. Only the standard library, and `wandb`.

Ray sends what stands here as it is, so the nodes need no sweepd.
"""

import ctypes
import os
import shutil
import signal
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

from sweepd.cli.agent_process import AgentProcess, start_agent, stop_agents

PR_SET_PDEATHSIG = 1
OURS = ("WANDB_ENTITY", "WANDB_PROJECT", "WANDB_APP_URL", "WANDB_SWEEP_ID")  # say other things here


# Ray kills what a worker has started when that ends, but not what the started have. So one more
# process stands between: when it goes, however, the agent is asked to end, and asks its script.
BETWEEN = """
import ctypes, os, signal, subprocess, sys
libc, own_pid = ctypes.CDLL(None), os.getpid()
def follow():
    libc.prctl(1, signal.SIGTERM, 0, 0, 0)
    if os.getppid() != own_pid:
        os._exit(1)
agent = subprocess.Popen(sys.argv[1:], preexec_fn=follow)
signal.signal(signal.SIGTERM, lambda *_: agent.terminate())
sys.exit(abs(agent.wait()))
"""


class NodeAgent:
    """An actor that runs one stock agent; its methods run beside each other."""

    def __init__(self) -> None:
        self._agent: AgentProcess | None = None
        self._is_stopped = False

    def begun(self) -> bool:
        """Answered once there was room for it."""
        return True

    def work(self, number: int, sweep: str, told: Mapping[str, str], grace_s: int) -> int:
        """Run the agent until it ends.

        Args:
            told: What its environment has beside the node's own: address and key. As an argument
                it is in no log, listing or page of Ray's, which an environment would be.

        Returns:
            The agent's exit code.
        """
        kept = {name: value for name, value in os.environ.items() if name not in OURS}
        path = os.pathsep.join([str(Path(sys.executable).parent), kept.get("PATH", os.defpath)])
        own_pid, libc = os.getpid(), ctypes.CDLL(None)

        def follow() -> None:
            libc.prctl(PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
            if os.getppid() != own_pid:
                os._exit(1)

        # A copy: Ray's folder is shared by the agents of a node, and goes when that restarts.
        with tempfile.TemporaryDirectory("-sweepd", ignore_cleanup_errors=True) as folder:
            shutil.copytree(".", folder, dirs_exist_ok=True, symlinks=True)
            environ, between = {**kept, "PATH": path, **told}, [sys.executable, "-c", BETWEEN]
            process = start_agent(sweep, environ, grace_s, None, follow, folder, between)
            self._agent = AgentProcess(number, process)
            if self._is_stopped:
                self.stop(grace_s)
            code = process.wait()
            self._agent.kill()  # what a script has left
            return code

    def stop(self, grace_s: int) -> None:
        """End the agent and all it started; asked first, forced after `grace_s`."""
        self._is_stopped = True
        if self._agent is not None:
            stop_agents([self._agent], grace_s)
