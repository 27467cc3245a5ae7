"""A sweep's runs and open configs as the search is told of them."""

import json
from collections import Counter
from collections.abc import Sequence
from typing import Any

from sweepd.domain.goals import Goal
from sweepd.domain.runs import LIVE, RunState
from sweepd.domain.sweeps import SweepPoint
from sweepd.search.observation import Observation

# Runs that say what the search knows of a config which is still open: another attempt may follow.
_OF_OPEN_CELLS = (*LIVE, RunState.CRASHED, RunState.PREEMPTED)


def known(
    points: Sequence[SweepPoint], open_configs: Counter[str], goal: Goal
) -> tuple[list[Observation], list[dict[str, Any]]]:
    """Runs as the search sees them, and the configs that have no run to show for themselves yet.

    Of several attempts at one config, lost ones do not count once another has a value or runs.
    """
    with_value = {p.config for p in points if p.metric_last is not None or p.state in LIVE}
    observations = []
    for point in points:
        is_lost = point.metric_last is None and point.state not in LIVE
        if is_lost and (point.config in with_value or open_configs[point.config] > 0):
            continue
        if point.state in _OF_OPEN_CELLS:
            open_configs[point.config] -= 1
        state: Any = point.state
        if state == RunState.KILLED and point.metric_last is not None:
            state = "stopped"
        observations.append(
            Observation(
                config=json.loads(point.config),
                objective=goal.extreme(point.metric_min, point.metric_max),
                state=state,
                latest=point.metric_last,
            )
        )
    return observations, [json.loads(config) for config in open_configs.elements()]
