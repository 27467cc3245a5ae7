"""What each version of the client does; runs in that version's own environment.

Prints one JSON object a step: `{"step": …, "error": …}`, error null when it worked. Knows only the
client: the server's address and key come from the environment, as for any user.
"""

import json
import os
import subprocess
import sys
import traceback
from collections.abc import Callable
from pathlib import Path

import wandb

PROJECT = "clients-" + wandb.__version__
SWEEP = {
    "method": "grid",
    "program": "train.py",
    "command": ["${env}", "${interpreter}", "${program}", "${args}"],
    "metric": {"name": "loss", "goal": "minimize"},
    "parameters": {"lr": {"values": [0.1, 0.2]}},
}
TRAIN = """
import argparse, wandb
parser = argparse.ArgumentParser()
parser.add_argument("--lr", type=float)
with wandb.init(config=vars(parser.parse_args())) as run:
    for step in range(3):
        run.log({"loss": run.config["lr"] / (step + 1)})
"""


def cli(*words: str, **environ: str) -> str:
    """Run the stock command; its whole output."""
    done = subprocess.run(
        [sys.executable, "-m", "wandb", *words],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, **environ},
        timeout=150,
    )
    said = done.stdout + done.stderr
    assert done.returncode == 0, said
    return said


def login() -> None:
    """`wandb login` writes the key where the client itself looks for it."""
    key, host = os.environ["WANDB_API_KEY"], os.environ["WANDB_BASE_URL"]
    without = {k: v for k, v in os.environ.items() if k not in ("WANDB_API_KEY", "WANDB_BASE_URL")}
    done = subprocess.run(
        [sys.executable, "-m", "wandb", "login", "--relogin", "--host", host, key],
        capture_output=True,
        text=True,
        env=without,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert key in (Path.home() / ".netrc").read_text()


def run() -> None:
    """Config, history, summary, media, a table, a chart."""
    import numpy as np

    with wandb.init(project=PROJECT, id="first", config={"lr": 0.1, "ünï": [1]}, tags=["t"]) as one:
        one.define_metric("loss", summary="min")
        for step in range(20):
            one.log({"loss": 1 / (step + 1), "nested": {"a": step}})
        table = wandb.Table(columns=["x", "y"], data=[[i, i * i] for i in range(5)])
        one.log(
            {
                "image": wandb.Image(np.zeros((4, 4, 3), dtype=np.uint8)),
                "histogram": wandb.Histogram([1, 2, 3]),
                "table": table,
                "chart": wandb.plot.line(table, "x", "y"),
            }
        )
        one.summary["extra"] = "ü"
        print("said on the console")


def files() -> None:
    """A saved file comes back the same."""
    Path("saved.txt").write_text("saved")
    with wandb.init(project=PROJECT, id="files") as one:
        one.save("saved.txt")
    found = wandb.Api().run(f"{PROJECT}/files").file("saved.txt")
    with found.download(root="back", replace=True) as text:
        assert text.read() == "saved"


def artifact() -> None:
    """Log a version, use it, download it."""
    Path("model.txt").write_text("weights")
    with wandb.init(project=PROJECT, id="maker") as one:
        made = wandb.Artifact("model", type="model", metadata={"a": 1})
        made.add_file("model.txt")
        one.log_artifact(made, aliases=["best"])
    with wandb.init(project=PROJECT, id="user") as one:
        used = one.use_artifact("model:best")
        folder = used.download(root="downloaded")
        assert (Path(folder) / "model.txt").read_text() == "weights"
    assert [r.id for r in wandb.Api().artifact(f"{PROJECT}/model:best").used_by()] == ["user"]


def registry() -> None:
    """Publish what the step above made, find and use it there; make a registry and remove it."""
    here = "cnn-" + PROJECT
    with wandb.init(project=PROJECT, id="publisher") as one:
        made = one.use_artifact("model:best")
        linked = one.link_artifact(made, f"wandb-registry-model/{here}", aliases=["prod"])
        assert linked.name == f"{here}:v0" and sorted(linked.aliases) == ["latest", "prod"]
        used = one.use_artifact(f"wandb-registry-model/{here}:prod")
        assert (Path(used.download(root="linked")) / "model.txt").read_text() == "weights"
    found = wandb.Api()
    made = found.create_registry("r-" + PROJECT, "restricted", artifact_types=["model"])
    used.link(f"wandb-registry-{made.name}/best")
    made.description, made.name = "mine", "s-" + PROJECT
    made.save()
    assert found.registry(made.name).description == "mine"
    assert [c.name for c in made.collections(filter={"name": "best"})] == ["best"]
    of_model = found.registries(filter={"name": "wandb-registry-model"})
    names = [v.name for v in of_model.collections(filter={"name": here}).versions()]
    assert names == [f"{here}:v0"], names
    assert [(m.user.name, m.role) for m in made.user_members()] == [
        (found.viewer.username, "admin")
    ]
    made.delete()
    used.unlink()
    assert not found.artifact_exists(f"wandb-registry-model/{here}:v0")


def sweep() -> None:
    """A sweep from Python, worked on by a function in this process."""
    seen = []

    def train() -> None:
        with wandb.init() as one:
            seen.append(one.config["lr"])
            one.log({"loss": one.config["lr"]})

    wandb.agent(wandb.sweep(SWEEP, project=PROJECT), function=train, project=PROJECT)
    assert sorted(seen) == [0.1, 0.2], seen


def agent() -> None:
    """`wandb sweep` and `wandb agent`, each run a process of its own."""
    Path("train.py").write_text(TRAIN)
    Path("sweep.yaml").write_text(json.dumps(SWEEP))
    path = cli("sweep", "--project", PROJECT, "sweep.yaml").split("wandb agent ")[1].split()[0]
    cli("agent", path)
    found = wandb.Api().sweep(path)
    assert [one.state for one in found.runs] == ["finished"] * 2
    assert found.best_run().config["lr"] == 0.1
    assert found.state == "FINISHED"


def resume() -> None:
    """Going on with a run keeps its history."""
    for _ in range(2):
        with wandb.init(project=PROJECT, id="resumed", resume="allow") as one:
            one.log({"loss": 1.0})
    steps = [row["_step"] for row in wandb.Api().run(f"{PROJECT}/resumed").scan_history()]
    assert steps == [0, 1], steps


def sync() -> None:
    """A run made offline, sent later."""
    with wandb.init(project=PROJECT, id="offline", mode="offline") as one:
        one.log({"loss": 0.5})
        folder = Path(one.dir).parent
    cli("sync", str(folder))
    assert wandb.Api().run(f"{PROJECT}/offline").summary["loss"] == 0.5


def tensorboard() -> None:
    """Events are followed live; folders of old ones are synced by clients that still do."""
    from tensorboardX import SummaryWriter

    def write() -> None:
        with SummaryWriter("events") as writer:
            for step in range(4):
                writer.add_scalar("loss", 1 / (step + 1), step)

    with wandb.init(project=PROJECT, id="followed", sync_tensorboard=True):
        write()
    values = wandb.Api().run(f"{PROJECT}/followed").history(keys=["loss"], pandas=False)
    assert values[0]["loss"] == 1 and len(values) == 4, values
    minor = int(wandb.__version__.split(".")[1])
    if minor >= 30:
        assert "No runs to sync" in cli("sync", "events")
        return
    words = ["--legacy"] if minor >= 28 else []
    cli("sync", *words, "--id", "events", "-p", PROJECT, "events")
    rows = list(wandb.Api().run(f"{PROJECT}/events").scan_history())
    assert rows[0]["events/loss"] == 1 and len(rows) == 4, rows


def api() -> None:
    """The public API reads and changes what the steps above made."""
    found = wandb.Api()
    [first] = found.runs(PROJECT, filters={"config.lr": 0.1, "tags": "t"})
    assert first.id == "first" and first.state == "finished"
    assert first.config["ünï"] == [1]
    assert dict(first.summary["loss"]) == {"min": 0.05} and first.summary["extra"] == "ü"
    assert len(first.history(keys=["loss"], pandas=False)) == 20
    assert len(list(first.scan_history())) == 21
    assert len(list(first.scan_history(keys=["loss", "nested.a"]))) == 20
    first.notes, first.tags = "noted", ["t", "u"]
    first.config["added"] = 1
    first.update()
    again = wandb.Api().run(f"{PROJECT}/first")
    assert (again.notes, sorted(again.tags), again.config["added"]) == ("noted", ["t", "u"], 1)
    assert "root" in found.viewer.username or found.default_entity
    assert PROJECT in [project.name for project in found.projects()]
    found.run(f"{PROJECT}/user").delete()
    assert "user" not in [one.id for one in wandb.Api().runs(PROJECT)]


def media() -> None:
    """Kinds of media besides images."""
    import numpy as np

    with wandb.init(project=PROJECT, id="media") as one:
        one.log(
            {
                "html": wandb.Html("<b>ü</b>"),
                "cloud": wandb.Object3D(np.zeros((4, 3))),
                "images": [wandb.Image(np.zeros((4, 4, 3), dtype=np.uint8)) for _ in range(3)],
                "confusion": wandb.plot.confusion_matrix(
                    y_true=[0, 1], preds=[0, 1], class_names=["a", "b"]
                ),
            }
        )
    found = wandb.Api().run(f"{PROJECT}/media")
    kinds = {key: found.summary[key]["_type"] for key in ("html", "cloud", "images")}
    assert kinds == {
        "html": "html-file",
        "cloud": "object3D-file",
        "images": "images/separated",
    }, kinds
    names = {file.name for file in found.files()}
    assert found.summary["html"]["path"] in names and "wandb-metadata.json" in names
    assert found.metadata["python"]


def console() -> None:
    """What a script prints, and its alerts."""
    with wandb.init(project=PROJECT, id="console") as one:
        print("a line of its own")
        for _ in range(2):
            one.alert("watch out", "text", wait_duration=60)
    found = wandb.Api().run(f"{PROJECT}/console")
    with found.file("output.log").download(root="log", replace=True) as text:
        assert "a line of its own" in text.read()
    if hasattr(found, "console_logs"):  # since 0.31
        assert "a line of its own" in [line.content for line in found.console_logs()]


def fork() -> None:
    """A fork goes on from a step of its parent; a run is rewound."""
    code = """import sys, wandb
words = dict(word.split("=", 1) for word in sys.argv[2:-1])
with wandb.init(project=sys.argv[1], **words) as run:
    for loss in sys.argv[-1].split(","):
        run.log({"loss": float(loss)})
"""
    Path("fork.py").write_text(code)
    for words in (
        ("id=parent", "0,1,2,3,4"),
        ("id=fork", "fork_from=parent?_step=2", "100"),
        ("id=rewound", "0,1,2,3,4"),
        ("id=rewound", "resume_from=rewound?_step=1", "50"),
    ):
        subprocess.run([sys.executable, "fork.py", PROJECT, *words], check=True, timeout=120)
    found = wandb.Api()
    losses = {
        name: [row["loss"] for row in found.run(f"{PROJECT}/{name}").scan_history()]
        for name in ("fork", "rewound")
    }
    assert losses == {"fork": [0.0, 1.0, 2.0, 100.0], "rewound": [0.0, 1.0, 50.0]}, losses


def shared() -> None:
    """Two processes write one run."""
    code = """import sys, wandb
label = sys.argv[1]
s = wandb.Settings(mode="shared", x_label=label, x_primary=label == "a",
                   x_update_finish_state=label == "a")
with wandb.init(project=sys.argv[2], id="shared", settings=s) as run:
    for i in range(3):
        run.log({"from_" + label: i})
"""
    Path("shared.py").write_text(code)
    for label in "ab":
        subprocess.run([sys.executable, "shared.py", label, PROJECT], check=True, timeout=120)
    found = list(wandb.Api().run(f"{PROJECT}/shared").scan_history())
    for key in ("from_a", "from_b"):
        values = [row[key] for row in found if row.get(key) is not None]
        assert values == [0, 1, 2], found


def versions() -> None:
    """References, aliases, links, lineage and deletion of artifacts."""
    Path("outside.txt").write_text("outside")
    with wandb.init(project=PROJECT, id="versions") as one:
        for number in range(3):
            made = wandb.Artifact("set", type="dataset", metadata={"n": number})
            with made.new_file("n.txt") as file:
                file.write(str(number))
            made.add_reference(Path("outside.txt").absolute().as_uri(), name="outside.txt")
            one.log_artifact(made)
        made.wait()
        one.link_artifact(made, "chosen")
    found = wandb.Api()
    newest = found.artifact(f"{PROJECT}/set:latest")
    assert newest.version == "v2" and newest.metadata == {"n": 2}
    newest.aliases.append("good")
    newest.description = "described"
    newest.save()
    again = found.artifact(f"{PROJECT}/set:good", type="dataset")
    assert (again.description, sorted(again.aliases)) == ("described", ["good", "latest"])
    folder = Path(again.download(root="versions"))
    assert [(folder / n).read_text() for n in ("n.txt", "outside.txt")] == ["2", "outside"]
    assert found.artifact(f"{PROJECT}/chosen:latest").digest == again.digest
    found.artifact(f"{PROJECT}/set:v0").delete()
    kept = [one.version for one in found.artifacts("dataset", f"{PROJECT}/set")]
    assert kept == ["v2", "v1"], kept
    logged = found.run(f"{PROJECT}/versions").logged_artifacts()
    assert sorted(one.name for one in logged) == ["set:v1", "set:v2"]
    assert again.logged_by().id == "versions"
    assert "dataset" in [kind.name for kind in found.artifact_types(PROJECT)]
    assert "set" in [one.name for one in found.artifact_type("dataset", PROJECT).collections()]


def sweep_states() -> None:
    """A sweep is paused, resumed, stopped, cancelled; runs are put into its queue."""
    made = wandb.sweep(SWEEP, project=PROJECT)
    path = f"{wandb.Api().default_entity}/{PROJECT}/{made}"

    def state() -> str:
        return str(wandb.Api().sweep(path).state).upper()

    wandb.agent(made, function=lambda: wandb.init().finish(), project=PROJECT, count=1)
    for flag, expected in (
        ("--pause", "PAUSED"),
        ("--resume", "RUNNING"),
        ("--stop", "FINISHED"),
        ("--resume", "RUNNING"),
        ("--cancel", "CANCELED"),
    ):
        cli("sweep", flag, path)
        assert state() == expected, (flag, state())
    found = wandb.Api().sweep(path)
    assert (found.expected_run_count, found.order) == (2, "+summary_metrics.loss")
    assert found.best_run().state == "finished"
    assert made in [one.id for one in wandb.Api().project(PROJECT).sweeps()]
    if hasattr(found, "enqueue_run"):
        other = wandb.sweep(SWEEP, project=PROJECT)
        queued = wandb.Api().sweep(f"{PROJECT}/{other}").enqueue_run({"lr": {"value": 0.2}})
        seen: list[str] = []
        wandb.agent(other, function=lambda: seen.append(wandb.init().id), project=PROJECT, count=1)
        assert seen == [queued]


def sync_options() -> None:
    """Offline runs are sent under another id and into another project."""
    with wandb.init(project=PROJECT, id="offline2", mode="offline", config={"a": 1}) as one:
        one.log({"loss": 0.5})
        folder = Path(one.dir).parent
    cli("sync", "--id", "renamed", "--project", f"{PROJECT}-other", str(folder))
    found = wandb.Api().run(f"{PROJECT}-other/renamed")
    assert (found.summary["loss"], found.config["a"], found.state) == (0.5, 1, "finished")


def listings() -> None:
    """Orders, lengths, people, empty lists, what is not there."""
    found = wandb.Api()
    everything = found.runs(PROJECT, per_page=3)
    ids = [one.id for one in everything]
    assert len(everything) == len(ids) == len(set(ids)) > 5
    assert [one.id for one in found.runs(PROJECT, order="-created_at")] == ids[::-1]
    best = found.runs(PROJECT, {"config.lr": {"$exists": True}}, order="+config.lr.value")
    assert best[0].config["lr"] == 0.1
    assert found.project(PROJECT).name == PROJECT
    assert found.user(found.viewer.username).username == found.viewer.username
    assert found.run(f"{PROJECT}/first").user.username == found.viewer.username
    assert list(found.reports(f"{found.default_entity}/{PROJECT}")) == []
    Path("up.txt").write_text("up")
    found.run(f"{PROJECT}/first").upload_file("up.txt")
    assert [f.name for f in wandb.Api().run(f"{PROJECT}/first").files(["up.txt"])] == ["up.txt"]
    assert found.create_run(run_id="made", project=PROJECT).id == "made"
    for missing in (lambda: found.run(f"{PROJECT}/nope"), lambda: found.sweep(f"{PROJECT}/nope")):
        try:
            missing()
        except Exception as error:
            assert "ould not find" in str(error), error
        else:
            raise AssertionError("nothing is there")


STEPS: list[Callable[[], None]] = [
    login,
    run,
    files,
    artifact,
    registry,
    sweep,
    agent,
    resume,
    sync,
    tensorboard,
    api,
    media,
    console,
    fork,
    shared,
    versions,
    sweep_states,
    sync_options,
    listings,
]

if __name__ == "__main__":
    for step in STEPS:
        error = None
        try:
            step()
        except Exception:
            error = traceback.format_exc()
        print("\n" + json.dumps({"step": step.__name__, "error": error}), flush=True)
