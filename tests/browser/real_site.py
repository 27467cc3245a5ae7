"""A whole sweepd in this process, with a user, a sweep and real runs made through its services."""

import json
import random
import socket
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import uvicorn
from starlette.applications import Starlette
from synthetic import accuracy

from sweepd import server
from sweepd.domain.users import Caller
from sweepd.services.runs.runs import RunChange
from sweepd.services.runs.taking_in import Lines, StreamPost
from sweepd.services.sweeps.sweeps import SweepChange
from sweepd.settings import Settings
from tests.conftest import awaited, wait_until

KEY = "k" * 40
YAML = """\
program: agent.py
method: random
metric: {name: epoch/val_accuracy, goal: maximize}
parameters:
  epochs: {min: 1, max: 8}
  batch_size: {values: [32, 64, 128]}
  dropout: {min: 0.1, max: 0.6}
  learning_rate: {distribution: log_uniform_values, min: 0.00001, max: 0.1}
  optimizer: {values: [adam, sgd]}
run_cap: 200
"""


@dataclass
class RealSite:
    """A running server and what tests do to it behind the browser's back."""

    parts: server.Parts
    app: Starlette
    address: str
    caller: Caller

    @property
    def services(self) -> Any:
        """The server's services."""
        return self.parts.services

    def n_streams(self) -> int:
        """How many streams of news browsers hold."""
        streams = getattr(self.app.state, "event_streams", None)
        return len(streams) if streams else 0

    def new_sweep(self, project: str, text: str = YAML, name: str | None = None) -> str:
        """A sweep of that file; returns its id."""
        change = SweepChange(config_yaml=text, display_name=name)
        sweep, _ = self.services.sweeps.create(self.caller, "ann", project, change)
        return str(sweep.sweep_id)

    def new_agent(self, project: str, sweep_id: str, host: str = "gpu-01") -> int:
        """An agent of a sweep; returns its key."""
        agent = self.services.scheduling.register_agent(self.caller, "ann", project, sweep_id, host)
        return int(agent.pk)

    def hand_out(self, agent: int) -> str:
        """The id of the run that the agent is given."""
        got: list[str] = []

        def ask() -> list[str]:
            beat = self.services.scheduling.heartbeat(self.caller, agent, frozenset())
            got.extend(str(c.run_id) for c in awaited(beat)[1] if c.kind == "run")
            return got

        wait_until(ask, 60, lambda: "the agent got no run")
        return got[0]

    def run(
        self, project: str, sweep_id: str, agent: int, exitcode: int | None = 0, seed: int = 0
    ) -> str:
        """Hand out a run, stream its history and console; None leaves it running."""
        run_id = self.hand_out(agent)
        rng = random.Random(seed)
        run, _ = self.services.runs.upsert(
            self.caller,
            "ann",
            project,
            run_id,
            RunChange(host="gpu-01", program="agent.py", sweep_id=sweep_id),
        )
        sweep = self.services.sweeps.get(self.caller, "ann", project, sweep_id)
        point = next(p for p in self.services.sweeps.points(sweep) if p.run_id == run_id)
        config = json.loads(point.config)
        best = accuracy({"epochs": 4, "batch_size": 64, "dropout": 0.3, **config}, rng)
        n = 4 * int(config.get("epochs", 4))
        values = [best * (1 - 0.6 * 2.718 ** (-4 * (s + 1) / n)) for s in range(n)]
        history = [
            json.dumps(
                {
                    "_step": s,
                    "_timestamp": 1.79e9 + s,
                    "epoch/val_accuracy": v,
                    "epoch/loss": 2 * (1 - v),
                }
            )
            for s, v in enumerate(values)
        ]
        console = [f"2026-11-22T10:00:{k:02d}.000 line {k} <script>" for k in range(50)]
        post = StreamPost(
            history=Lines(0, history),
            console=[Lines(0, console)],
            summary=json.dumps({"epoch/val_accuracy": values[-1]}),
            is_complete=exitcode is not None,
            exitcode=exitcode,
        )
        self.services.history.append(self.caller, "ann", project, run.run_id, post)
        return run_id

    def sweep_with_runs(self, project: str, n: int = 8) -> tuple[str, list[str]]:
        """A sweep of n runs: the second failed, the last still runs."""
        sweep_id = self.new_sweep(project, name=f"sweep of {project}")
        agent = self.new_agent(project, sweep_id)
        codes = [None if k == n - 1 else int(k == 1) for k in range(n)]
        runs = [self.run(project, sweep_id, agent, code, k) for k, code in enumerate(codes)]
        return sweep_id, runs


class RunningSite:
    """Starts the server in a thread; `stop` ends it."""

    def __init__(self, data: Path, public_url: str = "", frame_origins: str = "") -> None:
        parts = server.build(
            Settings(
                data=data,
                public_url=public_url,
                notice_hosts="*, 127.0.0.1",
                frame_origins=frame_origins,
            )
        )
        parts.services.users.add_user("ann", KEY, is_admin=True)
        self._listener = socket.socket()
        self._listener.bind(("127.0.0.1", 0))
        app = server.make_app(parts)
        self._server = uvicorn.Server(uvicorn.Config(app, log_level="error"))
        self._thread = threading.Thread(
            target=self._server.run, args=([self._listener],), daemon=True
        )
        self._thread.start()
        wait_until(lambda: self._server.started, 60, lambda: "the server did not start")
        self.port: int = self._listener.getsockname()[1]
        address = public_url or f"http://127.0.0.1:{self.port}"
        self.site = RealSite(parts, app, address, parts.services.users.get_caller("ann"))

    def stop(self) -> None:
        """End the server and let go of its port."""
        self._server.should_exit = True
        self._server.force_exit = True
        self._thread.join(15)
        self._listener.close()
