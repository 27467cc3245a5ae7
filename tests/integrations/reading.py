"""What each integration left on the server, read with the stock client's own API.

A function a case: it asserts what its framework should have sent, and answers with what was read.
"""

import json
import math
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import wandb
from wandb.apis.public import Run, Sweep

FINISHED = "finished"


@dataclass(frozen=True)
class Found:
    """What was read, in words, and the page that shows it."""

    words: str
    address: str


def _runs(project: str, n: int) -> list[Run]:
    runs = list(wandb.Api().runs(project, order="+created_at"))
    told = [(run.name, run.state) for run in runs]
    assert len(runs) == n, f"expected {n} runs, got {told}"
    assert all(run.state == FINISHED for run in runs), told
    return runs


def _sweep(project: str, n_runs: int, name: str | None = None) -> tuple[Sweep, list[Run]]:
    sweeps = [wandb.Api().sweep("/".join(s.path)) for s in wandb.Api().project(project).sweeps()]
    found = [sweep for sweep in sweeps if name in (None, sweep.name)]
    assert len(found) == 1, [sweep.name for sweep in sweeps]
    runs = list(found[0].runs)
    told = [(run.name, run.state, dict(run.config)) for run in runs]
    assert len(runs) == n_runs and all(run.state == FINISHED for run in runs), told
    return found[0], runs


def _rows(run: Run, *keys: str) -> list[dict[str, Any]]:
    """Its history lines that have these keys."""
    return list(run.scan_history(keys=list(keys)))


def _numbers(run: Run, key: str) -> list[float]:
    values = [row[key] for row in _rows(run, key)]
    assert values and all(math.isfinite(value) for value in values), (key, values)
    return values


def _summary(run: Run, *keys: str) -> None:
    there = run.summary.keys()
    assert all(key in there for key in keys), f"no {set(keys) - set(there)} among {sorted(there)}"


def _artifacts(run: Run, kind: str) -> list[wandb.Artifact]:
    return [version for version in run.logged_artifacts() if version.type == kind]


def _histogram(run: Run, key: str, n: int, rows: int) -> None:
    """A histogram at each of so many steps, of n values."""
    found = [row[key] for row in _rows(run, key)]
    assert len(found) == rows, f"{key}: {len(found)} of {rows} histograms"
    for value in found:
        counted = sum(value["values"])
        assert value["_type"] == "histogram" and math.isclose(counted, n), (key, counted)


def _same(values: Iterable[float], expected: Iterable[float]) -> bool:
    return all(math.isclose(a, b, rel_tol=1e-6) for a, b in zip(values, expected, strict=True))


def keras(project: str, folder: Path) -> Found:
    """Epochs, a model for each, a table whose pictures lie in another artifact."""
    (run,) = _runs(project, 1)
    losses = _numbers(run, "epoch/val_loss")
    assert len(losses) == 3 and run.config["units"] == 8
    models = _artifacts(run, "model")
    assert [model.version for model in models] == ["v0", "v1", "v2"], models
    assert "epoch_2" in models[-1].aliases and "latest" in models[-1].aliases
    assert [used.type for used in run.used_artifacts()] == ["dataset"]
    evaluated = _artifacts(run, "evaluation")
    assert len(evaluated) == 3
    table = evaluated[-1].get("eval_data")
    assert len(table.data) == 10 and table.data[3][0] == 2, table.data
    picture = table.data[3][table.columns.index("picture")]
    assert isinstance(picture, wandb.Image) and picture.image.size == (8, 8)
    return Found(
        "3 epochs of loss, accuracy and rate; a model an epoch with its aliases; 3 tables of "
        "predictions, their pictures from the artifact of the data",
        run.url,
    )


def torch(project: str, folder: Path) -> Found:
    """Gradients and weights as histograms."""
    (run,) = _runs(project, 1)
    assert len(_numbers(run, "loss")) == 12
    for layer, n in (("0.weight", 32), ("0.bias", 8), ("2.weight", 8), ("2.bias", 1)):
        _histogram(run, f"gradients/{layer}", n, 6)
        _histogram(run, f"parameters/{layer}", n, 6)
    assert run.summary["graph_0"]["_type"] == "graph-file"
    (model,) = _artifacts(run, "model")
    weights = Path(model.download(str(folder / "downloaded"))) / "weights.pt"
    assert weights.read_bytes() == (folder / "weights.pt").read_bytes()
    return Found(
        "12 losses; 6 histograms of every gradient and weight; the graph; the weights, byte by "
        "byte",
        run.url,
    )


def sklearn(project: str, folder: Path) -> Found:
    """The plots as tables of custom charts."""
    runs = {run.name: run for run in _runs(project, 3)}
    plots = {
        "classifier": [
            "feature_importances",
            "learning_curve",
            "confusion_matrix",
            "summary_metrics",
            "class_proportions",
            "calibration_curve",
            "roc_table",
            "precision_recall_table",
        ],
        "regressor": ["summary_metrics", "learning_curve", "outlier_candidates", "residuals"],
        "clusterer": ["elbow_curve"],  # docs/works-with.md says why not silhouette_plot
    }
    for name, keys in plots.items():
        _summary(runs[name], *keys)
        for key in keys:
            table = runs[name].summary[key]
            file = runs[name].file(table["path"]).download(str(folder / name), replace=True)
            assert len(json.load(file)["data"]) == table["nrows"] > 0, (key, table)
    assert 0.8 < runs["classifier"].summary["accuracy"] <= 1
    return Found("accuracy; the rows behind each of 13 plots", runs["classifier"].url)


def xgboost(project: str, folder: Path) -> Found:
    """A metric a round, the best of them in the summary, the booster."""
    (run,) = _runs(project, 1)
    losses = _numbers(run, "validation_0-logloss")
    assert len(losses) > 5 and run.summary["best_iteration"] == losses.index(min(losses))
    assert _same([run.summary["validation_0-logloss"]["min"]], [min(losses)])
    assert _same([run.summary["validation_0-auc"]["max"]], [max(_numbers(run, "validation_0-auc"))])
    assert run.config["learner"]["learner_train_param"]["objective"] == "binary:logistic"
    _summary(run, "Feature Importance_table")
    (model,) = _artifacts(run, "model")
    (file,) = model.files()
    assert file.size > 1000
    return Found(
        f"{len(losses)} rounds of AUC and loss, their best in the summary; the booster's "
        "parameters as config; importances; the model",
        run.url,
    )


def lightgbm(project: str, folder: Path) -> Found:
    """A metric a round, parameters, importances, the model."""
    (run,) = _runs(project, 1)
    losses = _numbers(run, "validation_binary_logloss")
    assert len(losses) == 12 and run.config["num_leaves"] == 7
    assert _same([run.summary["validation_binary_logloss"]["min"]], [min(losses)])
    assert [row["iteration"] for row in _rows(run, "iteration")] == list(range(12))
    assert "validation" in run.summary["best_score"]
    _summary(run, "Feature Importance_table")
    (model,) = _artifacts(run, "model")
    assert "best" in model.aliases
    return Found(
        "12 rounds of AUC and loss, their best in the summary; the parameters as config; "
        "importances; the model as `best`",
        run.url,
    )


def lightning(project: str, folder: Path) -> Found:
    """Checkpoints as versions, the best of them by its alias."""
    (run,) = _runs(project, 1)
    assert len(_numbers(run, "loss")) == 12 and run.config["lr"] == 0.1
    losses = _numbers(run, "val_loss")
    versions = _artifacts(run, "model")
    assert [version.version for version in versions] == ["v0", "v1", "v2"], versions
    (best,) = (version for version in versions if "best" in version.aliases)
    assert _same([best.metadata["score"]], [min(losses)])
    assert math.isfinite(run.summary["read_back"])
    assert run.summary["rows"]["nrows"] == 2
    _histogram(run, "gradients/layer.weight", 4, 3)
    return Found(
        "12 losses, 3 of validation; 3 checkpoints, the `best` loaded again by its alias; "
        "gradients; a table",
        run.url,
    )


def transformers(project: str, folder: Path) -> Found:
    """Trainer's metrics, arguments and model."""
    (run,) = _runs(project, 1)
    assert run.name == "tiny-bert" and run.config["hidden_size"] == 16
    assert len(_numbers(run, "train/loss")) == 8 and len(_numbers(run, "eval/loss")) == 2
    assert run.config["per_device_train_batch_size"] == 8
    models = _artifacts(run, "model")
    assert any(f.name.endswith("model.safetensors") for m in models for f in m.files()), models
    return Found(
        "8 training losses, 2 evaluations; arguments and model's config; the model", run.url
    )


def transformers_search(project: str, folder: Path) -> Found:
    """The Trainer's search is a sweep, whose best run both name alike."""
    sweep, runs = _sweep(project, 4)
    assert sweep.config["metric"] == {"name": "eval/loss", "goal": "minimize"}
    losses = {run.id: run.summary["eval/loss"] for run in runs}
    best = json.loads((folder / "best.json").read_text())
    assert best["run_id"] == min(losses, key=losses.get) == sweep.best_run().id, (best, losses)
    assert _same([best["objective"]], [min(losses.values())])
    for run in runs:
        assert 1e-5 <= run.config["learning_rate"] <= 1e-1
        assert run.config["per_device_train_batch_size"] in (4, 8, 16)
        assert len(_numbers(run, "train/loss")) == 32 // run.config["per_device_train_batch_size"]
    return Found("4 runs of a bayes sweep; the best run, as the Trainer names it", sweep.url)


def optuna(project: str, folder: Path) -> Found:
    """Trials as steps of a run, then as runs of a group."""
    runs = _runs(project, 6)
    one = next(run for run in runs if run.name == "one-run")
    rows = _rows(one, "loss", "x")
    assert len(rows) == 8 and all(row["loss"] >= 0 for row in rows), rows
    trials = {run.name.split("/")[1]: run for run in runs if run.group == "trials"}
    assert sorted(trials) == ["0", "1", "2", "3", "4"], trials
    for number, run in trials.items():
        assert -3 <= run.config["x"] <= 3 and run.config["kind"] in ("round", "flat")
        if number != "0":  # docs/works-with.md says what the callback does there
            assert _same([run.summary["half_way"]], [run.summary["loss"] / 2])
    return Found("8 trials as steps of one run; 5 trials as runs with their parameters", one.url)


def ray(project: str, folder: Path) -> Found:
    """Trials as runs of a group, checkpoints as artifacts."""
    runs = _runs(project, 3)
    assert sorted(run.config["x"] for run in runs) == [1.0, 2.0, 3.0]
    for run in runs:
        x, rate = run.config["x"], run.config["optimizer"]["rate"]
        assert run.group == "bowl"
        assert _same(_numbers(run, "loss"), [(x * rate**k) ** 2 for k in range(1, 5)])
        assert len(_artifacts(run, "model")) == 4
    best = json.loads((folder / "best.json").read_text())
    assert _same([best], [min(run.summary["loss"] for run in runs)])
    return Found(
        "3 trials as runs of a group: config with what is nested in it, 4 losses, 4 checkpoints",
        runs[0].url.split("/runs/")[0],
    )


def tensorboard(project: str, folder: Path) -> Found:
    """Scalars and histograms of event files."""
    (run,) = _runs(project, 1)
    assert _same(_numbers(run, "loss"), [1 / (step + 1) for step in range(6)])
    _histogram(run, "weights", 50, 6)
    return Found("6 losses and 6 histograms that its writer wrote", run.url)


def hydra(project: str, folder: Path) -> Found:
    """Overrides of a config that is nested; keys that it lacks."""
    sweep, runs = _sweep(project, 6, "no hyphens")
    cells = {(run.config["optimizer.name"], run.config["optimizer.rate"]) for run in runs}
    assert cells == {(name, rate) for name in ("sgd", "adam") for rate in (0.05, 0.1, 0.4)}
    for run in runs:
        rate = run.config["optimizer.rate"]
        assert run.config["optimizer"] == {"name": run.config["optimizer.name"], "rate": rate}
        assert run.config["steps"] == 4
        assert _same(_numbers(run, "loss"), [(2 * (1 - 2 * rate) ** k) ** 2 for k in range(1, 5)])
    assert sweep.best_run().config["optimizer.rate"] == 0.4
    appended, with_momentum = _sweep(project, 2, "append")
    assert {run.config["momentum"] for run in with_momentum} == {0.0, 0.9}
    overridden, with_note = _sweep(project, 2, "override")
    for run in with_note:
        rate = run.config["optimizer.rate"]
        assert run.config["optimizer"] == {"name": "sgd", "rate": rate, "note": "new"}
    assert [s.state for s in (sweep, appended, overridden)] == ["FINISHED"] * 3
    return Found(
        "3 grids, 10 runs: overrides of nested keys, of keys the config lacks, of the agent's "
        "environment, each in the nested config; 4 losses; the best run",
        sweep.url,
    )


def torchrun(project: str, folder: Path) -> Found:
    """One run for two processes."""
    sweep, runs = _sweep(project, 2)
    assert sorted(run.config["lr"] for run in runs) == [0.05, 0.2]
    for run in runs:
        assert len(_numbers(run, "loss")) == 5
        assert _same(run.summary["rates_of_all_ranks"], [run.config["lr"]] * 2)
    assert sweep.state == "FINISHED"
    return Found(
        "2 runs of 2 processes each: rank 0's config reached rank 1; 5 losses over both", sweep.url
    )
