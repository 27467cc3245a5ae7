"""Errors of real models as objectives: tables over fine grids (`make_model_tables.py`), continuous
parameters read between their knots. None is searched exhaustively. Needs NumPy only.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

Config = Mapping[str, Any]
FILE = Path(__file__).with_name("model_tables.npz")


class Knots(NamedTuple):
    """Where a parameter was tried.

    Attributes:
        kind: "log" and "even": a number, read between its knots by that scale; "texts": options.
        at: Its values, ascending.
    """

    kind: str
    at: tuple[Any, ...]

    def entry(self) -> dict[str, Any]:
        """The parameter as a sweep file has it."""
        low, high = self.at[0], self.at[-1]
        if self.kind == "texts":
            return {"values": list(self.at)}
        kinds = {"log": "log_uniform_values", "even": "uniform"}
        return {"distribution": kinds[self.kind], "min": low, "max": high}

    def read(self, table: np.ndarray, value: Any) -> np.ndarray:
        """The table, its first axis this parameter's, at one value of it."""
        if self.kind == "texts":
            return table[self.at.index(value)]
        scale = np.log if self.kind == "log" else np.asarray
        place = float(np.interp(scale(value), scale(self.at), np.arange(len(self.at))))
        i = min(int(place), len(self.at) - 2)
        return (i + 1 - place) * table[i] + (place - i) * table[i + 1]


def _log(low: float, high: float, n: int) -> Knots:
    return Knots("log", tuple(float(f"{x:.6g}") for x in np.logspace(low, high, n)))


def _even(low: float, high: float, n: int) -> Knots:
    return Knots("even", tuple(round(float(x), 6) for x in np.linspace(low, high, n)))


GRIDS: dict[str, dict[str, Knots]] = {
    "svr diabetes": {"C": _log(-1, 4, 11), "gamma": _log(-4, 1, 11), "epsilon": _log(-1, 2, 6)},
    "logistic cancer": {
        "C": _log(-4, 3, 15),
        "l1_ratio": _even(0, 1, 6),
        "scaler": Knots("texts", ("max", "quantile", "standard")),
    },
    "kernel ridge diabetes": {
        "alpha": _log(-4, 2, 13),
        "gamma": _log(-4, 1, 13),
        "kernel": Knots("texts", ("laplacian", "polynomial", "rbf")),
    },
}


@cache
def _tables() -> dict[str, np.ndarray]:
    with np.load(FILE) as found:
        return {name: found[name].astype(float) for name in found.files}


def objective(name: str) -> Callable[[Config], float]:
    """Error of a config, linear between the knots."""
    grid = GRIDS[name]

    def true(config: Config) -> float:
        part = _tables()[name]
        for key, knots in grid.items():
            part = knots.read(part, config[key])
        return float(part)

    return true


def best(name: str) -> float:
    """Its minimum, which lies at a knot, for it is linear in each parameter between them."""
    return float(_tables()[name].min())
