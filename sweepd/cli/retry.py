"""`sweepd retry`: hand the configs of failed runs out again."""

from pathlib import Path

import typer

from sweepd.cli import client, options, out, progress
from sweepd.domain import shell
from sweepd.domain.ids import parse_sweep_path

_RETRY = """
mutation Retry($id: ID!, $states: [String!]!) {
  retrySweepRuns(input: {id: $id, states: $states}) { count }
}
"""


def command(
    sweep: str = typer.Argument(help="ENTITY/PROJECT/SWEEP, or the address of its page."),
    state: str = typer.Option("failed,crashed", help="Which: failed, crashed, killed, preempted."),
    server: str | None = options.SERVER,
    data: Path | None = options.DATA,
) -> None:
    """Hand configs whose last run ended badly out again, while the sweep runs or after its end."""
    where = client.connect(options.settings(data), server)
    found = progress.ask(where, parse_sweep_path(sweep))
    states = [part.strip() for part in state.split(",") if part.strip()]
    count = where.query(_RETRY, id=found.sweep["id"], states=states)["retrySweepRuns"]["count"]
    out.say(f"{count} configs of {found.path} are handed out again")
    if count:
        out.say(f"  {shell.command('wandb', 'agent', str(found.path))}")
