"""Runs of elsewhere come in once, whatever is interrupted, and nothing else is touched."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from sweepd import server
from sweepd.domain.errors import Conflict
from sweepd.domain.runs import RunState
from sweepd.domain.users import Caller
from sweepd.services.moving import intake as module
from sweepd.services.moving.foreign import ForeignRun, file_at
from sweepd.services.moving.intake import Intake
from sweepd.services.runs.runs import RunChange
from sweepd.services.streams.lines import parse_line
from sweepd.services.streams.reading import Stream

BEGAN, ENDED = datetime(2020, 1, 1, tzinfo=UTC), datetime(2020, 1, 2, tzinfo=UTC)


def intake_of(parts: server.Parts, ann: Caller) -> Intake:
    found = parts.services
    used = (found.runs, found.history, found.reading, found.files)
    return Intake(parts.core, used, ann, "ann", "p")


def foreign(n_rows: int, state: RunState = RunState.FINISHED, **more: object) -> ForeignRun:
    rows = [{"_step": k, "loss": 1 / (k + 3)} for k in range(n_rows)]
    times = {"started_at": BEGAN, "ended_at": ENDED}
    return ForeignRun("tool:r", "r", "mine", state, {"lr": 0.1}, rows=rows, **times, **more)  # type: ignore[arg-type]


def losses(parts: server.Parts, ann: Caller) -> list[float]:
    run = parts.services.runs.get(ann, "ann", "p", "r")
    return [parse_line(line)["loss"] for line in parts.services.reading.lines(run, Stream.HISTORY)]


@pytest.mark.both_databases
@pytest.mark.parametrize("state", sorted(module.ENDED - {RunState.PREEMPTED}))
def test_a_run_comes_with_its_state_and_times(
    parts: server.Parts, ann: Caller, state: RunState
) -> None:
    intake = intake_of(parts, ann)
    wanted = foreign(2_500, state, summary={"loss": 0.5}, tags=["a"], notes="why", group="g")
    assert intake.take(wanted) and not intake.take(wanted)
    run = parts.services.runs.get(ann, "ann", "p", "r")
    assert (run.state, run.display_name, run.notes, run.group_name) == (state, "mine", "why", "g")
    assert (run.created_at, run.started_at, run.ended_at) == (BEGAN, BEGAN, ENDED)
    assert run.tags == ("a",) and parse_line(run.summary) == {"loss": 0.5}
    assert losses(parts, ann) == [1 / (k + 3) for k in range(2_500)]


def test_an_interrupted_import_goes_on_and_doubles_nothing(
    parts: server.Parts, ann: Caller, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "model").write_bytes(b"weights")
    wanted = foreign(2_500, files={"model": file_at(tmp_path / "model")})
    intake = intake_of(parts, ann)
    append = type(parts.services.history).append

    def cut_off(*words: object, **more: object) -> bool:
        if words[-1].history.first >= 1_000:  # type: ignore[attr-defined]
            raise KeyboardInterrupt
        return append(*words, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(type(parts.services.history), "append", cut_off)
    with pytest.raises(KeyboardInterrupt):
        intake.take(wanted)
    monkeypatch.undo()
    assert len(losses(parts, ann)) == 1_000
    assert intake.take(wanted) and not intake.take(wanted)
    assert losses(parts, ann) == [1 / (k + 3) for k in range(2_500)]
    run = parts.services.runs.get(ann, "ann", "p", "r")
    assert run.state is RunState.FINISHED
    file = parts.services.files.find_file(run, "model")
    assert file is not None and parts.services.files.read(file.blob) == b"weights"


def test_a_source_that_grew_is_brought_up_to_date(parts: server.Parts, ann: Caller) -> None:
    intake = intake_of(parts, ann)
    intake.take(foreign(10, RunState.CRASHED))
    intake.take(foreign(12))
    assert len(losses(parts, ann)) == 12
    assert parts.services.runs.get(ann, "ann", "p", "r").state is RunState.FINISHED


def test_a_run_of_ones_own_is_left_as_it_is(parts: server.Parts, ann: Caller) -> None:
    parts.services.runs.upsert(ann, "ann", "p", "r", RunChange(display_name="own"))
    with pytest.raises(Conflict, match=r"ann/p has a run r already.*another project"):
        intake_of(parts, ann).take(foreign(3))
    run = parts.services.runs.get(ann, "ann", "p", "r")
    assert (run.display_name, run.history_lines) == ("own", 0)
