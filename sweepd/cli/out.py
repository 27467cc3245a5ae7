"""What commands print: names and values of others are text in it, whatever characters they hold.

A terminal obeys control characters: a run's name could clear the screen, or look like other lines.
So every command prints through here (`tests/unit/cli/test_out.py`).
"""

import os
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from sweepd.domain.encoding import one_line

if TYPE_CHECKING:  # a server draws nothing
    from rich.console import Console
    from rich.text import Text

LONGEST = 100_000  # characters of a line
MORE = "  | "  # begins each further line of what is told in several


def shown(text: object) -> str:
    """Anything as one line without control characters."""
    return one_line(str(text), LONGEST)


def own_command() -> str:
    """What to type here to call this command again: `sweepd` is not found where a virtual
    environment is not active."""
    given = sys.argv[0]
    name, found = Path(given).name, shutil.which(Path(given).name)
    if name == "__main__.py":
        return f"{_near(sys.executable)} -m sweepd"
    if os.sep not in given or (found is not None and os.path.samefile(found, given)):
        return name
    return _near(given)


def _near(path: str) -> str:
    """A path from here, unless it lies elsewhere."""
    relative = os.path.relpath(path)
    return os.path.abspath(path) if relative.startswith(os.pardir) else relative


def say(text: str = "", color: str | None = None, bold: bool | None = None) -> None:
    """Print one line."""
    typer.secho(shown(text), fg=color, bold=bold)


def columns(*cells: object) -> None:
    """Print cells with tabs between them."""
    typer.echo("\t".join(shown(cell) for cell in cells))


def complain(text: str, color: str | None = None) -> None:
    """Print to standard error; of several lines the others are marked as such."""
    first, *others = text.split("\n")
    typer.secho(shown(first), fg=color, err=True)
    for line in others:
        typer.secho(MORE + shown(line), fg=color, err=True)


def data(text: str) -> None:
    """Print lines for a program as they are; on a terminal, lines without control characters."""
    if sys.stdout.isatty():
        text = "".join(f"{shown(line)}\n" for line in text.removesuffix("\n").split("\n"))
    sys.stdout.write(text)  # typer would leave out what looks like a color


def draw(console: "Console", text: str = "", style: str = "") -> None:
    """Print one line to a console, in which brackets are brackets."""
    console.print(cell(text, style))


def cell(text: object, style: str = "") -> "Text":
    """Anything as a part of what a console draws."""
    from rich.text import Text

    return Text(shown(text), style)
