"""The process fitted to a sweep's results, as they are or with the bad tail drawn in."""

from typing import Any

import numpy as np

from sweepd.search.bayes.gaussian_process import Fit, Mask, condition, fit, theta_of
from sweepd.search.bayes.objective import Data, choose_subset
from sweepd.search.bayes.settings import DEFAULT, Settings
from sweepd.search.bayes.warp import warps
from sweepd.search.distribution import Array


def model_of(data: Data, category: Mask, settings: Settings = DEFAULT) -> Fit:
    """The process on results as they are or with the bad tail drawn in: what explains more."""
    few = choose_subset(data.X, data.y, category, settings.max_fit_points)
    options = warps(data.y)
    if settings.warp is not None:
        options = options[-1:] if settings.warp else options[:1]
    fits: list[Fit] = []
    doubts: list[Array | float] = []
    for option in options:
        start = theta_of(fits[0]) if fits else None  # nearly right for the other warp as well
        scatter = float(option.scatter(data.scatter)[few].sum())
        doubts.append(0.0 if data.doubt is None else option.scatter(data.doubt))
        fits.append(
            fit(
                data.X[few],
                option.y[few],
                category,
                data.counts[few],
                settings.prior,
                start=start,
                scatter=scatter,
                doubt=_some(doubts[-1], few),
            )
        )
    at = len(fits) - 1
    if len(fits) > 1:
        evidence = [
            found.log_evidence + float(option.log_slope[few].sum())
            for found, option in zip(fits, options, strict=True)
        ]
        # Drawing in the bad tail magnifies noise at the good end, where it hurts most.
        is_noisy = fits[1].noise > settings.max_warped_noise * fits[1].signal
        at = 0 if is_noisy or evidence[0] > evidence[1] else 1
    model, y = fits[at], options[at].y
    if len(y) == len(few):
        return model
    many = choose_subset(data.X, y, category, settings.max_points)
    theta = theta_of(model)
    doubt = _some(doubts[at], many)
    return condition(data.X[many], y[many], category, theta, data.counts[many], doubt)


def _some(doubt: Array | float, rows: np.ndarray[Any, Any]) -> Array | float:
    return doubt if isinstance(doubt, float) else doubt[rows]
