"""Which distribution a parameter of a sweep file has, where it names one and where it does not."""

from collections.abc import Mapping
from typing import Any

from sweepd.search.distribution import KINDS
from sweepd.search.grammar.findings import Findings, bound, nearest


def kind_of(entry: Mapping[str, Any], key: str, findings: Findings) -> str | None:
    """The distribution of a parameter, named or inferred; None, and a problem noted, for none."""
    named = entry.get("distribution")
    if named is not None:
        if named in KINDS:
            return str(named)
        findings.problem(
            f"{key}.distribution", f"one of {', '.join(KINDS)}", named, _meant(str(named))
        )
        return None
    if "value" in entry:
        return "constant"
    if "values" in entry:
        return "categorical_w_probabilities" if "probabilities" in entry else "categorical"
    if "min" in entry and "max" in entry:
        bounds = [bound(entry["min"]), bound(entry["max"])]
        whole = all(isinstance(v, int) and not isinstance(v, bool) for v in bounds)
        return "int_uniform" if whole else "uniform"
    findings.problem(
        key,
        "value, values, min and max, parameters, or a distribution",
        dict(entry),
        "say what values it takes",
    )
    return None


def _meant(word: str) -> str:
    """Advice on a distribution that is none."""
    plain = word.lower().replace("-", "_").replace(" ", "_")
    same = [kind for kind in KINDS if kind.replace("_", "") == plain.replace("_", "")]
    near = same[0] if same else nearest(plain, KINDS)
    if near is None:
        return "choose one of them"
    if near.endswith("log_uniform"):
        return (
            f"did you mean {near}_values, whose min and max are values? "
            f"({near} takes their natural logarithms)"
        )
    return f"did you mean {near}?"
