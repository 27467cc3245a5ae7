"""What a client does in a day, against servers that answer in turn; ends with `done`.

Run by test_behind_proxy.py. Whatever one server keeps to itself shows here: signed addresses,
uploads in parts, configs prepared ahead of need, who holds which run.
"""

import os
import subprocess
import sys
from pathlib import Path

import wandb

PROJECT = "replicas"
HERE = f"{wandb.Api().default_entity}/{PROJECT}"
QUIET = wandb.Settings(x_disable_stats=True)
BAYES = {
    "method": "bayes",
    "metric": {"name": "loss", "goal": "minimize"},
    "run_cap": 4,
    "parameters": {"lr": {"min": 0.0, "max": 1.0}},
}
GRID = {"method": "grid", "parameters": {"n": {"values": [1, 2, 3, 4]}}}
AGENT = """
import sys, wandb
def train():
    with wandb.init(settings=wandb.Settings(console="off", x_disable_stats=True)) as run:
        run.log({"loss": (run.config.get("lr", 0) - 0.3) ** 2})
wandb.agent(sys.argv[1], train)
"""


def make_run() -> None:
    body = os.urandom(1 << 20)
    Path("model.bin").write_bytes(body)
    with wandb.init(project=PROJECT, id="one", config={"a": 1}, settings=QUIET) as run:
        for step in range(50):
            run.log({"loss": 1 / (step + 1)})
        print("printed by the run")
        run.save("model.bin")
        art = wandb.Artifact("model", "model")
        art.add_file("model.bin")
        run.log_artifact(art, aliases=["best"]).wait()
    with wandb.init(project=PROJECT, id="one", resume="must", settings=QUIET) as run:
        run.log({"loss": 0.0})
    api = wandb.Api()
    seen = api.run(f"{HERE}/one")
    assert seen.state == "finished" and seen.summary["loss"] == 0.0
    assert len(list(seen.scan_history())) == 51
    for _ in range(3):
        with seen.file("model.bin").download("files", replace=True) as file:
            assert Path(file.name).read_bytes() == body
        folder = api.artifact(f"{HERE}/model:best").download("got", skip_cache=True)
        assert (Path(folder) / "model.bin").read_bytes() == body


def start(config: dict[str, object]) -> tuple[str, list[subprocess.Popen[bytes]]]:
    """A sweep and two agents of it."""
    path = f"{HERE}/{wandb.sweep(config, project=PROJECT)}"
    agents = [
        subprocess.Popen(
            [sys.executable, "-c", AGENT, path],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        for _ in range(2)
    ]
    return path, agents


def runs_of(path: str, agents: list[subprocess.Popen[bytes]]) -> list[wandb.apis.public.Run]:
    """The sweep's runs, once its agents have left."""
    assert [agent.wait(120) for agent in agents] == [0, 0]
    found = wandb.Api().sweep(path)
    assert found.state == "FINISHED", found.state
    return list(found.runs)


def main() -> None:
    grid, bayes = start(GRID), start(BAYES)  # they go on beside the rest
    make_run()
    runs = runs_of(*grid)
    assert sorted(run.config["n"] for run in runs) == [1, 2, 3, 4]
    assert {run.state for run in runs} == {"finished"}
    rates = [run.config["lr"] for run in runs_of(*bayes)]
    assert len(rates) == len(set(rates)) == 4, rates
    print("done")


main()
