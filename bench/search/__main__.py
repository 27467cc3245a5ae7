"""Everything in one command: every engine side by side, then the tables.

    python -m bench.search --seeds 10 --into bench/search/results

W&B's `sweeps` needs NumPy below 2, so it runs in an environment of its own, made on first use
under `.bench/`. Two engines run at once. Interrupted runs go on where they were; about an hour and
a half of two cores for everything, of which W&B's engine takes the half.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import venv
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
WANDB_ENV = ROOT / ".bench" / "wandb-sweeps"
ENGINES = ("wandb", "ours", "tpe", "sobol", "random")


def wandb_python() -> Path:
    """Interpreter of the environment that holds W&B's package, made if it is not there."""
    python = WANDB_ENV / "bin" / "python"
    if not (WANDB_ENV / "ready").exists():
        venv.create(WANDB_ENV, with_pip=True)
        subprocess.run([python, "-m", "pip", "install", "-q", "sweeps==0.3.0", "numpy<2"],
                       check=True)  # fmt: skip
        (WANDB_ENV / "ready").touch()
    return python


def main() -> None:
    """Run the engines and print the report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--engines", nargs="+", choices=ENGINES, default=list(ENGINES))
    parser.add_argument("--into", type=Path, default=ROOT / "bench" / "search" / "results")
    args = parser.parse_args()
    args.into.mkdir(parents=True, exist_ok=True)

    def run(engine: str) -> None:
        python = wandb_python() if engine == "wandb" else Path(sys.executable)
        out = args.into / f"{engine}.jsonl"
        command = [str(python), "-m", "bench.search.run", "--engine", engine,
                   "--seeds", str(args.seeds), "--out", str(out)]  # fmt: skip
        subprocess.run(command, check=True, cwd=ROOT)

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(run, args.engines))
    files = sorted(str(path) for path in args.into.glob("*.jsonl"))
    subprocess.run([sys.executable, "-m", "bench.search.report", "--per-problem", *files],
                   check=True, cwd=ROOT)  # fmt: skip


if __name__ == "__main__":
    main()
