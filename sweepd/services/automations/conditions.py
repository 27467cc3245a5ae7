"""What an automation's filter means: which runs and versions, which numbers, which states."""

import json
import math
import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sweepd.domain.automations import OF_ARTIFACTS, OF_METRICS, OURS, EventType
from sweepd.domain.errors import BadInput
from sweepd.domain.nesting import load
from sweepd.domain.runs import Run, RunState
from sweepd.services.filters import mongo

MAX_WINDOW = 1_000  # values of a metric that a condition looks at
_COMPARE: dict[str, Callable[[float, float], bool]] = {
    "$gt": lambda a, b: a > b,
    "$gte": lambda a, b: a >= b,
    "$lt": lambda a, b: a < b,
    "$lte": lambda a, b: a <= b,
}
_AGGREGATE: dict[str | None, Callable[[Sequence[float]], float]] = {
    None: lambda values: values[-1],
    "MAX": max,
    "MIN": min,
    "AVERAGE": statistics.fmean,
}
_DIRECTIONS = ("ANY", "INCREASE", "DECREASE")
STATES: dict[str, frozenset[RunState]] = {  # by the client's names, which are fewer
    "RUNNING": frozenset({RunState.RUNNING}),
    "FINISHED": frozenset({RunState.FINISHED}),
    "FAILED": frozenset({RunState.FAILED, RunState.CRASHED}),
    "CRASHED": frozenset({RunState.FAILED, RunState.CRASHED}),
}


@dataclass(frozen=True, slots=True)
class Metric:
    """A condition on the newest values of one metric.

    Attributes:
        n_values: How many it needs; with fewer it does not hold.
        measure: The number it compares, from that many values; None when there is none.
    """

    name: str
    n_values: int
    measure: Callable[[Sequence[float]], float | None]
    holds: Callable[[float], bool]


@dataclass(frozen=True, slots=True)
class Condition:
    """A filter, read.

    Attributes:
        run: Whether it is about a run.
        values: Whether it is about a version or collection with such `alias` and `tag`.
    """

    run: Callable[[Run], bool]
    values: Callable[[Mapping[str, Any]], bool]
    metric: Metric | None = None
    states: frozenset[RunState] = frozenset()


def read_filter(event: EventType, text: str) -> Condition:
    """What a filter of such an event means.

    Raises:
        BadInput: It cannot be understood; the message says which part.
    """
    if event in OURS:
        return Condition(_everything, _everything)
    if event in OF_ARTIFACTS:
        _object(text, "eventFilter")
        return Condition(_everything, mongo.compile_filter(text, _value_reader))
    spec = _object(text, "eventFilter")
    run = mongo.compile_filter(_text_of(spec.get("run_filter")))
    if event in OF_METRICS:
        return Condition(run, _everything, metric=_read_metric(event, spec))
    return Condition(run, _everything, states=_read_states(spec))


def _everything(_: Any) -> bool:
    return True


def _value_reader(path: str) -> Callable[[Any], Any]:
    if path not in ("alias", "tag"):
        raise BadInput(f"an automation of artifacts filters by alias and tag; got {path[:80]!r}")
    return lambda values: values.get(path)


def _object(value: Any, what: str) -> dict[str, Any]:
    if isinstance(value, str):
        try:
            value = load(value, what)
        except ValueError as error:
            raise BadInput(f"{what} should be JSON: {error}; got {value[:80]!r}") from error
    if not isinstance(value, dict):
        raise BadInput(f"{what} should be a JSON object; got {value!r:.80}")
    return value


def _text_of(value: Any) -> str | None:
    return value if value is None or isinstance(value, str) else json.dumps(value)


def _read_states(spec: Mapping[str, Any]) -> frozenset[RunState]:
    names = _object(spec.get("run_state_filter"), "run_state_filter").get("states")
    if not isinstance(names, list) or not names:
        raise BadInput(f"run_state_filter names states: {', '.join(STATES)}; got {names!r:.80}")
    unknown = [name for name in names if not isinstance(name, str) or name.upper() not in STATES]
    if unknown:
        raise BadInput(f"states are {', '.join(STATES)}; got {unknown[0]!r:.80}")
    return frozenset[RunState]().union(*(STATES[name.upper()] for name in names))


def _read_metric(event: EventType, spec: Mapping[str, Any]) -> Metric:
    given = spec.get("run_metric_filter")
    if given is None and spec.get("metric_filter") is not None:  # older clients
        given = {"threshold_filter": _object(spec["metric_filter"], "metric_filter")}
    choice = _object(given, "run_metric_filter")
    kind, read = {
        EventType.RUN_METRIC: ("threshold_filter", _threshold),
        EventType.RUN_METRIC_CHANGE: ("change_filter", _change),
        EventType.RUN_METRIC_ZSCORE: ("zscore_filter", _zscore),
    }[event]
    inner = _object(choice.get(kind), kind)
    name = inner.get("name")
    if not isinstance(name, str) or not name:
        raise BadInput(f"{kind} names a metric; got {name!r:.80}")
    return read(name, inner)


def _threshold(name: str, spec: Mapping[str, Any]) -> Metric:
    compare = _one_of(spec, "cmp_op", _COMPARE)
    aggregate = _one_of(spec, "agg_op", _AGGREGATE)
    limit = _number(spec, "threshold")
    return Metric(name, _window(spec, "window_size"), aggregate, lambda v: compare(v, limit))


def _change(name: str, spec: Mapping[str, Any]) -> Metric:
    aggregate = _one_of(spec, "agg_op", _AGGREGATE)
    now = _window(spec, "current_window_size")
    before = _window(spec, "prior_window_size", now)
    is_relative = _one_of(spec, "change_type", {"ABSOLUTE": False, "RELATIVE": True})

    def measure(values: Sequence[float]) -> float | None:
        old: float = aggregate(values[:before])
        new: float = aggregate(values[before:])
        if not is_relative:
            return new - old
        return (new - old) / abs(old) if old else None

    return Metric(name, now + before, measure, _beyond(spec, _number(spec, "change_amount")))


def _zscore(name: str, spec: Mapping[str, Any]) -> Metric:
    def measure(values: Sequence[float]) -> float | None:
        *before, new = values
        spread = statistics.pstdev(before)
        return (new - statistics.fmean(before)) / spread if spread else None

    n_before = _window(spec, "window_size", 30)
    return Metric(name, n_before + 1, measure, _beyond(spec, _number(spec, "threshold")))


def _beyond(spec: Mapping[str, Any], amount: float) -> Callable[[float], bool]:
    direction = _one_of(spec, "change_dir", dict.fromkeys(_DIRECTIONS, True), key=True)
    if direction == "INCREASE":
        return lambda v: v >= amount
    if direction == "DECREASE":
        return lambda v: v <= -amount
    return lambda v: abs(v) >= amount


def _one_of(spec: Mapping[str, Any], name: str, known: Mapping[Any, Any], key: bool = False) -> Any:
    value = spec.get(name)
    if isinstance(value, list | dict) or value not in known:
        words = ", ".join(str(word) for word in known if word is not None)
        raise BadInput(f"{name} is one of {words}; got {value!r:.80}")
    return value if key else known[value]


def _number(spec: Mapping[str, Any], name: str) -> float:
    value = spec.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise BadInput(f"{name} is a finite number; got {value!r:.80}")
    return float(value)


def _window(spec: Mapping[str, Any], name: str, default: int = 1) -> int:
    value = spec.get(name, default)
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= MAX_WINDOW:
        raise BadInput(f"{name} is a whole number from 1 to {MAX_WINDOW:,}; got {value!r:.80}")
    return value
