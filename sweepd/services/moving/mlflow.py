"""Runs of an MLflow folder (`mlruns`, its file store): plain files, read without MLflow."""

import json
import math
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import yaml

from sweepd.domain.errors import BadInput
from sweepd.domain.runs import RunState
from sweepd.services.moving.foreign import ForeignRun, file_at
from sweepd.services.moving.rows_by_step import RowsByStep
from sweepd.services.sweeps import sweep_yaml

_STATES = {3: RunState.FINISHED, 4: RunState.FAILED, 5: RunState.KILLED}
_NOTE, _USER_TAGS = "mlflow.note.content", "mlflow."


def list_runs(folder: Path) -> Iterator[ForeignRun]:
    """The runs of all experiments below a folder, or of one, that were not deleted.

    Raises:
        BadInput: No run is there, or a file says something else than MLflow writes; which, and
            what was expected.
    """
    found = find(folder)
    if not found:
        raise BadInput(
            f"{folder} holds neither event files nor runs of MLflow: expected mlruns "
            "with EXPERIMENT/RUN/meta.yaml; of a database or server of MLflow, "
            "bring them into such a folder first"
        )
    for path in found:
        meta = _meta(path / "meta.yaml")
        if meta.get("lifecycle_stage", "active") == "active":
            yield _run(path, meta)


def find(folder: Path) -> list[Path]:
    """The folders of runs: of all experiments, or of the one that this is."""
    paths = sorted(folder.glob("*/*/meta.yaml")) or sorted(folder.glob("*/meta.yaml"))
    return [path.parent for path in paths if (path.parent / "metrics").is_dir()]


def _run(path: Path, meta: dict[str, Any]) -> ForeignRun:
    run_id = str(meta.get("run_uuid") or meta.get("run_id") or path.name)
    above = path.parent / "meta.yaml"
    experiment = _meta(above).get("name") if above.exists() else None
    tags = dict(_texts(path / "tags"))
    rows = RowsByStep()
    for name, metric in _files(path / "metrics"):
        for number, line in enumerate(_text(metric).splitlines(), 1):
            rows.add(*_point(metric, number, line), name)
    made, last = rows.made()
    artifacts = path / "artifacts"
    return ForeignRun(
        source=f"mlflow:{run_id}",
        run_id=run_id,
        name=str(meta.get("run_name") or tags.get("mlflow.runName") or run_id),
        state=_STATES.get(meta.get("status", 0), RunState.CRASHED),
        config={name: plain(text) for name, text in _texts(path / "params")},
        summary=last,
        rows=made,
        tags=[
            f"{name}={text}"[:200] for name, text in tags.items() if not name.startswith(_USER_TAGS)
        ],
        notes=tags.get(_NOTE),
        group=str(experiment) if experiment else None,
        started_at=_time(meta.get("start_time")),
        ended_at=_time(meta.get("end_time")),
        files={name: file_at(file) for name, file in _files(artifacts)},
    )


def plain(text: str) -> Any:
    """A parameter, which MLflow keeps as text: numbers and truth values as such, if exactly so."""
    if text in ("True", "False"):
        return text == "True"
    try:
        value = json.loads(text)
    except ValueError:
        return text
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return value if is_number and repr(value) == text else text


def _point(path: Path, number: int, line: str) -> tuple[int, float, float]:
    """(step, time, value) of `TIME VALUE STEP`; older files have no step."""
    words = line.split()
    try:
        milliseconds, value = int(words[0]), float(words[1])
        step = int(words[2]) if len(words) > 2 else number - 1
    except (ValueError, IndexError) as error:
        raise BadInput(
            f"{path}, line {number}: expected TIME VALUE STEP, got {line[:80]!r}; mend or remove "
            "the line and import again, which goes on from here"
        ) from error
    return step, milliseconds / 1000, value


def _meta(path: Path) -> dict[str, Any]:
    try:
        found = sweep_yaml.load(_text(path))
    except yaml.YAMLError as error:
        raise BadInput(f"{path}: expected the YAML of MLflow, got {str(error)[:200]}") from error
    if not isinstance(found, dict):
        raise BadInput(f"{path}: expected the YAML of MLflow, got {str(found)[:80]!r}")
    return found


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(f"{path}: expected text in UTF-8, got {error}") from error


def _files(folder: Path) -> Iterator[tuple[str, Path]]:
    """Names, which may hold slashes, and files; links are not followed out of the folder."""
    for path in sorted(folder.rglob("*")):
        if path.is_file() and not path.is_symlink():
            yield str(path.relative_to(folder)), path


def _texts(folder: Path) -> Iterator[tuple[str, str]]:
    for name, path in _files(folder):
        yield name, _text(path)


def _time(milliseconds: object) -> datetime | None:
    if not isinstance(milliseconds, int | float) or not math.isfinite(milliseconds):
        return None
    return datetime.fromtimestamp(milliseconds / 1000, UTC)
