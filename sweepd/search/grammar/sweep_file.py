"""Read a sweep file's content into a `SweepSpec`, with every violation named.

What cannot run is a problem and refuses the file; what is odd but can run is a warning, which the
service hands to the user through the client's warning channel.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from sweepd.search.errors import ConfigError
from sweepd.search.grammar.early_terminate import parse_early_terminate
from sweepd.search.grammar.extras import build_space, check_single_ties, parse_extras
from sweepd.search.grammar.findings import Findings, nearest
from sweepd.search.grammar.parameters import parse_parameters
from sweepd.search.grammar.sections import (
    NO_PROGRAM,
    check_labels,
    read_command,
    read_controller,
    read_metrics,
    read_scheduler,
)
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
    controller = read_controller(raw.get("controller"), findings)
    scheduler = read_scheduler(raw.get("scheduler"), raw.get("method"), controller, findings)
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
    metric, metrics = read_metrics(raw, method, findings)
    rule = parse_early_terminate(raw, findings)
    if rule is not None and metric is None and not findings.problems:
        findings.problem("early_terminate", "a metric to judge by", None, "add metric: {name: …}")
    if extras.learn_from and (method != "bayes" or metric is None):
        findings.problem(
            "sweepd.learn_from",
            "method: bayes and a single metric",
            f"{'several metrics and ' if metrics else ''}method {method}",
            "remove learn_from, or use method: bayes with metric:",
        )
    _check_who_chooses(method, controller, scheduler, extras, findings)
    check_labels(raw, findings)
    command = read_command(raw.get("command"), findings)
    texts = {
        key: findings.text(key, raw.get(key))
        for key in ("program", "name", "description", "project", "entity")
    }
    spec = SweepSpec(
        method=method,
        space=space or Space(()),
        metric=metric,
        metrics=metrics,
        early_terminate=rule,
        run_cap=None
        if raw.get("run_cap") is None
        else findings.whole("run_cap", raw["run_cap"], 1),
        command=command,
        controller=controller,
        scheduler=scheduler,
        extras=extras,
        **texts,
        warnings=findings.report(),
    )
    if findings.problems:  # a misspelt key is often why another is missing
        raise ConfigError([*findings.problems, *findings.report()[len(set(findings.subjects)) :]])
    if spec.lacks_program:
        return replace(spec, warnings=(*spec.warnings, f"program: {NO_PROGRAM}"))
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
    for parameter in space.parameters:
        if parameter.kind == "categorical" and len(parameter.distinct) < len(parameter.values):
            findings.warn(
                f"parameters.{parameter.name}.values",
                "different values",
                list(parameter.values),
                "repeats count once in a grid",
            )
    problems = grid_problems(space)
    for problem in problems:
        findings.problems.append(problem)
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
