"""`sweepd stops`: which runs were stopped early and why, or what a rule would have stopped."""

import json
from pathlib import Path
from typing import Any

import typer

from sweepd.cli import client, options, out, progress
from sweepd.domain.errors import BadInput
from sweepd.domain.ids import parse_sweep_path

_STOPS = """
query Stops($entity: String, $project: String, $sweep: String!, $rule: JSONString) {
  project(entityName: $entity, name: $project) { sweep(sweepName: $sweep) {
    stops(rule: $rule) { run nValues nTotal reason }
  } }
}
"""


def command(
    sweep: str = typer.Argument(help="ENTITY/PROJECT/SWEEP, or the address of its page."),
    dry_run: bool = typer.Option(
        False, "--dry-run", help="Tell what a rule would have stopped, from the values logged."
    ),
    rule: str | None = typer.Option(
        None,
        help="With --dry-run: TYPE or TYPE,KEY=NUMBER,… such as hyperband,min_iter=3,eta=3; "
        "by default the sweep's own.",
    ),
    server: str | None = options.SERVER,
    data: Path | None = options.DATA,
) -> None:
    """List the runs of a sweep that were stopped early, each with its reason."""
    where = client.connect(options.settings(data), server)
    found = progress.ask(where, parse_sweep_path(sweep))
    names = {run["name"]: run["displayName"] for run in found.runs}
    if not dry_run:
        if rule is not None:
            raise BadInput("--rule tries a rule out; say --dry-run with it")
        stopped = [run for run in found.runs if run["state"] == "killed" and run["stopReason"]]
        for run in stopped:
            out.say(f"{run['displayName']} ({run['name']}): {run['stopReason']}")
        out.say(f"{len(stopped)} of {len(found.runs)} runs were stopped")
        return
    text = None if rule is None else json.dumps(read_rule(rule))
    response = where.query(
        _STOPS, entity=found.entity, project=found.project, sweep=found.sweep["name"], rule=text
    )
    stops = response["project"]["sweep"]["stops"]
    for stop in stops:
        out.say(
            f"{names.get(stop['run'], stop['run'])} ({stop['run']}): after {stop['nValues']} of "
            f"{stop['nTotal']} values, {stop['reason']}"
        )
    saved = sum(stop["nTotal"] - stop["nValues"] for stop in stops)
    out.say(
        f"{len(stops)} of {len(found.runs)} runs would have been stopped, {saved} logged values "
        "saved"
    )


def read_rule(text: str) -> dict[str, Any]:
    """`hyperband,min_iter=3,eta=3` as an `early_terminate` section.

    Raises:
        BadInput: It is not of that form.
    """
    kind, *pairs = (part.strip() for part in text.split(","))
    rule: dict[str, Any] = {"type": kind}
    for pair in pairs:
        key, equals, value = pair.partition("=")
        try:
            rule[key.strip()] = json.loads(value)
        except ValueError as error:
            raise BadInput(
                f"a rule is TYPE,KEY=NUMBER,… such as hyperband,min_iter=3; got {text!r}"
            ) from error
        if not equals:
            raise BadInput(f"a rule is TYPE,KEY=NUMBER,…; {pair!r} has no =")
    return rule
