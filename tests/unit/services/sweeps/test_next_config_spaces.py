"""The next config where configs were had, where few are left, and where somebody else chooses."""

import json

import pytest

from sweepd import server
from sweepd.domain.sweeps import Sweep, SweepState
from sweepd.domain.users import Caller
from sweepd.search import grid as grids
from sweepd.services.sweeps import ahead, next_config
from sweepd.store import sweeps
from tests.conftest import FakeClock
from tests.unit.services.handing_out import (
    GRID,
    beat,
    edit,
    end,
    make_sweep,
    next_run,
    register,
    state_of,
    work_off,
)

RANDOM = GRID.replace("method: grid", "method: random")


def configs(parts: server.Parts, sweep: Sweep) -> list[str]:
    return [point.config for point in parts.services.sweeps.points(sweep)]


def wide(n: int, more: str = "") -> str:
    return f"method: grid\nprogram: t.py\nparameters: {{a: {{min: 1, max: {n}}}}}\n{more}"


@pytest.mark.slow
@pytest.mark.parametrize("n_had", [1, next_config.MAX_TAKEN - 1, next_config.MAX_TAKEN, 150])
def test_an_edit_passes_over_what_was_had_however_many(
    parts: server.Parts, ann: Caller, n_had: int
) -> None:
    sweep = make_sweep(parts, ann, wide(n_had))
    assert len(work_off(parts, ann, register(parts, ann, sweep), 200)) == n_had
    edit(parts, ann, sweep, wide(n_had + 3))
    assert len(work_off(parts, ann, register(parts, ann, sweep))) == 3
    found = configs(parts, sweep)
    assert found == [f'{{"a":{i}}}' for i in range(1, n_had + 4)]
    found_sweep = state_of(parts, ann, sweep)
    assert (found_sweep.n_cells, found_sweep.state) == (n_had + 3, SweepState.FINISHED)


@pytest.mark.slow
def test_an_edit_that_leaves_nothing_new_ends_the_sweep(parts: server.Parts, ann: Caller) -> None:
    sweep = make_sweep(parts, ann, wide(100))
    work_off(parts, ann, register(parts, ann, sweep), 200)
    edit(parts, ann, sweep, wide(90))
    assert state_of(parts, ann, sweep).next_index == 0
    assert work_off(parts, ann, register(parts, ann, sweep)) == []
    assert state_of(parts, ann, sweep).state is SweepState.FINISHED


@pytest.mark.slow
def test_what_was_had_is_passed_once_not_at_every_hand_out(
    parts: server.Parts, ann: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    sweep = make_sweep(parts, ann, wide(100))
    work_off(parts, ann, register(parts, ann, sweep), 200)
    edit(parts, ann, sweep, wide(105))
    passed: list[int] = []
    original = next_config._pass_taken

    def spy(grid: grids.Grid, spec: object, taken: object, start: int) -> int:
        passed.append(start)
        return original(grid, spec, taken, start)  # type: ignore[arg-type]

    monkeypatch.setattr(next_config, "_pass_taken", spy)
    assert len(work_off(parts, ann, register(parts, ann, sweep))) == 5
    assert passed == [next_config.MAX_TAKEN]


def test_cap_of_a_sweep_is_where_the_search_ends(parts: server.Parts, ann: Caller) -> None:
    for text in (GRID, RANDOM):
        sweep = make_sweep(parts, ann, text + "run_cap: 2\n")
        agents = [register(parts, ann, sweep) for _ in range(3)]
        runs = [beat(parts, ann, agent) for agent in agents]
        assert [len(run) for run in runs] == [1, 1, 0], "the third waits: one may be lost"
        assert state_of(parts, ann, sweep).n_cells == 2


@pytest.mark.slow
@pytest.mark.parametrize("more", ["", "sweepd: {seed: 3}\n"])
def test_draws_of_a_sweep_differ_from_each_other(
    parts: server.Parts, ann: Caller, more: str
) -> None:
    text = "method: random\nprogram: t.py\nrun_cap: 20\nparameters: {a: {min: 0.0, max: 1.0}}\n"
    sweep = make_sweep(parts, ann, text + more)
    work_off(parts, ann, register(parts, ann, sweep))
    assert len(set(configs(parts, sweep))) == 20
    assert state_of(parts, ann, sweep).next_index == 20


def test_draws_that_repeat_have_a_cell_each(parts: server.Parts, ann: Caller) -> None:
    sweep = make_sweep(parts, ann, RANDOM.replace("[1, 2, 3]", "[1]") + "run_cap: 12\n")
    work_off(parts, ann, register(parts, ann, sweep))
    assert len(configs(parts, sweep)) == 12
    assert set(configs(parts, sweep)) == {'{"a":1,"b":"x"}', '{"a":1,"b":"y"}'}


@pytest.mark.slow
def test_last_configs_of_a_distinct_space_are_found_though_draws_repeat(
    parts: server.Parts, ann: Caller
) -> None:
    text = f"method: random\nprogram: t.py\nparameters: {{a: {{min: 1, max: {120}}}}}\n"
    sweep = make_sweep(parts, ann, text + "sweepd: {distinct: true, seed: 1}\n")
    assert len(work_off(parts, ann, register(parts, ann, sweep), 200)) == 120
    assert len(set(configs(parts, sweep))) == 120
    assert state_of(parts, ann, sweep).state is SweepState.FINISHED


def test_distinct_space_with_constraints_ends_with_what_meets_them(
    parts: server.Parts, ann: Caller
) -> None:
    rule = "sweepd: {distinct: true, constraints: ['a + b >= 5'], seed: 2}\n"
    text = RANDOM.replace("[x, y]", "[2, 3]")
    sweep = make_sweep(parts, ann, text + rule)
    assert sweep.n_configs == 3
    assert len(work_off(parts, ann, register(parts, ann, sweep))) == 3
    found = {json.dumps(json.loads(c), sort_keys=True) for c in configs(parts, sweep)}
    assert found == {'{"a": 2, "b": 3}', '{"a": 3, "b": 2}', '{"a": 3, "b": 3}'}


@pytest.mark.slow
def test_few_configs_that_meet_the_constraints_are_listed_and_repeat(
    parts: server.Parts, ann: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where draws find none in time, the grid of what can be drawn does; each at its own place."""
    from sweepd.search import random_draws

    monkeypatch.setattr(random_draws.sample, "__defaults__", (3,))
    parameters = "parameters: {" + ", ".join(f"p{i}: {{min: 0, max: 9}}" for i in range(4)) + "}\n"
    rule = "sweepd: {constraints: ['p0 == p1 and p1 == p2 and p2 == p3'], seed: 4}\n"
    sweep = make_sweep(
        parts, ann, f"method: random\nprogram: t.py\nrun_cap: 30\n{parameters}{rule}"
    )
    ahead._found.clear()
    assert len(work_off(parts, ann, register(parts, ann, sweep))) == 30
    found = [json.loads(config) for config in configs(parts, sweep)]
    assert [config for config in found if len(set(config.values())) > 1] == []
    assert len({config["p0"] for config in found}) > 3, "from different places"


def test_infinite_space_that_nothing_meets_pauses_with_the_reason(
    parts: server.Parts, ann: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    from sweepd.search import random_draws

    monkeypatch.setattr(random_draws.sample, "__defaults__", (50,))
    text = "method: random\nprogram: t.py\nparameters: {a: {min: 0.0, max: 1.0}}\n"
    sweep = make_sweep(parts, ann, text + "sweepd: {constraints: ['a > 2']}\n")
    agent = register(parts, ann, sweep)
    assert beat(parts, ann, agent) == []
    found = state_of(parts, ann, sweep)
    assert found.state is SweepState.PAUSED
    assert found.state_reason.startswith("no next config: ") and "a > 2" in found.state_reason
    assert beat(parts, ann, agent) == []
    [warning] = [e.message for e in parts.services.sweeps.events(sweep) if e.kind == "warning"]
    assert f"wandb sweep --resume {found.path}" in warning


def test_finite_space_that_nothing_meets_pauses_too(parts: server.Parts, ann: Caller) -> None:
    sweep = make_sweep(parts, ann, RANDOM)
    rule = RANDOM + "sweepd: {constraints: ['a > 9']}\n"
    parts.core.db.write(lambda c: sweeps.update_sweep(c, sweep.pk, {"config_yaml": rule}))
    assert beat(parts, ann, register(parts, ann, sweep)) == []
    assert "constraints" in state_of(parts, ann, sweep).state_reason


def test_a_scheduler_outside_may_put_in_more_than_the_cap_which_holds_at_hand_out(
    parts: server.Parts, ann: Caller
) -> None:
    text = GRID.replace("method: grid", "method: custom") + "scheduler: {engine: optuna}\n"
    sweep = make_sweep(parts, ann, text + "run_cap: 2\n")
    queued = [
        parts.services.sweeps.enqueue(ann, sweep.pk, {"a": n, "b": "x"}).run_id for n in range(4)
    ]
    first, second = register(parts, ann, sweep), register(parts, ann, sweep)
    third = register(parts, ann, sweep)
    runs = [str(next_run(parts, ann, agent).run_id) for agent in (first, second)]
    assert runs == queued[:2]
    assert beat(parts, ann, third) == [], "the first two run"
    parts.services.sweeps.raise_cap(ann, sweep.pk, 3)
    assert str(next_run(parts, ann, third).run_id) == queued[2]
    for run_id in (*runs, queued[2]):
        end(parts, ann, run_id)
    assert work_off(parts, ann, third) == []
    assert state_of(parts, ann, sweep).state_reason == "run_cap of 3 reached"


def test_lost_config_within_the_cap_goes_out_again_before_those_beyond_it(
    parts: server.Parts, ann: Caller, clock: FakeClock
) -> None:
    text = GRID.replace("method: grid", "method: custom") + "scheduler: {engine: optuna}\n"
    sweep = make_sweep(parts, ann, text + "run_cap: 1\n")
    for n in range(2):
        parts.services.sweeps.enqueue(ann, sweep.pk, {"a": n, "b": "x"})
    first = next_run(parts, ann, register(parts, ann, sweep))
    clock.forward(400)
    parts.leases.expire()
    again = next_run(parts, ann, register(parts, ann, sweep))
    assert again.config == first.config
    end(parts, ann, str(again.run_id))
    assert state_of(parts, ann, sweep).state is SweepState.FINISHED


@pytest.mark.parametrize(
    "text",
    [
        GRID + "controller: {type: local}\n",
        GRID.replace("method: grid", "method: custom") + "scheduler: {engine: optuna}\n",
        GRID.replace("method: grid", "method: custom"),
    ],
)
def test_where_others_choose_the_server_hands_out_nothing_and_knows_no_end(
    parts: server.Parts, ann: Caller, text: str
) -> None:
    sweep = make_sweep(parts, ann, text)
    assert (sweep.n_configs, sweep.n_expected) == (None, None)
    assert beat(parts, ann, register(parts, ann, sweep)) == []
    assert state_of(parts, ann, sweep).state is SweepState.RUNNING


def test_grid_of_a_scheduler_without_an_engine_is_ours(parts: server.Parts, ann: Caller) -> None:
    sweep = make_sweep(parts, ann, GRID + "scheduler: {num_workers: 2}\n")
    assert len(work_off(parts, ann, register(parts, ann, sweep))) == 6
