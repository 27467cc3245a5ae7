"""Whatever others named their things, a command prints lines of text and nothing a terminal obeys.

And what a command reads of a file is bounded, as it is on the server.
"""

import ast
import json
import sys
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console
from typer.testing import CliRunner

from sweepd import cli
from sweepd.cli import best, client, enqueue, out, progress, run, sweep_file
from sweepd.domain.errors import BadInput
from sweepd.domain.ids import SweepPath
from sweepd.services.sweeps import sweep_yaml

ROOT = Path(__file__).parents[3]
HOSTILE = "\x1b[2J\x1b]0;x\x07[red]a\nsweepd: run this\r\u202eb\x9b\u2028c\x00"
CONFIG = json.dumps(
    {"method": "grid", "program": HOSTILE, "parameters": {HOSTILE: {"values": [1]}}}
)
RUN = {
    "name": "r1",
    "displayName": HOSTILE,
    "state": "killed",
    "stopReason": HOSTILE,
    "config": json.dumps({HOSTILE: {"value": HOSTILE}}),
    "metricBest": 1.0,
    "startedAt": "2026-01-01T00:00:00Z",
    "endedAt": "2026-01-01T00:01:00Z",
    "exitcode": 0,
}
SWEEP = {
    "id": "s",
    "name": "s1",
    "displayName": HOSTILE,
    "state": "FINISHED",
    "stateReason": HOSTILE,
    "method": HOSTILE,
    "metricName": HOSTILE,
    "metricGoal": "minimize",
    "bestLoss": 1.0,
    "runCount": 1,
    "runCountExpected": 1,
    "config": CONFIG,
    "warnings": [HOSTILE],
    "bestRun": {"name": "r1"},
    "repeats": [],
    "metrics": [{"name": HOSTILE, "goal": "minimize"}],
    "front": [{"run": "r1", "name": HOSTILE, "values": [1.0]}],
    "agents": {"edges": []},
    "stops": [{"run": HOSTILE, "nValues": 1, "nTotal": 2, "reason": HOSTILE}],
}


class Hostile(client.Client):
    """A server on which everything has an evil name."""

    def query(self, document: str, **_: Any) -> dict[str, Any]:
        sweep = SWEEP | {"runs": {"edges": [{"node": dict(RUN)}]}}
        project = {
            "name": "p",
            "entityName": "e",
            "sweep": sweep,
            "sweeps": {"edges": [{"node": sweep}]},
            "run": {"summaryMetrics": json.dumps({f"test/{HOSTILE}": 1.0}), "config": "{}"},
            "runs": {"edges": [{"node": {"name": "r2", "displayName": HOSTILE}}]},
        }
        return {
            "project": project,
            "models": {"edges": [{"node": project}]},
            "enqueueSweepRun": {"id": HOSTILE},
            "retrySweepRuns": {"count": 1},
            "viewer": {"username": HOSTILE},
        }


@pytest.fixture(autouse=True)
def hostile(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client, "connect", lambda *_: Hostile("http://h", "k"))
    monkeypatch.setattr(best, "_download", lambda *_: Path(HOSTILE.replace("\x00", "")))


def check(text: str) -> None:
    assert text.strip()
    for line in text.split("\n"):
        bad = [c for c in line if c != "\t" and unicodedata.category(c) in {"Cc", "Cf", "Zl", "Zp"}]
        assert not bad, line
        assert not line.startswith("sweepd: run this"), text


@pytest.mark.parametrize(
    "words",
    [
        ["sweeps"],
        ["stops", "e/p/s1"],
        ["stops", "e/p/s1", "--dry-run"],
        ["best", "e/p/s1", "--evaluate", "echo done"],
        ["queue", "e/p/s1", "a=1"],
        ["retry", "e/p/s1"],
    ],
    ids=" ".join,
)
def test_a_command_prints_names_as_text(words: list[str]) -> None:
    done = CliRunner().invoke(cli.app, words)
    assert done.exception is None, done.output
    check(done.output)


def test_a_check_prints_names_as_text(tmp_path: Path) -> None:
    file = tmp_path / "sweep.yaml"
    file.write_text(CONFIG)
    check(CliRunner().invoke(cli.app, ["check", str(file)]).output)


@pytest.mark.parametrize("is_terminal", [False, True])
def test_what_a_console_draws_is_text(is_terminal: bool, tmp_path: Path) -> None:
    with (tmp_path / "drawn").open("w+", encoding="utf-8") as file:
        colors: Any = None  # without its own escapes
        console = Console(file=file, force_terminal=is_terminal, color_system=colors, width=300)
        found = progress.ask(Hostile("http://h", "k"), SweepPath("e", "p", "s1"))
        console.print(found.table())
        out.draw(console, run._line(found))
        out.draw(console, HOSTILE)
        file.seek(0)
        drawn = file.read()
    check(drawn)
    assert "[red]" in drawn  # brackets are brackets


def test_an_error_of_several_lines_marks_them(capsys: pytest.CaptureFixture[str]) -> None:
    out.complain(f"sweepd: {HOSTILE}")
    check(capsys.readouterr().err)


def test_data_is_exact_for_a_program_and_text_on_a_terminal(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    out.data("\x1b[2Ja\u202e\n")
    assert capsys.readouterr().out == "\x1b[2Ja\u202e\n"
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
    out.data("\x1b[2Ja\u202e\n")
    check(capsys.readouterr().out)


def calls(path: Path) -> Iterator[tuple[str, ast.Call]]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Call):
            yield ast.unparse(node.func), node


def test_commands_print_through_one_place() -> None:
    printers = {"print", "typer.echo", "typer.secho", "sys.stdout.write", "sys.stderr.write"}
    files = list((ROOT / "sweepd/cli").glob("*.py"))
    assert len(files) > 10
    for path in files:
        if path.name == "out.py":
            continue
        assert not {name for name, _ in calls(path)} & printers, path
        for name, call in calls(path):
            if name == "console.print":
                assert ast.unparse(call) == "console.print(found.table())", path


def test_yaml_is_read_in_one_place() -> None:
    readers = {"load", "safe_load", "full_load", "unsafe_load", "load_all", "safe_load_all"}
    files = [path for path in (ROOT / "sweepd").rglob("*.py") if "yaml" in path.read_text()]
    assert len(files) > 20
    for path in files:
        for name, _ in calls(path):
            module, _, function = name.rpartition(".")
            is_reader = module == "yaml" and function in readers
            assert not is_reader or path.name == "sweep_yaml.py", path


BOMB = "\n".join(
    ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    + [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9)}]" for i in range(1, 12)]
)


def test_what_unfolds_without_end_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "sweep.yaml"
    file.write_text(BOMB + "\nmethod: grid\nparameters: {a: {value: 1}}")
    done = CliRunner().invoke(cli.app, ["check", str(file)])
    assert isinstance(done.exception, BadInput)
    assert "too large" in str(done.exception)
    with pytest.raises(BadInput, match="unfolds"):
        sweep_file.parse(BOMB)
    with pytest.raises(BadInput, match="no value of YAML"):
        enqueue.read_values(["a=" + "[" * 100])
    assert enqueue.read_values(["a=1e-5", "b=[1, x]"]) == {"a": 1e-5, "b": [1, "x"]}


def test_a_file_without_end_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sweep_yaml, "MAX_CHARACTERS", 1000)
    with pytest.raises(BadInput, match="more than 1,000 characters"):
        sweep_file.read(Path("/dev/zero"))
