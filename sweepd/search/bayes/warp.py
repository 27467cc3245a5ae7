"""Results standardised for the model: as they are, and with their bad tail drawn in."""

import math
from dataclasses import dataclass

import numpy as np

from sweepd.search.bayes.outliers import FAR_BETTER
from sweepd.search.distribution import Array

POWERS = np.linspace(-1.0, 1.0, 21)  # tried by `warps`; 1 leaves y as it is


@dataclass(frozen=True)
class Warped:
    """Standardised results under a transform.

    Attributes:
        y: (n,) mean 0, variance 1, order kept; all 0 where results do not differ.
        log_slope: (n,) log of dy/d(result), up to `log_scale`, which is the same for every power.
        log_scale: Log of the robust scale that results were divided by first.
    """

    y: Array
    log_slope: Array
    log_scale: float = 0.0

    def scatter(self, scatter: Array) -> Array:
        """The squared deviations of `Data.scatter` as they are under the transform, shape (n,)."""
        found: Array = scatter * np.exp(2 * (self.log_slope - self.log_scale))
        return found


def warps(y: Array) -> list[Warped]:
    """Results as they are, and with their upper tail drawn in; one entry where these are the same.

    The second is a Yeo-Johnson transform after robust scaling, its power chosen by normal
    likelihood among POWERS. Powers above 1 are not tried: they would spread the bad end at the good
    one's cost. Which of the two to model is for the model's evidence to say: a long tail wants the
    second, noise that is the same everywhere wants the first.

    Source: Yeo & Johnson (2000), equation 2.1; the use for Bayesian optimisation: Cowen-Rivers et
    al. (2022), HEBO; choosing a warp by the process's evidence: Snelson et al. (2003).
    """
    flat = Warped(np.zeros(len(y)), np.zeros(len(y)))
    if len(y) == 0:
        return [flat]
    centre = float(np.median(y))
    spread = float(np.percentile(y, 75) - np.percentile(y, 25)) / 1.35 or float(y.std())
    if not spread > 1e-300 or not math.isfinite(spread):
        return [flat]
    z = _drawn_up(np.clip((y - centre) / spread, -1e30, 1e6))
    powers = dict.fromkeys([1.0, _likeliest_power(z)])
    return [_warp(z, power, math.log(spread)) for power in powers]


def _drawn_up(z: Array) -> Array:
    """What is far better than all else, brought nearer: one false best must not hide the rest."""
    below = np.minimum(z + FAR_BETTER, 0.0)
    return np.where(z < -FAR_BETTER, -FAR_BETTER - np.log1p(np.log1p(-below)), z)


def _warp(z: Array, power: float, log_scale: float) -> Warped:
    t = yeo_johnson(z, power)
    scale = float(t.std())
    if not scale > 0:
        return Warped(np.zeros(len(z)), np.zeros(len(z)))
    log_slope = (power - 1) * np.sign(z) * np.log1p(np.abs(z)) - math.log(scale)
    return Warped((t - t.mean()) / scale, log_slope, log_scale)


def _likeliest_power(z: Array) -> float:
    """The power under which z is most like a normal sample."""
    best_power, best_score = 1.0, -math.inf
    sample = z[:: max(1, len(z) // 1000)]  # as many as a likelihood of one number needs
    jacobian = float((np.sign(sample) * np.log1p(np.abs(sample))).sum())
    for power in POWERS:
        t = yeo_johnson(sample, float(power))
        variance = float(t.var())
        if variance <= 0 or not math.isfinite(variance):
            continue
        score = -0.5 * len(sample) * math.log(variance) + (power - 1) * jacobian
        if score > best_score:
            best_power, best_score = float(power), score
    return best_power


def yeo_johnson(z: Array, power: float) -> Array:
    """The transform itself, for powers in [-1, 1]; increasing in z."""
    positive = np.maximum(z, 0.0)
    negative = np.minimum(z, 0.0)
    up = np.log1p(positive) if power == 0 else ((1 + positive) ** power - 1) / power
    down = ((1 - negative) ** (2 - power) - 1) / (2 - power)
    found: Array = np.where(z >= 0, up, -down)
    return found
