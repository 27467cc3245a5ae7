"""Everything in one command: every engine side by side, then the tables.

    nice python -m bench.search --seeds 10

W&B's `sweeps` needs NumPy below 2, so it runs in an environment of its own, made on first use under
`.bench/`. Raw lines are appended below `.bench/results/`, and what is there is not run again, so
an interrupted run goes on where it was; the compact files of `bench/search/results/` are made from
them. Some ten hours of one free core at ten seeds: W&B's engine more than half of them; the
ablations (`--ablations`) half an hour more.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import venv
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from bench.search.report import ENGINES, RESULTS
from bench.search.results import compact

ROOT = Path(__file__).resolve().parents[2]
WANDB_ENV = ROOT / ".bench" / "wandb-sweeps"
RAW = ROOT / ".bench" / "results"


def wandb_python() -> Path:
    """Interpreter of the environment that holds W&B's package, made if it is not there."""
    python = WANDB_ENV / "bin" / "python"
    if not (WANDB_ENV / "ready").exists():
        venv.create(WANDB_ENV, with_pip=True)
        subprocess.run(
            [python, "-m", "pip", "install", "-q", "sweeps==0.3.0", "numpy<2"], check=True
        )
        # It asks for NumPy 2, which W&B's package cannot use, and works with NumPy 1.
        subprocess.run([python, "-m", "pip", "install", "-q", "--no-deps", "ioh"], check=True)
        (WANDB_ENV / "ready").touch()
    return python


def run_engine(engine: str, seeds: int) -> None:
    """Simulate what is missing of an engine, then write its compact file."""
    python = wandb_python() if engine == "wandb" else Path(sys.executable)
    raw = RAW / f"{engine}.jsonl"
    command = [
        python,
        "-m",
        "bench.search.run",
        "--engine",
        engine,
        "--seeds",
        str(seeds),
        "--out",
        raw,
    ]
    subprocess.run(command, check=True, cwd=ROOT)
    compact(raw, RESULTS / f"engine-{engine}.json")


def run_ablations(seeds: int) -> None:
    """Simulate what is missing of the ablations, at four workers, then write their file."""
    raw = RAW / "ablations.jsonl"
    command = [
        sys.executable,
        "-m",
        "bench.search.ablations",
        "--workers",
        "4",
        "--seeds",
        str(seeds),
        "--out",
        raw,
    ]
    subprocess.run(command, check=True, cwd=ROOT)
    compact(raw, RESULTS / "ablations-4.json", [60])


def main() -> None:
    """Run the engines and print the report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--engines", nargs="*", choices=ENGINES, default=list(ENGINES))
    parser.add_argument("--ablations", action="store_true")
    parser.add_argument("--processes", type=int, default=2)
    args = parser.parse_args()
    RAW.mkdir(parents=True, exist_ok=True)
    RESULTS.mkdir(exist_ok=True)
    with ThreadPoolExecutor(args.processes) as pool:
        list(pool.map(lambda engine: run_engine(engine, args.seeds), args.engines))
    if args.ablations:
        run_ablations(args.seeds)
    subprocess.run([sys.executable, "-m", "bench.search.report"], check=True, cwd=ROOT)


if __name__ == "__main__":
    main()
