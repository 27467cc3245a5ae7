"""Train the models of `real_models.py`: lines of `[name, config]` in, their values out.

    python -m bench.search.trainer                    # answers an engine
    python -m bench.search.trainer --levels [NAME …]  # looks for the best known values

Needs scikit-learn. Every value is kept in `.bench/fits.sqlite`, which all processes share. The
levels of a model (`real_models.json`) are the mean of RANDOM random configs and the lowest of all
values kept, after coordinate steps from the best of these; ten minutes of a core for all.
Asked for again after engines ran, they count what these found.
"""

from __future__ import annotations

import argparse
import json
import os
import sqlite3
import sys

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_name, "1")  # before NumPy is loaded

import numpy as np  # noqa: E402

from bench.search.environments import BENCH  # noqa: E402
from bench.search.fits import FITS  # noqa: E402
from bench.search.levels import draw, moves  # noqa: E402
from bench.search.real_models import LEVELS, SPACES, Config, plain  # noqa: E402

FILE = BENCH / "fits.sqlite"
RANDOM = 500
STARTS = 1
SCALES = (0.2, 0.07, 0.02)  # of coordinate steps, shares of a range


class Trainer:
    """Trains what is not kept, keeps what was trained."""

    def __init__(self) -> None:
        FILE.parent.mkdir(exist_ok=True)
        self._kept = sqlite3.connect(FILE, timeout=60, isolation_level=None)
        self._kept.execute("PRAGMA journal_mode=WAL")
        table = "fits (name TEXT, config TEXT, value REAL, PRIMARY KEY (name, config))"
        self._kept.execute(f"CREATE TABLE IF NOT EXISTS {table}")

    def value(self, name: str, config: Config) -> float:
        """Of a config."""
        key = (name, json.dumps(config, sort_keys=True, default=plain))
        row = self._kept.execute("SELECT value FROM fits WHERE name=? AND config=?", key).fetchone()
        if row is not None:
            return float(row[0])
        found = FITS[name](json.loads(key[1]))
        self._kept.execute("INSERT OR IGNORE INTO fits VALUES (?, ?, ?)", (*key, found))
        return found

    def values(self, name: str) -> list[float]:
        """Of all configs of a model that were ever trained."""
        query = "SELECT value FROM fits WHERE name=?"
        return [row[0] for row in self._kept.execute(query, (name,))]


def levels(trainer: Trainer, name: str) -> dict[str, float]:
    """The best known value of a model, the mean of random configs, and how many were seen."""
    rng = np.random.default_rng(0)
    drawn = [draw(SPACES[name], rng) for _ in range(RANDOM)]
    found = [trainer.value(name, config) for config in drawn]
    for start in np.argsort(found, kind="stable")[:STARTS]:
        _descend(trainer, name, drawn[start], found[start])
    seen = trainer.values(name)
    return {"best": min(seen), "typical": float(np.mean(found)), "evaluations": len(seen)}


def _descend(trainer: Trainer, name: str, config: Config, value: float) -> None:
    for scale in SCALES:
        moved = True
        while moved:
            moved = False
            for key, entry in SPACES[name].items():
                for option in moves(config[key], entry, scale):
                    trial = {**config, key: option}
                    found = trainer.value(name, trial)
                    if found < value:
                        config, value, moved = trial, found, True


def main() -> None:
    """Answer until nothing more is asked, or write the levels."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--levels", nargs="*", metavar="NAME")
    names = parser.parse_args().levels
    trainer = Trainer()
    if names is None:
        answers = os.fdopen(os.dup(1), "w", buffering=1)
        os.dup2(2, 1)  # what a library prints is no answer
        for line in sys.stdin:
            answers.write(json.dumps(trainer.value(*json.loads(line))) + "\n")
        return
    for name in names or SPACES:
        kept = json.loads(LEVELS.read_text()) if LEVELS.exists() else {}
        kept[name] = levels(trainer, name)
        LEVELS.write_text(json.dumps(kept, indent=1, sort_keys=True) + "\n")
        print(name, kept[name], flush=True)


if __name__ == "__main__":
    main()
