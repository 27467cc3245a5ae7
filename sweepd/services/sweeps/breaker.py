"""The breaker: a sweep whose runs all fail alike is paused before it burns every config.

Failures are alike when their console ends with the same words, numbers aside. The streak is
counted from the last change of state, retry or edit, so resuming gives a mended script its chance.
"""

import re
from dataclasses import replace
from datetime import datetime

from sweepd.domain.runs import Run, RunState
from sweepd.domain.shell import command
from sweepd.domain.sweeps import EventKind, Sweep, SweepState
from sweepd.services.streams.console import console_line
from sweepd.services.sweeps import specs, sweep_states
from sweepd.store import history, sweep_events, sweep_runs, sweeps
from sweepd.store.database import Connection
from sweepd.store.history import Stream

MAX_LINES = 40  # of a traceback kept in the log
_RESETS = (EventKind.CREATED, EventKind.STATE, EventKind.RETRY, EventKind.EDIT)
_START = "Traceback (most recent call last)"
_CHATTER = re.compile(r"^(wandb: |\s*$)")
_VARYING = re.compile(r"0x[0-9a-f]+|\d+|/\S+")


def trip_if_alike(connection: Connection, sweep_pk: int, at: datetime) -> bool:
    """Pause a running sweep when its last runs failed alike; says whether it did."""
    sweep = sweeps.find_sweep_by_pk(connection, sweep_pk)
    if sweep is None or sweep.state is not SweepState.RUNNING:
        return False
    limit = specs.spec_of(sweep).extras.breaker
    if limit == 0:
        return False
    since = sweep_events.last_event_at(connection, sweep.pk, _RESETS)
    last = sweep_runs.list_last_ended(connection, sweep.pk, limit, since)
    if len(last) < limit or any(run.state is not RunState.FAILED for run in last):
        return False
    ends = [_last_words(connection, run) for run in last]
    if len({_VARYING.sub("#", words[-1]) for words in ends}) > 1:
        return False
    _trip(connection, sweep, ends[0], limit, at)
    return True


def pause_for_work(connection: Connection, sweep: Sweep, why: str, at: datetime) -> None:
    """Pause a sweep whose file asks for more than the search may cost, or cannot run."""
    if sweep.state is SweepState.PENDING:  # an agent asks, so it has begun
        sweep_states.set_sweep_state(
            connection, sweep, SweepState.RUNNING, "an agent asked", "", at
        )
        sweep = replace(sweep, state=SweepState.RUNNING)
    if sweep.state is not SweepState.RUNNING:
        return
    sweep_states.set_sweep_state(
        connection, sweep, SweepState.PAUSED, f"no next config: {why[:1000]}", "", at
    )
    advice = (
        f"paused, for the search found no next config: {why[:1000]}. Change the file "
        f"(`wandb sweep --update {sweep.path} sweep.yaml`) and resume with "
        f"`wandb sweep --resume {sweep.path}`"
    )
    sweep_events.append_warning_once(connection, sweep.pk, at, advice)


def _trip(
    connection: Connection, sweep: Sweep, words: list[str], n_runs: int, at: datetime
) -> None:
    sweep_states.set_sweep_state(
        connection,
        sweep,
        SweepState.PAUSED,
        "\n".join([f"{n_runs} runs in a row failed alike: {words[-1]}", *words]),
        "",
        at,
    )
    retry = command("sweepd", "retry", sweep.path)
    resume = command("wandb", "sweep", "--resume", sweep.path)
    advice = (
        f"paused after {n_runs} runs in a row failed alike; no config is lost. Mend the script, "
        f"hand the failed configs out again with `{retry}`, and resume with "
        f"`{resume}`"
    )
    sweep_events.append_event(connection, sweep.pk, at, "", EventKind.WARNING, advice)


def _last_words(connection: Connection, run: Run) -> list[str]:
    """The last traceback of a run's console, else its last line, else why it ended."""
    first = max(0, run.console_lines - 200)
    lines = [
        text
        for number, line in history.read_lines(connection, run.pk, Stream.CONSOLE, first)
        if not _CHATTER.match(text := console_line(number, line).text)
    ]
    starts = [i for i, line in enumerate(lines) if line.startswith(_START)]
    if starts:
        return lines[starts[-1] :][-MAX_LINES:]
    return lines[-1:] or [run.stop_reason or f"exit code {run.exitcode}"]
