from pathlib import Path

import pytest
import yaml

import agent
from mnist.config import Config

ROOT = Path(agent.__file__).parent
SWEEP = yaml.safe_load((ROOT / "sweep.yaml").read_text())


def test_sweep_starts_this_program_in_this_project() -> None:
    assert (ROOT / SWEEP["program"]).is_file()
    assert SWEEP["project"] == agent.DEFAULT_PROJECT
    assert SWEEP["command"] == ["${env}", "${interpreter}", "${program}", "${args}"]


@pytest.mark.parametrize("name", SWEEP["parameters"])
def test_every_value_of_the_sweep_is_a_config_the_agent_takes(name: str) -> None:
    parameter = SWEEP["parameters"][name]
    values = parameter.get("values") or (parameter["min"], parameter["max"])
    assert values
    for value in values:
        assert getattr(Config.from_values({name: value}), name) == value


def test_sweep_is_plain_and_ends() -> None:
    assert "sweepd" not in SWEEP
    assert SWEEP["metric"] == {"name": "best_val_accuracy", "goal": "maximize"}
    assert SWEEP["run_cap"] > 0
