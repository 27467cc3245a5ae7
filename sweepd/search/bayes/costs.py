"""How long a run is to take, by place: where time is limited, improvement counts by the second.

The log of the seconds that ended runs took is modelled as the objective is. Whether run times
depend on the config at all is for them to show: each, predicted from the others, must be predicted
better by place than by their common mean.

Source: expected improvement per second, Snoek et al. (2012), section 3.2.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from sweepd.search.bayes.gaussian_process import Prior, fit, left_out, predict
from sweepd.search.coordinates import Coordinates
from sweepd.search.distribution import Array
from sweepd.search.observation import Observation

MIN_RUNS = 5  # ended, before their times are compared
MAX_RUNS = 75  # the latest; as many as the objective's hyperparameters are fitted on
MARGIN = 3.0  # nats by which places must predict better
MARGIN_PER_RUN = 0.1
LOG_NOISE, LOG_NOISE_SD = -2.0, 1.5  # machines differ, and share themselves among runs
LEAST_SECONDS = 1.0  # below it a run takes as long as handing it out


class Costs:
    """The log of the seconds a run is to take, beside their mean.

    Args:
        observations: Runs of this sweep; those that ended by themselves or were stopped
            early and tell their seconds count.
    """

    def __init__(
        self, coordinates: Coordinates, observations: Sequence[Observation], prior: Prior
    ) -> None:
        timed = [o for o in observations if o.state in ("finished", "stopped") and o.seconds]
        timed = timed[-MAX_RUNS:]
        X = coordinates.of_configs([o.config for o in timed])
        log_seconds = np.log([max(o.seconds or 0.0, LEAST_SECONDS) for o in timed])
        fits = np.isfinite(X).all(axis=1)
        X, log_seconds = X[fits], log_seconds[fits]
        self._spread = float(log_seconds.std()) if len(log_seconds) >= MIN_RUNS else 0.0
        self._model = None
        if self._spread < 1e-9:
            return
        y = (log_seconds - log_seconds.mean()) / self._spread
        model = fit(
            X,
            y,
            coordinates.is_category,
            prior=replace(prior, log_noise=LOG_NOISE, log_noise_sd=LOG_NOISE_SD),
        )
        n = len(y)
        even = y * n / (n - 1)  # each from the mean of the others
        variance = float((even**2).mean())
        by_mean = -0.5 * n * (np.log(variance) + 1)
        if left_out(model, n) > by_mean + MARGIN + MARGIN_PER_RUN * n:
            self._model = model
            self._least, self._most = float(y.min()), float(y.max())

    @property
    def depend_on_place(self) -> bool:
        """Whether run times were shown to depend on the config."""
        return self._model is not None

    def log_seconds(self, X: Array) -> Array:
        """Shape (k,), for points of shape (k, d), beside their mean; 0 where places do not differ.

        No place is taken for quicker than the quickest run, or slower than the slowest.
        """
        if self._model is None:
            return np.zeros(len(X))
        mean, _ = predict(self._model, X)
        found: Array = self._spread * np.clip(mean, self._least, self._most)
        return found
