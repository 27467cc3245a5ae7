"""`sweepd: {budget: 2h}`: from the first hand-out on, so long and no longer is anything handed out.

Time by the clock, pauses included: who gives a sweep two hours wants their machines back after two.
What runs by then goes on to its end.
"""

from datetime import datetime, timedelta

from sweepd.domain.sweeps import Sweep
from sweepd.search.grammar.durations import duration_text
from sweepd.search.spec import SweepSpec
from sweepd.services.sweeps import specs
from sweepd.store import run_counts
from sweepd.store.database import Connection


def ends_at(connection: Connection, sweep: Sweep) -> datetime | None:
    """When the sweep hands out no more; None without a budget, or before its first run."""
    seconds = specs.spec_of(sweep).extras.budget
    if seconds is None:
        return None
    began = run_counts.first_created(connection, sweep.pk)
    return None if began is None else began + timedelta(seconds=seconds)


def is_spent(connection: Connection, sweep: Sweep, at: datetime) -> bool:
    """Whether the sweep's time is used up."""
    end = ends_at(connection, sweep)
    return end is not None and at >= end


def reason(sweep: Sweep) -> str:
    """Why a sweep ended whose time is used up."""
    seconds = specs.spec_of(sweep).extras.budget or 0.0
    return f"budget of {duration_text(seconds)} used up"


def text(spec: SweepSpec) -> str | None:
    """The budget as people write it; None without one."""
    return None if spec.extras.budget is None else duration_text(spec.extras.budget)
