"""What is wrong with a file that is no YAML, in words of whoever wrote it."""

import re

import yaml

SHOWN = 60  # characters of the line

# Both readers of YAML, the one in C and the one in Python, have words of their own.
_UNCLOSED = r"expected ',' or '[\]}]'|expected the node content, but found '<stream end>'"
_WORDS = (
    (r"found character '\\t'|found a tab", "a tab stands where YAML wants spaces"),
    (r"could not find expected ':'", "line {begun} lacks a colon after its key"),
    (r"mapping values are not allowed", "a second colon in one line: put the value in quotes"),
    (_UNCLOSED, "a bracket opened in line {begun} is not closed"),
    (r"found unexpected end of stream", "a quote opened in line {begun} is not closed"),
    (
        r"<block end>|expected key|expected '-' indicator",
        "this line is indented, or written, unlike those it belongs to",
    ),
    (r"character .*cannot start any token", "a value cannot begin so: put it in quotes"),
    (r"found undefined alias", "what a * names was not named before with &: put it in quotes"),
)


def explain(error: yaml.YAMLError, text: str) -> str:
    """Where it goes wrong, what is wrong there, and the line: "at line 2, column 1: …"."""
    mark, begun = getattr(error, "problem_mark", None), getattr(error, "context_mark", None)
    problem = str(getattr(error, "problem", None) or error)
    if mark is None:
        return f": {problem}"
    lines = text.splitlines()
    at = lines[mark.line] if mark.line < len(lines) else ""
    told = problem
    if "\t" in at[: len(at) - len(at.lstrip())]:
        problem = "found a tab"
    for pattern, words in _WORDS:
        if re.search(pattern, problem):
            told = words.format(begun=(begun or mark).line + 1)
            break
    n_shown = begun.line if begun and "lacks a colon" in told else mark.line
    line = lines[n_shown].strip()[:SHOWN] if n_shown < len(lines) else ""
    shown = f", in `{line}`" if line.isprintable() and line else ""
    return f" at line {mark.line + 1}, column {mark.column + 1}: {told}{shown}"
