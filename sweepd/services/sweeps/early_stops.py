"""Stop a run early by its sweep's rule, when its number arrives; and the sweep's target."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import yaml

from sweepd.domain.errors import BadInput
from sweepd.domain.runs import StopOrigin
from sweepd.domain.sweeps import EventKind, Sweep, SweepState
from sweepd.search.spec import SweepSpec
from sweepd.search.stopping import rules as stopping
from sweepd.services.sweeps import lifecycle, specs
from sweepd.store import objectives, runs, sweep_events
from sweepd.store.database import Connection

MAX_BANDS = 12  # at which the search is told how runs got on


def curves(
    connection: Connection, sweep: Sweep, spec: SweepSpec
) -> dict[str, list[tuple[int, float]]]:
    """How runs got on, at the bands of the sweep's rule, by run id; nothing without a rule."""
    if spec.early_terminate is None:
        return {}
    n_longest = objectives.longest(connection, sweep.pk)
    bands: Sequence[int] = stopping.bands(spec.early_terminate, n_longest)
    if len(bands) > MAX_BANDS:  # a rule that looks at every value
        bands = [1 << i for i in range(n_longest.bit_length())]
    return objectives.list_curves(connection, sweep.pk, bands)


@dataclass(frozen=True)
class _Stored:
    """A run's values as the rules read them: how many, the best, and seldom one of them."""

    connection: Connection
    run_pk: int
    n: int
    best_value: float

    def __len__(self) -> int:
        return self.n

    def __getitem__(self, place: int, /) -> float:
        return objectives.value_at(self.connection, self.run_pk, place + 1)

    def best(self) -> float:
        """The best of them all."""
        return self.best_value


class _Peers(dict[int, Sequence[float]]):
    """What runs are compared by at a band, read when a rule asks for it."""

    def __init__(self, read: Callable[[int], Sequence[float]]) -> None:
        super().__init__()
        self._read = read

    def __missing__(self, band: int) -> Sequence[float]:
        found = self[band] = self._read(band)
        return found

    def get(self, band: int, _: Any = None) -> Any:
        """As by its place: what is not read yet is."""
        return self[band]


def may_judge(sweep: Sweep) -> bool:
    """Whether the sweep's file may have a rule, for all that can be told without reading it."""
    return "early_terminate" in sweep.config_yaml


def judge(connection: Connection, sweep: Sweep, run_pk: int, at: datetime) -> bool:
    """Apply the sweep's rule to a run that has just logged; says whether it was told to stop."""
    spec = specs.spec_of(sweep)
    rule = spec.early_terminate
    if rule is None or spec.metric is None:
        return False
    last = objectives.last_value(connection, run_pk)
    if last is None:
        return False
    compared = stopping.RULES[rule.type].COMPARED
    peers = _Peers(lambda band: objectives.values_at(connection, sweep.pk, band, compared))
    stop = stopping.decide(rule, spec.metric.goal, _Stored(connection, run_pk, *last), peers)
    if stop is None:
        return False
    run = runs.find_run_by_pk(connection, run_pk)
    if run is None or run.stop_requested:
        return False
    lifecycle.request_stop(connection, run, stop.reason, at, StopOrigin.RULE)
    sweep_events.append_event(
        connection,
        sweep.pk,
        at,
        "",
        EventKind.STOP,
        f"{run.display_name} ({run.run_id}): {stop.reason}",
    )
    return True


def replay(
    connection: Connection, sweep: Sweep, rule: Mapping[str, Any] | None
) -> list[stopping.Replayed]:
    """What a rule would have stopped; see `Sweeps.stops`."""
    spec = specs.spec_of(sweep)
    if spec.metric is None:
        raise BadInput("a stopping rule judges a metric; this sweep's file names none")
    if rule is not None:
        raw = {**specs.read_yaml(sweep.config_yaml), "early_terminate": dict(rule)}
        spec = specs.parse(yaml.safe_dump(raw))
    if spec.early_terminate is None or spec.metric is None:
        raise BadInput(
            "this sweep has no `early_terminate`; name the rule to try, such as hyperband with "
            "min_iter 3"
        )
    arrivals = objectives.list_arrivals(connection, sweep.pk)
    return stopping.replay(spec.early_terminate, spec.metric.goal, arrivals)


def target_of(sweep: Sweep) -> float | None:
    """The value at which a running sweep has reached its aim."""
    metric = specs.spec_of(sweep).metric
    return metric.target if metric and sweep.state is SweepState.RUNNING else None
