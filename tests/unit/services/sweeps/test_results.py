"""What a sweep's runs came to, as pages and clients ask for it."""

import pytest

from sweepd import server
from sweepd.domain.paging import Start
from sweepd.domain.users import Caller
from tests.unit.services.handing_out import GRID, begin, end, log, make_sweep, register, work_off

TWICE = GRID + "sweepd: {repeats: 2}\n"


@pytest.mark.slow
@pytest.mark.parametrize("first", [None, 1, 2, 6, 7])
@pytest.mark.parametrize("n_before", [0, 1, 5, 6])
def test_runs_come_in_the_order_they_were_handed_out_after_the_one_named(
    parts: server.Parts, ann: Caller, first: int | None, n_before: int
) -> None:
    sweep, other = make_sweep(parts, ann), make_sweep(parts, ann)
    handed = work_off(parts, ann, register(parts, ann, sweep))
    work_off(parts, ann, register(parts, ann, other))
    results = parts.services.sweeps
    everything = results.runs(sweep)
    assert [run.run_id for run in everything] == handed
    rest = everything[n_before:]
    after = {"after_pk": everything[n_before - 1].pk} if n_before else {}
    assert results.runs(sweep, first, **after) == (rest if first is None else rest[:first])
    assert [point.run_id for point in results.points(sweep)] == handed


@pytest.mark.parametrize(
    ("given", "is_newest_first"), [((), False), ((False,), False), ((True,), True)]
)
def test_an_agents_runs_come_oldest_first_unless_asked_otherwise(
    parts: server.Parts, ann: Caller, given: tuple[bool, ...], is_newest_first: bool
) -> None:
    sweep = make_sweep(parts, ann)
    agent = register(parts, ann, sweep)
    handed = work_off(parts, ann, agent)
    [found] = parts.services.sweeps.page_agents(sweep, Start(), None).values
    assert found.pk == agent
    page = parts.services.scheduling.agent_runs(found, *given, first=4)
    expected = handed[::-1] if is_newest_first else handed
    assert [run.run_id for run in page.values] == expected[:4]


def test_the_best_run_is_of_the_config_whose_mean_is_best(parts: server.Parts, ann: Caller) -> None:
    """One lucky run of a config that is worse on the whole is not it."""
    sweep = make_sweep(parts, ann, TWICE)
    agent = register(parts, ann, sweep)
    handed = work_off(parts, ann, agent, limit=100)
    losses = [0.1, 9.0, 2.0, 1.0] + [5.0] * (len(handed) - 4)
    for run_id, loss in zip(handed, losses, strict=True):
        begin(parts, ann, run_id)
        log(parts, ann, run_id, 0, loss)
        end(parts, ann, run_id)
    best = parts.services.sweeps.best_run(parts.services.sweeps.get_by_pk(ann, sweep.pk))
    assert best is not None and best.run_id == handed[3]


def test_the_best_config_counts_while_others_have_no_value_yet(
    parts: server.Parts, ann: Caller
) -> None:
    """The best single run is of the config whose mean is worse."""
    sweep = make_sweep(parts, ann, TWICE)
    handed = work_off(parts, ann, register(parts, ann, sweep))
    for run_id, loss in zip(handed, [0.1, 9.0, 2.0, 3.0], strict=False):
        begin(parts, ann, run_id)
        log(parts, ann, run_id, 0, loss)
        end(parts, ann, run_id)
    best = parts.services.sweeps.best_run(sweep)
    assert best is not None and best.run_id == handed[2]


def test_without_repeats_the_best_run_is_the_best_of_all_and_none_without_a_value(
    parts: server.Parts, ann: Caller
) -> None:
    sweep = make_sweep(parts, ann)
    handed = work_off(parts, ann, register(parts, ann, sweep))
    assert parts.services.sweeps.best_run(sweep) is None
    for run_id, loss in zip(handed, [3.0, 1.0, 2.0], strict=False):
        begin(parts, ann, run_id)
        log(parts, ann, run_id, 0, loss)
        end(parts, ann, run_id)
    best = parts.services.sweeps.best_run(sweep)
    assert best is not None and best.run_id == handed[1]
