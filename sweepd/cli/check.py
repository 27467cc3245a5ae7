"""`sweepd check`: what a sweep file would do, before anything is created."""

from pathlib import Path

import typer

from sweepd.cli import out, sweep_file
from sweepd.domain.sweeps import count_text, expected_runs


def command(file: Path = typer.Argument(help="A sweep.yaml.")) -> None:
    """Read a sweep file without a server: its warnings and how many runs it makes."""
    from sweepd.search.grammar.durations import duration_text
    from sweepd.search.quantise import size_of
    from sweepd.services.sweeps import edits as sweep_edits
    from sweepd.services.sweeps import specs

    text = sweep_file.read(file)
    spec = specs.parse(text)
    for warning in spec.warnings:
        out.say(f"warning: {warning}", typer.colors.YELLOW)
    n_configs = sweep_edits.count_configs(spec, text)
    n_runs = expected_runs(n_configs, spec.run_cap)
    size = "no end of its own" if n_runs is None else f"{count_text(n_runs)} runs"
    if n_runs is not None and n_runs == spec.run_cap:
        size += " by run_cap"
    if n_configs is not None and n_configs != n_runs:
        size += f", of {count_text(n_configs)}"
    if spec.extras.budget is not None:
        size += f", handed out within {duration_text(spec.extras.budget)}"
    if spec.extras.repeats > 1:
        size += f" ({spec.extras.repeats} of each config)"
    if n_configs is None and spec.space.n_configs is not None and spec.method != "custom":
        size += f", among {count_text(spec.space.n_configs)} configs"
    out.say(f"{file}: method {spec.method}, {size}")
    for parameter in spec.space.parameters:
        n_values = (
            ""
            if parameter.choices is None
            else f", {count_text(size_of(parameter.choices))} values"
        )
        out.say(f"  {parameter.name}: {parameter.kind}{n_values}")
