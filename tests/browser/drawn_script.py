"""Logs one of everything with the stock client; test_client_charts.py looks at the page of it.

Two runs in the project `drawn`: `charts` has every kind of chart, `media` every kind of media.
"""

import json
import wave
from pathlib import Path

import numpy as np
import plotly.graph_objects as go
import wandb
from PIL import Image
from sklearn.cluster import KMeans
from sklearn.datasets import load_iris
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression, Ridge
from wandb.integration.sklearn.calculate import silhouette

P = "drawn"
SPEC = {
    "data": {"name": "wandb"},
    "mark": "bar",
    "encoding": {
        "x": {"field": "${field:x}", "type": "nominal"},
        "y": {"field": "${field:y}", "type": "quantitative"},
    },
}


def quiet() -> wandb.Settings:
    return wandb.Settings(console="off", x_disable_stats=True)


def charts() -> None:
    own = wandb.Api().create_custom_chart(
        entity="ann",
        name="mine",
        display_name="Mine",
        spec_type="vega2",
        access="private",
        spec=SPEC,
    )
    table = wandb.Table(columns=["a", "b"], data=[["p", 1.0], ["q", 2.0], ["r", 4.0]])
    chances = np.array([[0.9, 0.1], [0.2, 0.8], [0.6, 0.4], [0.3, 0.7]])
    truth = [0, 1, 0, 1]
    with wandb.init(project=P, id="charts", settings=quiet()) as run:
        run.log(
            {
                "line": wandb.plot.line(table, "b", "b", title="a line"),
                "stroked": wandb.plot.line(
                    table, "b", "b", stroke="a", title="strokes", split_table=True
                ),
                "bar": wandb.plot.bar(table, "a", "b", title="a bar"),
                "scatter": wandb.plot.scatter(table, "b", "b", title="a scatter"),
                "hist": wandb.plot.histogram(table, "b", title="a histogram"),
                "series": wandb.plot.line_series(
                    [0, 1, 2], [[1, 2, 3], [2, 4, 6]], keys=["u", "v"], title="a series"
                ),
                "matrix": wandb.plot.confusion_matrix(
                    y_true=truth, preds=[0, 1, 1, 1], class_names=["x", "y"], title="a matrix"
                ),
                "roc": wandb.plot.roc_curve(truth, chances, title="a roc"),
                "pr": wandb.plot.pr_curve(truth, chances, title="a pr"),
                "own": wandb.plot_table(own, table, {"x": "a", "y": "b"}, {"title": "an own"}),
                "lost": wandb.plot_table("ann/nothing", table, {}, {"title": "a lost"}),
                "visualized": wandb.visualize(
                    "wandb/metrics/v1",
                    wandb.Table(
                        columns=["metric_name", "metric_value", "model_name"],
                        data=[["f1", 0.5, "m"]],
                    ),
                ),
                "weights": wandb.Histogram(np.arange(10)),
            }
        )
        X, y = load_iris(return_X_y=True)
        model, names = RandomForestClassifier(5).fit(X, y), ["s", "v", "g"]
        wandb.sklearn.plot_class_proportions(y, y, names)
        wandb.sklearn.plot_confusion_matrix(y, model.predict(X), names)
        wandb.sklearn.plot_feature_importances(model, ["a", "b", "c", "d"])
        wandb.sklearn.plot_learning_curve(model, X[::3], y[::3])
        first = (y == 0).astype(int)
        wandb.sklearn.plot_calibration_curve(LogisticRegression().fit(X, first), X, first, "m")
        wandb.sklearn.plot_summary_metrics(model, X, y, X, y)
        ridge = Ridge().fit(X, y)
        wandb.sklearn.plot_outlier_candidates(ridge, X, y)
        wandb.sklearn.plot_residuals(ridge, X, y)
        clusters = KMeans(3, n_init=1).fit(X)
        wandb.sklearn.plot_elbow_curve(clusters, X, cluster_ranges=[1, 2, 3])
        # plot_silhouette takes no clusterer of scikit-learn 1.6 or newer for one.
        run.log(
            {"silhouette_plot": silhouette(clusters, X, clusters.labels_, names, "euclidean", True)}
        )


def picture(shift: int = 0) -> np.ndarray:
    y, x = np.mgrid[0:64, 0:64] * 4
    return np.stack([x, y, (x + y + 40 * shift) % 256], -1).astype(np.uint8)


def written(path: str, content: str | bytes) -> str:
    Path(path).write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def media() -> None:
    with wave.open("tone.wav", "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(8000)
        sound.writeframes(bytes(8000))
    frames = [Image.fromarray(picture(k)) for k in range(3)]
    frames[0].save("clip.gif", save_all=True, append_images=frames[1:])
    mask = np.zeros((64, 64), np.uint8)
    mask[10:30, 10:40] = 1
    box = {"position": {"minX": 0.1, "maxX": 0.5, "minY": 0.2, "maxY": 0.6}, "class_id": 2}
    marked = wandb.Image(
        picture(),
        caption="marked",
        masks={"truth": {"mask_data": mask, "class_labels": {1: "cat"}}},
        boxes={"found": {"box_data": [box], "class_labels": {2: "dog"}}},
    )
    table = wandb.Table(columns=["n", "name", "image"])
    for k in range(60):
        table.add_data(k, f"row {k}", wandb.Image(picture(k)) if k < 3 else None)
    growing = wandb.Table(columns=["i"], log_mode="INCREMENTAL")
    left = wandb.Table(columns=["k", "v"], data=[[1, "left one"]])
    right = wandb.Table(columns=["k", "w"], data=[[1, "right one"]])
    points = np.random.default_rng(0).normal(size=(20, 3))
    with wandb.init(project=P, id="media", settings=quiet()) as run:
        for step in range(3):
            growing.add_data(step)
            run.log(
                {
                    "seen/one": wandb.Image(picture(step), caption=f"at {step}"),
                    "seen/several": [wandb.Image(picture(k), caption=f"no {k}") for k in range(5)],
                    "tables/growing": growing,
                }
            )
        run.log(
            {
                "marked": marked,
                "sound": wandb.Audio("tone.wav", caption="a tone"),
                "film": wandb.Video("clip.gif", caption="a clip"),
                "clip": wandb.Video(written("clip.mp4", bytes(100))),
                "page": wandb.Html("<b>bold</b><script>document.title = window.origin</script>"),
                "far": wandb.Html('<script src="https://example.invalid/x.js"></script>'),
                "figure": go.Figure(go.Bar(x=["p", "q"], y=[1, 2])),
                "cloud": wandb.Object3D(points),
                "mesh": wandb.Object3D(written("t.obj", "v 0 0 0\nv 1 0 0\nv 0 1 0\nf 1 2 3\n")),
                "thing": wandb.Object3D(written("t.gltf", json.dumps({"asset": {}}))),
                "molecule": wandb.Molecule(written("m.pdb", "END\n")),
                "tables/mixed": table,
                "tables/joined": wandb.JoinedTable(left, right, "k"),
                "tables/odd": wandb.Table(columns=["x"], data=[[float("nan")], [1.0]]),
            }
        )
        run.summary["by hand"] = wandb.Image(picture(9), caption="by hand")
        run.alert("loss is high", "it is **17**", level="WARN")
        for _ in range(2):
            run.alert("gone", "<b>all</b> is lost", level=wandb.AlertLevel.ERROR, wait_duration=60)


charts()
media()
