"""What `sweepd best` says of a sweep with several metrics."""

from typing import Any

import pytest

from sweepd.cli.best import MAX_SHOWN, say_front
from sweepd.cli.progress import Progress


def progress(n: int) -> Progress:
    """A sweep with a front of n runs."""
    metrics = [{"name": "loss", "goal": "minimize"}, {"name": "speed", "goal": "maximize"}]
    front: list[dict[str, Any]] = [
        {"run": f"id{k}", "name": f"run-{k}\x1b[2J", "values": [k / 8, 10.0 + k]} for k in range(n)
    ]
    return Progress("e", "p", {"metrics": metrics if n else [], "front": front}, [])


def test_the_front_is_listed_with_every_metric(capsys: pytest.CaptureFixture[str]) -> None:
    say_front(progress(2))
    first, *runs = capsys.readouterr().out.splitlines()
    assert "by loss alone" in first and "2 runs" in first
    assert [" ".join(line.split()) for line in runs] == [
        "run-0\\x1b[2J (id0): loss 0, speed 10",
        "run-1\\x1b[2J (id1): loss 0.125, speed 11",
    ]


def test_a_long_front_ends_with_how_many_more(capsys: pytest.CaptureFixture[str]) -> None:
    say_front(progress(MAX_SHOWN + 3))
    assert "and 3 more" in capsys.readouterr().out
    say_front(progress(0))
    assert capsys.readouterr().out == ""
