"""Propose configs: the one call the service makes for any method but grid."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib import import_module
from typing import Any, Protocol

from sweepd.later import np
from sweepd.search.observation import Observation
from sweepd.search.random_draws import sample, sample_new
from sweepd.search.space import Config
from sweepd.search.spec import SweepSpec


class Method(Protocol):
    """A search method: a pure function of what is known and of a seed."""

    def __call__(
        self,
        spec: SweepSpec,
        observations: Sequence[Observation],
        pending: Sequence[Mapping[str, Any]],
        n: int,
        seed: int,
        *,
        may_repeat: bool = False,
    ) -> list[Config]:
        """At most `n` configs, best first; see `propose`. Unless it `may_repeat`, none of a finite
        space that is known already; fewer than `n` then say that no other is left."""


# Named, not imported: a server that only draws at random never loads SciPy or Optuna.
_MODULES = {
    "sobol": "sweepd.search.sobol",
    "bayes": "sweepd.search.bayes.bayes",
    "tpe": "sweepd.search.samplers",
    "cmaes": "sweepd.search.samplers",
    "nsga2": "sweepd.search.samplers",
}


def propose(
    spec: SweepSpec,
    observations: Sequence[Observation],
    pending: Sequence[Mapping[str, Any]],
    n: int,
    seed: int,
) -> list[Config]:
    """Up to `n` configs to run next.

    The same arguments give the same configs. In a finite space what is new comes first; when
    nothing new is left, configs are repeated, or with `sweepd: {distinct: true}` fewer than `n`
    come back.

    Args:
        observations: Runs known so far, oldest first, in any state; running ones count as pending.
        pending: Configs handed out or prepared, without a result.
        seed: Fixes the sequence; draws differ as runs are added, so it need not change.

    Raises:
        ValueError: The method is grid (see `grid.Grid`) or custom (chosen outside).
        NoFeasibleConfig: The constraints are too tight to find any config.
        SamplerMissing: The sampler's package is not installed.
    """
    if n <= 0:
        return []
    method: Method = propose_random
    if spec.method in _MODULES:
        method = import_module(_MODULES[spec.method]).propose
    elif spec.method != "random":
        raise ValueError(f"method {spec.method!r} proposes nothing here")
    found = method(
        spec,
        observations,
        pending,
        n,
        seed,
        may_repeat=spec.method == "random" and not spec.is_finite,
    )
    if len(found) < n and not spec.is_finite:
        known = [*pending, *found]
        found += method(spec, observations, known, n - len(found), seed, may_repeat=True)
    return found


def used_keys(
    spec: SweepSpec,
    observations: Sequence[Observation],
    pending: Sequence[Mapping[str, Any]],
    may_repeat: bool = False,
) -> set[str]:
    """Keys of every config of a finite space already taken; empty for infinite spaces, and when
    any may be taken again."""
    if spec.space.n_configs is None or may_repeat:
        return set()
    keys = {spec.space.key(observation.config) for observation in observations}
    return keys | {spec.space.key(config) for config in pending}


def propose_random(
    spec: SweepSpec,
    observations: Sequence[Observation],
    pending: Sequence[Mapping[str, Any]],
    n: int,
    seed: int,
    *,
    may_repeat: bool = False,
) -> list[Config]:
    """Independent samples, with replacement if it `may_repeat`.

    The generator is seeded by `seed` and the number of known configs.
    """
    rng = np.random.default_rng([seed, len(observations) + len(pending)])
    used = used_keys(spec, observations, pending)
    found: list[Config] = []
    for _ in range(n):
        config = sample(spec.space, rng) if may_repeat else sample_new(spec.space, rng, used)
        if config is None:
            break
        used.add(spec.space.key(config))
        found.append(config)
    return found
