"""Three servers on PostgreSQL and an S3 under kills, one of them 100 s ahead: they are as one.

`python -m bench.replicas` is the same with 900 cells, 60 runs of bayes and 48 agents.
"""

from pathlib import Path

import pytest

from bench.replicas.__main__ import Load, measure

pytestmark = [pytest.mark.faults, pytest.mark.postgres]


def test_servers_that_are_killed_hand_out_as_one(postgresql: str, tmp_path: Path) -> None:
    wanted = Load(n_cells=30, n_bayes=6, n_agents=6, n_kills=1, run_s=0.2, uploads_every=4)
    came = measure(tmp_path, wanted)
    assert came.n_kills == 2 and came.n_uploads >= 8
    assert came.wrong == []
