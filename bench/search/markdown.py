"""Tables in Markdown, and where they stand in a page."""

from __future__ import annotations

from collections.abc import Iterable


def row(cells: Iterable[str]) -> str:
    """One line of a Markdown table."""
    return "| " + " | ".join(cells) + " |"


def head(cells: list[str]) -> list[str]:
    """First two lines of a Markdown table."""
    return [row(cells), "|" + "---|" * len(cells)]


def replace(text: str, name: str, lines: list[str]) -> str:
    """The page with the part between `<!-- name -->` and `<!-- /name -->` replaced."""
    begin, end = f"<!-- {name} -->\n", f"<!-- /{name} -->"
    before, rest = text.split(begin)
    return before + begin + "\n".join(lines) + "\n" + end + rest.split(end, 1)[1]
