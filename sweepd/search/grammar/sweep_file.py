"""Read a sweep file's content into a `SweepSpec`, with every violation named.

What cannot run is a problem and refuses the file; what is odd but can run is a warning, which the
service hands to the user through the client's warning channel.
"""

from collections.abc import Mapping
from typing import Any

from sweepd.domain.goals import Goal
from sweepd.search.errors import ConfigError
from sweepd.search.grammar.early_terminate import parse_early_terminate
from sweepd.search.grammar.extras import build_space, check_single_ties, parse_extras
from sweepd.search.grammar.findings import Findings, nearest
from sweepd.search.grammar.parameters import parse_parameters
from sweepd.search.grid import Grid, grid_problems
from sweepd.search.space import Space
from sweepd.search.spec import (
    METHODS,
    SAMPLERS,
    EarlyTerminate,
    Extras,
    Metric,
    SweepSpec,
)

__all__ = ["EarlyTerminate", "Extras", "Metric", "SweepSpec", "parse"]

KEYS = (
    "method",
    "parameters",
    "metric",
    "metrics",
    "early_terminate",
    "run_cap",
    "program",
    "command",
    "name",
    "description",
    "project",
    "entity",
    "job",
    "image_uri",
    "apiVersion",
    "kind",
    "controller",
    "scheduler",
    "settings",
    "sweepd",
)
SEVERAL = ("nsga2", "tpe")  # samplers that take several metrics


def parse(raw: Any) -> SweepSpec:
    """Read a sweep config as YAML or JSON gave it.

    Raises:
        ConfigError: It cannot run; `problems` names each key, what was expected and what came.
    """
    findings = Findings()
    if not isinstance(raw, Mapping):
        findings.problem(
            "sweep config",
            "an object with method and parameters",
            raw,
            "see docs/search.md for an example",
        )
        raise ConfigError(findings.problems)
    findings.unknown_keys("", raw, KEYS)
    extras = parse_extras(raw.get("sweepd"), findings)
    scheduler = _section(raw, "scheduler", findings)
    method = _method(raw.get("method"), extras, findings)
    outside = bool(scheduler and scheduler.get("search_space"))
    parameters = (
        ()
        if outside and not raw.get("parameters")
        else parse_parameters(raw.get("parameters"), findings)
    )
    check_single_ties(extras, findings)
    space = build_space(parameters, extras, findings)
    if space is not None and not findings.problems:
        _check_space(space, method, findings)
    metric, metrics = _metrics(raw, method, findings)
    rule = parse_early_terminate(raw, findings)
    if rule is not None and metric is None and not findings.problems:
        findings.problem("early_terminate", "a metric to judge by", None, "add metric: {name: …}")
    controller = _controller(raw.get("controller"), findings)
    _check_who_chooses(method, controller, scheduler, extras, findings)
    spec = SweepSpec(
        method=method,
        space=space or Space(()),
        metric=metric,
        metrics=metrics,
        early_terminate=rule,
        run_cap=None
        if raw.get("run_cap") is None
        else findings.whole("run_cap", raw["run_cap"], 1),
        command=_command(raw.get("command"), findings),
        controller=controller,
        scheduler=scheduler,
        extras=extras,
        **{
            key: findings.text(key, raw.get(key))
            for key in ("program", "name", "description", "project", "entity")
        },
        warnings=tuple(findings.warnings),
    )
    if findings.problems:
        raise ConfigError(findings.problems)
    return spec


def _method(raw: Any, extras: Extras, findings: Findings) -> str:
    if not isinstance(raw, str) or raw.lower() not in METHODS:
        if raw in SAMPLERS:
            advice = f"write method: bayes and sweepd: {{sampler: {raw}}}"
        else:
            near = nearest(str(raw), METHODS) if raw is not None else None
            advice = f"did you mean {near}?" if near else "choose one"
        findings.problem("method", f"one of {', '.join(METHODS)}", raw, advice)
        return "random"
    method = raw.lower()
    if extras.sampler is None:
        return method
    if method == "grid":
        findings.warn(
            "sweepd.sampler", "no sampler with method: grid", extras.sampler, "it is ignored"
        )
        return method
    return extras.sampler


def _check_who_chooses(
    method: str,
    controller: str | None,
    scheduler: Mapping[str, Any] | None,
    extras: Extras,
    findings: Findings,
) -> None:
    is_outside = controller == "local" or scheduler is not None or method == "custom"
    if method == "custom" and controller != "local" and scheduler is None:
        findings.warn(
            "method",
            "a scheduler: or controller: {type: local} with custom",
            "neither",
            "agents wait until configs are queued by hand",
        )
    if is_outside and extras.repeats > 1:
        findings.warn(
            "sweepd.repeats", "configs chosen by the server", extras.repeats, "it is ignored"
        )


def _check_space(space: Space, method: str, findings: Findings) -> None:
    if method != "grid":
        return
    problems = grid_problems(space)
    findings.problems += problems
    if problems:
        return
    grid = Grid(space)
    if grid.size == 0:
        findings.problem(
            "parameters",
            "a grid with at least one cell",
            "an empty one",
            "q_uniform leaves its max out: raise max",
        )
    elif space.is_restricted and grid.count(at_most=10_000) == 0:
        findings.problem(
            "sweepd.constraints", "at least one cell that meets them", "none", "loosen them"
        )


def _metrics(
    raw: Mapping[str, Any], method: str, findings: Findings
) -> tuple[Metric | None, tuple[Metric, ...]]:
    several = raw.get("metrics")
    if several is not None:
        if not isinstance(several, list | tuple) or len(several) < 2:
            findings.problem(
                "metrics", "a list of at least two metrics", several, "use metric for a single one"
            )
            return None, ()
        if raw.get("metric") is not None:
            findings.problem("metrics", "either metric or metrics", "both", "remove one of them")
        if method not in ("custom", *SEVERAL):
            findings.problem(
                "metrics",
                "method: custom, or sweepd: {sampler: nsga2}",
                method,
                "several metrics need a method that can weigh them",
            )
        found = [_metric(item, f"metrics[{i}]", findings) for i, item in enumerate(several)]
        return None, tuple(metric for metric in found if metric is not None)
    if raw.get("metric") is None:
        if method in ("bayes", "tpe", "cmaes", "nsga2"):
            findings.problem(
                "metric", f"a metric for {method}", None, "add metric: {name: …, goal: minimize}"
            )
        return None, ()
    return _metric(raw["metric"], "metric", findings), ()


def _metric(raw: Any, key: str, findings: Findings) -> Metric | None:
    if not isinstance(raw, Mapping) or not isinstance(raw.get("name"), str) or not raw["name"]:
        findings.problem(key, "an object with a name", raw, "write {name: …, goal: minimize}")
        return None
    findings.unknown_keys(key, raw, ("name", "goal", "target", "impute", "impute_while_running"))
    given: dict[str, Any] = {}
    for name, known in (
        ("goal", tuple(map(str, Goal))),
        ("impute", ("worst", "best", "latest")),
        ("impute_while_running", ("false", "worst", "best", "latest")),
    ):
        value = raw.get(name)
        if value is None:
            continue
        word = str(value).lower()
        if word in known:
            given[name] = Goal(word) if name == "goal" else word
        else:
            findings.warn(
                f"{key}.{name}", f"one of {', '.join(known)}", value, f"{known[0]} is used"
            )
    if raw.get("target") is not None:
        given["target"] = findings.number(f"{key}.target", raw["target"])
    return Metric(raw["name"], **given)


def _section(raw: Mapping[str, Any], key: str, findings: Findings) -> Mapping[str, Any] | None:
    value = raw.get(key)
    if value is None or isinstance(value, Mapping):
        return value
    findings.problem(key, "an object", value, "see W&B's documentation")
    return None


def _command(raw: Any, findings: Findings) -> tuple[str, ...] | None:
    if raw is None:
        return None
    if (
        not isinstance(raw, list | tuple)
        or not raw
        or not all(isinstance(part, str | int | float) for part in raw)
    ):
        findings.problem(
            "command", "a list of texts", raw, 'write ["${env}", "python", "${program}", "${args}"]'
        )
        return None
    return tuple(str(part) for part in raw)


def _controller(raw: Any, findings: Findings) -> str | None:
    if raw is None:
        return None
    kind = raw.get("type") if isinstance(raw, Mapping) else raw
    if kind in ("local", "cloud"):
        return str(kind)
    findings.warn("controller.type", "local or cloud", kind, "cloud is used")
    return "cloud"
