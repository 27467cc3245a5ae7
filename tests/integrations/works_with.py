"""The table of docs/works-with.md: a row an integration, written by the command that tried them."""

from collections.abc import Mapping
from pathlib import Path

from tests.integrations.cases import CASES, Case

PAGE = Path(__file__).parents[2] / "docs" / "works-with.md"
PICTURES = PAGE.parent / "works-with"
BEGIN = "<!-- made by make integrations TRY=--write -->\n"
END = "<!-- end -->\n"
HEAD = "| integration | tried | read back through `wandb.Api()` | its page |\n|---|---|---|---|\n"


def row(case: Case, versions: str, words: str) -> str:
    """A line of the table."""
    picture = f"[picture](works-with/{case.name}.png)"
    return f"| {case.title} | {versions} | {words} | {picture} |\n"


def rows(text: str) -> dict[str, str]:
    """The lines that stand in the page, by the name of their case."""
    table = text.split(BEGIN)[1].split(END)[0].removeprefix(HEAD)
    lines = table.splitlines(keepends=True)
    return {line.rsplit("(works-with/", 1)[1].split(".png")[0]: line for line in lines}


def written(text: str, fresh: Mapping[str, str]) -> str:
    """The page with fresh rows in the order of the cases; those not tried now stay as they were."""
    known = rows(text) | dict(fresh)
    table = "".join(known[case.name] for case in CASES if case.name in known)
    head, rest = text.split(BEGIN)
    return head + BEGIN + HEAD + table + END + rest.split(END)[1]
