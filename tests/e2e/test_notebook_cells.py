"""Signing in and sweeping in a notebook's cells: the kernel asks for a key, and goes on with it."""

import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import kernel
from tests.conftest import RunningServer
from tests.kernel import Kernel

pytestmark = pytest.mark.e2e
SWEEP = """
def train():
    with wandb.init() as run:
        for step in range(2):
            run.log({"loss": run.config.lr / (step + 1)})

sweep_id = wandb.sweep(
    {"method": "grid", "metric": {"name": "loss", "goal": "minimize"},
     "parameters": {"lr": {"values": [0.1, 0.2]}}}, project="cells")
"""


HAVE_ONE = "2"  # of the client's three ways: use an existing account


def login_at(live: RunningServer) -> str:
    return f"import wandb\nwandb.login(host={live.url!r})"


@pytest.fixture
def notebook(shared_live: RunningServer, tmp_path: Path) -> Iterator[Kernel]:
    """The kernel of somebody who has not signed in anywhere."""
    environ = shared_live.environment(tmp_path)
    del environ["WANDB_API_KEY"], environ["WANDB_BASE_URL"]
    with kernel.started(tmp_path, environ) as found:
        yield found


def test_login_asks_in_the_notebook_and_a_sweep_goes_on_from_there(
    notebook: Kernel, shared_live: RunningServer, tmp_path: Path
) -> None:
    answers = [HAVE_ONE, "e" * 40, HAVE_ONE, shared_live.key]
    cell = notebook.run(login_at(shared_live), answers=answers)
    assert [is_hidden for _, is_hidden in cell.asked] == [False, True, False, True], cell.asked
    assert f"{shared_live.url}/authorize?ref=models" in cell.text, cell.text
    assert "this API key belongs to nobody here" in cell.text and "True" in cell.text, cell.text
    kept = tmp_path / ".netrc"
    assert shared_live.key in kept.read_text() and stat.S_IMODE(kept.stat().st_mode) == 0o600

    made = notebook.run(SWEEP)
    assert f"Sweep URL: {shared_live.url}/" in made.text, made.text
    ran = notebook.run("wandb.agent(sweep_id, function=train, project='cells')")
    assert ran.text.count("View run") + "".join(ran.html).count("View run") >= 2, ran
    assert not made.asked and not ran.asked
    read = notebook.run(
        "sweep = wandb.Api().sweep(f'cells/{sweep_id}')\n"
        "print(sorted(run.config['lr'] for run in sweep.runs), sweep.best_run().summary['loss'])"
    )
    assert "[0.1, 0.2] 0.05" in read.text, read.text
    said = "".join(part for one in (cell, made, ran, read) for part in (one.text, *one.html))
    assert shared_live.key not in said


def test_another_kernel_asks_nothing_any_more(
    shared_live: RunningServer, notebook: Kernel, tmp_path: Path
) -> None:
    asked = notebook.run(login_at(shared_live), answers=[HAVE_ONE, shared_live.key]).asked
    assert len(asked) == 2
    environ = shared_live.environment(tmp_path)
    del environ["WANDB_API_KEY"], environ["WANDB_BASE_URL"]
    (tmp_path / "again").mkdir()
    with kernel.started(tmp_path / "again", environ) as other:
        cell = other.run("import wandb\nprint(wandb.login(), wandb.Api().settings['base_url'])")
    assert cell.asked == [] and f"True {shared_live.url}" in cell.text, cell.text
