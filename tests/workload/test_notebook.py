"""`docs/notebook.ipynb` as it lies in the tree: a sweep made, run and looked at in its cells."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient

from tests.conftest import ROOT, RunningServer

pytestmark = [pytest.mark.workload, pytest.mark.e2e]
FILE = ROOT / "docs" / "notebook.ipynb"


@pytest.fixture(scope="module")
def cells(
    shared_live: RunningServer, digits_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, list[Any]]:
    """What each cell put out, by its id; the client knew the server by `sweepd login` alone."""
    home = tmp_path_factory.mktemp("home")
    own = {name: value for name, value in os.environ.items() if not name.startswith("WANDB_")}
    own |= {"HOME": str(home), "WANDB_ERROR_REPORTING": "false", "PYTHONPATH": str(ROOT)}
    login = [sys.executable, "-m", "sweepd", "login", shared_live.url, "--key", shared_live.key]
    done = subprocess.run(login, env=own, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr

    notebook: Any = nbformat.read(FILE, as_version=4)  # type: ignore[no-untyped-call]
    client = NotebookClient(notebook, timeout=240, resources={"metadata": {"path": str(home)}})
    # Where Jupyter puts it: the client (0.31.0) knows a notebook by `jupyter` in this path.
    (home / "jupyter").mkdir()
    client.create_kernel_manager().connection_file = str(home / "jupyter" / "kernel.json")
    client.execute(env=own | {"MNIST_DATA": str(digits_path)})
    return {cell.id: cell.get("outputs", []) for cell in notebook.cells}


def text_of(outputs: list[Any]) -> str:
    return "".join(
        output.get("text", "") + str(output.get("data", {}).get("text/html", ""))
        for output in outputs
    )


def test_the_cells_find_the_server_and_say_where_runs_are(
    cells: dict[str, list[Any]], shared_live: RunningServer
) -> None:
    assert "True" in str(cells["login"])
    assert f"{shared_live.url}/" in text_of(cells["sweep"])
    said = text_of(cells["agent"])
    assert said.count("View run") >= 2 and f"{shared_live.url}/" in said, said


def test_each_config_was_trained_once_and_the_model_kept(cells: dict[str, list[Any]]) -> None:
    *_, best, models = text_of(cells["best"]).splitlines()
    assert best.startswith("2 runs; the best, dropout 0."), best
    assert models.startswith("['mnist-cnn-") and ":v0'" in models, models


@pytest.mark.parametrize(
    ("cell", "page"),
    [("shown", "/runs/"), ("compared", "/sweeps/"), ("magic", "/notebook/workspace?")],
)
def test_pages_are_shown_in_frames_of_the_server(
    cells: dict[str, list[Any]], shared_live: RunningServer, cell: str, page: str
) -> None:
    html = text_of(cells[cell])
    assert f"<iframe src='{shared_live.url}/" in html.replace('"', "'") and page in html, html
    assert shared_live.key not in html and "jupyter=true" in html


def test_the_file_holds_no_outputs() -> None:
    """They would be of one machine, and grow with each run."""
    notebook: Any = nbformat.read(FILE, as_version=4)  # type: ignore[no-untyped-call]
    nbformat.validate(notebook)
    assert not any(cell.get("outputs") for cell in notebook.cells)
