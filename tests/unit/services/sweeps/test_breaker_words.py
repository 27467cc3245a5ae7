"""What the breaker takes for the same failure, and what it tells of it."""

import pytest

from sweepd import server
from sweepd.domain.sweeps import Sweep, SweepState
from sweepd.domain.users import Caller
from sweepd.services.sweeps import breaker
from sweepd.services.sweeps.sweeps import SweepChange
from tests.conftest import FakeClock
from tests.unit.services.handing_out import (
    GRID,
    edit,
    end,
    make_sweep,
    next_run,
    register,
    say,
    set_state,
    state_of,
)

TWO = GRID + "sweepd: {breaker: 2}\n"
START = "Traceback (most recent call last):"


class Failing:
    """An agent whose runs fail, one a second."""

    def __init__(self, parts: server.Parts, ann: Caller, clock: FakeClock, text: str = TWO) -> None:
        self.parts, self.ann, self.clock = parts, ann, clock
        self.sweep = make_sweep(parts, ann, text)
        self.agent = register(parts, ann, self.sweep)

    def fail(self, *said: str, exitcode: int = 1) -> None:
        run_id = str(next_run(self.parts, self.ann, self.agent).run_id)
        self.clock.forward(1)
        if said:
            say(self.parts, self.ann, run_id, *said)
        end(self.parts, self.ann, run_id, exitcode)
        self.clock.forward(1)

    @property
    def found(self) -> Sweep:
        return state_of(self.parts, self.ann, self.sweep)

    @property
    def is_paused(self) -> bool:
        return self.found.state is SweepState.PAUSED


@pytest.fixture
def failing(parts: server.Parts, ann: Caller, clock: FakeClock) -> Failing:
    return Failing(parts, ann, clock)


@pytest.mark.parametrize(
    ("first", "second", "is_alike"),
    [
        ("KeyError: 3", "KeyError: 41", True),
        ("no <T at 0x7f3a>", "no <T at 0x91bc>", True),
        ("no file /data/a/1.csv here", "no file /data/b.csv here", True),
        ("KeyError: a", "KeyError: b", False),
        ("out of memory", "Out of memory", False),
    ],
)
def test_failures_are_alike_but_for_numbers_places_and_addresses(
    failing: Failing, first: str, second: str, is_alike: bool
) -> None:
    failing.fail(first)
    failing.fail(second)
    assert failing.is_paused is is_alike


def test_the_clients_own_words_and_blank_lines_are_no_last_words(failing: Failing) -> None:
    failing.fail("KeyError: a", "", "   ", "wandb: View run at x")
    failing.fail("KeyError: a", "wandb: Synced 5 files")
    assert failing.found.state_reason.splitlines()[0].endswith("alike: KeyError: a")


def test_only_the_last_traceback_is_told_and_of_a_long_one_the_end(failing: Failing) -> None:
    old = [START, "  old line", "OldError: before"]
    frames = [f'  File "t.py", line {n}' for n in range(60)]
    for _ in range(2):
        failing.fail(*old, "During handling of the above", START, *frames, "RecursionError: deep")
    head, *told = failing.found.state_reason.splitlines()
    assert head == "2 runs in a row failed alike: RecursionError: deep"
    assert told == [*frames[-39:], "RecursionError: deep"]


def test_a_short_traceback_is_told_from_its_first_line(failing: Failing) -> None:
    for _ in range(2):
        failing.fail("epoch 1", START, "  here", "ValueError: x", "")
    assert failing.found.state_reason.splitlines()[1:] == [START, "  here", "ValueError: x"]


def test_of_a_long_output_without_a_traceback_the_last_line_is_told(failing: Failing) -> None:
    for _ in range(2):
        failing.fail(*[f"epoch {n}" for n in range(300)], "killed by the machine")
    assert failing.found.state_reason.splitlines()[1:] == ["killed by the machine"]


def test_silent_failures_are_told_by_their_exit_code(failing: Failing) -> None:
    for _ in range(2):
        failing.fail(exitcode=3)
    assert failing.found.state_reason.splitlines()[1:] == ["exit code 3"]


def test_one_that_ended_otherwise_breaks_the_streak(failing: Failing) -> None:
    failing.fail("KeyError: a")
    run_id = str(next_run(failing.parts, failing.ann, failing.agent).run_id)
    run = failing.parts.services.runs.get(failing.ann, None, "p", run_id)
    failing.parts.services.runs.stop(failing.ann, run.pk)
    failing.clock.forward(1)
    end(failing.parts, failing.ann, run_id, 1)  # killed, not failed
    failing.clock.forward(1)
    failing.fail("KeyError: a")
    assert not failing.is_paused
    failing.fail("KeyError: a")
    assert failing.is_paused


def test_breaker_of_none_never_pauses(parts: server.Parts, ann: Caller, clock: FakeClock) -> None:
    failing = Failing(parts, ann, clock, GRID + "sweepd: {breaker: 0}\n")
    for _ in range(5):
        failing.fail("KeyError: a")
    assert not failing.is_paused


@pytest.mark.parametrize("what", ["edit", "retry", "state"])
def test_the_streak_begins_anew_with_whatever_the_user_does(failing: Failing, what: str) -> None:
    failing.fail("KeyError: a")
    if what == "edit":
        edit(failing.parts, failing.ann, failing.sweep, TWO + "# mended\n")
    elif what == "retry":
        assert failing.parts.services.sweeps.retry(failing.ann, failing.sweep.pk, ["failed"]) == 1
    else:
        for state in ("PAUSED", "RUNNING"):
            set_state(failing.parts, failing.ann, failing.sweep, state)
    failing.clock.forward(1)
    failing.fail("KeyError: a")
    assert not failing.is_paused
    failing.fail("KeyError: a")
    assert failing.is_paused


def test_what_the_user_names_does_not_begin_a_streak_anew(failing: Failing) -> None:
    failing.fail("KeyError: a")
    change = SweepChange(display_name="better")
    failing.parts.services.sweeps.update(failing.ann, failing.sweep.pk, change)
    failing.clock.forward(1)
    failing.fail("KeyError: a")
    assert failing.is_paused


def test_runs_that_fail_alike_after_the_pause_change_nothing(failing: Failing) -> None:
    """Several agents are at work when the breaker trips."""
    late = [register(failing.parts, failing.ann, failing.sweep) for _ in range(2)]
    ids = [str(next_run(failing.parts, failing.ann, agent).run_id) for agent in late]
    failing.fail("KeyError: a")
    failing.fail("KeyError: a")
    before = failing.parts.services.sweeps.events(failing.sweep)
    assert failing.is_paused
    for run_id in ids:
        say(failing.parts, failing.ann, run_id, "KeyError: a")
        end(failing.parts, failing.ann, run_id, 1)
    assert failing.parts.services.sweeps.events(failing.sweep) == before


def test_it_says_whether_it_paused(failing: Failing) -> None:
    def trip() -> bool:
        pk, at = failing.sweep.pk, failing.clock()
        return failing.parts.core.db.write(lambda c: breaker.trip_if_alike(c, pk, at))

    assert not trip(), "nothing has failed"
    failing.fail("KeyError: a")
    assert not trip(), "one is too few"
    failing.fail("KeyError: a")
    assert failing.is_paused and not trip(), "it is paused already"
    assert not failing.parts.core.db.write(lambda c: breaker.trip_if_alike(c, 999, failing.clock()))
