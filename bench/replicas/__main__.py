"""Several servers on one database and one object store, killed again and again: are they as one?

    python -m bench.replicas [--cells 900] [--bayes 60] [--agents 48] [--kills 12] [--run-s 3]

Three real `sweepd serve` share a PostgreSQL (Debian's) and an S3 (moto's); the third's clock is
100 s ahead. Each request of each simulated agent goes to the next server. First somebody signs in
with a link of one server at another, opens a page at each and waits there for what changes
elsewhere. Then agents work off a grid, and a bayes sweep with a cap, while one server after the
other is killed with `kill -9` and started again; some runs upload a file. At the end every config
of the grid has exactly one finished run, the other sweep exactly as many runs as its cap, no run
whose agent lived is lost, and every uploaded file is there, byte for byte.
"""

import argparse
import random
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bench.hand_out import SWEEP, sweep_text
from bench.replicas import pages
from bench.replicas.parts import Everywhere, Site, site
from bench.replicas.work import Agents, body_of

BAYES = """method: bayes
program: train.py
metric: {{name: loss}}
run_cap: {n_runs}
parameters:
  a: {{min: 0.0, max: 1.0}}
  b: {{min: 0.0, max: 1.0}}
  c: {{min: 0.0, max: 1.0}}
"""
FILES = """query Files($name: String!) { project(name: "load") { run(name: $name) {
  files(names: ["model.bin"]) { edges { node { url sizeBytes } } } } } }"""
RUNS = """query Runs($sweep: String!) { project(name: "load") { sweep(sweepName: $sweep) {
  state runs { edges { node { name state config stopReason } } } } } }"""
VIEWER = "{ viewer { entity } }"


@dataclass(frozen=True)
class Load:
    """How much is done."""

    n_cells: int = 900
    n_bayes: int = 60
    n_agents: int = 48
    n_kills: int = 12  # for each of the two sweeps
    run_s: float = 3.0
    n_servers: int = 3
    uploads_every: int = 10  # one run of so many


@dataclass
class Outcome:
    """What came of it."""

    wrong: list[str] = field(default_factory=list)
    seconds: float = 0.0
    n_kills: int = 0
    n_uploads: int = 0


def measure(folder: Path, wanted: Load) -> Outcome:
    """Start, kill, compare."""
    came, began = Outcome(), time.monotonic()
    with site(folder, wanted.n_servers) as parts:
        client = Everywhere(parts.ports, parts.key)
        entity = client.query(VIEWER)["viewer"]["entity"]
        came.wrong += pages.go_round(parts, entity)
        for method, text, n_runs in (
            ("grid", sweep_text(wanted.n_cells, None), wanted.n_cells),
            ("bayes", BAYES.format(n_runs=wanted.n_bayes), wanted.n_bayes),
        ):
            if n_runs:
                _work_off(parts, wanted, came, (method, text, n_runs), entity)
        if "Traceback" in (log := parts.log()):
            came.wrong.append(f"in a server's log: {log[log.index('Traceback') :][:3000]}")
    came.seconds = time.monotonic() - began
    return came


def _work_off(
    parts: Site, wanted: Load, came: Outcome, sweep: tuple[str, str, int], entity: str
) -> None:
    method, text, n_runs = sweep
    client = Everywhere(parts.ports, parts.key)
    name = client.query(SWEEP, config=text, project="load")["upsertSweep"]["sweep"]["name"]
    agents = Agents(parts, entity, name, wanted.run_s, wanted.uploads_every)
    threads = list(agents.start(min(wanted.n_agents, n_runs)))
    rng = random.Random(method)
    for number in range(wanted.n_kills):
        due = n_runs * (number + 1) // (wanted.n_kills + 2)
        while agents.n_begun < due and not agents.failed:
            time.sleep(0.05)
        server = rng.choice(parts.servers)
        server.kill()
        server.start()
        came.n_kills += 1
    for thread in threads:
        thread.join()
    came.wrong += [f"{method}: an agent: {error!r}" for error in agents.failed]
    came.wrong += [f"{method}: {told}" for told in _judged(client, name, n_runs, agents)]
    came.wrong += [f"{method}: {told}" for told in _compared(parts, agents)]
    came.n_uploads += len(agents.uploaded)


def _judged(client: Everywhere, sweep: str, n_runs: int, agents: Agents) -> list[str]:
    found: dict[str, Any] = client.query(RUNS, sweep=sweep)["project"]["sweep"]
    runs = [edge["node"] for edge in found["runs"]["edges"]]
    finished = Counter(run["config"] for run in runs if run["state"] == "finished")
    wrong = []
    if found["state"] != "FINISHED":
        wrong.append(f"the sweep is {found['state']}")
    if len(finished) != n_runs or sum(finished.values()) != n_runs:
        wrong.append(f"{len(finished)} configs have {sum(finished.values())} runs, not {n_runs}")
        wrong += [
            f"{run['name']} of {run['config']}: {run['stopReason']!r}, silent for "
            f"{agents.silent_s.get(run['name'], 0.0):.0f} s"
            for run in runs
            if finished[run["config"]] > 1
        ]
    lost = [r["name"] for r in runs if r["name"] in agents.begun and r["state"] != "finished"]
    if lost:
        wrong.append(f"{len(lost)} runs whose agents lived are not finished: {lost[:5]}")
    return wrong


def _compared(parts: Site, agents: Agents) -> list[str]:
    """Every uploaded file, read at another server each."""
    wrong = []
    client = Everywhere(parts.ports, parts.key)
    for run in agents.uploaded:
        nodes = client.query(FILES, name=run)["project"]["run"]["files"]["edges"]
        if not nodes or client.send("GET", nodes[0]["node"]["url"]) != body_of(run):
            wrong.append(f"the file of {run} is not what was answered for")
    return wrong


def main() -> None:
    """Measure and print; exit code 1 when anything was lost or repeated."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    for name in ("cells", "bayes", "agents", "kills"):
        parser.add_argument(f"--{name}", type=int, default=getattr(Load, f"n_{name}"))
    parser.add_argument("--run-s", type=float, default=Load.run_s)
    given = parser.parse_args()
    wanted = Load(given.cells, given.bayes, given.agents, given.kills, given.run_s)
    with tempfile.TemporaryDirectory() as folder:
        came = measure(Path(folder), wanted)
    print(
        f"{wanted.n_servers} servers, {came.n_kills} kills -9 in {came.seconds:.0f} s: a grid of "
        f"{wanted.n_cells} and {wanted.n_bayes} runs of bayes by {wanted.n_agents} agents, "
        f"{came.n_uploads} files; {len(came.wrong)} faults"
    )
    for told in came.wrong:
        print(f"  {told}")
    sys.exit(1 if came.wrong else 0)


if __name__ == "__main__":
    main()
