"""`sweepd best`: the best run, its model on disk, and how to make it again."""

import json
import os
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import typer

from sweepd.cli import client, options, out, progress, sweep_file
from sweepd.domain.errors import BadInput, SweepdError
from sweepd.domain.goals import Goal
from sweepd.domain.ids import parse_sweep_path
from sweepd.domain.shell import again

_SUMMARY = """
query BestRun($entity: String!, $project: String!, $run: String!) {
  project(entityName: $entity, name: $project) { run(name: $run) { summaryMetrics config } }
}
"""


def command(
    sweep: str = typer.Argument(help="ENTITY/PROJECT/SWEEP, or the address of its page."),
    to: Path | None = typer.Option(
        None, "--to", help="Folder for the artifact; artifacts/RUN by default."
    ),
    evaluate: str | None = typer.Option(
        None,
        help="Command that judges the model, {model} standing for its path; by default the one "
        "`evaluate` module in this folder. Empty: none.",
    ),
    server: str | None = options.SERVER,
    data: Path | None = options.DATA,
) -> None:
    """Name a sweep's best run, download its model, judge it again, tell how to reproduce it."""
    path = parse_sweep_path(sweep)
    where = client.connect(options.settings(data), server)
    show(where, progress.ask(where, path), to, evaluate)


def show(
    where: client.Client, found: progress.Progress, to: Path | None, evaluate: str | None
) -> None:
    """Print the best run of a sweep, with its artifact downloaded.

    Raises:
        BadInput: No run has logged the metric, or the download failed.
    """
    best = found.best
    metric = found.sweep["metricName"]
    if best is None:
        raise BadInput(
            f"no run of {found.path} has logged {metric!r} yet; "
            f"its page is {where.url}/{found.entity}/{found.project}/sweeps/{found.sweep['name']}"
        )
    out.say(
        f"best run: {best['displayName']} ({best['name']}), {metric} {best['metricBest']:.5f}",
        bold=True,
    )
    if last := _best_by_last_value(where, found):
        out.say(
            f"  its best value at any step counts; by what each run's summary holds, as "
            f"sweep.best_run() of wandb.Api() sorts, it is {last['displayName']} ({last['name']})"
        )
    say_front(found)
    for same in found.sweep["repeats"]:
        if best["name"] in same["runs"] and same["mean"] is not None:
            spread = "" if same["halfWidth"] is None else f" ± {same['halfWidth']:.5f} (95 %)"
            out.say(f"  mean over {same['nValues']} runs: {same['mean']:.5f}{spread}")
    config = progress.plain_config(best)
    names = progress.swept_names(found)
    out.say("  " + ", ".join(f"{name} {progress.short(config.get(name))}" for name in names))
    summary = _summary(where, found, best["name"])
    for key, value in sorted(summary.items()):
        if key.startswith(("test/", "best_")) and isinstance(value, int | float):
            out.say(f"  {out.shown(key):<22} {value:.5g}")
    model = _download(where, found, best["name"], to)
    if model is not None:
        out.say(f"  model: {model}")
        _evaluate(where, model, evaluate, summary)
    out.say(f"  page: {where.url}/{found.entity}/{found.project}/runs/{best['name']}")
    out.say(f"  again: {reproduce_command(found, config)}")


MAX_SHOWN = 20  # runs of the front


def say_front(found: progress.Progress) -> None:
    """Print the runs that no other beats in every metric, where the sweep has several."""
    metrics, runs = found.sweep["metrics"], found.sweep["front"]
    if not metrics:
        return
    out.say(f"  that is by {metrics[0]['name']} alone; {len(runs)} runs are beaten by no other:")
    for run in runs[:MAX_SHOWN]:
        pairs = zip(metrics, run["values"], strict=True)
        values = ", ".join(f"{out.shown(m['name'])} {value:.5g}" for m, value in pairs)
        out.say(f"    {out.shown(run['name'])} ({run['run']}): {values}")
    if len(runs) > MAX_SHOWN:
        out.say(f"    and {len(runs) - MAX_SHOWN} more; all are on the sweep's page")


_SORTED = """
query BestBySummary($entity: String!, $project: String!, $filters: JSONString, $order: String) {
  project(entityName: $entity, name: $project) {
    runs(first: 1, filters: $filters, order: $order) { edges { node { name displayName } } }
  }
}
"""


def _best_by_last_value(where: client.Client, found: progress.Progress) -> dict[str, Any] | None:
    """The run that the client's `best_run` names, when that is another."""
    if found.best is None:
        return None
    sign = "-" if Goal(found.sweep["metricGoal"]).is_max else "+"
    answer = where.query(
        _SORTED,
        entity=found.entity,
        project=found.project,
        filters=json.dumps({"sweep": found.sweep["name"]}),
        order=f"{sign}summary_metrics.{found.sweep['metricName']}",
    )
    edges = answer["project"]["runs"]["edges"]
    first: dict[str, Any] | None = edges[0]["node"] if edges else None
    return first if first is not None and first["name"] != found.best["name"] else None


def _summary(where: client.Client, found: progress.Progress, run_id: str) -> dict[str, Any]:
    response = where.query(_SUMMARY, entity=found.entity, project=found.project, run=run_id)
    summary: dict[str, Any] = json.loads(response["project"]["run"]["summaryMetrics"] or "{}")
    return summary


# The stock client downloads, in a process of its own: it keeps one server per process.
_DOWNLOAD = """
import sys, wandb
run = wandb.Api().run(sys.argv[1])
models = [a for a in run.logged_artifacts() if a.type == "model"]
best = [a for a in models if "best" in a.aliases] or models[-1:]
for artifact in best[:1]:
    print(artifact.download(root=sys.argv[2] or None))
"""


def _download(
    where: client.Client, found: progress.Progress, run_id: str, to: Path | None
) -> Path | None:
    """The model's file, or its folder when there are several; None when the run logged none."""
    folder = to or Path("artifacts") / run_id
    done = subprocess.run(
        [sys.executable, "-c", _DOWNLOAD, f"{found.entity}/{found.project}/{run_id}", str(folder)],
        env=where.environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise BadInput(f"the artifact could not be downloaded: {done.stderr.strip()[-800:]}")
    lines = done.stdout.strip().splitlines()
    if not lines:
        return None
    files = [path for path in Path(lines[-1]).rglob("*") if path.is_file()]
    return files[0] if len(files) == 1 else Path(lines[-1])


def _evaluate(
    where: client.Client, model: Path, evaluate: str | None, summary: dict[str, Any]
) -> None:
    command = evaluate if evaluate is not None else _default_evaluation()
    if not command:
        return
    words = [word.replace("{model}", str(model)) for word in shlex.split(command)]
    done = subprocess.run(
        words, env=where.environment(), capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        raise SweepdError(f"{shlex.join(words)} failed: {done.stderr.strip()[-800:]}")
    try:
        judged = json.loads(done.stdout)
        accuracy = float(judged["accuracy"])
    except (ValueError, KeyError, TypeError):
        out.say(f"  judged again: {done.stdout.strip()}")
        return
    logged = summary.get("test/accuracy")
    same = isinstance(logged, int | float) and abs(accuracy - logged) < 1e-3
    verdict = "as logged" if same else f"logged was {logged}"
    out.say(f"  judged again from the artifact: accuracy {accuracy:.5f}, {verdict}")


def _default_evaluation() -> str:
    found = [path.parent.name for path in Path().glob("*/evaluate.py")]
    return (
        f"{shlex.quote(sys.executable)} -m {found[0]}.evaluate {{model}}" if len(found) == 1 else ""
    )


def reproduce_command(found: progress.Progress, config: dict[str, Any]) -> str:
    """The command line that trains this config again, outside any sweep."""
    program = sweep_file.parse(found.sweep["config"]).get("program") or "PROGRAM"
    wanted = [*progress.swept_names(found), *(name for name in ("seed",) if name in config)]
    interpreter = os.path.relpath(sys.executable) if sys.prefix != sys.base_prefix else "python"
    return again(str(program), config, wanted, interpreter)
