"""What a change of `bayes` does with the same results: the configs it would run next.

    python -m bench.search.states --variants "power transform by evidence alone" --seeds 2

Whole sweeps part ways after one other config, and what they come to then differs by a factor of
two or more for no reason that lies in the change: dozens of seeds decide little. Here each sweep
(every third config random, the others by the engine as it is) is held at 14, 22, 30 and 39 results,
and every variant proposes once from them. Told are the regret of the proposal, and of the best
config with it, relative to the engine as it is: geometric means and 95 % intervals over sweeps.
What a change is worth only after many runs is not seen.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterator

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_name, "1")  # before NumPy is loaded

import numpy as np  # noqa: E402

from bench.search.ablations import VARIANTS  # noqa: E402
from bench.search.problems import Problem, makers  # noqa: E402
from bench.search.report import APART  # noqa: E402
from sweepd.search.bayes.bayes import propose  # noqa: E402
from sweepd.search.bayes.settings import DEFAULT, Settings  # noqa: E402
from sweepd.search.grammar.sweep_file import parse  # noqa: E402
from sweepd.search.observation import Observation  # noqa: E402

AT = (14, 22, 30, 39)  # results
FLOOR = 1e-3  # of regret: what is below interests nobody


def states(problem: Problem, seed: int, variants: dict[str, Settings]) -> Iterator[np.ndarray]:
    """Logs of regret at each of AT: of what the default proposes and each variant, and then of
    the best config with it, shape (2, 1 + variants)."""
    spec = parse({"method": "bayes", "metric": {"name": "y"}, "parameters": problem.parameters})
    rng = np.random.default_rng(seed)
    runs: list[Observation] = []
    best = 1.0
    while len(runs) <= AT[-1]:
        if len(runs) in AT:
            all_settings = [DEFAULT, *variants.values()]
            found = [propose(spec, runs, [], 1, seed, each)[0] for each in all_settings]
            regrets = np.array([problem.regret(config) for config in found])
            yield np.log(np.array([regrets, np.minimum(regrets, best)]) + FLOOR)
        config = spec.space.decode(rng.random(len(spec.space.dimensions)))
        if len(runs) % 3 != 2:
            [config] = propose(spec, runs, [], 1, seed)
        value = problem.true(config) + problem.noise * float(rng.standard_normal())
        is_failed = problem.fails is not None and problem.fails(config, float(rng.random()))
        state = Observation(config, None, "failed") if is_failed else Observation(config, value)
        best = best if is_failed else min(best, problem.regret(config))
        runs.append(state)


def told(differences: np.ndarray) -> str:
    """Mean of a sample of logs, and its 95 % interval, as factors of regret."""
    reach = 1.96 * differences.std(ddof=1) / np.sqrt(len(differences))
    low, middle, high = np.exp(differences.mean() + reach * np.array([-1, 0, 1]))
    return f"{middle:.3f} [{low:.3f}, {high:.3f}]"


def main() -> None:
    """Print a line for each variant, and each problem on which it proposes otherwise."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--variants", nargs="+", choices=VARIANTS, default=list(VARIANTS))
    parser.add_argument("--problems", nargs="*")
    parser.add_argument("--seeds", type=int, default=2)
    args = parser.parse_args()
    make = makers()
    variants = {name: Settings(**VARIANTS[name]) for name in args.variants}
    sweeps: dict[str, list[np.ndarray]] = {}
    for name in args.problems or [name for name in make if name not in APART]:
        problem = make[name]()
        for seed in range(args.seeds):
            logs = np.mean(list(states(problem, seed, variants)), axis=0)
            sweeps.setdefault(name, []).append(logs[:, 1:] - logs[:, :1])
    of_all = np.array([sweep for each in sweeps.values() for sweep in each])
    for i, variant in enumerate(variants):
        next_one, best = told(of_all[:, 0, i]), told(of_all[:, 1, i])
        print(f"{variant}: next config {next_one}, best with it {best}, {len(of_all)} sweeps")
        for name, each in sweeps.items():
            mine = np.array(each)[:, :, i]
            if np.abs(mine).max() > 0.01:
                both = ", ".join(f"{factor:.2f}" for factor in np.exp(mine.mean(axis=0)))
                print(f"    {name}: {both}")


if __name__ == "__main__":
    main()
