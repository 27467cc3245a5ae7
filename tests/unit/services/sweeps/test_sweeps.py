"""Sweeps as their users see them: deletion, other entities."""

import pytest

from sweepd import server
from sweepd.domain.errors import NotFound
from sweepd.domain.users import Caller
from tests.unit.services.handing_out import (
    beat,
    make_sweep,
    register,
)

pytestmark = pytest.mark.both_databases


def test_deleted_sweep_tells_its_agents_with_not_found(parts: server.Parts, ann: Caller) -> None:
    sweep = make_sweep(parts, ann)
    agent = register(parts, ann, sweep)
    parts.services.sweeps.delete(ann, sweep.pk)
    with pytest.raises(NotFound):
        beat(parts, ann, agent)


def test_sweeps_of_another_entity_do_not_exist(
    parts: server.Parts, ann: Caller, bob: Caller
) -> None:
    sweep = make_sweep(parts, ann)
    agent = register(parts, ann, sweep)
    with pytest.raises(NotFound):
        register(parts, bob, sweep)
    with pytest.raises(NotFound):
        beat(parts, bob, agent)
    with pytest.raises(NotFound):
        parts.services.sweeps.get(bob, "ann", "p", sweep.sweep_id)
