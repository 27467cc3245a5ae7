"""Runs that were there before the sweep (`wandb sweep -R`): weighed by how well they predict it.

They count as this sweep's own results, as on wandb.ai, until its own say otherwise: from
MIN_COMPARED results on these, each predicted from the others, must not be predicted better without
the earlier ones. Where they are, as with another data set or another code, the earlier runs become
a source (`sources.py`), which takes part as far as it proves to tell something. So that something
can contradict them, every second config of the first design goes out all the same.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from sweepd.search.bayes.gaussian_process import fit, left_out
from sweepd.search.bayes.objective import Data, choose_subset, gather
from sweepd.search.bayes.settings import Settings
from sweepd.search.bayes.sources import MARGIN, MARGIN_PER_RUN, MIN_COMPARED
from sweepd.search.bayes.warp import warps
from sweepd.search.coordinates import Coordinates
from sweepd.search.observation import Observation
from sweepd.search.spec import Metric

NAME = "-R"  # of the source that contradicted runs become


def weighed(
    coordinates: Coordinates,
    metric: Metric,
    observations: Sequence[Observation],
    settings: Settings,
) -> list[Observation]:
    """The observations, earlier runs among them marked as a source where the others contradict."""
    if not any(o.is_prior for o in observations):
        return list(observations)
    here = [o for o in observations if not o.source]
    own, prior = (
        gather(coordinates, metric, [o for o in here if o.is_prior == which], ())
        for which in (False, True)
    )
    if len(own.y) < MIN_COMPARED or not len(prior.y):
        return list(observations)
    if not _is_contradicted(own, prior, coordinates, settings):
        return list(observations)
    return [replace(o, source=NAME) if o.is_prior else o for o in observations]


def _is_contradicted(own: Data, prior: Data, coordinates: Coordinates, settings: Settings) -> bool:
    """Whether own results, each from the others, are predicted better without the prior ones."""
    parts = []
    for data in (own, prior):
        few = choose_subset(data.X, data.y, coordinates.is_category, settings.max_fit_points)
        parts.append((data.X[few], data.y[few]))
    n = len(parts[0][1])
    y = warps(np.concatenate([part[1] for part in parts]))[-1].y  # in the same units for both
    X = np.vstack([part[0] for part in parts])
    alone = fit(X[:n], y[:n], coordinates.is_category, prior=settings.prior)
    both = fit(X, y, coordinates.is_category, prior=settings.prior)
    return left_out(alone, n) > left_out(both, n) + MARGIN + MARGIN_PER_RUN * n
