"""Sweep files read once: what is wrong with one, and how many are kept."""

import pytest

from sweepd import server
from sweepd.domain.before import WorkFirst, writing
from sweepd.domain.errors import BadInput
from sweepd.domain.sweeps import SweepState
from sweepd.domain.users import Caller
from sweepd.services.sweeps import specs, sweep_yaml
from sweepd.store import sweeps
from tests.unit.services.handing_out import GRID, beat, make_sweep, register, state_of


@pytest.fixture
def loads(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The texts that were read, nothing kept from other tests."""
    read: list[str] = []
    load = sweep_yaml.load

    def spy(text: str) -> object:
        read.append(text)
        return load(text)

    monkeypatch.setattr(sweep_yaml, "load", spy)
    monkeypatch.setattr(specs, "_files", specs._Files())
    return read


def text(n: int) -> str:
    return f"method: grid\nprogram: t.py\nparameters: {{a: {{values: [{n}]}}}}\n"


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("", "mapping with `method` and `parameters`; got an empty file"),
        ("- a", "got a list"),
        ("just a text", "got a single value"),
        ("a: 1\nb: [2", "not valid YAML at line "),
        ("a: b: c", "not valid YAML at line 1, column 5: a second colon in one line"),
        ("a: 1\n\tb: 2", "at line 2, column 1: a tab stands where YAML wants spaces"),
        ("a:\n\tb: 2", "at line 2, column 1: a tab stands where YAML wants spaces"),
        ("a: 1\nmethod bayes\nb: 2", "line 2 lacks a colon after its key, in `method bayes`"),
        ("a: [1, 2\nb: 3", "a bracket opened in line 1 is not closed"),
        ("a: {b: 1\nc: 2", "a bracket opened in line 1 is not closed"),
        ("a: 'x\nb: 3\n", "a quote opened in line 1 is not closed"),
        ("a:\n  b: 1\n c: 2\n", "unlike those it belongs to, in `c: 2`"),
        ("a: @x\n", "a value cannot begin so: put it in quotes, in `a: @x`"),
        ("a: *x\n", "what a * names was not named before"),
        ("a: !!python/object:x 1", "not valid YAML at line 1, column 4"),
        ("a: 2026-01-31 12:00:00\n? [1]\n: 2", "not valid YAML at line 2"),
    ],
)
def test_a_text_that_is_no_mapping_is_refused_with_the_place(source: str, message: str) -> None:
    with pytest.raises(BadInput) as raised:
        specs.read_yaml(source)
    assert message in str(raised.value)


def test_a_text_that_stands_for_too_much_is_told_so() -> None:
    deep = "a: " + "[" * 70 + "]" * 70
    with pytest.raises(BadInput, match="the sweep file is too large at line 1"):
        specs.read_yaml(deep)


def test_a_file_is_read_once_however_often_it_is_asked_for(loads: list[str]) -> None:
    for _ in range(3):
        assert specs.parse(text(1)).method == "grid"
        assert specs.grid_of(text(1)) is specs.grid_of(text(1))
        assert specs.drawn_grid_of(text(1)).size == 1
    assert loads == [text(1)]


def test_a_file_that_cannot_run_is_told_the_same_each_time(loads: list[str]) -> None:
    bad = text(1).replace("values", "valeus")
    told = set()
    for _ in range(2):
        with pytest.raises(BadInput, match="this sweep cannot run: ") as raised:
            specs.parse(bad)
        told.add(str(raised.value))
    assert len(told) == 1 and loads == [bad]


def test_files_are_kept_as_far_as_there_is_room_the_last_used_longest(
    loads: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(specs, "MAX_KEPT", 3 * (specs.READ + len(text(1))))
    for n in (1, 2, 3, 1, 4, 1, 3, 2):
        specs.parse(text(n))
    assert loads == [text(n) for n in (1, 2, 3, 4, 2)]


def test_a_file_larger_than_all_room_is_kept_alone(
    loads: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(specs, "MAX_KEPT", 10)
    for n in (1, 1, 2, 2):
        specs.parse(text(n))
    assert loads == [text(1), text(2)]


def test_in_a_write_a_file_is_asked_for_first(loads: list[str]) -> None:
    with writing():
        with pytest.raises(WorkFirst) as asked:
            specs.parse(text(1))
        assert loads == []
    asked.value.work()
    with writing():
        assert specs.parse(text(1)).method == "grid"
    assert loads == [text(1)]


def test_a_long_file_is_read_once_by_all_who_wait_for_it(
    loads: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(specs, "LONG", 10)
    with writing():
        waiting = []
        for _ in range(2):
            with pytest.raises(WorkFirst) as asked:
                specs.parse(text(1))
            waiting.append(asked.value.work)
    for work in waiting:
        work()
    assert loads == [text(1)]


def test_a_stored_file_that_is_wrong_by_now_hands_out_nothing_and_says_why(
    parts: server.Parts, ann: Caller
) -> None:
    sweep = make_sweep(parts, ann)
    agent = register(parts, ann, sweep)
    broken = GRID.replace("values: [1, 2, 3]", "values: 3")
    parts.core.db.write(lambda c: sweeps.update_sweep(c, sweep.pk, {"config_yaml": broken}))
    spec = parts.services.sweeps.spec(state_of(parts, ann, sweep))
    assert spec.method == "grid" and "parameters.a.values" in str(spec.broken)
    assert spec.space.parameters == ()
    assert beat(parts, ann, agent) == []
    found = state_of(parts, ann, sweep)
    assert found.state is SweepState.PAUSED
    assert "parameters.a.values" in found.state_reason


UNSORTED = """\
method: random
parameters:
  zeta: {values: [1, 2]}
  model:
    parameters:
      width: {values: [1, 2]}
      depth: {values: [1, 2]}
  alpha: {values: [1, 2]}
"""


def test_parameters_are_told_in_the_order_of_the_file() -> None:
    found = specs.parameters_of(UNSORTED)
    assert [p.name for p in found] == ["zeta", "model.width", "model.depth", "alpha"]
    assert specs.parameters_of("method: grid") == []
