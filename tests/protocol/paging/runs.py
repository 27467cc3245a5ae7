"""Lists of runs and of what a run has."""

from typing import Any

from sweepd.services.runs.runs import RunChange
from sweepd.services.streams.lines import Lines, StreamPost
from tests.protocol.paging.world import (
    IN_RUN,
    List,
    World,
    delete_run,
)
from tests.unit.services.logging_versions import run

_ORDERS = (
    "+created_at",
    "-created_at",
    "+summary_metrics.loss",
    "-summary_metrics.loss",
    "config.lr",
    "-config.lr",
    "-name",
    "-heartbeat_at",
    "-tags",
)


def _scored(world: World, name: str) -> Any:
    """A run whose loss is a number, a text, not there, or the same as others'."""
    kinds = [
        '{"loss": 0.5}',
        '{"loss": "x"}',
        "{}",
        '{"loss": NaN}',
        '{"loss": -1e300}',
        '{"loss": 7}',
    ]
    number = int(name[1:])
    config = '{"lr": {"value": %s}}' % (number % 3 if number % 4 else "null")
    tags = ["good"] if name != "i99" else []
    return world.run(name, summary=f'{{"loss": {kinds[number % 6]}}}', config=config, tags=tags)


def _untag(world: World, _: str, made: Any) -> None:
    world.clock.forward(1)
    world.parts.services.runs.change(world.ann, made.pk, RunChange(tags=["bad"]))


def _runs(field: str, more: str, remove: Any = delete_run) -> List:
    return List(
        f"Project.{field}",
        lambda _, args: f'{{ project(name: "p") {{ {field}{args} {{ PAGE name }} }} }}',
        f"project.{field}",
        "name",
        _scored,
        remove,
        more,
    )


def _file(world: World, name: str) -> Any:
    async def put_file() -> None:
        await world.parts.services.files.put_run_file(made.pk, name, _bytes(), "", 99)

    made = world.run("r")
    run(put_file)
    return world.parts.services.files.find_file(made, name)


async def _bytes() -> Any:
    yield b"bytes"


def _delete_file(world: World, _: str, made: Any) -> None:
    world.parts.services.files.delete_files(world.ann, [made.pk])


def _line(world: World, name: str) -> Any:
    made = world.run("r")
    block = Lines(made.console_lines, [name])
    world.parts.services.history.append(world.ann, "ann", "p", "r", StreamPost(console=(block,)))


def _alert(world: World, name: str) -> Any:
    return world.parts.services.notices.alert(world.run("r"), name, "text", "INFO", 0)


LISTS = [
    *(_runs(field, f'order: "{order}"') for field in ("runs", "buckets") for order in _ORDERS),
    _runs("runs", ""),
    _runs("runs", 'filters: "{\\"tags\\": \\"good\\"}"', _untag),
    _runs("runs", 'filters: "{\\"tags\\": \\"good\\"}", order: "-created_at"', _untag),
    List(
        "Run.files",
        IN_RUN("filesARGS { PAGE name }"),
        "project.run.files",
        "name",
        _file,
        _delete_file,
    ),
    List(
        "Run.logLines",
        IN_RUN("logLinesARGS { PAGE line }"),
        "project.run.logLines",
        "line",
        _line,
        None,
    ),
    List(
        "Run.alerts",
        IN_RUN("alertsARGS { PAGE title }"),
        "project.run.alerts",
        "title",
        _alert,
        None,
    ),
]
