"""`sweepd check`: what a sweep file would do, before anything is created."""

from pathlib import Path

import typer

from sweepd.domain.errors import BadInput


def command(file: Path = typer.Argument(help="A sweep.yaml.")) -> None:
    """Read a sweep file without a server: its warnings and how many runs it makes."""
    from sweepd.services.sweeps import edits as sweep_edits
    from sweepd.services.sweeps import specs

    try:
        text = file.read_text()
    except OSError as error:
        raise BadInput(f"{file} cannot be read: {error}") from error
    spec = specs.parse(text)
    for warning in spec.warnings:
        typer.secho(f"warning: {warning}", fg=typer.colors.YELLOW)
    n_runs = sweep_edits.count_configs(spec, text)
    size = "no end of its own" if n_runs is None else f"{n_runs:,} runs"
    if spec.extras.repeats > 1:
        size += f" ({spec.extras.repeats} of each config)"
    cap = "" if spec.run_cap is None else f", at most {spec.run_cap:,} by run_cap"
    if n_runs is None and spec.space.n_configs is not None:
        size = f"{spec.space.n_configs:,} different configs at most"
    typer.echo(f"{file}: method {spec.method}, {size}{cap}")
    for parameter in spec.space.parameters:
        n_values = "" if parameter.choices is None else f", {len(parameter.choices):,} values"
        typer.echo(f"  {parameter.name}: {parameter.kind}{n_values}")
