"""`sweepd queue`: hand a config of your own choice out next."""

import json
from pathlib import Path
from typing import Any

import typer
import yaml

from sweepd.cli import client, options, out, progress
from sweepd.domain import shell
from sweepd.domain.config import nest, wrap
from sweepd.domain.errors import BadInput
from sweepd.domain.ids import parse_sweep_path
from sweepd.services.sweeps import sweep_yaml

_ENQUEUE = """
mutation EnqueueSweepRun($id: ID!, $config: JSONString!, $name: String) {
  enqueueSweepRun(input: {id: $id, config: $config, displayName: $name}) { id }
}
"""


def command(
    sweep: str = typer.Argument(help="ENTITY/PROJECT/SWEEP, or the address of its page."),
    values: list[str] = typer.Argument(help="NAME=VALUE for each parameter; values as in YAML."),
    name: str | None = typer.Option(None, help="Name of the run."),
    server: str | None = options.SERVER,
    data: Path | None = options.DATA,
) -> None:
    """Queue one config; it goes out before any the search chooses, also after the sweep's end."""
    config = read_values(values)
    where = client.connect(options.settings(data), server)
    found = progress.ask(where, parse_sweep_path(sweep))
    wrapped = json.dumps(wrap(config))
    run = where.query(_ENQUEUE, id=found.sweep["id"], config=wrapped, name=name)
    out.say(f"run {run['enqueueSweepRun']['id']} of {found.path} goes out next")
    out.say(f"  {shell.command('wandb', 'agent', str(found.path))}")


def read_values(values: list[str]) -> dict[str, Any]:
    """`["lr=1e-3", "optimizer.name=adam"]` as a config; dots nest.

    Raises:
        BadInput: One of them is not NAME=VALUE, or contradicts another.
    """
    pairs = []
    for text in values:
        name, equals, value = text.partition("=")
        if not equals or not name:
            raise BadInput(f"a config is given as NAME=VALUE …; {text!r} has no name or no =")
        pairs.append((name, _number_or_yaml(value)))
    try:
        return nest(pairs)
    except ValueError as error:
        raise BadInput(f"{error}; give either the value or what lies within") from error


def _number_or_yaml(text: str) -> Any:
    """YAML, but 1e-5 is a number, as everywhere in sweepd."""
    try:
        value = sweep_yaml.load(text)
    except yaml.YAMLError as error:
        raise BadInput(f"{text!r:.100} is no value of YAML: {error}") from error
    if isinstance(value, str):
        try:
            return float(value)
        except ValueError:
            return value
    return value
