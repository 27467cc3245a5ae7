"""`sweepd sweeps`: the sweeps you can see."""

from pathlib import Path

import typer

from sweepd.cli import client, options, out

_QUERY = """
query Sweeps($entity: String) {
  models(entityName: $entity) { edges { node {
    name entityName sweeps { edges { node { name displayName state method runCount bestLoss } } }
  } } }
}
"""


def command(
    entity: str | None = typer.Option(None, help="Whose; yours by default."),
    server: str | None = options.SERVER,
    data: Path | None = options.DATA,
) -> None:
    """List sweeps: path, state, method, runs, best value, name."""
    response = client.connect(options.settings(data), server).query(_QUERY, entity=entity)
    for project in (edge["node"] for edge in response["models"]["edges"]):
        for sweep in (edge["node"] for edge in project["sweeps"]["edges"]):
            best = "" if sweep["bestLoss"] is None else f"{sweep['bestLoss']:.5g}"
            out.columns(
                f"{project['entityName']}/{project['name']}/{sweep['name']}",
                sweep["state"],
                sweep["method"],
                f"{sweep['runCount']} runs",
                best,
                sweep["displayName"] or "",
            )
