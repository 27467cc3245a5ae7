"""What a sweep file says, as values; `grammar.parse` makes them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from sweepd.domain.goals import Goal
from sweepd.search.grid import Grid
from sweepd.search.space import Space

Impute = Literal["model", "ignore", "worst", "best", "latest"]
ImputeRunning = Literal["false", "worst", "best", "latest"]

METHODS = ("grid", "random", "bayes", "custom")  # W&B's
SAMPLERS = ("sobol", "tpe", "cmaes", "nsga2")  # ours, under sweepd: {sampler: …}


@dataclass(frozen=True)
class Metric:
    """The number to search by.

    Attributes:
        name: Key the script logs.
        target: The sweep ends when a run reaches it.
        impute: What a failed run counts as; "model" learns where runs fail and makes nothing up,
            "ignore" leaves it out.
        impute_while_running: What an unfinished run counts as; "false" leaves it to the model.
    """

    name: str
    goal: Goal = Goal.MINIMIZE
    target: float | None = None
    impute: Impute = "model"
    impute_while_running: ImputeRunning = "false"


@dataclass(frozen=True)
class EarlyTerminate:
    """A rule that stops runs early; iterations are finite logged values of the metric, from 1.

    Attributes:
        min_iter: First iteration a rule decides at; of hyperband None when `max_iter` is used.
        max_iter, s: W&B's other form: `s` bands max_iter/eta, max_iter/eta², …; for asha
            `max_iter` is where rungs end.
        eta: Ratio between bands, and of the runs that are let through.
        strict: Hyperband judges the value at the band, not the best so far.
        min_runs: asha and median judge only when so many runs have reached the band.
    """

    type: str  # a name in stopping/rules.py
    min_iter: int | None = None
    max_iter: int | None = None
    s: int | None = None
    eta: float = 3.0
    strict: bool = True
    min_runs: int = 5


@dataclass(frozen=True)
class Extras:
    """The `sweepd:` section, defaults where the file is silent.

    Attributes:
        retries: How often a config is handed out again which a machine lost; not one that failed.
        repeats: Runs per config; the search sees their mean.
        repeat_as: Config key that receives the number of the repetition, from 0.
        seed: Fixes the sequence of random, sobol and bayes.
        sampler: One of SAMPLERS, in place of the method's own.
        zip: Groups of parameters that advance together.
        when: Dotted name of a parameter or group → the condition, as text.
        constraints: Expressions every config must meet, as text.
        wait_for_in_flight: The sweep ends only when the last run has ended.
        distinct: random and bayes give each config of a finite space once, then end.
        budget: Seconds from the first hand-out on, after which nothing is handed out any more.
        learn_from: Earlier sweeps whose results bayes is to use as far as they prove to help: their
            names, the project and the entity being this sweep's where they are left out.
        breaker: Alike failures in a row that pause the sweep; 0 never does.
    """

    retries: int = 3
    repeats: int = 1
    repeat_as: str | None = None
    seed: int | None = None
    sampler: str | None = None
    zip: tuple[tuple[str, ...], ...] = ()
    when: Mapping[str, str] = field(default_factory=dict)
    constraints: tuple[str, ...] = ()
    wait_for_in_flight: bool = True
    distinct: bool = False
    budget: float | None = None
    learn_from: tuple[str, ...] = ()
    breaker: int = 5


@dataclass(frozen=True)
class SweepSpec:
    """A sweep file that can run.

    Attributes:
        method: grid, random, bayes, custom, or the sampler that replaces it.
        metric: None when the file names none; `metrics` then may hold several.
        controller: "local" when `wandb sweep --controller` chooses the configs.
        scheduler: The client-side scheduler's section; the server then does not search.
        warnings: What is odd but can run: the key, what was expected, what came, what to do.
        broken: Why nothing can be handed out, of a file that was taken by an earlier version.
    """

    method: str
    space: Space
    metric: Metric | None = None
    metrics: tuple[Metric, ...] = ()
    early_terminate: EarlyTerminate | None = None
    run_cap: int | None = None
    program: str | None = None
    command: tuple[str, ...] | None = None
    name: str | None = None
    description: str | None = None
    project: str | None = None
    entity: str | None = None
    controller: str | None = None
    scheduler: Mapping[str, Any] | None = None
    extras: Extras = field(default_factory=Extras)
    warnings: tuple[str, ...] = ()
    broken: str | None = None

    @property
    def lacks_program(self) -> bool:
        """Whether an agent started by command has nothing to run."""
        needs = self.command is None or any("${program}" in part for part in self.command)
        return needs and self.program is None

    @property
    def is_finite(self) -> bool:
        """Whether each config goes out once and then none: grids, and finite `distinct` spaces."""
        return self.method == "grid" or (
            self.extras.distinct and self.space.n_configs is not None and self.method != "custom"
        )

    @property
    def n_configs(self) -> int | None:
        """Cells of a grid, or distinct configs of a finite space; None if infinite."""
        return Grid(self.space).size if self.method == "grid" else self.space.n_configs
