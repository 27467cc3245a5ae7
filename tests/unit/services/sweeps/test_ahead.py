"""No sweep file makes others wait: what takes long is found before a write, or fails that sweep."""

from collections.abc import Callable, Iterator

import pytest

from sweepd import server
from sweepd.domain.before import WorkFirst, is_writing
from sweepd.domain.errors import BadInput
from sweepd.domain.sweeps import Sweep, SweepState
from sweepd.domain.users import Caller
from sweepd.search import budget, grid, random_draws
from sweepd.services.sweeps import ahead, specs, sweep_yaml
from sweepd.store import sweeps
from tests.unit.services.handing_out import (
    beat,
    begin,
    edit,
    end,
    make_sweep,
    register,
    set_state,
    state_of,
    work_off,
)

MAX_LOOKS_IN_A_WRITE = 4 * ahead.QUICK_LOOKS
EIGHT = "\n".join(f"  p{i}: {{min: 0, max: 99}}" for i in range(8))


@pytest.fixture(autouse=True)
def looks(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[int]]:
    """How many looks were taken in a row within writes; small budgets, so that suites are quick."""
    monkeypatch.setattr(grid, "MAX_LOOKS", 3000)
    monkeypatch.setattr(random_draws.sample, "__defaults__", (500,))
    in_writes, spend = [0], budget.Budget.spend

    def spy(self: budget.Budget, n: int = 1) -> None:
        in_writes[0] += n if is_writing() else 0
        spend(self, n)

    monkeypatch.setattr(budget.Budget, "spend", spy)
    ahead._found.clear()
    yield in_writes
    assert in_writes[0] <= 20 * MAX_LOOKS_IN_A_WRITE  # some twenty writes at most


def text(method: str, rule: str, parameters: str = EIGHT, more: str = "") -> str:
    metric = "metric: {name: loss, goal: minimize}"
    return (
        f"method: {method}\nprogram: t.py\n{metric}\nparameters:\n{parameters}\n"
        f"sweepd: {{constraints: ['{rule}'], seed: 1{more}}}\n"
    )


def store_as_is(
    parts: server.Parts, ann: Caller, file: str, state: SweepState = SweepState.RUNNING
) -> Sweep:
    """A sweep as an earlier version took it, which looked less closely."""
    sweep = make_sweep(parts, ann)
    method = file.split()[1]
    values = {"config_yaml": file, "method": method, "state": state, "next_index": 0}
    parts.core.db.write(lambda c: sweeps.update_sweep(c, sweep.pk, values))
    return state_of(parts, ann, sweep)


HOSTILE = {
    "a grid without a cell": text("grid", "p0 * p1 * p2 * p3 * p4 * p5 * p6 * p7 == -1"),
    "a grid with one far cell": text("grid", "p5 * p6 * p7 == 970299"),
    "a result without an end": text("grid", "round(p0, -1000000000) == 1"),
    "random that never holds": text("random", "p0 > 1000", "  p0: {min: 0.0, max: 1.0}"),
    "random over a large grid": text("random", "p0 * p1 * p2 * p3 * p4 * p5 * p6 * p7 == -1"),
    "random without an end": text("random", "round(p0, 1000000000) == 1"),
    "more repeats than runs": text("grid", "p0 < 5", more=", repeats: 1000000000"),
    "bands without an end": text("grid", "p0 < 5")
    + "early_terminate: {type: hyperband, min_iter: 1, eta: 1.0000000001}\n",
    "a chain of merges": "method: grid\nk0: &k0 {a: 1}\n" + "".join(
        f"k{i}: &k{i} {{<<: [{','.join([f'*k{i - 1}'] * 9)}]}}\n" for i in range(1, 12)
    ),
}  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("name", HOSTILE)
def test_what_asks_for_too_much_fails_its_own_sweep(
    parts: server.Parts, ann: Caller, name: str
) -> None:
    sweep = store_as_is(parts, ann, HOSTILE[name])
    agent = register(parts, ann, sweep)
    for _ in range(3):
        assert beat(parts, ann, agent) == []
    after = state_of(parts, ann, sweep)
    assert after.state is SweepState.PAUSED
    events = parts.services.sweeps.events(after)
    [warning] = [event.message for event in events if event.kind == "warning"]
    assert "Change the file" in warning
    mended = edit(parts, ann, sweep, text("grid", "p0 == 98 and p1 == 99 and p7 + p6 == 0"))
    assert mended.state is SweepState.PAUSED
    set_state(parts, ann, sweep, "RUNNING")
    [command] = beat(parts, ann, agent)
    assert command.kind == "run"
    assert command.run_id
    begin(parts, ann, command.run_id)
    end(parts, ann, command.run_id)


@pytest.mark.slow
@pytest.mark.parametrize("name", [n for n in HOSTILE if "random" not in n and "far" not in n])
def test_what_asks_for_too_much_is_refused_when_it_is_new(
    parts: server.Parts, ann: Caller, name: str
) -> None:
    with pytest.raises(BadInput):
        make_sweep(parts, ann, HOSTILE[name])


@pytest.mark.slow
def test_a_grid_with_few_cells_ends_after_exactly_these(parts: server.Parts, ann: Caller) -> None:
    sweep = make_sweep(parts, ann, text("grid", "p0 == 7 and p1 == p2 and p2 == p3 + 97", EIGHT))
    assert sweep.n_configs == 3 * 100**4
    narrow = "\n".join(f"  p{i}: {{min: 0, max: 4}}" for i in range(8))
    rule = " and ".join(f"p{i} == p{i + 1}" for i in range(7))
    few = make_sweep(parts, ann, text("grid", rule, narrow))
    assert few.n_configs == 5
    assert len(work_off(parts, ann, register(parts, ann, few))) == 5
    assert state_of(parts, ann, few).state is SweepState.FINISHED


@pytest.mark.slow
def test_a_tight_random_space_is_handed_out_whole(parts: server.Parts, ann: Caller) -> None:
    narrow = "\n".join(f"  p{i}: {{min: 0, max: 4}}" for i in range(4))
    sweep = make_sweep(
        parts, ann, text("random", "p0 + p1 + p2 + p3 == 15", narrow, ", distinct: true")
    )
    assert len(work_off(parts, ann, register(parts, ann, sweep))) == 4


@pytest.mark.slow
def test_an_edit_passes_the_configs_that_were_had(parts: server.Parts, ann: Caller) -> None:
    narrow = "\n".join(f"  p{i}: {{min: 0, max: 9}}" for i in range(2))
    sweep = make_sweep(parts, ann, text("grid", "p0 < 9", narrow))
    agent = register(parts, ann, sweep)
    assert len(work_off(parts, ann, agent)) == 90
    edit(parts, ann, sweep, text("grid", "p0 < 10", narrow))
    assert len(work_off(parts, ann, register(parts, ann, sweep))) == 10


def test_no_file_is_read_within_a_write(
    parts: server.Parts, ann: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    load, n_read = sweep_yaml.load, [0]

    def spy(source: str) -> object:
        assert not is_writing()
        n_read[0] += 1
        return load(source)

    monkeypatch.setattr(sweep_yaml, "load", spy)
    sweep = make_sweep(parts, ann, text("grid", "p0 < 5", more=", repeats: 3"))
    agent = register(parts, ann, sweep)
    moves: list[Callable[[], object]] = [
        lambda: beat(parts, ann, agent),
        lambda: set_state(parts, ann, sweep, "PAUSED"),
        lambda: set_state(parts, ann, sweep, "RUNNING"),
        lambda: parts.services.sweeps.enqueue(ann, sweep.pk, {"p0": 1}),
        lambda: edit(parts, ann, sweep, text("grid", f"p0 < 6{' ' * n_read[0]}")),
    ]
    for move in moves:
        specs._files._kept.clear()  # as after a restart
        move()
    assert n_read[0] > len(moves) // 2


def test_a_write_that_always_asks_for_more_ends(parts: server.Parts) -> None:
    def insatiable(_: object) -> None:
        raise WorkFirst(lambda: None)

    with pytest.raises(Exception, match="more computed"):
        parts.core.db.write(insatiable)
