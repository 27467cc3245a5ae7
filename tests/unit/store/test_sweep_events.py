"""The log of a sweep."""

import pytest

from sweepd.domain.sweeps import EventKind
from sweepd.store import sweep_events
from tests.unit.store.world import World, at

pytestmark = pytest.mark.both_databases


def test_the_log_keeps_its_order_and_a_warning_once(world: World) -> None:
    c = world.connection
    sweep, other = world.sweep(), world.sweep()
    sweep_events.append_event(c, sweep.pk, at(9), "ann", EventKind.CREATED, "made")
    sweep_events.append_warning_once(c, sweep.pk, at(1), "careful")
    sweep_events.append_warning_once(c, sweep.pk, at(2), "careful")
    sweep_events.append_warning_once(c, other.pk, at(3), "careful")
    sweep_events.append_event(c, sweep.pk, at(4), "bob", EventKind.EDIT, "new file")
    found = sweep_events.list_events(c, sweep.pk)
    assert [(e.at, e.actor, e.kind, e.message) for e in found] == [
        (at(9), "ann", EventKind.CREATED, "made"),
        (at(1), "", EventKind.WARNING, "careful"),
        (at(4), "bob", EventKind.EDIT, "new file"),
    ]
    kinds = (EventKind.EDIT, EventKind.WARNING)
    assert sweep_events.last_event_at(c, sweep.pk, kinds) == at(4)
    assert sweep_events.last_event_at(c, sweep.pk, [*kinds, EventKind.CREATED]) == at(9)
