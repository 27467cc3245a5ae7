"""agent.py as the process that `wandb agent` starts, and how it ends."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

import agent
from tests.workload.wandb_file import read_runs

pytestmark = pytest.mark.workload

ROOT = Path(agent.__file__).parent


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """The variables `wandb agent` gives a run, for a sweep over dropout."""
    (tmp_path / "config.yaml").write_text("wandb_version: 1\n\ndropout:\n  value: 0.25\n")
    return {
        **{name: value for name, value in os.environ.items() if not name.startswith("WANDB_")},
        "WANDB_MODE": "offline",
        "WANDB_ERROR_REPORTING": "false",
        "WANDB_SWEEP_ID": "abcd1234",
        "WANDB_RUN_ID": "run00001",
        "WANDB_SWEEP_PARAM_PATH": str(tmp_path / "config.yaml"),
        "WANDB_DIR": str(tmp_path),
        "WANDB_CACHE_DIR": str(tmp_path / "cache"),
        "WANDB_DATA_DIR": str(tmp_path / "data"),
    }


def test_sweeps_values_win_and_sigterm_ends_the_run_as_stopped(
    environment: dict[str, str], digits_path: Path, tmp_path: Path
) -> None:
    with (
        (tmp_path / "stderr").open("wb") as stderr,
        subprocess.Popen(
            [
                *(sys.executable, "-u", "agent.py", "--dropout=0.25"),
                *("--epochs=100000", "--batch_size=400", f"--data={digits_path}"),
            ],
            cwd=ROOT,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=stderr,
            text=True,
        ) as process,
    ):
        assert process.stdout is not None
        for line in process.stdout:
            if line.startswith("Epoch 3/"):
                process.send_signal(signal.SIGTERM)
                break
        process.stdout.read()
        assert process.wait(timeout=60) == 255
    error = (tmp_path / "stderr").read_text()
    assert "Run run00001 was stopped" in error
    assert "Traceback" not in error
    assert "locked" not in error
    (run,) = read_runs(tmp_path)
    assert run.exit_code == 255
    assert run.config["dropout"] == 0.25


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["--dropout=0.25", "--epochs=0"], "epochs must be a whole number of at least 1, got 0"),
        (["--dropout=0.25", "--lr=3"], "unknown lr; known are epochs, batch_size"),
    ],
)
def test_bad_config_of_a_sweep_fails_the_run_with_exit_code_1(
    environment: dict[str, str], arguments: list[str], expected: str, tmp_path: Path
) -> None:
    if "--lr=3" in arguments:
        with (tmp_path / "config.yaml").open("a") as file:
            file.write("lr:\n  value: 3\n")
    result = subprocess.run(
        [sys.executable, "agent.py", *arguments],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert result.returncode == 1
    assert f"Run run00001 failed: {expected}" in result.stderr
    assert "Traceback" not in result.stderr
    (run,) = read_runs(tmp_path)
    assert run.exit_code == 1


def test_missing_login_is_a_message_not_a_traceback(
    environment: dict[str, str], tmp_path: Path
) -> None:
    del environment["WANDB_MODE"], environment["WANDB_SWEEP_ID"]
    environment |= {"HOME": str(tmp_path), "WANDB_CONFIG_DIR": str(tmp_path / "config")}
    environment.pop("NETRC", None)
    result = subprocess.run(
        [sys.executable, "agent.py", "--epochs", "0"],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert result.returncode == 1
    assert "Run failed: No API key configured" in result.stderr
    assert "Traceback" not in result.stderr
