"""Read `parameters:` of a sweep file: kinds, inference, nesting."""

import math
import re
from collections.abc import Callable, Mapping
from typing import Any

from sweepd.search.canonical import is_number
from sweepd.search.grammar.findings import Findings, literal, literals, shown
from sweepd.search.grammar.kinds import kind_of
from sweepd.search.parameter import Parameter

MAX_DEPTH = 20  # levels of nested parameters
MAX_PARAMETERS = 10_000
MAX_BOUND = 10**300  # of int_uniform, and of steps of q; a float ends at 10**308
MAX_REACH = 1e300  # of steps of q where there are no bounds
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*")
_META = ("distribution", "description")
_KEYS: dict[str, tuple[str, ...]] = {
    "constant": ("value",),
    "categorical": ("values", "probabilities"),
    "categorical_w_probabilities": ("values", "probabilities"),
    "normal": ("mu", "sigma"),
    "log_normal": ("mu", "sigma"),
    "beta": ("a", "b"),
}


def parse_parameters(raw: Any, findings: Findings) -> tuple[Parameter, ...]:
    """Leaves of `parameters:` in grid order; what cannot be read is left out and noted."""
    if not isinstance(raw, Mapping) or not raw:
        findings.problem(
            "parameters",
            "an object with at least one parameter",
            raw,
            "list what to search, such as lr: {min: 0.001, max: 0.1}",
        )
        return ()
    found = tuple(_level(raw, (), findings))
    if len(found) > MAX_PARAMETERS:
        findings.problem(
            "parameters",
            f"at most {MAX_PARAMETERS:,} parameters",
            len(found),
            "put constants together in one object, or into the script",
        )
        return ()
    return found


def _level(raw: Mapping[str, Any], path: tuple[str, ...], findings: Findings) -> list[Parameter]:
    leaves: list[Parameter] = []
    for name in sorted(raw, key=str):
        here = (*path, str(name))
        key = "parameters." + ".".join(here)
        if not isinstance(name, str) or not _NAME.fullmatch(name):
            findings.warn(
                key,
                "a name of letters, digits, _ . - that starts with a letter or _",
                name,
                "other tools may not accept it",
            )
        entry = raw[name]
        if not isinstance(entry, Mapping):
            advice = (
                f"write {{values: {shown(entry)}}}"
                if isinstance(entry, list)
                else f"write {{value: {shown(entry)}}}"
            )
            findings.problem(key, "an object", entry, advice)
        elif "parameters" in entry:
            inner = entry["parameters"]
            findings.unknown_keys(key, entry, ("parameters", *_META))
            if not isinstance(inner, Mapping) or not inner or len(here) > MAX_DEPTH:
                findings.problem(
                    f"{key}.parameters",
                    "an object with at least one parameter",
                    inner,
                    f"nest at most {MAX_DEPTH} deep",
                )
            else:
                leaves += _level(inner, here, findings)
        else:
            findings.parameter = key
            leaf = _leaf(entry, here, key, findings)
            findings.parameter = None
            if leaf is not None:
                leaves.append(leaf)
    return leaves


def _leaf(
    entry: Mapping[str, Any], path: tuple[str, ...], key: str, findings: Findings
) -> Parameter | None:
    kind = kind_of(entry, key, findings)
    if kind is None:
        return None
    allowed = _KEYS.get(kind.removeprefix("q_"), ("min", "max"))
    if kind.startswith("q_"):
        allowed = (*allowed, "q")
    findings.unknown_keys(key, entry, (*allowed, *_META))
    if kind == "constant":
        if "value" not in entry:
            findings.problem(key, "a value for constant", dict(entry), "add value: …")
            return None
        return Parameter(kind, path, (literal(entry.get("value")),))
    if kind.startswith("categorical"):
        return _categorical(entry, kind, path, key, findings)
    before = len(findings.problems)
    numbers = {k: findings.number(f"{key}.{k}", entry[k]) for k in allowed if k in entry}
    if len(findings.problems) > before:
        return None
    build: Callable[..., Parameter | None] = _shaped if "min" not in allowed else _bounded
    return build({k: v for k, v in numbers.items() if v is not None}, kind, path, key, findings)


def _categorical(
    entry: Mapping[str, Any], kind: str, path: tuple[str, ...], key: str, findings: Findings
) -> Parameter | None:
    raw = entry.get("values")
    if not isinstance(raw, list | tuple) or not raw:
        findings.problem(f"{key}.values", "a list with at least one value", raw, "list the values")
        return None
    values = tuple(literals(raw))
    chances = entry.get("probabilities")
    if kind == "categorical" and chances is None:
        return Parameter(kind, path, values)
    if kind == "categorical":
        findings.warn(
            f"{key}.distribution",
            "categorical_w_probabilities beside probabilities",
            kind,
            "it is read as that",
        )
    chances = literals(chances) if isinstance(chances, list | tuple) else chances
    if (
        not isinstance(chances, list)
        or len(chances) != len(raw)
        or not all(is_number(chance) and chance >= 0 for chance in chances)
    ):
        findings.problem(
            f"{key}.probabilities",
            f"{len(raw)} numbers of at least 0, one per value",
            chances,
            "correct them, or remove them to draw all values equally often",
        )
        return None
    largest = max(chances, default=0)
    if largest <= 0:
        findings.problem(f"{key}.probabilities", "a sum of 1", chances, "make one of them positive")
        return None
    shares = [chance / largest for chance in chances]  # their sum is a number, whatever theirs is
    total = math.fsum(shares)
    if abs(total * largest - 1) > 1e-6:
        got = total * float(largest)
        findings.warn(f"{key}.probabilities", "a sum of 1", got, "they are divided by their sum")
    kind = "categorical_w_probabilities"
    return Parameter(kind, path, values, probabilities=tuple(s / total for s in shares))


def _bounded(
    numbers: Mapping[str, Any], kind: str, path: tuple[str, ...], key: str, findings: Findings
) -> Parameter | None:
    if not {"min", "max"} <= numbers.keys():
        findings.problem(key, f"min and max for {kind}", dict(numbers), "give both")
        return None
    low, high, q = numbers["min"], numbers["max"], _step(numbers, kind, key, findings)
    if low > high:
        findings.warn(key, "min below max", f"min {low}, max {high}", "they are exchanged")
        low, high = high, low
    elif low == high:
        findings.warn(key, "min below max", f"both {low}", "the value is fixed")
    if not is_number(high - low):
        findings.problem(key, "a range that a number can hold", f"{low} to {high}", "narrow it")
        return None
    if kind == "int_uniform" and not (float(low).is_integer() and float(high).is_integer()):
        findings.problem(
            key,
            "whole min and max for int_uniform",
            f"min {low}, max {high}",
            "use distribution: uniform or q_uniform",
        )
        return None
    if kind == "int_uniform" and max(abs(low), abs(high)) > MAX_BOUND:
        findings.problem(
            key, "whole numbers of at most 10^300", f"min {low}, max {high}", "use uniform"
        )
        return None
    if kind.endswith("log_uniform"):
        exponents = (-high, -low) if kind.startswith("inv_") else (low, high)
        if max(abs(low), abs(high)) > 700:
            findings.problem(
                key,
                "exponents between -700 and 700",
                f"min {low}, max {high}",
                f"use distribution: {kind}_values with the values themselves",
            )
            return None
        low, high = math.exp(exponents[0]), math.exp(exponents[1])
        if numbers["min"] > 0 and numbers["max"] > 0:  # could be values; 0 and below cannot
            findings.warn(
                f"{key}.distribution",
                f"{kind}_values, which takes values",
                kind,
                f"min and max are exponents here: values lie in [{low:.3g}, "
                f"{high:.3g}]; use {kind}_values if you meant values",
            )
    if "log" in kind and low <= 0:
        findings.problem(f"{key}.min", f"a number above 0 for {kind}", low, "raise min")
        return None
    if q is not None and not _is_countable(max(abs(low), abs(high)), q, MAX_BOUND, key, findings):
        return None
    if low == high and q is None and kind != "int_uniform":
        return Parameter("constant", path, (low,))
    return Parameter(kind, path, low=low, high=high, q=q)


def _shaped(
    numbers: Mapping[str, Any], kind: str, path: tuple[str, ...], key: str, findings: Findings
) -> Parameter | None:
    q = _step(numbers, kind, key, findings)
    if kind.endswith("beta"):
        a, b = numbers.get("a", 1), numbers.get("b", 1)
        if a <= 0 or b <= 0:
            findings.problem(key, "a and b above 0", f"a {a}, b {b}", "correct them")
            return None
        if q is not None and not _is_countable(1.0, q, MAX_BOUND, key, findings):
            return None
        return Parameter(kind, path, low=0.0, high=1.0, q=q, a=float(a), b=float(b))
    mu, sigma = float(numbers.get("mu", 0)), float(numbers.get("sigma", 1))
    if sigma <= 0:
        findings.problem(f"{key}.sigma", "a number above 0", sigma, "correct it")
        return None
    if kind.endswith("log_normal") and abs(mu) + 7.1 * sigma > 700:
        findings.problem(
            key,
            "|mu| + 7 sigma of at most 700",
            f"mu {mu}, sigma {sigma}",
            "mu and sigma are those of the logarithm",
        )
        return None
    reach = math.exp(min(700.0, mu + 8 * sigma)) if "log" in kind else abs(mu) + 8 * sigma
    if q is not None and not _is_countable(reach, q, MAX_REACH, key, findings):
        return None
    return Parameter(kind, path, q=q, mu=mu, sigma=sigma)


def _step(numbers: Mapping[str, Any], kind: str, key: str, findings: Findings) -> Any:
    if not kind.startswith("q_"):
        return None
    q = numbers.get("q", 1)
    if q <= 0:
        findings.problem(f"{key}.q", "a step above 0", q, "correct it")
        return 1
    return q


def _is_countable(farthest: float, q: Any, most: float, key: str, findings: Findings) -> bool:
    """Whether there are at most `most` steps of q from zero to the farthest value."""
    if float(farthest) / most <= q:
        return True
    findings.problem(f"{key}.q", f"at most {most:.3g} steps to {farthest:g}", q, "raise q")
    return False
