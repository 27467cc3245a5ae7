"""Repeats: each config several times, shown and judged by the mean."""

import json

import pytest

from sweepd import server
from sweepd.domain.sweeps import Sweep, SweepState
from sweepd.domain.users import Caller
from sweepd.store import cells, sweep_runs
from tests.unit.services.handing_out import (
    GRID,
    edit,
    end,
    log,
    make_sweep,
    next_run,
    register,
    state_of,
    work_off,
)

pytestmark = pytest.mark.both_databases


REPEATED = GRID + "sweepd: {repeats: 3, repeat_as: fold}\n"


def configs(parts: server.Parts, sweep: Sweep) -> list[str]:
    with parts.core.db.read() as connection:
        found = [
            (run.created_at, run.pk, run.cell_pk)
            for run in sweep_runs.list_sweep_runs(connection, sweep.pk)
        ]
        by_pk = {cell.pk: cell.config for cell in cells.list_cells(connection, sweep.pk)}
    return [by_pk[pk] for _, _, pk in found if pk is not None]


def test_repeats_run_each_config_k_times_in_a_row_and_end(parts: server.Parts, ann: Caller) -> None:
    sweep = make_sweep(parts, ann, REPEATED)
    assert sweep.n_configs == 18
    assert len(work_off(parts, ann, register(parts, ann, sweep))) == 18
    found = [json.loads(text) for text in configs(parts, sweep)]
    assert [config["fold"] for config in found] == [0, 1, 2] * 6
    assert len({json.dumps(config) for config in found}) == 18
    assert found[0] | {"fold": None} == found[2] | {"fold": None}
    assert state_of(parts, ann, sweep).state is SweepState.FINISHED


@pytest.mark.parametrize("method", ["grid", "random"])
def test_cap_holds_in_the_middle_of_repeats_and_raising_it_completes_them(
    parts: server.Parts, ann: Caller, method: str
) -> None:
    text = REPEATED.replace("method: grid", f"method: {method}")
    sweep = make_sweep(parts, ann, text + "run_cap: 4\n")
    assert len(work_off(parts, ann, register(parts, ann, sweep))) == 4
    parts.services.sweeps.raise_cap(ann, sweep.pk, 6)
    assert len(work_off(parts, ann, register(parts, ann, sweep))) == 2
    folds = [json.loads(text)["fold"] for text in configs(parts, sweep)]
    assert folds == [0, 1, 2, 0, 1, 2]


def test_repeats_are_shown_as_mean_and_interval_and_searched_by_mean(
    parts: server.Parts, ann: Caller
) -> None:
    sweep = make_sweep(parts, ann, REPEATED)
    agent = register(parts, ann, sweep)
    for loss in (1.0, 2.0, 6.0):
        run = next_run(parts, ann, agent)
        log(parts, ann, str(run.run_id), 0, loss)
        end(parts, ann, str(run.run_id))
    [one] = parts.services.sweeps.repeated(sweep)
    assert one.config == {"a": 1, "b": "x"}
    assert one.n_values == 3
    assert one.mean == pytest.approx(3.0)
    # Student's t with 2 degrees of freedom, standard deviation sqrt(7): 4.303 * 2.6458 / sqrt(3)
    assert one.half_width == pytest.approx(6.572, abs=2e-3)


def test_best_run_is_of_the_config_with_the_best_mean(parts: server.Parts, ann: Caller) -> None:
    sweep = make_sweep(parts, ann, REPEATED)
    agent = register(parts, ann, sweep)
    ids = []
    for loss in (0.1, 9.0, 9.0, 2.0, 1.0, 3.0, 0.5):  # the last config lacks repetitions
        run = next_run(parts, ann, agent)
        ids.append(run.run_id)
        log(parts, ann, str(run.run_id), 0, loss)
        end(parts, ann, str(run.run_id))
    best = parts.services.sweeps.best_run(sweep)
    assert best is not None
    assert best.run_id == ids[4]
    means = [item.mean for item in parts.services.sweeps.repeated(sweep)]
    assert means == pytest.approx([2.0, 18.1 / 3, 0.5])


def test_fewer_repeats_drop_what_waits_and_more_add(parts: server.Parts, ann: Caller) -> None:
    sweep = make_sweep(parts, ann, REPEATED)
    agent = register(parts, ann, sweep)
    end(parts, ann, str(next_run(parts, ann, agent).run_id))
    edit(parts, ann, sweep, REPEATED.replace("repeats: 3", "repeats: 1"))
    assert len(work_off(parts, ann, agent)) == 5
    edit(parts, ann, sweep, REPEATED.replace("repeats: 3", "repeats: 2"))
    assert len(work_off(parts, ann, register(parts, ann, sweep))) == 6
