"""A project with a sweep, artifacts, tables, files and a report, made with the stock client."""

import sys
from pathlib import Path

import wandb
import wandb_workspaces.reports.v2 as wr

PROJECT = sys.argv[1]
SWEEP = {
    "method": "grid",
    "metric": {"name": "loss", "goal": "minimize"},
    "parameters": {"lr": {"values": [0.1, 0.01]}},
}


def train() -> None:
    with wandb.init(tags=["a"], notes="why", group="g", job_type="train") as run:
        for step in range(3):
            run.log({"loss": run.config.lr / (step + 1), "odd": float("nan")})
        run.log({"table": wandb.Table(columns=["x"], data=[[run.config.lr]])})
        print("trained with", run.config.lr)
        model = wandb.Artifact("model", "model", metadata={"lr": run.config.lr})
        with model.new_file("weights.txt") as file:
            file.write(f"{run.config.lr}")
        run.log_artifact(model, aliases=[f"lr-{run.config.lr}"])
        Path("kept.txt").write_text("kept")
        run.save("kept.txt")


sweep_id = wandb.sweep(SWEEP, project=PROJECT)
wandb.agent(sweep_id, function=train, project=PROJECT, count=2)
with wandb.init(project=PROJECT, id="user", name="uses a model") as run:
    run.use_artifact("model:latest").download("got")
    run.log({"acc": 0.5})
    run.alert("low", "the accuracy is")
entity = wandb.Api().default_entity
grid = wr.PanelGrid(runsets=[wr.Runset(entity, PROJECT)], panels=[wr.LinePlot(y=["loss"])])
wr.Report(project=PROJECT, entity=entity, title="What came of it", blocks=[grid]).save()
