"""Environments of the peers: what each needs lives apart, below `.bench/`, made on first use.

Nothing of it is among the project's own requirements: W&B's package wants NumPy below 2, the
others PyTorch or more.
"""

from __future__ import annotations

import subprocess
import sys
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BENCH = ROOT / ".bench"

# Environment → arguments of one `pip install` after the other.
PACKAGES: dict[str, tuple[tuple[str, ...], ...]] = {
    # ioh asks for NumPy 2, which W&B's package cannot use, and works with NumPy 1.
    "wandb-sweeps": (("sweeps==0.3.0", "numpy<2"), ("--no-deps", "ioh")),
    "torch": (("torch==2.13.0", "botorch==0.18.1", "optuna==5.0.0", "ioh>=0.4,<0.5"),),
    "smac": (("smac==2.4.1", "ioh>=0.4,<0.5"),),
    # HEBO asks for pymoo 0.6.0, which has no wheel for this Python, and for NumPy below 1.25.
    "hebo": (
        ("torch==2.13.0", "gpytorch==1.15.2", "numpy==1.24.4", "pymoo==0.6.1", "GPy==1.13.2"),
        ("catboost==1.2.10", "disjoint-set==0.9.0", "pandas<2.3", "scikit-learn<1.6", "scipy<1.13"),
        ("--no-deps", "HEBO==0.3.6", "ioh"),
    ),
}
OF_ENGINE = {
    "wandb": "wandb-sweeps",
    "gp": "torch",
    "botorch": "torch",
    "smac": "smac",
    "hebo": "hebo",
}


def python_of(engine: str) -> Path:
    """Interpreter that can run an engine; its environment is made if it is not there."""
    if engine not in OF_ENGINE:
        return Path(sys.executable)
    folder = BENCH / OF_ENGINE[engine]
    python = folder / "bin" / "python"
    if not (folder / "ready").exists():
        venv.create(folder, with_pip=True)
        for packages in PACKAGES[OF_ENGINE[engine]]:
            subprocess.run([python, "-m", "pip", "install", "-q", *packages], check=True)
        (folder / "ready").touch()
    return python
