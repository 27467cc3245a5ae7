"""Seconds between one run's end and the next one's first training step, one agent at a time.

    python -m bench.run_loop [--runs 5]

Trains the MNIST workload for one epoch per run, once under the stock `wandb agent` (a process for
every run) and once in a warm process (`agent.py --sweep`), against a server of its own.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from datetime import datetime
from pathlib import Path

from sweepd.cli import local, run
from sweepd.cli.client import Client
from sweepd.domain.ids import SweepPath
from sweepd.settings import Settings

ROOT = Path(__file__).parent.parent
RUNS = """
query Runs($entity: String!, $project: String!, $sweep: String!) {
  project(entityName: $entity, name: $project) { sweep(sweepName: $sweep) { runs { edges { node {
    startedAt endedAt
    sampledHistory(specs: ["{\\"keys\\": [\\"_timestamp\\", \\"batch/loss\\"]}"])
  } } } } }
}
"""


def main() -> None:
    """Run both ways and print the gaps."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=5, help="runs for each way")
    n_runs = parser.parse_args().runs
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(data=Path(folder) / "data", port=0)
        process = run._start_server(settings)
        try:
            url = run._wait_for_server(settings, process)
            where = Client(url, local.read_key(settings) or "")
            for name, command in (
                ("stock agent", [sys.executable, "-m", "wandb", "agent"]),
                ("warm process", [sys.executable, "agent.py", "--sweep"]),
            ):
                gaps = measure(where, Path(folder), command, n_runs)
                each = ", ".join(f"{gap:.1f}" for gap in gaps)
                print(f"{name}: median {statistics.median(gaps):.1f} s ({each})", flush=True)
        finally:
            process.terminate()
            process.wait()


def measure(where: Client, folder: Path, command: list[str], n_runs: int) -> list[float]:
    """Gaps of one agent's runs, seconds."""
    file = folder / "sweep.yaml"
    seeds = {"seed": {"values": list(range(n_runs))}}
    parameters = {"epochs": {"value": 1}, "batch_size": {"value": 500}, **seeds}
    file.write_text(
        json.dumps(
            {"program": "agent.py", "method": "grid", "project": "bench", "parameters": parameters}
        )
    )
    path = run._create(where, file, None)
    environ = where.environment() | {"WANDB_DIR": str(folder), "PYTHONPATH": str(ROOT)}
    subprocess.run(
        [*command, str(path)],
        cwd=ROOT,
        env=environ,
        check=True,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    return gaps_of(where, path)


def gaps_of(where: Client, path: SweepPath) -> list[float]:
    """From each run's end to the next one's first logged batch, seconds."""
    answer = where.query(RUNS, entity=path.entity, project=path.project, sweep=path.sweep_id)
    found = [edge["node"] for edge in answer["project"]["sweep"]["runs"]["edges"]]
    found.sort(key=lambda item: item["startedAt"])
    ends = [datetime.fromisoformat(item["endedAt"]).timestamp() for item in found]
    firsts = [item["sampledHistory"][0][0]["_timestamp"] for item in found]
    return [first - end for end, first in zip(ends[:-1], firsts[1:], strict=True)]


if __name__ == "__main__":
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    main()
