"""Some seconds of whatever comes in; `python -m tests.fuzz --seconds 3600` is the hour."""

import asyncio
import os
from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.fuzz.driving import call, drive
from tests.fuzz.requests import Requests
from tests.protocol.anything import make_world

SECONDS = float(os.environ.get("FUZZ_SECONDS", "15"))
FIXED = settings(
    max_examples=150,
    deadline=None,
    database=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
)


@pytest.fixture(scope="module")
def requests(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Requests]:
    world, parts = make_world(tmp_path_factory.mktemp("fuzz"))
    yield Requests(world)
    world.http.close()
    parts.core.db.close()


def test_any_request_is_answered(requests: Requests) -> None:
    """Each choice is Hypothesis's: what fails is told as the smallest request that does."""

    @FIXED
    @given(st.randoms(use_true_random=False))
    def run(rng: Random) -> None:
        asked = requests.make(rng)
        status, _ = asyncio.run(call(requests.world.http.app, asked))
        assert status < 500, asked

    run()


def test_many_requests_at_once_leave_no_fault(tmp_path: Path) -> None:
    figures = drive(seed=1, seconds=SECONDS)
    assert figures.faults == []
    assert set(figures.statuses) == {
        "GraphQL",
        "bytes",
        "file stream",
        "manifest",
        "page actions",
        "pages",
        "sweeps",
    }
