"""Several metrics as one: each config is chosen for other weights, so the front is found evenly.

Each metric is scaled between its best value and the median; a config counts as the worst of its
weighted metrics, with a small share of their sum, so that no point of the front is out of reach.

Source: Knowles (2006), ParEGO.
"""

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from sweepd.search.distribution import Array
from sweepd.search.observation import Observation
from sweepd.search.spec import Metric

SHARE_OF_SUM = 0.05


def joined(
    observations: Sequence[Observation], metrics: Sequence[Metric], rng: np.random.Generator
) -> list[Observation]:
    """The runs with one objective, lower is better, under weights drawn evenly; None where a run
    lacks a metric."""
    weights = rng.dirichlet(np.ones(len(metrics)))
    signs = np.array([metric.goal.sign for metric in metrics])
    rows = [o.objectives if len(o.objectives) == len(signs) else None for o in observations]
    whole = [row for row in rows if row is not None and all(map(math.isfinite, row))]
    if not whole:
        return [replace(o, objective=None, latest=None) for o in observations]
    values = np.array(whole) * signs
    best = values.min(axis=0)
    scale = np.median(values, axis=0) - best
    scale = np.where(scale > 0, scale, np.maximum(np.ptp(values, axis=0), 1e-300))

    def one(row: Sequence[float] | None) -> float | None:
        if row is None or not all(map(math.isfinite, row)):
            return None
        parts: Array = weights * (np.array(row) * signs - best) / scale
        return float(parts.max() + SHARE_OF_SUM * parts.sum())

    return [
        replace(o, objective=one(row), latest=None)
        for o, row in zip(observations, rows, strict=True)
    ]
