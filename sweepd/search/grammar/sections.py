"""Read the sections of a sweep file beside its parameters: who chooses, what runs, what counts."""

import re
from collections.abc import Mapping
from typing import Any

from sweepd.domain.goals import Goal
from sweepd.search.grammar.findings import Findings, nearest
from sweepd.search.spec import Metric

SEVERAL = ("bayes", "nsga2", "tpe")  # methods and samplers that take several metrics
ENGINES = ("optuna", "ax", "wandb")  # of the client's own scheduler
_ENGINE_KEYS = ("engine", "source", "optimizer", "search_space")
_LAUNCH_KEYS = (
    "job",
    "resource",
    "resource_args",
    "num_workers",
    "docker_image",
    "queue",
    "name",
    "settings",
    "registry",
)
_MACROS = (
    "env",
    "interpreter",
    "program",
    "args",
    "args_no_boolean_flags",
    "args_no_hyphens",
    "args_no_equals",
    "args_append_hydra",
    "args_override_hydra",
    "args_json",
    "args_json_file",
)
_MACRO = re.compile(r"\$\{(.*)\}")
NO_PROGRAM = (
    "this sweep names no program, so `wandb agent` has nothing to start: only "
    "wandb.agent(function=...) can run it; add program: train.py to run it by command"
)


def read_metrics(
    raw: Mapping[str, Any], method: str, findings: Findings
) -> tuple[Metric | None, tuple[Metric, ...]]:
    """`metric`, and `metrics` where several are weighed; at most one of the two is there."""
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
                "method: bayes or custom, or sweepd: {sampler: nsga2}",
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
        ("impute", ("worst", "best", "latest", "ignore", "model")),
        ("impute_while_running", ("false", "worst", "best", "latest")),
    ):
        if raw.get(name) is not None:
            word = findings.choice(f"{key}.{name}", str(raw[name]).lower(), known)
            given[name] = Goal(word) if name == "goal" and word is not None else word
    if raw.get("target") is not None:
        given["target"] = findings.number(f"{key}.target", raw["target"])
    return Metric(raw["name"], **given)


def read_command(raw: Any, findings: Findings) -> tuple[str, ...] | None:
    """The command's parts; None for the client's own, which it takes for what is no list too."""
    if raw is None:
        return None
    if isinstance(raw, str) or raw in ([], ()):
        findings.warn(
            "command",
            "a list of texts",
            raw,
            "the client runs its default instead, python and the program with all arguments; "
            'write [python, "${program}", "${args}"]',
        )
        return None
    if not isinstance(raw, list | tuple) or not all(
        isinstance(part, str | int | float) for part in raw
    ):
        findings.problem(
            "command", "a list of texts", raw, 'write ["${env}", "python", "${program}", "${args}"]'
        )
        return None
    for part in raw:
        macro = _MACRO.fullmatch(part) if isinstance(part, str) else None
        if macro and macro[1] not in _MACROS and not macro[1].startswith("envvar:"):
            near = nearest(macro[1], _MACROS)
            findings.warn(
                "command",
                f"one of ${{{'}, ${'.join(_MACROS)}}}",
                part,
                "the client leaves it out" + (f"; did you mean ${{{near}}}?" if near else ""),
            )
    return tuple(str(part) for part in raw)


def read_controller(raw: Any, findings: Findings) -> str | None:
    """Who chooses the configs: `local` is `wandb controller`."""
    if raw is None:
        return None
    kind: Any = raw
    if isinstance(raw, Mapping):
        findings.unknown_keys("controller", raw, ("type",))
        kind = raw.get("type", "cloud")
    found: str | None = findings.choice("controller.type", kind, ("cloud", "local"))
    return found


def read_scheduler(
    raw: Any, method: Any, controller: str | None, findings: Findings
) -> Mapping[str, Any] | None:
    """The section of the client's own scheduler; None where the server searches."""
    if raw is None:
        return None
    if not isinstance(raw, Mapping):
        findings.problem("scheduler", "an object", raw, "write {engine: optuna}")
        return None
    findings.unknown_keys("scheduler", raw, (*_ENGINE_KEYS, *_LAUNCH_KEYS))
    engine = raw.get("engine")
    if engine is None:
        if any(raw.get(key) is not None for key in ("source", "optimizer", "search_space")):
            findings.problem(
                "scheduler.engine", f"one of {', '.join(ENGINES)}", None, "name who searches"
            )
            return None
        findings.warn_plainly(
            "scheduler",
            "without an engine the server searches by itself; there is no launch queue here, "
            f"so {', '.join(map(str, list(raw)[:5])) or 'an empty section'} has no effect; "
            "start as many `wandb agent` as there should be workers",
        )
        return None
    if findings.choice("scheduler.engine", engine, ENGINES) is None:
        return None
    for key in ("optimizer", "search_space"):
        if raw.get(key) is not None and raw.get("source") is None:
            findings.problem(
                f"scheduler.{key}", "source beside it", None, "add source: the file that has it"
            )
    if controller == "local":
        findings.problem(
            "scheduler", "either an engine or controller: local", "both", "remove one of them"
        )
    if engine != "wandb" and method not in (None, "custom"):
        findings.warn(
            "method",
            f"custom beside scheduler.engine: {engine}",
            method,
            f"{engine} chooses the configs, the method is not used; write method: custom",
        )
    return raw


def check_labels(raw: Mapping[str, Any], findings: Findings) -> None:
    """The keys that only name things: texts, and `kind` says that this is a sweep."""
    for key in ("job", "image_uri", "apiVersion", "kind"):
        findings.text(key, raw.get(key))
    if raw.get("kind") not in (None, "sweep"):
        findings.warn("kind", "sweep", raw["kind"], "it is read as a sweep")
    if raw.get("settings") is not None and not isinstance(raw["settings"], Mapping):
        findings.warn("settings", "an object", raw["settings"], "it is ignored")
