"""The server killed under simulated agents, and many agents racing for a capped sweep.

`python -m bench.hand_out` is the same with 64 agents and 20,000 cells.
"""

from pathlib import Path

import pytest

from bench.hand_out import hand_out

pytestmark = pytest.mark.faults


def test_kill_9_again_and_again_loses_and_repeats_nothing(tmp_path: Path) -> None:
    came = hand_out(tmp_path, n_agents=12, n_cells=300, n_kills=4)
    assert came.state == "FINISHED"
    assert came.n_configs == 300
    assert came.n_repeated == 0


def test_racing_agents_never_exceed_the_cap(tmp_path: Path) -> None:
    came = hand_out(tmp_path, n_agents=32, n_cells=200, n_kills=0, run_cap=21)
    assert came.state == "FINISHED"
    assert came.n_configs == came.n_runs == 21
