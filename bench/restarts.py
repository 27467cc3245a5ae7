"""Stock agents on short runs while the server is stopped and started again.

    python -m bench.restarts [--agents 8] [--runs 200] [--restarts 20]

Every other restart is a `kill -9`. At the end all runs must have finished, each config once, every
agent must have left by itself with exit code 0, and the sweep must be FINISHED.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from bench.hand_out import RUNS, SWEEP, Client, Server, free_port
from sweepd.cli import local
from sweepd.settings import Settings

TRAIN = """
import wandb
with wandb.init() as run:
    for step in range(5):
        run.log({"loss": run.config["a"] / (1 + step)})
"""


def main() -> None:
    """Run it and print what came of it; exit code 1 when anything was lost."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--agents", type=int, default=8)
    parser.add_argument("--runs", type=int, default=200)
    parser.add_argument("--restarts", type=int, default=20)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        is_exact = restart(Path(folder), given.agents, given.runs, given.restarts)
    sys.exit(0 if is_exact else 1)


def restart(folder: Path, n_agents: int, n_runs: int, n_restarts: int) -> bool:
    """Whether all runs finished once and all agents left by themselves."""
    server = Server(folder / "data", free_port())
    server.data.mkdir(parents=True)
    server.start()
    (folder / "train.py").write_text(TRAIN)
    text = (
        "program: train.py\nmethod: grid\nmetric: {name: loss}\nparameters:\n"
        f"  a: {{min: 1, max: {n_runs}, distribution: int_uniform}}\n"
    )
    start, agents = time.monotonic(), []
    try:
        key = local.read_key(Settings(data=server.data)) or ""
        client = Client(server.port, key)
        sweep = client.query(SWEEP, config=text, project="load")["upsertSweep"]["sweep"]["name"]
        entity = client.query(RUNS, sweep=sweep)["project"]["entityName"]

        def states() -> Counter[str]:
            found = client.query(RUNS, sweep=sweep)["project"]["sweep"]
            return Counter(edge["node"]["state"] for edge in found["runs"]["edges"])

        environ = {k: v for k, v in os.environ.items() if not k.startswith("WANDB_")} | {
            "WANDB_BASE_URL": f"http://127.0.0.1:{server.port}",
            "WANDB_API_KEY": key,
            "WANDB_ERROR_REPORTING": "false",
            "HOME": str(folder),
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        }
        for number in range(n_agents):
            place = folder / f"agent{number}"
            place.mkdir()
            (place / "train.py").write_text(TRAIN)
            with (place / "output.log").open("wb") as log:
                command = [sys.executable, "-m", "wandb", "agent", f"{entity}/load/{sweep}"]
                agents.append(
                    subprocess.Popen(command, cwd=place, env=environ, stdout=log, stderr=log)
                )
        for number in range(1, n_restarts + 1):
            while states()["finished"] < n_runs * number // (n_restarts + 1):
                if all(agent.poll() is not None for agent in agents):
                    break
                time.sleep(0.5)
            if number % 2:
                server.kill()
            else:
                server.stop()
            server.start()
        codes = Counter(agent.wait() for agent in agents)
        client.close()
        found = client.query(RUNS, sweep=sweep)["project"]["sweep"]
    finally:
        for agent in agents:
            if agent.poll() is None:
                agent.kill()
        server.kill()
    runs = [edge["node"] for edge in found["runs"]["edges"]]
    by_state = Counter(run["state"] for run in runs)
    finished = Counter(
        json.loads(run["config"])["a"]["value"] for run in runs if run["state"] == "finished"
    )
    n_twice = sum(count > 1 for count in finished.values())
    print(
        f"{n_agents} stock agents, {n_runs} configs, {n_restarts} restarts: sweep "
        f"{found['state']}, {len(finished)} configs finished, {n_twice} twice, "
        f"runs {dict(by_state)}, agents' exit codes {dict(codes)}, {time.monotonic() - start:.0f} s"
    )
    return len(finished) == n_runs and n_twice == 0 and set(codes) == {0}


if __name__ == "__main__":
    main()
