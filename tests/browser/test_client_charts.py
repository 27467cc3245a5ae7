"""Everything the stock client draws and logs, seen on the page of its run."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from real_site import KEY, RealSite
from test_pages import open_ready

pytestmark = [pytest.mark.browser, pytest.mark.e2e]

SCRIPT = """
import numpy as np, wandb

spec = {"data": {"name": "wandb"}, "mark": "bar", "encoding": {
    "x": {"field": "${field:x}", "type": "nominal"},
    "y": {"field": "${field:y}", "type": "quantitative"}}}
chart = wandb.Api().create_custom_chart(entity="ann", name="mine", display_name="Mine",
    spec_type="vega2", access="private", spec=spec)
table = wandb.Table(columns=["a", "b"], data=[["p", 1.0], ["q", 2.0], ["r", 4.0]])
chances = np.array([[0.9, 0.1], [0.2, 0.8], [0.6, 0.4], [0.3, 0.7]])
with wandb.init(project="drawn", id="all") as run:
    run.log({
        "line": wandb.plot.line(table, "b", "b", title="a line"),
        "bar": wandb.plot.bar(table, "a", "b", title="a bar"),
        "scatter": wandb.plot.scatter(table, "b", "b", title="a scatter"),
        "histogram": wandb.plot.histogram(table, "b", title="a histogram"),
        "series": wandb.plot.line_series([0, 1, 2], [[1, 2, 3], [3, 2, 1]], keys=["u", "v"],
                                         title="a series"),
        "matrix": wandb.plot.confusion_matrix(y_true=[0, 1, 1, 0], preds=[0, 1, 0, 0],
                                              class_names=["cat", "dog"], title="a matrix"),
        "roc": wandb.plot.roc_curve([0, 1, 1, 0], chances, labels=["cat", "dog"], title="a roc"),
        "pr": wandb.plot.pr_curve([0, 1, 1, 0], chances, labels=["cat", "dog"], title="a pr"),
        "own": wandb.plot_table(chart, table, {"x": "a", "y": "b"}, {"title": "an own"}),
        "rows": table, "weights": wandb.Histogram(np.arange(10.0)),
        "picture": wandb.Image(np.zeros((8, 8, 3), np.uint8), caption="black"), "loss": 0.5,
    })
"""


def test_every_chart_of_the_client_is_drawn(
    signed_in: Page, real: RealSite, tmp_path: Path
) -> None:
    pytest.importorskip("wandb")
    pytest.importorskip("vl_convert")
    environment = os.environ | {
        "WANDB_BASE_URL": real.address, "WANDB_API_KEY": KEY, "WANDB_DIR": str(tmp_path),
        "WANDB_ERROR_REPORTING": "false", "WANDB_SILENT": "true", "WANDB_CACHE_DIR": str(tmp_path),
        "WANDB_DATA_DIR": str(tmp_path), "WANDB_CONFIG_DIR": str(tmp_path),
    }  # fmt: skip
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT], env=environment, cwd=tmp_path, capture_output=True,
        text=True, timeout=120,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    signed_in.set_viewport_size({"width": 1400, "height": 3000})
    open_ready(signed_in, f"{real.address}/ann/drawn/runs/all")
    for title, drawn in (
        ("a line", ".scatterlayer .trace"), ("a bar", ".barlayer .point"),
        ("a scatter", ".scatterlayer .point"), ("a histogram", ".barlayer .point"),
        ("a series", ".scatterlayer .trace"), ("a matrix", ".heatmaplayer"),
        ("a roc", ".scatterlayer .trace"), ("a pr", ".scatterlayer .trace"),
        ("weights", ".barlayer .point"),
    ):  # fmt: skip
        chart = signed_in.get_by_role("region", name=title, exact=True)
        expect(chart.locator(drawn).first, title).to_be_attached()
    own = signed_in.get_by_role("region", name="an own", exact=True)
    expect(own.frame_locator("iframe").locator("canvas, svg").first).to_be_visible()
    table = signed_in.get_by_role("region", name="rows").get_by_role("table")
    expect(table.get_by_role("row")).to_have_count(4)
    expect(signed_in.get_by_role("img", name="black")).to_be_visible()
