"""The server's clock is set by an hour: no live run is lost, dead ones are still found."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from sweepd import server
from sweepd.domain.errors import Forbidden
from sweepd.domain.runs import RunState
from sweepd.domain.users import Caller
from sweepd.services.runs.runs import RunChange
from sweepd.services.streams.lines import StreamPost
from sweepd.settings import Settings
from sweepd.wandb_api.claims import GetBlob
from sweepd.wandb_api.signing import LIFETIME_S, Signer
from tests.conftest import FakeClock
from tests.unit.services.handing_out import beat, begin, make_sweep, register

HOUR_S = 3600.0


class SetClock(FakeClock):
    """A clock that people set, over one that goes on."""

    steady_s = 0.0

    def forward(self, seconds: float) -> None:
        super().forward(seconds)
        self.steady_s += seconds

    def jump(self, seconds: float) -> None:
        self.at += timedelta(seconds=seconds)


@pytest.fixture
def clock() -> SetClock:
    return SetClock()


@pytest.fixture
def parts(tmp_path: Path, clock: SetClock) -> Iterator[server.Parts]:
    built = server.build(Settings(data=tmp_path / "data"), clock, lambda: clock.steady_s)
    yield built
    built.core.db.close()


def state_of(parts: server.Parts, ann: Caller, run_id: str) -> RunState:
    return parts.services.runs.get(ann, None, "p", run_id).state


@pytest.mark.slow
@pytest.mark.parametrize("jump_s", [HOUR_S, -HOUR_S])
def test_live_runs_are_kept_and_dead_ones_found_as_late_as_ever(
    parts: server.Parts, ann: Caller, clock: SetClock, jump_s: float
) -> None:
    sweep = make_sweep(parts, ann)
    agents = [register(parts, ann, sweep) for _ in range(2)]
    live, dead = (str(beat(parts, ann, agent)[0].run_id) for agent in agents)
    for run_id in (live, dead, "lone"):
        begin(parts, ann, run_id)
    parts.services.runs.upsert(ann, None, "p", "gone", RunChange())
    parts.services.history.append(ann, "ann", "p", "gone", StreamPost())
    clock.forward(20)
    clock.jump(jump_s)
    beat(parts, ann, agents[0])  # as it ends its run: the client has more to send
    assert parts.leases.expire() == []
    assert {state_of(parts, ann, r) for r in (live, dead, "lone")} == {RunState.RUNNING}
    lost = []
    for _ in range(20):
        clock.forward(20)
        beat(parts, ann, agents[0], live)
        for run_id in (live, "lone"):
            parts.services.history.append(ann, "ann", "p", run_id, StreamPost())
        lost += [(run.run_id, clock.steady_s) for run in parts.leases.expire()]
    assert [run_id for run_id, _ in lost] == [dead, "gone"]
    assert lost[0][1] <= 120 and lost[1][1] <= 360
    assert state_of(parts, ann, live) == state_of(parts, ann, "lone") == RunState.RUNNING


@pytest.mark.parametrize(
    ("age_s", "is_good"),
    [
        (-HOUR_S, True),
        (0, True),
        (LIFETIME_S - 60, True),
        (LIFETIME_S + 60, False),
    ],
)
def test_addresses_outlive_a_clock_that_is_set_back(age_s: float, is_good: bool) -> None:
    now = datetime(2026, 1, 9, tzinfo=UTC)
    token = Signer("secret", lambda: now - timedelta(seconds=age_s)).sign(
        GetBlob("x", "text/plain")
    )
    reader = Signer("secret", lambda: now)
    if is_good:
        assert reader.read(token) == GetBlob("x", "text/plain")
    else:
        with pytest.raises(Forbidden, match="expired"):
            reader.read(token)
