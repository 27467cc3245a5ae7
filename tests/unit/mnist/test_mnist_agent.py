import subprocess
import sys
from pathlib import Path

import pytest

import agent

ROOT = Path(agent.__file__).parent


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["--epoch", "5"], "unknown arguments: --epoch 5"),
        (["--count", "3"], "--count needs --sweep and must be at least 1"),
        (["--sweep", "abc", "--count", "0"], "--count needs --sweep and must be at least 1"),
    ],
)
def test_mistyped_command_is_refused_before_a_run_exists(
    arguments: list[str], expected: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as caught:
        agent.main(arguments)
    assert caught.value.code == 2
    assert expected in capsys.readouterr().err


@pytest.mark.slow
@pytest.mark.parametrize("sweep", ["/", "a//b", "a/b/c/d", "entity/project/"])
def test_malformed_sweep_path_is_refused(sweep: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert agent.run_sweep(sweep, None, {}) == 1
    assert f"--sweep must be [[ENTITY/]PROJECT/]ID, got {sweep!r}" in capsys.readouterr().err


def test_warm_process_asks_for_no_config_when_the_data_is_missing(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert agent.run_sweep("abc", None, {"data": "/nowhere"}) == 1
    assert "Cannot start: /nowhere: no such file" in capsys.readouterr().err


def test_stop_is_told_from_failure() -> None:
    assert agent.is_stop(KeyboardInterrupt())
    assert agent.is_stop(Exception())
    assert not agent.is_stop(Exception("out of memory"))
    assert not agent.is_stop(ValueError())


def test_reading_the_command_line_loads_nothing_heavy() -> None:
    code = (
        "import sys, agent; agent.build_parser().parse_args([]); "
        "print(sorted({'numpy', 'wandb', 'keras', 'tensorflow', 'mlxtend'} & set(sys.modules)))"
    )
    result = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=30
    )
    assert result.stdout == "[]\n"
