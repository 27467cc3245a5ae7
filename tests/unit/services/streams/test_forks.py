"""Forks, rewinding, beginning anew: a fork keeps its parent's rows as they were at the fork."""

import json
import random
from typing import Any

import pytest

from sweepd import server
from sweepd.domain.errors import NotFound
from sweepd.domain.runs import Run
from sweepd.domain.users import Caller
from sweepd.services.runs.runs import RunChange
from sweepd.services.streams.lines import Lines, StreamPost
from sweepd.store.history import Stream


class Scene:
    """One user's project, in which runs are made as `wandb.init` makes them."""

    def __init__(self, parts: server.Parts, ann: Caller) -> None:
        self.services, self.ann = parts.services, ann
        self.gathering = parts.gathering

    def make(self, name: str, fork: tuple[Any, Any] | None = None) -> Run:
        private: dict[str, Any] = {"t": {}}
        if fork is not None:
            private["branch_point"] = {"run_id": fork[0], "step": fork[1]}
        change = RunChange(config=json.dumps({"_wandb": {"value": private}}), host="h")
        return self.services.runs.upsert(self.ann, None, "p", name, change)[0]

    def log(self, name: str, steps: list[int], value: str = "") -> None:
        """Append rows, as a client that was told how many there are."""
        first = self.run(name).history_lines
        lines = [json.dumps({"_step": step, "v": value or f"{name}{step}"}) for step in steps]
        post = StreamPost(history=Lines(first, lines))
        self.services.history.append(self.ann, "ann", "p", name, post)

    def run(self, name: str) -> Run:
        return self.services.runs.get(self.ann, None, "p", name)

    def values(
        self, name: str, min_step: int | None = None, max_step: int | None = None
    ) -> list[str]:
        """What rows with min_step ≤ step ≤ max_step hold."""
        end = None if max_step is None else max_step + 1
        lines = self.services.reading.lines(self.run(name), Stream.HISTORY, min_step, end)
        return [json.loads(line)["v"] for line in lines]

    def rewind(self, name: str, step: int) -> Run:
        return self.services.runs.rewind(self.ann, None, "p", name, step)


@pytest.fixture
def scene(parts: server.Parts, ann: Caller) -> Scene:
    return Scene(parts, ann)


def names(run: str, steps: range) -> list[str]:
    return [f"{run}{step}" for step in steps]


def test_fork_of_a_fork_takes_each_ancestors_part(scene: Scene) -> None:
    scene.make("a")
    scene.log("a", [0, 1, 2])
    scene.log("a", [3, 4, 5])
    fork = scene.make("b", ("a", 3))
    assert (fork.history_lines, fork.last_step) == (4, 3)
    scene.log("b", [4, 5, 6])
    scene.make("c", ("b", 5))
    scene.log("c", [6, 7])
    expected = names("a", range(4)) + names("b", range(4, 6)) + names("c", range(6, 8))
    assert scene.values("c") == expected
    assert scene.values("c", min_step=3, max_step=6) == expected[3:7]
    keys = scene.services.reading.keys(scene.run("c"))
    assert keys is not None and keys["lastStep"] == 7
    scene.make("d", ("c", 2))  # before the step where its parent began
    assert scene.values("d") == names("a", range(3))
    last = scene.services.reading.last_line(scene.run("d"), Stream.HISTORY)
    assert last is not None and json.loads(last)["v"] == "a2"


@pytest.mark.slow
@pytest.mark.parametrize("how", ["rewind", "begin anew", "delete", "remove", "overwrite"])
def test_fork_keeps_its_history_whatever_becomes_of_its_parent(scene: Scene, how: str) -> None:
    scene.make("a")
    scene.log("a", [0, 1, 2, 3])
    scene.log("a", [4, 5, 6, 7])
    for name, step in (("b", 2), ("c", 5), ("d", 7)):
        scene.make(name, ("a", step))
        scene.log(name, [step + 1])
    scene.make("e", ("c", 6))
    expected = {name: scene.values(name) for name in "bcde"}
    if how == "rewind":
        scene.rewind("a", 3)
        assert scene.values("a") == names("a", range(4))
    elif how == "overwrite":
        other = [json.dumps({"_step": step, "v": "other"}) for step in range(8)]
        scene.services.history.append(
            scene.ann, "ann", "p", "a", StreamPost(history=Lines(0, other))
        )
    elif how == "begin anew":
        scene.make("a")
        assert scene.values("a") == []
    else:
        scene.services.runs.delete(scene.ann, scene.run("a").pk)
        if how == "remove":
            scene.make("a")
    assert {name: scene.values(name) for name in "bcde"} == expected
    scene.rewind("d", 1)  # which may hold the lines of the others by now
    assert scene.values("d") == names("a", range(2))
    assert {name: scene.values(name) for name in "bce"} == {n: expected[n] for n in "bce"}


def test_fork_of_a_running_parent_gets_nothing_the_parent_logs_later(scene: Scene) -> None:
    scene.make("a")
    scene.log("a", [0, 1])
    scene.make("b", ("a", 1))
    scene.make("early", ("a", 9))
    scene.log("a", [2, 3])
    scene.log("b", [2])
    assert scene.values("b") == ["a0", "a1", "b2"]
    assert scene.values("early") == ["a0", "a1"]


def test_fork_is_rewound_into_what_it_inherited(scene: Scene) -> None:
    scene.make("a")
    scene.log("a", list(range(6)))
    scene.make("b", ("a", 4))
    scene.log("b", [5, 6])
    for step, n_lines in ((5, 6), (2, 3), (2, 3)):
        run = scene.rewind("b", step)
        assert (run.history_lines, run.last_step) == (n_lines, step)
    scene.log("b", [3, 4])
    assert scene.values("b") == ["a0", "a1", "a2", "b3", "b4"]
    assert scene.values("a") == names("a", range(6))
    assert scene.rewind("b", -1).history_lines == 0 and scene.values("b") == []


def test_fork_that_says_its_first_lines_anew_leaves_its_parents_alone(scene: Scene) -> None:
    scene.make("a")
    scene.log("a", [0, 1])
    scene.log("a", [2, 3])
    scene.make("b", ("a", 3))
    scene.log("b", [4])
    post = StreamPost(history=Lines(1, ['{"_step": 1, "v": "new"}']))
    scene.services.history.append(scene.ann, "ann", "p", "b", post)
    assert scene.values("b") == ["a0", "new", "a2", "a3", "b4"]
    assert scene.values("a") == names("a", range(4))


def test_first_word_of_a_fork_said_twice_changes_nothing(scene: Scene) -> None:
    scene.make("a")
    scene.log("a", [0, 1])
    runs = [scene.make("b", ("a", 1)) for _ in range(2)]
    assert [run.history_lines for run in runs] == [2, 2] and scene.values("b") == ["a0", "a1"]


def test_resuming_a_fork_keeps_its_parents_rows(scene: Scene) -> None:
    """The client's config names no branch point when a fork is resumed."""
    scene.make("a")
    scene.log("a", [0, 1])
    scene.make("b", ("a", 0))
    scene.log("b", [1])
    change = RunChange(config='{"_wandb": {"value": {"t": {}}}}', host="h")
    scene.services.runs.upsert(scene.ann, None, "p", "b", change, resumes=True)
    assert scene.values("b") == ["a0", "b1"]


def test_fork_of_no_run_is_refused(scene: Scene) -> None:
    scene.make("r")
    with pytest.raises(NotFound, match="cannot be forked from nobody"):
        scene.make("x", ("nobody", 3))
    assert scene.services.runs.find(scene.ann, None, "p", "x") is None
    scene.services.runs.delete(scene.ann, scene.run("r").pk)
    with pytest.raises(NotFound, match="no such run"):
        scene.make("x", ("r", 3))


@pytest.mark.parametrize("fork", [("r", 1), (7, 1), ("a", None), ("a", "x"), ("a", True)])
def test_odd_branch_point_makes_no_fork(scene: Scene, fork: tuple[Any, Any]) -> None:
    scene.make("a")
    scene.log("a", [0])
    scene.make("r", fork)
    scene.log("r", [0])
    assert scene.values("r") == ["r0"]


@pytest.mark.slow
@pytest.mark.parametrize(
    "database_url", ["", pytest.param("postgresql", marks=pytest.mark.postgres)], indirect=True
)
def test_any_order_of_forks_and_cuts_leaves_every_run_its_rows(scene: Scene) -> None:
    """Against a model in which each fork copies its parent's rows."""
    chance = random.Random(5)
    model: dict[str, list[int]] = {}
    scene.make("r0")
    model["r0"] = []
    marks: dict[str, list[str]] = {"r0": []}
    for turn in range(120):
        name = chance.choice(list(model))
        kind = chance.choice(["log", "log", "fork", "fork", "rewind", "anew", "remove", "gather"])
        if kind == "gather":
            scene.gathering.gather_all(1, 1)
            continue
        if kind == "log":
            steps = list(range(len(model[name]), len(model[name]) + chance.randint(1, 3)))
            scene.log(name, steps, f"{turn}")
            model[name] = model[name] + steps
            marks[name] = marks[name] + [f"{turn}"] * len(steps)
            continue
        step = chance.randint(-1, len(model[name]))
        if kind == "fork":
            child = f"r{turn}"
            scene.make(child, (name, step))
            model[child], marks[child] = model[name][: step + 1], marks[name][: step + 1]
        elif kind == "rewind":
            scene.rewind(name, step)
            model[name], marks[name] = model[name][: step + 1], marks[name][: step + 1]
        else:
            if kind == "remove":
                scene.services.runs.delete(scene.ann, scene.run(name).pk)
            scene.make(name)
            model[name], marks[name] = [], []
    assert len(marks) > 10 and sum(map(bool, marks.values())) > 5
    for name, expected in marks.items():
        assert scene.values(name) == expected, name
        assert scene.run(name).history_lines == len(expected)
        middle = {"min_step": len(expected) // 3, "max_step": len(expected) // 2}
        assert scene.values(name, **middle) == expected[len(expected) // 3 : len(expected) // 2 + 1]
