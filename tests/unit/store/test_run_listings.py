"""Runs in orders read page by page: whose they are, and which come first; deleted ones do not."""

import pytest

from sweepd.domain.paging import Start
from sweepd.domain.runs import Run
from sweepd.domain.sweeps import CellOrigin, CellState
from sweepd.store import agents, artifacts, cells, prior_runs, run_listings
from sweepd.store.paging import Listing
from tests.unit.store.world import START, World, at, names

pytestmark = pytest.mark.both_databases


def listed(world: World, listing: Listing[Run]) -> list[str]:
    """The ids of a whole list, read two at a time; as many as it counts."""
    found: list[str] = []
    start = Start()
    while page := listing.fetch(world.connection, start, 2):
        found += names([run for _, run in page])
        start = Start(page[-1][0])
    assert found == names(listing.all(world.connection))
    assert len(found) == listing.count(world.connection)
    return found


def test_a_projects_runs_by_age(world: World) -> None:
    for project in (world.p, world.q, world.project("r")):
        for name, seconds in (("c", 5), ("a", 1), ("b", 5), ("d", 3)):
            world.run(f"{name}{project}", seconds, project)
    q = world.q
    world.run("gone", project_pk=q, deleted_at=at(1))
    oldest_first = [f"{name}{q}" for name in "adcb"]
    assert listed(world, run_listings.of_project(q, newest_first=False)) == oldest_first
    newest_first = [f"{name}{q}" for name in "cbda"]
    assert listed(world, run_listings.of_project(q, newest_first=True)) == newest_first


def test_a_sweeps_and_an_agents_runs_as_they_were_handed_out(world: World) -> None:
    sweeps = [world.sweep() for _ in range(3)]
    owners = [agents.create_agent(world.connection, s, "a", "", world.ann, START) for s in sweeps]
    for i, seconds in ((0, 9), (1, 8), (2, 7), (0, 6), (1, 5), (2, 4)):
        own = {"sweep_pk": sweeps[i].pk, "agent_pk": owners[i].pk}
        world.run(f"{i}at{seconds}", seconds, **own)
        world.run(f"{i}gone{seconds}", seconds, **own, deleted_at=at(9))
    assert listed(world, run_listings.of_sweep(sweeps[1].pk)) == ["1at8", "1at5"]
    assert listed(world, run_listings.of_agent(owners[1].pk, False)) == ["1at8", "1at5"]
    assert listed(world, run_listings.of_agent(owners[1].pk, True)) == ["1at5", "1at8"]


def test_earlier_runs_attached_to_a_sweep_are_its_own_and_those_of_others(world: World) -> None:
    c = world.connection
    earlier, sweep, other = (world.sweep() for _ in range(3))

    def cell(sweep_pk: int, key: str, origin: CellOrigin) -> int:
        made = cells.reserve_new_cell(c, sweep_pk, key, "{}", CellState.DONE, origin)
        assert made is not None
        return made.pk

    for one in (sweep, other):
        for origin in CellOrigin:
            key = cell(one.pk, origin.value, origin)
            world.run(f"{origin.value} of {one.pk}", sweep_pk=one.pk, cell_pk=key)
    shared = world.run("shared", sweep_pk=earlier.pk)
    gone = world.run("gone", sweep_pk=earlier.pk, deleted_at=at(1))
    elsewhere = world.run("elsewhere", sweep_pk=earlier.pk)
    for run in (shared, gone):
        for _ in range(2):  # again changes nothing
            prior_runs.add_prior_run(c, {"sweep_pk": sweep.pk, "run_pk": run.pk})
    prior_runs.add_prior_run(c, {"sweep_pk": other.pk, "run_pk": elsewhere.pk})
    assert listed(world, run_listings.attached_to(sweep.pk)) == [f"prior of {sweep.pk}", "shared"]
    assert listed(world, run_listings.attached_to(earlier.pk)) == []


def test_runs_that_used_a_version_in_the_order_they_did(world: World) -> None:
    c = world.connection
    home = world.collection()
    versions = [world.version(home).pk for _ in range(3)]
    for name, seconds in (("a", 9), ("b", 2), ("c", 9), ("d", 5)):
        artifacts.record_use(c, world.run(name).pk, versions[1], None, at(seconds))
    artifacts.record_use(c, world.run("e", deleted_at=at(1)).pk, versions[1], None, START)
    artifacts.record_use(c, world.run("f").pk, versions[0], None, START)
    artifacts.record_use(c, world.run("g").pk, versions[2], None, START)
    assert listed(world, run_listings.using(versions[1])) == [*"bdac"]
