"""Commands to paste: whatever is in a value, a shell reads the words that were meant."""

import json
import shutil
import subprocess
import sys
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sweepd.domain import shell

BASH = shutil.which("bash")
NASTY = [
    "; touch x",
    "$(touch x)",
    "`touch x`",
    "a b",
    "'",
    '"',
    "\\",
    "\n",
    "\r",
    "\x1b[31m",
    "\t",
    "!!",
    "*",
    "~",
    "#",
    "",
    "-rf",
    "\u202e",
    "é",
    "&& x",
    "| x",
    "> x",
    "$HOME",
    "a'b\n\\c",
    "%",
]
SHOW = "import json, sys; print(json.dumps(sys.argv[1:]))"


def words_of(line: str) -> list[str]:
    """What a program is given by bash."""
    if BASH is None:
        pytest.skip("there is no bash")
    done = subprocess.run([BASH, "-c", line], capture_output=True, text=True, check=True)
    return list(json.loads(done.stdout))


def test_a_shell_reads_the_same_words() -> None:
    line = shell.command(sys.executable, "-c", SHOW, *NASTY)
    assert words_of(line) == NASTY
    assert line.isprintable()


@pytest.mark.slow
@settings(max_examples=200, deadline=None, derandomize=True, database=None)
@given(st.text(st.characters(), max_size=30))
def test_every_word_can_be_printed(word: str) -> None:
    assert shell.quote(word).isprintable()
    assert "\n" not in shell.quote(word)


def test_a_run_is_made_again_with_its_own_values() -> None:
    config: dict[str, Any] = {f"p{i}; id": text for i, text in enumerate(NASTY)}
    config |= {"lr": 0.1, "on": True, "none": None, "inner": {"a": 1}, "wide": 10**5000}
    line = shell.again("-c", config, [*config, "missing"], sys.executable)
    line = line.replace(" ./-c ", f" -c {shell.quote(SHOW)} ")
    flags = words_of(line)
    assert flags[: len(NASTY)] == [f"--p{i}; id={text}" for i, text in enumerate(NASTY)]
    assert flags[len(NASTY) :] == ["--lr=0.1", "--on=True", "--none=None", "--wide=1e+5000"]
