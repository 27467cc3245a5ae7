"""Turn compact results into the tables of docs/search.md.

    python -m bench.search.report                       # print
    python -m bench.search.report --into docs/search.md # replace what stands between its marks

For each problem the regrets of an engine after 60 runs are averaged over seeds, 1 % of random's
average is added (below that, differences interest nobody and would rule the mean), and divided by
the same of the other engine; then the geometric mean over problems. Intervals are 95 % percentiles
of a bootstrap over seeds, paired between the two engines.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Collection
from pathlib import Path

import numpy as np

from bench.search import goals
from bench.search.comparing import against, ahead, best_peer, measured, middle_of, widely_run
from bench.search.markdown import head, replace, row
from bench.search.real_models import EIGHT, SPACES, TWELVE
from bench.search.results import AT, COMPARED_AT, Table
from bench.search.single import first_ones, real_models

RESULTS = Path(__file__).parent / "results"
ENGINES = ("ours", "tpe", "sobol", "random", "wandb", "gp", "botorch", "smac", "hebo")
PEERS = ("gp", "botorch", "smac", "hebo")  # dear: fewer runs
COMPARED = (  # of every shape; run first, so that what stops a run leaves a table of all shapes
    *("hartmann6", "training", "svm", "levy8", "corner", "turned ellipse", "3 of 20", "network"),
    *("optimisers", "lists6", "bowl4 noisy", "bowl3 limit", "kernel ridge", "neighbours"),
    *("bbob 10", "bbob 15", "bbob 21", "mlp"),
)
TITLES = {
    "ours": "sweepd",
    "tpe": "Optuna TPE",
    "sobol": "Sobol",
    "random": "random",
    "wandb": "W&B `sweeps`",
    "gp": "Optuna GPSampler",
    "botorch": "BoTorch",
    "smac": "SMAC3",
    "hebo": "HEBO",
}
WORKERS = (1, 4, 16)
MISSING = "not run"
HALVES = {"develop": "developed on", "held out": "held out"}
SHAPE = "shape: "
APART = (  # whose ratios of nearly nothing would rule every mean
    *("boost", "mlp", "forest"),  # fewer than 768 cells, which are all judged at every ask
    "logistic cancer",  # random itself ends at 10⁻⁵ of a random config's regret
)


def groups(table: Table) -> dict[str, list[str]]:
    """Problems by title; what is set apart is in no other group."""

    def counted(half: str) -> list[str]:
        return [name for name in table.problems(half) if name not in APART]

    found = {title: counted(half) for half, title in HALVES.items()}
    found["both"] = [name for names in list(found.values()) for name in names]
    found["set apart"] = [name for name in table.problems() if name in APART]
    shaped = {half for half in table.halves.values() if half.startswith(SHAPE)}
    bbob = counted(SHAPE + "BBOB")
    others = [name for half in sorted(shaped) for name in counted(half)]
    found["real models"] = [*counted(SHAPE + "models"), "svm"]
    first = set(found["real models"]) - SPACES.keys()
    parts: dict[str, Collection[str]] = {"first seventeen": {*TWELVE, *first}, "first five": first}
    parts |= {"twelve named ahead": TWELVE, "eight named ahead": EIGHT}
    for title, names in parts.items():
        found[f"real models, {title}"] = [n for n in found["real models"] if n in names]
    found["other shapes"] = [name for name in others if name not in bbob]
    found["BBOB"] = bbob
    found["all"] = [*found["both"], *others]
    return found


def overall(table: Table, against: str, engines: list[str]) -> list[str]:
    """Geometric means over problems, by half and number of workers."""
    lines = head(
        [
            f"relative to {TITLES[against]}",
            *(f"{w} workers" if w > 1 else "1 worker" for w in WORKERS),
        ]
    )
    for engine in engines:
        for title, problems in groups(table).items():
            cells = [ratio(table, engine, against, workers, problems) for workers in WORKERS]
            if any(cell != MISSING for cell in cells):
                lines.append(row([f"{TITLES[engine]}, {title} ({len(problems)})", *cells]))
    return lines


def ratio(table: Table, engine: str, against: str, workers: int, problems: list[str]) -> str:
    """The geometric mean over problems with its interval, and how many they are if not all;
    MISSING where fewer than half were simulated."""
    found = measured(table, engine, against, workers, problems)
    if found is None or 2 * found.problems < len(problems):
        return MISSING
    few = "" if found.problems == len(problems) else f" ({found.problems})"
    return f"{found.ratio:.2f} [{found.low:.2f}, {found.high:.2f}]{few}"


def titled(halves: Collection[str]) -> list[tuple[str, str]]:
    """Title and half: the first ones, other shapes by name, BBOB at the end."""
    others = sorted(half for half in halves if half not in HALVES)
    order = [half for half in HALVES if half in halves]
    order += sorted(others, key=lambda half: "BBOB" in half)
    return [(HALVES.get(half, half.removeprefix(SHAPE)), half) for half in order]


def shapes(table: Table, workers: int = 4) -> list[str]:
    """Ours against each peer by shape, and the problems where a peer is beyond doubt ahead."""
    peers = ("wandb", "tpe", "random")
    lines = head(
        ["shape (problems)", *(f"of {TITLES[p]}" for p in peers), "behind beyond its interval"]
    )
    for title, half in titled(set(table.halves.values())):
        problems = [name for name in table.problems(half) if name not in APART]
        behind = []
        for peer in peers:
            for problem in problems:
                value, draws = table.ratios("ours", peer, workers, [problem])
                if np.percentile(draws, 2.5) > 1:
                    behind.append(f"{problem} ({value[0]:.1f} of {TITLES[peer]})")
        cells = [ratio(table, "ours", peer, workers, problems) for peer in peers]
        lines.append(row([f"{title} ({len(problems)})", *cells, ", ".join(behind) or "none"]))
    return lines


def reached(table: Table, workers: int = 4) -> list[str]:
    """The figures to reach, what was measured, and the verdict."""
    by_shape = {
        title: [name for name in table.problems(half) if name not in APART]
        for title, half in titled(set(table.halves.values()))
    }
    lines = head(["", "goal", "problems", "seeds", "measured", ""])
    best = best_peer(table, peers_in(table), workers, APART)
    return lines + [row(its) for its in goals.rows(table, groups(table), by_shape, best, TITLES)]


def peers_in(table: Table) -> list[str]:
    """Peers with results, W&B's and TPE first."""
    return [peer for peer in ("wandb", "tpe", *PEERS) if peer in table.engines()]


def compared(table: Table, workers: int = 4) -> list[str]:
    """Ours against each peer on the problems and seeds that both have, over all problems and by
    shape, and against the best peer of each problem."""
    peers = peers_in(table)
    each = [against(table, [peer], workers, APART) for peer in peers]
    each.append(against(table, widely_run(table, peers, workers, APART), workers, APART))
    last = "best of each problem, known afterwards"
    lines = head(["regret of sweepd relative to", *(TITLES[p] for p in peers), last])
    for title, half in [("all", ""), *titled(set(table.halves.values()))]:
        cells = []
        for ratios in each:
            chosen = [value for name, value in ratios.items() if half in ("", table.halves[name])]
            cells.append(
                f"{over_problems(np.array(chosen))} ({len(chosen)})" if chosen else MISSING
            )
        lines.append(row([title, *cells]))
    single = [ahead(table, peer, workers, APART) for peer in peers]
    said = ["fewer seeds" if found is None else ", ".join(found) or "none" for found in single]
    lines.append(row(["single problems behind, of three seeds and more", *said, ""]))
    return lines


def over_problems(values: np.ndarray) -> str:
    """The geometric mean of ratios, with its interval over problems where there are a few."""
    middle, low, high = middle_of(values)
    return f"{middle:.2f}" + (f" [{low:.2f}, {high:.2f}]" if len(values) > 2 else "")


def asks(table: Table) -> list[str]:
    """Median milliseconds of an ask while the sweeps ran."""
    lines = head(["median ask, ms", *(f"{w} workers" if w > 1 else "1 worker" for w in WORKERS)])
    for engine in (e for e in ENGINES if e in table.engines()):
        found = [table.asks.get((engine, w)) for w in WORKERS]
        cells = [f"{np.median(times):.1f}" if times else MISSING for times in found]
        lines.append(row([TITLES[engine], *cells]))
    return lines


def ablations(table: Table, workers: int = 4) -> list[str]:
    """Each variant relative to the engine as it is, on the problems and seeds both have, the
    interval over problems; and the problems where it differs most."""
    at = AT.index(COMPARED_AT)
    found = []
    for variant in (name for name in table.engines() if name not in ENGINES):
        fair = table.common(["ours", variant], workers)
        problems = [name for name in fair.problems() if name not in APART]
        values = fair.ratios(variant, "ours", workers, problems, at)[0]
        order = np.argsort(values)
        extremes = (order[::-1][:3], order[:3])
        cells = [
            f"{variant} ({len(problems)})",
            over_problems(values),
            *(", ".join(f"{problems[i]} {values[i]:.1f}" for i in some) for some in extremes),
        ]
        found.append((float(np.log(values).mean()), row(cells)))
    title = "regret relative to the engine as it is"
    lines = head(["variant (problems)", title, "most harm", "most help"])
    return lines + [line for _, line in sorted(found, reverse=True)]


def mnist(path: Path) -> list[str]:
    """Best validation accuracy after 10, 20 and 30 runs."""
    found = json.loads(path.read_text())
    lines = head(
        [
            "best validation accuracy after",
            "10 runs",
            "20 runs",
            "30 runs",
            "sweeps that found the best cell",
        ]
    )
    for engine, curves in found["accuracy"].items():
        values = np.array(curves)
        cells = []
        for at in (10, 20, 30):
            mean, error = values[:, at - 1].mean(), values[:, at - 1].std(ddof=1)
            cells.append(f"{mean:.4f} ± {1.96 * error / np.sqrt(len(values)):.4f}")
        share = (values[:, -1] >= found["best"] - 1e-9).mean()
        lines.append(row([TITLES[engine], *cells, f"{100 * share:.0f} %"]))
    return lines


def sections(results: Path) -> dict[str, list[str]]:
    """Every table by its mark."""
    table = Table(sorted(results.glob("engine-*.json")))
    others = [e for e in ENGINES if e in table.engines() and e not in ("wandb", *PEERS)]
    found = {
        "overall": overall(table, "wandb", others),
        "shapes": shapes(table),
        "goals": reached(table),
        "peers": compared(table),
        "random": overall(table, "random", ["ours"]),
        "problems": first_ones(table, HALVES, WORKERS),
        "real": real_models(table, groups(table)["real models"], TITLES),
        "asks": asks(table),
    }
    ablation = sorted(results.glob("ablations-*.json"))
    if ablation:
        everything = Table([*ablation, *(results / f"engine-{e}.json" for e in ("ours", "random"))])
        found["ablations"] = ablations(everything)
    if (results / "mnist.json").exists():
        found["mnist"] = mnist(results / "mnist.json")
    return found


def main() -> None:
    """Print the tables, or put them into a page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--results", type=Path, default=RESULTS)
    parser.add_argument("--into", type=Path)
    args = parser.parse_args()
    text = args.into.read_text() if args.into else ""
    for name, lines in sections(args.results).items():
        if f"<!-- {name} -->" in text:
            text = replace(text, name, lines)
        elif not args.into:
            print("\n".join(lines) + "\n")
    if args.into:
        args.into.write_text(text)


if __name__ == "__main__":
    main()
