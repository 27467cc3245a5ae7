"""Examples of other frameworks, as their users write them, against a server of ours.

    make integrations

Each `example_*.py` runs in `.venv-integrations` (made by the command, some 4 GB) with the stock
client and the framework's own W&B integration, in a folder of its own, offline. It must end well,
and its run must be there, finished, with history, the metric named below, and its artifacts.
"""

import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests.conftest import RunningServer, start_server

HERE = Path(__file__).parent
PYTHON = HERE.parents[1] / ".venv-integrations" / "bin" / "python"
EXPECTED: dict[str, tuple[str, int, int]] = {  # a key, least lines of history, least artifacts
    "keras": ("epoch/loss", 3, 1),
    "torch": ("loss", 6, 1),
    "sklearn": ("accuracy", 1, 3),
    "xgboost": ("validation_0-logloss", 6, 1),
    "lightning": ("loss", 3, 1),
    "transformers": ("train/loss", 8, 1),
    "tensorboard": ("loss", 4, 0),
}
RUNS = """{ project(name: "integrations") { runs { edges { node {
  name displayName state historyLineCount historyKeys summaryMetrics
  outputArtifacts { totalCount } } } } } }"""


def main() -> int:
    """Run every example named on the command line, or all; returns how many failed."""
    wanted = sys.argv[1:] or list(EXPECTED)
    failed = 0
    with tempfile.TemporaryDirectory() as folder:
        live = start_server(Path(folder) / "server")
        try:
            for name in wanted:
                began = time.monotonic()
                problem = run_example(live, Path(folder) / name, name)
                took = f"{time.monotonic() - began:5.1f} s"
                print(f"{name:14} {took}  {'passed' if problem is None else problem}", flush=True)
                failed += problem is not None
        finally:
            live.stop()
    return failed


def run_example(live: RunningServer, folder: Path, name: str) -> str | None:
    """What was wrong, None for nothing."""
    folder.mkdir()
    environ = live.environment(folder) | {
        "PATH": f"{PYTHON.parent}:/usr/bin:/bin",
        "HF_HUB_OFFLINE": "1",
        "CUDA_VISIBLE_DEVICES": "",
        "TF_CPP_MIN_LOG_LEVEL": "3",
    }
    environ.pop("PYTHONPATH", None)
    done = subprocess.run(
        [PYTHON, HERE / f"example_{name}.py"],
        cwd=folder,
        env=environ,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    if done.returncode != 0:
        return f"ended with {done.returncode}\n{(done.stdout + done.stderr)[-3000:]}"
    owner = live.client.query(RUNS)["project"]
    runs = [edge["node"] for edge in owner["runs"]["edges"]] if owner else []
    found = [run for run in runs if name in (run["displayName"], run["name"])]
    if len(found) != 1:
        return f"expected one run, got {len(found)} among {[run['displayName'] for run in runs]}"
    key, n_lines, n_artifacts = EXPECTED[name]
    run = found[0]
    keys = set((run["historyKeys"] or {}).get("keys", {})) | set(json.loads(run["summaryMetrics"]))
    if run["state"] != "finished" or run["historyLineCount"] < n_lines:
        return f"state {run['state']}, {run['historyLineCount']} lines of history"
    if not any(key in item for item in keys):
        return f"no {key!r} among {sorted(keys)}"
    if run["outputArtifacts"]["totalCount"] < n_artifacts:
        return f"{run['outputArtifacts']['totalCount']} artifacts, expected {n_artifacts}"
    return None


if __name__ == "__main__":
    sys.exit(main())
