"""Our own commands as a user types them: run, best, login, users; and what they say when wrong."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT, RunningServer, wait_until
from tests.e2e.test_sweep import RUNS, SWEEP, TRAIN, create

pytestmark = pytest.mark.e2e


def environment(home: Path, **more: str) -> dict[str, str]:
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("WANDB_", "SWEEPD_"))}
    data = {"HOME": str(home), "XDG_DATA_HOME": str(home / "share"), "PYTHONPATH": str(ROOT)}
    return kept | data | {"PYTHONWARNINGS": "ignore"} | more


def sweepd(
    folder: Path, *words: str, home: Path | None = None, **environ: str
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "sweepd", *words],
        cwd=folder,
        capture_output=True,
        text=True,
        env=environment(home or folder, **environ),
        timeout=200,
        check=False,
    )


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "train.py").write_text(TRAIN)
    (tmp_path / "sweep.yaml").write_text(SWEEP)
    return tmp_path


def test_run_does_everything_and_leaves_nothing_running(folder: Path) -> None:
    done = sweepd(folder, "run", "sweep.yaml", "--agents", "2", SWEEPD_PORT="0")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "best run: " in done.stdout
    assert "lr 0.3, n 1" in done.stdout
    [model] = folder.glob("artifacts/*/model.txt")
    assert model.read_text() == "0.3 1"
    assert "train.py --lr=0.3 --n=1" in done.stdout
    assert "FINISHED" in done.stdout
    assert not (folder / "share/sweepd/server.json").exists()


def working_in(folder: Path) -> list[str]:
    """Commands of the processes whose working directory is there: agents, scripts, clients."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            place = (process / "cwd").resolve(strict=True)
            if place.is_relative_to(folder.resolve()):
                found.append((process / "cmdline").read_text().replace("\0", " "))
        except OSError:  # it ended meanwhile
            continue
    return found


PAUSED = TRAIN.replace(
    "    with open(", "    open('has_begun', 'w').close(); signal.pause()\n    with open("
).replace("import argparse", "import argparse, signal")
PREEMPTED = PAUSED.replace(
    "    for step",
    """    def tell(*_):
        run.mark_preempting()
        while wandb.Api().run(run.path).state != "preempting":
            pass
        sys.exit(1)
    signal.signal(signal.SIGTERM, tell)
    for step""",
)


def _as_from_a_terminal() -> None:
    """Tests that begin in the background have signals ignored, and so would their children."""
    for number in (signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)


def begun(folder: Path, script: str, *words: str, **environ: str) -> subprocess.Popen[str]:
    """One of our commands, whose first script has begun and waits."""
    (folder / "train.py").write_text(script)
    process = subprocess.Popen(
        [sys.executable, "-m", "sweepd", *words],
        cwd=folder,
        text=True,
        env=environment(folder, **environ),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        preexec_fn=_as_from_a_terminal,
    )
    wait_until((folder / "has_begun").exists, 120, lambda: "no run began")
    return process


def wait_until_nothing_is_left(folder: Path) -> None:
    """The client's monitor looks for its parent now and then, and goes by itself."""
    wait_until(lambda: not working_in(folder), 90, lambda: f"still there: {working_in(folder)}")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGHUP], ids=lambda n: n.name)
def test_interrupted_run_stops_everything_and_says_how_to_go_on(
    folder: Path, number: signal.Signals
) -> None:
    process = begun(folder, PAUSED, "run", "sweep.yaml", SWEEPD_PORT="0")
    process.send_signal(number)
    said, _ = process.communicate(timeout=150)
    assert process.returncode == 130, said
    assert "run --resume" in said
    listing = subprocess.run(["ps", "-A", "-o", "args="], capture_output=True, text=True).stdout
    assert str(folder) not in listing
    left = [command for command in working_in(folder) if "wandb-symon" not in command]
    assert left == []
    wait_until_nothing_is_left(folder)


def test_agents_that_are_asked_to_end_give_their_scripts_the_time_to_say_so(
    live: RunningServer, folder: Path
) -> None:
    """An engine that preempts sends SIGTERM; the run is kept and goes out again as itself."""
    sweep = create(live, folder)
    environ = {"WANDB_BASE_URL": live.url, "WANDB_API_KEY": live.key}
    words = ["agents", sweep, "--server", live.url, "--grace", "60"]
    process = begun(folder, PREEMPTED, *words, **environ)
    process.send_signal(signal.SIGTERM)
    said, _ = process.communicate(timeout=120)
    assert process.returncode == 130 and "the sweep goes on" in said, said
    runs = live.client.query(RUNS, sweep=sweep.rsplit("/", 1)[1])["project"]["sweep"]["runs"]
    states = {edge["node"]["state"] for edge in runs["edges"]}
    assert states <= {"preempted", "preempting"}, states
    wait_until_nothing_is_left(folder)


def test_agents_of_a_command_that_is_killed_end_too(live: RunningServer, folder: Path) -> None:
    """Else they and their scripts would hold the machine's GPUs."""
    sweep = create(live, folder)
    environ = {"WANDB_BASE_URL": live.url, "WANDB_API_KEY": live.key}
    process = begun(folder, PAUSED, "agents", sweep, "--server", live.url, **environ)
    process.kill()
    process.communicate(timeout=150)
    wait_until_nothing_is_left(folder)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["run", "missing.yaml"], "missing.yaml: No such file"),
        (["run", "broken.yaml"], "not valid YAML at line"),
        (["run", "method.yaml"], "method"),
        (["run", "program.yaml"], "program 'gone.py' is not in"),
        (["best", "a/b/c"], "no sweepd is known here"),
        (["best", "a/b/c/d/e"], "a sweep is named"),
        (["best", "a/b/c", "--server", "http://127.0.0.1:9"], "no API key|no sweepd answers"),
        (["login"], "no sweepd runs here"),
        (["users", "add", "ann"], "no sweepd data in"),
    ],
)
def test_wrong_use_is_one_clear_line(folder: Path, words: list[str], message: str) -> None:
    import re

    (folder / "broken.yaml").write_text("method: [\n")
    (folder / "method.yaml").write_text("method: best\nparameters: {x: {value: 1}}\n")
    (folder / "program.yaml").write_text(SWEEP.replace("train.py", "gone.py"))
    done = sweepd(folder, *words)
    assert done.returncode != 0
    assert re.search(message, done.stderr), done.stdout + done.stderr
    assert "Traceback" not in done.stderr


def test_login_points_the_client_here_and_keeps_other_keys(
    live: RunningServer, folder: Path
) -> None:
    (folder / ".netrc").write_text("machine api.wandb.ai\n  login user\n  password secret\n")
    done = sweepd(folder, "login", live.url, "--key", live.key)
    assert done.returncode == 0, done.stderr
    netrc = (folder / ".netrc").read_text()
    assert "machine api.wandb.ai\n  login user\n  password secret\n" in netrc
    assert f"password {live.key}" in netrc
    assert live.url in (folder / ".config/wandb/settings").read_text()
    again = sweepd(folder, "login", live.url, "--key", live.key)
    assert again.returncode == 0
    assert (folder / ".netrc").read_text().count("127.0.0.1") == 1
    listing = sweepd(folder, "sweeps")
    assert listing.returncode == 0, listing.stderr


def test_user_added_while_the_server_runs_may_come_in(live: RunningServer, folder: Path) -> None:
    done = sweepd(folder, "users", "add", "zoe", "--data", str(live.data))
    assert done.returncode == 0, done.stderr
    key = done.stdout.strip()
    live.key = key
    assert live.client.query("{ viewer { username entity } }")["viewer"] == {
        "username": "zoe",
        "entity": "zoe",
    }
    assert sweepd(folder, "users", "add", "zoe", "--data", str(live.data)).returncode != 0


def test_backup_verify_restore_and_tidy_name_what_is_damaged(
    live: RunningServer, folder: Path
) -> None:
    """A file of a run is damaged on the server's disk: every command says so, none stops at it."""
    script = "import wandb\nwith wandb.init(project='p', id='r') as run: run.save('kept.txt')"
    (folder / "kept.txt").write_text("kept as it is")
    subprocess.run(
        [sys.executable, "-c", script],
        cwd=folder,
        env=live.environment(folder),
        check=True,
        capture_output=True,
        timeout=200,
    )
    data = ["--data", str(live.data)]
    assert sweepd(folder, "backup", "whole.tar", *data).returncode == 0
    assert sweepd(folder, "verify", *data).returncode == 0
    assert "of " in sweepd(folder, "tidy", *data).stdout
    [place] = [
        path for path in live.data.glob("blobs/??/*") if path.read_bytes() == b"kept as it is"
    ]
    place.write_bytes(b"kept as it iS")
    done = sweepd(folder, "backup", "hurt.tar", *data)
    assert done.returncode == 1 and "/p/r: kept.txt" in done.stderr, done.stderr
    done = sweepd(folder, "restore", "hurt.tar", "--data", str(folder / "again"))
    assert done.returncode == 1 and "/p/r: kept.txt" in done.stderr, done.stderr
    assert (folder / "again/sweepd.db").exists()
    done = sweepd(folder, "verify", *data)
    assert done.returncode == 1 and "kept.txt) is damaged" in done.stdout, done.stdout
    done = sweepd(folder, "verify", "--repair", "--from", "whole.tar", *data)
    assert done.returncode == 0 and "the backup had it: mended" in done.stdout, done.stdout
    assert place.read_bytes() == b"kept as it is"
    (folder / "no.tar").write_text("not a backup")
    done = sweepd(folder, "restore", "no.tar", "--data", str(folder / "none"))
    assert done.returncode == 1 and "Traceback" not in done.stderr
    assert not (folder / "none").exists()
    live.stop()
    (live.data / "sweepd.db").unlink()
    done = sweepd(folder, "serve", "--port", "0", *data)
    assert done.returncode == 1 and "is missing, but" in done.stderr and "--new" in done.stderr
    assert place.exists()
