"""Do the same work with every supported version of the client against a real server.

    python -m tests.clients [VERSION …]

Each version gets an environment of its own under `.clients/`, made the first time. Prints a table
of the steps and of the GraphQL documents in each version's source; fails when a step fails, or when
a document is neither answered nor refused for a reason.
"""

import json
import os
import subprocess
import sys
import tempfile
import venv
from pathlib import Path

from rich.console import Console
from rich.table import Table

from tests.clients.documents import walk
from tests.conftest import ROOT, RunningServer, start_server

VERSIONS = ("0.26.1", "0.27.2", "0.28.2", "0.29.0", "0.30.0", "0.31.0")
CACHE = ROOT / ".clients"
# What the work logs media and TensorBoard's events with; the last brings pkg_resources for it.
NEEDS = ("numpy", "pillow", "tensorboard", "tensorboardX", "setuptools<80")
TIMEOUT_S = 1200


def python_of(version: str) -> Path:
    """The interpreter of a version's environment, made when missing."""
    folder = CACHE / version
    python = folder / "bin" / "python"
    ready, wanted = folder / ".ready", " ".join(NEEDS)
    if not ready.exists() or ready.read_text() != wanted:
        print(f"making an environment for wandb {version} …", file=sys.stderr)
        venv.create(folder, with_pip=True, clear=True)
        subprocess.run(
            [python, "-m", "pip", "install", "--quiet", f"wandb=={version}", *NEEDS], check=True
        )
        ready.write_text(wanted)
    return python


def work(server: RunningServer, version: str) -> dict[str, str | None]:
    """Each step's error, None where it worked."""
    python = python_of(version)
    with tempfile.TemporaryDirectory() as folder:
        environment = server.environment(Path(folder))
        environment.pop("PYTHONPATH", None)
        environment["PATH"] = f"{python.parent}{os.pathsep}{os.environ['PATH']}"
        done = subprocess.run(
            [python, ROOT / "tests" / "clients" / "work.py"],
            cwd=folder,
            env=environment,
            capture_output=True,
            text=True,
            timeout=TIMEOUT_S,
            check=False,
        )
    lines = [json.loads(x) for x in done.stdout.splitlines() if x.startswith('{"step"')]
    if not lines:
        return {"start": done.stdout + done.stderr}
    return {line["step"]: line["error"] for line in lines}


def main(versions: list[str]) -> int:
    """Print the table and what failed; 1 when anything did."""
    with tempfile.TemporaryDirectory() as folder:
        server = start_server(Path(folder))
        try:
            results = {}
            for version in versions:
                results[version] = work(server, version)
                done = [s for s, error in results[version].items() if error is None]
                print(f"wandb {version}: {', '.join(done)}", file=sys.stderr, flush=True)
        finally:
            server.stop()
        log = server.log
    walked = {version: walk(CACHE / version) for version in versions}
    steps = list(dict.fromkeys(step for errors in results.values() for step in errors))
    table = Table("wandb", *results)
    for step in steps:
        cells = (
            "-" if step not in errors else "FAILED" if errors[step] else "ok"
            for errors in results.values()
        )
        table.add_row(step, *cells)
    console = Console(width=120)
    console.print(table)
    unknown = [(version, text) for version in versions for text in walked[version].unknown]
    for version, found in walked.items():
        n_refused = sum(len(names) for names in found.refused.values())
        counts = f"{found.n_answered} documents answered, {n_refused} operations refused"
        console.print(f"wandb {version}: {counts}", highlight=False)
    for reason in sorted({why for found in walked.values() for why in found.refused}):
        names = sorted({n for found in walked.values() for n in found.refused.get(reason, [])})
        console.print(f"- {reason}: {', '.join(names)}", markup=False, highlight=False)
    for version, text in unknown:
        console.print(f"wandb {version}, unknown: {text}", markup=False, highlight=False)
    failed = [(v, s, e) for v, errors in results.items() for s, e in errors.items() if e]
    for version, step, error in failed:
        console.print(f"wandb {version}, {step}:\n{error}", markup=False, highlight=False)
    refused = [line for line in log.splitlines() if "not supported:" in line]
    for line in refused:
        console.print(line, markup=False, highlight=False)
    return 1 if failed or refused or unknown else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:] or list(VERSIONS)))
