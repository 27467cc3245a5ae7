"""What the search by a Gaussian process is set to."""

from dataclasses import dataclass, field

from sweepd.search.bayes.gaussian_process import Prior


@dataclass(frozen=True)
class Settings:
    """What the ablations of bench/search vary; the defaults are what they left standing."""

    n_design: int | None = None  # None: see `design_size`
    max_points: int = 200  # the model's data
    max_fit_points: int = 75  # data for the hyperparameters
    n_fantasies: int = 16
    n_spread: int = 256
    n_local: int = 512
    n_refined: int = 4
    gap: float = 0.2  # between their starts, length scales
    warp: bool | None = None  # the bad tail drawn in always or never; None: by evidence
    max_warped_noise: float = 0.02  # share of the signal above which nothing is drawn in
    max_precise_noise: float = 1e-4  # share of the signal above which places are COARSE
    patience: int = 8  # results without a new best after which they are, too
    prior: Prior = field(default_factory=Prior)
    n_results: int = 3  # results before the model is asked
    is_drawn: bool = True  # fantasies drawn from the posterior, else its mean
    counts_pending: bool = True  # fantasies may lower the incumbent
    width: float = 0.5  # of local moves, in length scales
    max_width: float = 0.3
    n_centres: int = 5
    caution: float = 2.0  # power of the chance that a run has a result: a failed one tells little
    thrift: float = 0.7  # power of the seconds that improvement is divided by, under a budget
    n_refused: int = 64  # best candidates that constraints may refuse before some are mended
    n_mended: int = 12
    polish: float = 0.05  # gradient steps stay this close to where they start


DEFAULT = Settings()
