"""Read `early_terminate`, at the top (W&B's hyperband) or under `sweepd:` (asha, median)."""

from collections.abc import Mapping
from typing import Any

from sweepd.search.grammar.findings import Findings, nearest
from sweepd.search.spec import EarlyTerminate
from sweepd.search.stopping.rules import RULES, bands

TYPES = tuple(RULES)
MIN_ETA, MAX_ETA = 1.05, 1_000_000  # closer to 1 there are as many bands as steps


def parse_early_terminate(raw: Mapping[str, Any], findings: Findings) -> EarlyTerminate | None:
    """The rule in force; the one under `sweepd:` wins."""
    extras = raw.get("sweepd")
    ours = extras.get("early_terminate") if isinstance(extras, Mapping) else None
    if ours is not None:
        if raw.get("early_terminate") is not None:
            findings.warn(
                "sweepd.early_terminate",
                "one early_terminate",
                "two",
                "the one under sweepd is used",
            )
        return _rule(ours, "sweepd.early_terminate", findings)
    theirs = raw.get("early_terminate")
    if theirs is None:
        return None
    rule = _rule(theirs, "early_terminate", findings)
    if rule is not None and rule.type != "hyperband":
        findings.warn(
            "early_terminate.type",
            "hyperband, the only one W&B knows",
            rule.type,
            "it works here; under sweepd: the file stays plain W&B",
        )
    return rule


def _rule(raw: Any, key: str, findings: Findings) -> EarlyTerminate | None:
    if not isinstance(raw, Mapping):
        findings.problem(key, "an object with a type", raw, "write {type: hyperband, min_iter: 3}")
        return None
    kind = raw.get("type")
    if kind not in TYPES:
        near = nearest(str(kind), TYPES)
        findings.problem(
            f"{key}.type",
            f"one of {', '.join(TYPES)}",
            kind,
            f"did you mean {near}?" if near else "choose one",
        )
        return None
    rule = RULES[kind]
    findings.unknown_keys(key, raw, rule.KEYS)
    before = len(findings.problems)
    given: dict[str, Any] = {
        name: findings.whole(f"{key}.{name}", raw[name], 1)
        for name in ("min_iter", "max_iter", "s", "min_runs")
        if name in rule.KEYS and raw.get(name) is not None
    }
    if "eta" in rule.KEYS and raw.get("eta") is not None:
        eta = findings.number(f"{key}.eta", raw["eta"])
        if eta is not None and eta <= 1:
            findings.problem(f"{key}.eta", "a number above 1", eta, "3 is usual")
        elif eta is not None and not MIN_ETA <= eta <= MAX_ETA:
            findings.problem(
                f"{key}.eta", f"a number from {MIN_ETA} to {MAX_ETA:,}", eta, "3 is usual"
            )
        given["eta"] = eta
    if kind == "hyperband":
        if raw.get("strict") is not None:
            given["strict"] = findings.flag(f"{key}.strict", raw["strict"], True)
        if not _is_complete(given, key, findings):
            return None
    if len(findings.problems) > before:
        return None
    found = EarlyTerminate(type=kind, **{**rule.DEFAULTS, **given})
    return found if _has_band(found, key, findings) else None


def _is_complete(given: dict[str, Any], key: str, findings: Findings) -> bool:
    """Whether hyperband knows its bands; with both forms given `max_iter` decides, as in W&B."""
    if given.get("max_iter") is None:
        if given.get("s") is not None:
            findings.warn(f"{key}.s", "max_iter beside it", None, "s is ignored")
            given["s"] = None
        if given.get("min_iter") is None:
            findings.problem(key, "min_iter, or max_iter with s", given, "add min_iter: 3")
        return given.get("min_iter") is not None
    if given.get("s") is None:
        findings.problem(
            key,
            "s beside max_iter",
            given,
            "without it no run is ever stopped: add s: 2, or give min_iter without max_iter",
        )
        return False
    if given.get("min_iter") is not None:
        findings.warn(
            key, "either min_iter, or max_iter with s", "both", "max_iter decides, as on wandb.ai"
        )
        given["min_iter"] = None
    return True


def _has_band(rule: EarlyTerminate, key: str, findings: Findings) -> bool:
    """Whether the rule ever looks at a run."""
    if rule.max_iter is None or bands(rule, rule.max_iter):
        return True
    findings.problem(
        key,
        "an iteration at which runs are compared",
        f"max_iter {rule.max_iter}, eta {rule.eta}",
        "no run would ever be stopped: raise max_iter, or lower eta (or min_iter)",
    )
    return False
