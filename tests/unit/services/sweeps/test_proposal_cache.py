"""How failures of the search are told: each once, with where it was raised, until another comes."""

import logging

import pytest

from sweepd.search.errors import NoFeasibleConfig
from sweepd.search.process import AskFailed, OverTime, WorkerLost
from sweepd.services.sweeps.proposal_cache import ProposalCache, told


def test_a_failure_that_repeats_itself_is_logged_once(caplog: pytest.LogCaptureFixture) -> None:
    cache = ProposalCache()
    with caplog.at_level(logging.WARNING):
        for error in (OverTime("a"), OverTime("a"), OverTime("b"), OverTime("a")):
            cache.log_once("asking", error)
        cache.log_once("drawing", OverTime("a"))
    assert [record.getMessage() for record in caplog.records] == ["asking"] * 3 + ["drawing"]
    assert {record.levelname for record in caplog.records} == {"WARNING"}


def test_faults_of_ours_are_errors_with_their_place(caplog: pytest.LogCaptureFixture) -> None:
    ProposalCache().log_once("asking", AskFailed("KeyError: 1", "in fail"))
    ProposalCache().log_once("asking", ZeroDivisionError("x"))
    first, second = caplog.records
    assert (first.levelname, first.getMessage()) == ("ERROR", "asking\nin fail")
    assert second.levelname == "ERROR" and second.exc_info is not None


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (WorkerLost("gone"), "the search process ended twice"),
        (NoFeasibleConfig("none"), "none"),
        (OverTime("slow"), "slow"),
        (AskFailed("KeyError: 1", ""), "KeyError: 1"),
        (ZeroDivisionError("x"), "ZeroDivisionError: x"),
    ],
)
def test_errors_in_words(error: Exception, expected: str) -> None:
    assert told(error).startswith(expected)
