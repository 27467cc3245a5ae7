"""What `python -m bench.search.report` says of a goal follows from what was run."""

from pathlib import Path

import pytest

from bench.search.comparing import Measured, against, ahead, best_peer, measured
from bench.search.goals import Goal, behind, verdict
from bench.search.report import MISSING, TITLES, ratio
from bench.search.results import AT, Table
from bench.search.single import real_models

GOAL = Goal(4, "wandb", "all", 0.5, 2)


def _table(folder: Path, regrets: dict[str, dict[str, list[float]]], scale: float = 1.0) -> Table:
    """Engine → problem → a regret for each seed, the same after every number of runs."""
    rows = [
        f'["{engine}","{problem}","shape: edges",4,{seed},1.0,{[value] * len(AT)}]'
        for engine, problems in regrets.items()
        for problem, values in problems.items()
        for seed, value in enumerate(values)
    ]
    random = [
        f'["random","{problem}","shape: edges",4,0,1.0,{[scale] * len(AT)}]'
        for problem in {name for problems in regrets.values() for name in problems}
    ]
    path = folder / "engine-all.json"
    path.write_text(f'{{"at":{list(AT)},"sweeps":[{",".join(rows + random)}]}}')
    return Table([path])


@pytest.mark.parametrize(
    ("found", "said"),
    [
        (None, "**open**"),
        (Measured(1, 3, 0.1, 0.1, 0.1), "**open**"),
        (Measured(2, 3, 0.4, 0.3, 0.5), "met"),
        (Measured(2, 2, 0.4, 0.3, 0.5), "met, by fewer than three seeds"),
        (Measured(2, 3, 0.4, 0.3, 0.6), "met, its interval reaches beyond"),
        (Measured(2, 3, 0.6, 0.3, 0.9), "**missed**"),
    ],
)
def test_a_goal_is_met_by_enough_problems_only(found: Measured | None, said: str) -> None:
    assert verdict(found, GOAL) == said


def test_a_ratio_stands_on_the_problems_and_seeds_that_both_have(tmp_path: Path) -> None:
    table = _table(
        tmp_path,
        {
            "ours": {"a": [0.09, 0.09, 9.0], "b": [0.19]},
            "wandb": {"a": [0.19, 0.19], "c": [1.0]},
        },
    )
    found = measured(table, "ours", "wandb", 4, ["a", "b", "c"])
    assert found is not None
    assert found[:2] == (1, 2)
    assert found.ratio == pytest.approx(0.5)
    assert measured(table, "ours", "wandb", 16, ["a", "b", "c"]) is None


def test_the_best_peer_is_sought_among_those_that_were_widely_run(tmp_path: Path) -> None:
    table = _table(
        tmp_path,
        {
            "ours": {name: [0.09] for name in "abc"},
            "wandb": {name: [0.39] for name in "abc"},
            "botorch": {"a": [0.04], "b": [0.19], "c": [0.19]},
            "hebo": {"a": [0.0]},
        },
    )
    peers = ["wandb", "botorch", "hebo"]
    name, found = best_peer(table, peers, 4, ())
    assert (name, found.problems) == ("botorch", 3)
    assert found.ratio == pytest.approx((2.0 * 0.5 * 0.5) ** (1 / 3))
    assert against(table, ["wandb", "botorch"], 4, ("c",)) == pytest.approx({"a": 2.0, "b": 0.5})


def test_behind_is_what_the_interval_leaves_no_doubt_of(tmp_path: Path) -> None:
    table = _table(
        tmp_path,
        {
            "ours": {"sure": [0.3, 0.3, 0.4], "open": [0.0, 0.0, 0.9], "few": [0.9]},
            "tpe": {"sure": [0.1, 0.1, 0.1], "open": [0.1, 0.1, 0.1], "few": [0.1]},
        },
    )
    shapes = {"one": ["sure"], "other": ["open"]}
    assert behind(table, 4, "tpe", shapes) == ["one"]
    assert ahead(table, "tpe", 4, ()) == ["sure 3.1"]
    assert ahead(table, "tpe", 4, ("sure", "open")) is None


def test_a_ratio_says_on_how_many_problems_it_stands_if_not_on_all(tmp_path: Path) -> None:
    engines = {"ours": {"a": [0.09], "b": [0.09]}, "wandb": {"a": [0.19], "b": [0.19]}}
    table = _table(tmp_path, engines)
    assert ratio(table, "ours", "wandb", 4, ["a", "b"]) == "0.50 [0.50, 0.50]"
    assert ratio(table, "ours", "wandb", 4, ["a", "b", "c"]) == "0.50 [0.50, 0.50] (2)"
    assert ratio(table, "ours", "wandb", 4, ["a", "c", "d"]) == MISSING
    assert ratio(table, "ours", "wandb", 4, ["c"]) == MISSING


def test_a_real_model_has_its_ratios_and_regrets_by_the_seeds_both_have(tmp_path: Path) -> None:
    engines = {"ours": {"a": [0.09, 0.09]}, "wandb": {"a": [0.19]}, "tpe": {"a": [0.04, 0.04]}}
    line = real_models(_table(tmp_path, engines), ["a"], TITLES)[-1]
    cells = "0.50 [0.50, 0.50] | 2.00 [2.00, 2.00] | 0.10 [0.10, 0.10]"
    assert line == f"| a | 1 | {cells} | 0.0900, 0.1900, 0.0400, 1.0000 |"
