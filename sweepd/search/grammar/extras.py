"""Read the `sweepd:` section of a sweep file and bind its expressions to the parameters."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from sweepd.search.canonical import content
from sweepd.search.errors import ExpressionError
from sweepd.search.expression import Expression, parse_expression
from sweepd.search.grammar.durations import read_duration
from sweepd.search.grammar.findings import MAX_WHOLE, Findings, nearest
from sweepd.search.parameter import Parameter
from sweepd.search.space import Space
from sweepd.search.spec import SAMPLERS, Extras

KEYS = (
    "retries",
    "repeats",
    "repeat_as",
    "seed",
    "sampler",
    "zip",
    "when",
    "constraints",
    "early_terminate",
    "wait_for_in_flight",
    "breaker",
    "distinct",
    "budget",
    "learn_from",
)
MAX_SOURCES = 5  # earlier sweeps to learn from
MAX_REPEATS = 1000  # they are queued together with the first run of their config
MAX_RULES = 1000  # conditions, and constraints: all are looked at for every config
_WHOLE = {  # the least and the most of each
    "retries": (0, MAX_WHOLE),
    "repeats": (1, MAX_REPEATS),
    "seed": (0, 2**63 - 1),
    "breaker": (0, MAX_WHOLE),
}


def parse_extras(raw: Any, findings: Findings) -> Extras:
    """The section as values; `early_terminate` in it is read with the one at the top."""
    if raw is None:
        return Extras()
    if not isinstance(raw, Mapping):
        findings.problem("sweepd", "an object", raw, f"its keys are {', '.join(KEYS)}")
        return Extras()
    findings.unknown_keys("sweepd", raw, KEYS)
    given: dict[str, Any] = {}
    for key, (least, most) in _WHOLE.items():
        if raw.get(key) is not None:
            number = findings.whole(f"sweepd.{key}", raw[key], least, most)
            if number is not None:
                given[key] = number
    if raw.get("wait_for_in_flight") is not None:
        given["wait_for_in_flight"] = findings.flag(
            "sweepd.wait_for_in_flight", raw["wait_for_in_flight"], True
        )
    if raw.get("distinct") is not None:
        given["distinct"] = findings.flag("sweepd.distinct", raw["distinct"], False)
    if raw.get("repeat_as") is not None:
        given["repeat_as"] = findings.text("sweepd.repeat_as", raw["repeat_as"])
    if raw.get("budget") is not None:
        given["budget"] = read_duration("sweepd.budget", raw["budget"], findings)
    given["learn_from"] = _sources(raw.get("learn_from"), findings)
    given["sampler"] = _sampler(raw.get("sampler"), findings)
    given["zip"] = _ties(raw.get("zip"), findings)
    given["when"] = _conditions(raw.get("when"), findings)
    given["constraints"] = _constraints(raw.get("constraints"), findings)
    return Extras(**given)


def build_space(
    parameters: tuple[Parameter, ...], extras: Extras, findings: Findings
) -> Space | None:
    """The space with ties, conditions and constraints; None when one of them cannot be."""
    before = len(findings.problems)
    names = [parameter.name for parameter in parameters]
    if extras.repeat_as in names:
        findings.problem(
            "sweepd.repeat_as", "a name of its own", extras.repeat_as, "it is a parameter's"
        )
    by_name = dict(zip(names, parameters, strict=True))
    if len(by_name) < len(names):
        twice = sorted(name for name, n in Counter(names).items() if n > 1)
        findings.problem(
            "parameters", "different dotted names", ", ".join(twice[:20]), "rename one"
        )
    ties = [tie for tie in extras.zip if _check_tie(tie, by_name, findings)]
    when: dict[str, Expression] = {}
    for target, source in extras.when.items():
        key = f"sweepd.when.{target}"
        rule = _bind(source, key, names, findings)
        leaves = [name for name in names if name == target or name.startswith(target + ".")]
        if not leaves:
            _unknown(key, target, names, findings)
        if rule is not None:
            when.update({leaf: rule for leaf in leaves})
    rules = [_bind(source, "sweepd.constraints", names, findings) for source in extras.constraints]
    if len(findings.problems) > before:
        return None
    try:
        bound = tuple(rule for rule in rules if rule is not None)
        return Space(parameters, tuple(ties), when, bound)
    except ExpressionError as error:
        findings.problems.append(f"sweepd.when: {error}; remove one of the conditions")
        return None


def _sampler(raw: Any, findings: Findings) -> str | None:
    if raw is None or raw in SAMPLERS:
        return None if raw is None else str(raw)
    near = nearest(str(raw), SAMPLERS)
    findings.problem(
        "sweepd.sampler",
        f"one of {', '.join(SAMPLERS)}",
        raw,
        f"did you mean {near}?" if near else "remove it to use the method's own",
    )
    return None


def _sources(raw: Any, findings: Findings) -> tuple[str, ...]:
    if raw is None:
        return ()
    names = [raw] if isinstance(raw, str) else raw
    if not _is_texts(names) or not all(names) or len(names) > MAX_SOURCES:
        findings.problem(
            "sweepd.learn_from",
            f"a list of at most {MAX_SOURCES} sweeps",
            raw,
            "write learn_from: [SWEEP], PROJECT/SWEEP or ENTITY/PROJECT/SWEEP each",
        )
        return ()
    return tuple(dict.fromkeys(names))


def _is_texts(raw: Any) -> bool:
    return isinstance(raw, list | tuple) and all(isinstance(item, str) for item in raw)


def _ties(raw: Any, findings: Findings) -> tuple[tuple[str, ...], ...]:
    if raw is None:
        return ()
    groups = [raw] if _is_texts(raw) else raw
    if not isinstance(groups, list | tuple) or not all(
        _is_texts(group) and len(group) > 1 for group in groups
    ):
        findings.problem(
            "sweepd.zip",
            "a list of groups of at least two parameter names",
            raw,
            "write zip: [[width, depth]]",
        )
        return ()
    return tuple(tuple(group) for group in groups)


def _conditions(raw: Any, findings: Findings) -> dict[str, str]:
    if raw is None:
        return {}
    if not isinstance(raw, Mapping):
        findings.problem(
            "sweepd.when",
            "an object from parameter to condition",
            raw,
            "write when: {momentum: \"optimizer == 'sgd'\"}",
        )
        return {}
    if len(raw) > MAX_RULES:
        findings.problem("sweepd.when", f"at most {MAX_RULES} conditions", len(raw), "join some")
        return {}
    found: dict[str, str] = {}
    for name, rule in raw.items():
        if isinstance(rule, Mapping) and rule:
            found[str(name)] = " and ".join(_equals(key, value) for key, value in rule.items())
        elif isinstance(rule, str):
            found[str(name)] = rule
        else:
            findings.problem(
                f"sweepd.when.{name}",
                "an expression, or an object from parameter to value or values",
                rule,
                "write \"optimizer == 'sgd'\"",
            )
    return found


def _equals(name: Any, value: Any) -> str:
    """The mapping form as an expression: a value, or a list of values any of which will do."""
    return f"p[{str(name)!r}] in {list(value) if isinstance(value, list | tuple) else [value]!r}"


def _constraints(raw: Any, findings: Findings) -> tuple[str, ...]:
    if raw is None:
        return ()
    found = [raw] if isinstance(raw, str) else raw
    if not _is_texts(found):
        findings.problem(
            "sweepd.constraints",
            "a list of expressions",
            raw,
            'write constraints: ["width * depth <= 4096"]',
        )
        return ()
    if len(found) > MAX_RULES:
        findings.problem(
            "sweepd.constraints", f"at most {MAX_RULES} constraints", len(found), "join some"
        )
        return ()
    return tuple(found)


def _check_tie(tie: tuple[str, ...], by_name: Mapping[str, Parameter], findings: Findings) -> bool:
    key = "sweepd.zip"
    before = len(findings.problems)
    for name in tie:
        if name not in by_name:
            _unknown(key, name, list(by_name), findings)
        elif by_name[name].kind != "categorical":
            findings.problem(
                key, f"{name} to be a list of values", by_name[name].kind, "only lists can be tied"
            )
    lengths = {name: len(by_name[name].values) for name in tie if name in by_name}
    if len(findings.problems) == before and len(set(lengths.values())) > 1:
        findings.problem(key, "lists of one length", lengths, "make them equally long")
    if len(set(tie)) < len(tie):
        findings.problem(key, "different names", list(tie), "name each once")
    return len(findings.problems) == before


def _bind(source: str, key: str, names: Sequence[str], findings: Findings) -> Expression | None:
    try:
        rule = parse_expression(source)
    except ExpressionError as error:
        findings.problems.append(f"{key}: {error}; see docs/search.md for what is allowed")
        return None
    for name in sorted(rule.names - set(names)):
        _unknown(key, name, names, findings)
    return rule


def _unknown(key: str, name: str, names: Sequence[str], findings: Findings) -> None:
    near = nearest(name, names)
    findings.problem(
        key,
        f"one of the parameters {', '.join(names[:50])}",
        name,
        f"did you mean {near}?" if near else "correct the name",
    )


def check_single_ties(extras: Extras, findings: Findings) -> None:
    """A parameter may be tied once."""
    tied = [name for tie in extras.zip for name in tie]
    twice = sorted(name for name, n in Counter(tied).items() if n > 1)
    if twice and len(extras.zip) > 1:
        findings.problem(
            "sweepd.zip", "each parameter in one group", content(twice), "join the groups"
        )
