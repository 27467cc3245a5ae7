"""Draw the pictures of docs/search.md from the compact results.

    python -m bench.search.plots        # needs matplotlib

Writes `docs/search/regret.svg`, `mnist.svg` and `acquisition.svg`.
"""

from __future__ import annotations

import json
from pathlib import Path

import matplotlib

matplotlib.use("svg")
import matplotlib.pyplot as plt
import numpy as np

from bench.search.report import APART, RESULTS, TITLES
from bench.search.results import AT, N_BOOT, Table
from sweepd.search.bayes.acquisition import fantasise, log_ei, moments
from sweepd.search.bayes.gaussian_process import fit, predict

OUT = Path(__file__).resolve().parents[2] / "docs" / "search"
COLOURS = {
    "ours": "#0b6e4f",
    "wandb": "#d98e04",
    "tpe": "#3d6fb6",
    "random": "#8a8a8a",
}
# The same SVG from the same numbers: no date, no random ids, letters as text.
plt.rcParams.update(
    {
        "svg.hashsalt": "sweepd",
        "svg.fonttype": "none",
        "font.size": 10,
        "axes.spines.top": False,
        "axes.spines.right": False,
    }
)


def save(figure: plt.Figure, name: str) -> None:
    """Write a picture without what changes from run to run."""
    figure.tight_layout()
    figure.savefig(OUT / name, metadata={"Date": None}, transparent=False)
    plt.close(figure)


def regret_curves(table: Table, workers: int) -> None:
    """Geometric mean of regret over problems (none set apart) against finished runs: a line
    for each engine whose sweeps went on for as long."""
    figure, axis = plt.subplots(figsize=(7, 4))
    rng = np.random.default_rng(0)
    engines = [name for name in COLOURS if name in table.engines()]
    problems = [p for p in table.problems() if all(table.seeds(e, workers, p) for e in engines)]
    problems = [name for name in problems if name not in APART]
    for engine in engines:
        middle, low, high = [], [], []
        for at in range(len(AT)):
            logs, draws = [], []
            for problem in problems:
                seeds = table.seeds(engine, workers, problem)
                values = np.array([curve[at] for curve in seeds.values()])
                floor = table.floor(workers, problem)
                drawn = values[rng.integers(0, len(values), (N_BOOT // 4, len(values)))]
                logs.append(np.log(values.mean() + floor))
                draws.append(np.log(drawn.mean(axis=1) + floor))
            middle.append(np.exp(np.mean(logs)))
            edges = np.exp(np.percentile(np.mean(draws, axis=0), [2.5, 97.5]))
            low.append(edges[0])
            high.append(edges[1])
        axis.plot(AT, middle, color=COLOURS[engine], label=TITLES[engine].replace("`", ""))
        axis.fill_between(AT, low, high, color=COLOURS[engine], alpha=0.18, linewidth=0)
    axis.set_yscale("log")
    axis.set_xlabel(f"finished runs, {workers} workers")
    axis.set_ylabel("regret (1 = a random config)")
    axis.legend(frameon=False)
    save(figure, "regret.svg")


def mnist_curves(path: Path) -> None:
    """Best validation accuracy against finished runs, with the 95 % interval of the mean."""
    found = json.loads(path.read_text())
    figure, axis = plt.subplots(figsize=(7, 3.5))
    for engine, curves in found["accuracy"].items():
        values = 100 * np.array(curves)
        runs = np.arange(1, values.shape[1] + 1)
        mean = values.mean(axis=0)
        half = 1.96 * values.std(axis=0, ddof=1) / np.sqrt(len(values))
        label = TITLES[engine].replace("`", "")
        axis.plot(runs, mean, color=COLOURS[engine], label=label)
        axis.fill_between(
            runs, mean - half, mean + half, color=COLOURS[engine], alpha=0.18, linewidth=0
        )
    axis.axhline(100 * found["best"], color="black", linewidth=0.8, linestyle=":")
    axis.set_ylim(100 * found["best"] - 2.5, 100 * found["best"] + 0.2)
    axis.set_xlabel(f"finished runs, {found['workers']} workers")
    axis.set_ylabel("best validation accuracy, %")
    axis.legend(frameon=False, loc="lower right")
    save(figure, "mnist.svg")


def acquisition() -> None:
    """One parameter: the posterior, a pending run, and where expected improvement points."""
    X = np.array([[0.05], [0.22], [0.4], [0.62], [0.95]])
    y = np.sin(7 * X[:, 0]) + 0.6 * X[:, 0]
    model = fit(X, (y - y.mean()) / y.std(), np.array([False]))
    grid = np.linspace(0, 1, 400)[:, None]
    mean, variance = predict(model, grid)
    pending = np.array([[0.72]])
    draws = np.random.default_rng(0).standard_normal((16, 1))
    with_it = fantasise(model, pending, draws)
    without = fantasise(model, np.empty((0, 1)), np.empty((1, 0)))
    figure, (top, below) = plt.subplots(2, 1, figsize=(7, 4.5), sharex=True, height_ratios=[2, 1])
    x = grid[:, 0]
    top.plot(x, moments(with_it, grid)[0], color="#0b6e4f", linewidth=0.6, alpha=0.5)
    top.plot(x, mean, color="black", label="mean")
    reach = 1.96 * np.sqrt(variance)
    top.fill_between(
        x, mean - reach, mean + reach, color="black", alpha=0.12, linewidth=0, label="95 %"
    )
    top.plot(X[:, 0], model.y, "o", color="black", label="results")
    top.axvline(pending[0, 0], color="#d98e04", linestyle="--", label="pending run")
    top.set_ylabel("objective")
    top.legend(frameon=False, ncols=4, loc="upper right")
    for state, colour, label in (
        (without, "#8a8a8a", "pending run ignored"),
        (with_it, "#0b6e4f", "averaged over 16 fantasies"),
    ):
        values = np.exp(log_ei(state, grid))
        below.plot(x, values, color=colour, label=label)
        below.plot(x[values.argmax()], values.max(), "v", color=colour)
    below.set_xlabel("parameter (quantile)")
    below.set_ylabel("expected\nimprovement")
    below.legend(frameon=False)
    save(figure, "acquisition.svg")


def main() -> None:
    """Draw all that there are results for."""
    OUT.mkdir(exist_ok=True)
    acquisition()
    if (RESULTS / "mnist.json").exists():
        mnist_curves(RESULTS / "mnist.json")
    regret_curves(Table(sorted(RESULTS.glob("engine-*.json"))), 4)


if __name__ == "__main__":
    main()
