"""Earlier sweeps beside this one: one process over all results, each source as near as it proves.

Every source has a column of its own in the model: its runs are 1 there, all others 0, compared for
equality. The column's length scale is thus how far the source's objective is from this sweep's,
the same at every place; it is fitted with the rest, so a source that contradicts the results here
moves away until it tells nothing. A source's results enter in the shape its own model gives them,
brought to the mean and spread of this sweep's results at the same places: another data set may
have another level and another scale. Its numbers beyond this sweep's bounds lie beyond the cube.

Whether sources take part at all is asked at every ask: of few results each must rank most as they
are, and from MIN_COMPARED on these, each predicted from the others, must be predicted better with
the sources than without. A source that is not believed changes nothing: the search goes on bit for
bit as it would without it.

Sources: Bonilla, Chai & Williams (2008), Multi-task Gaussian process prediction (one correlation
per pair of tasks); Feurer et al. (2018), Scalable meta-learning (weights by leave-one-out).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np

from sweepd.search.bayes.gaussian_process import (
    Fit,
    Mask,
    Prior,
    condition,
    fit,
    left_out,
    predict,
    theta_of,
)
from sweepd.search.bayes.model import model_of
from sweepd.search.bayes.objective import Data, choose_subset
from sweepd.search.bayes.settings import Settings
from sweepd.search.coordinates import Coordinates
from sweepd.search.distribution import Array
from sweepd.search.observation import Observation

MAX_SOURCES = 5
MAX_RUNS = 120  # of all sources in the model, the best and some spread over the ranks of each
MIN_RUNS = 30  # of one
MAX_FIT_RUNS = 30  # of these for the hyperparameters
BEYOND = 1.0  # widths of the cube within which runs beyond it are placed
NOWHERE = -2.0  # a category that this sweep has not
START = 2.0  # length scale of a source's column at first: a correlation of 0.83
MARGIN, MARGIN_PER_RUN = 1.0, 0.1  # of log density by which they must be of use
MIN_COMPARED = 5  # results of this sweep from which on sources must prove themselves
FEW_AGREE = 0.5  # rank correlation above which a source is believed until then


@dataclass(frozen=True)
class Source:
    """The runs of one earlier sweep: points (n, d) in this sweep's coordinates, and their results
    as its own model has them, standardised, lower is better."""

    model: Fit


def read_sources(
    coordinates: Coordinates,
    sign: float,
    observations: Sequence[Observation],
    settings: Settings,
) -> list[Source]:
    """The sources among the observations, each with at least three results that differ."""
    by_name: dict[str, list[Observation]] = {}
    for o in observations:
        if o.source and o.value is not None and o.state in ("finished", "stopped"):
            by_name.setdefault(o.source, []).append(o)
    found = []
    most = max(MIN_RUNS, MAX_RUNS // max(1, len(by_name)))
    for runs in list(by_name.values())[:MAX_SOURCES]:
        y = np.array([sign * (o.value or 0.0) for o in runs])
        X = coordinates.of_configs([o.config for o in runs])
        category = coordinates.is_category
        X[:, ~category] = np.clip(np.nan_to_num(X[:, ~category], nan=0.5), -BEYOND, 1 + BEYOND)
        X[:, category] = np.nan_to_num(X[:, category], nan=NOWHERE)
        X, at = np.unique(X, axis=0, return_inverse=True)
        y = np.bincount(at.ravel(), weights=y) / np.bincount(at.ravel())
        if len(y) >= 3 and np.ptp(y) > 0:
            keys = (X.tobytes(), y.tobytes(), category.tobytes())
            found.append(Source(_modelled(*keys, most, settings)))
    return found


@lru_cache(maxsize=32)
def _modelled(points: bytes, results: bytes, category: bytes, most: int, settings: Settings) -> Fit:
    """A source's own model: worked out once, as long as its runs stay the same."""
    y = np.frombuffer(results)
    n, is_category = len(y), np.frombuffer(category, dtype=bool)
    X = np.frombuffer(points).reshape(n, len(is_category))
    few = choose_subset(X, y, is_category, most)
    X, y = X[few], y[few]
    none = np.empty((0, X.shape[1]))
    data = Data(X, y, np.ones(len(y)), np.zeros(len(y)), none, none, 0)
    return model_of(data, is_category, settings)


def beside(own: Fit, sources: Sequence[Source], prior: Prior) -> Fit:
    """The model of this sweep's results, with whatever of the sources helps to predict them."""
    taken, results = [], []
    n = len(own.y)
    for source in sources:
        guess, _ = predict(source.model, own.X)
        if _rank_correlation(guess, own.y) <= (0.0 if n >= MIN_COMPARED else FEW_AGREE):
            continue
        spread = float(guess.std())
        scale = float(own.y.std()) / spread if spread > 1e-9 else 1.0
        taken.append(source)
        results.append(own.y.mean() + scale * (source.model.y - guess.mean()))
    if not taken:
        return own
    d = own.X.shape[1]
    X, y, is_category = _stacked(own.X, own.y, taken, results)
    counts = np.concatenate([own.counts, np.ones(len(y) - n)])
    doubt = np.concatenate([np.broadcast_to(own.doubt, n), np.zeros(len(y) - n)])
    few = choose_subset(own.X, own.y, own.is_category, 75 - MAX_FIT_RUNS)
    rest = n + np.linspace(0, len(y) - n - 1, min(MAX_FIT_RUNS, len(y) - n)).astype(int)
    rows = np.concatenate([few, rest])
    theta = theta_of(own)
    start = np.concatenate([theta[:d], [np.log(START)] * len(taken), theta[d:]])
    fitted = fit(
        X[rows],
        y[rows],
        is_category,
        counts[rows],
        replace(prior, n_sources=len(taken), log_source=float(np.log(START))),
        start=start,
        doubt=doubt[rows],
    )
    joint = condition(X, y, is_category, theta_of(fitted), counts, doubt)
    needed = MARGIN + MARGIN_PER_RUN * n
    if n >= MIN_COMPARED and left_out(joint, n) < left_out(own, n) + needed:
        return own
    return _folded(joint, d)


def _stacked(
    X: Array, y: Array, sources: Sequence[Source], results: Sequence[Array]
) -> tuple[Array, Array, Mask]:
    """Own points and those of the sources, with a column for each source."""
    blocks = [np.hstack([X, np.zeros((len(X), len(sources)))])]
    for j, source in enumerate(sources):
        marks = np.zeros((len(source.model.X), len(sources)))
        marks[:, j] = 1.0
        blocks.append(np.hstack([source.model.X, marks]))
    is_category = np.concatenate([sources[0].model.is_category, np.ones(len(sources), dtype=bool)])
    return np.vstack(blocks), np.concatenate([y, *results]), is_category


def _folded(model: Fit, d: int) -> Fit:
    """The model over points of this sweep alone: the columns of the sources become distances."""
    apart = (model.X[:, d:] != 0) @ model.lengths[d:] ** -2.0
    return replace(
        model,
        X=model.X[:, :d],
        is_category=model.is_category[:d],
        lengths=model.lengths[:d],
        apart=apart,
    )


def _rank_correlation(a: Array, b: Array) -> float:
    ranks = np.array([np.argsort(np.argsort(values)) for values in (a, b)])
    return float(np.corrcoef(ranks)[0, 1]) if len(a) > 1 else 0.0
