"""Runs of TensorBoard folders: the scalars of event files, read with TensorBoard's own reader."""

import importlib.machinery
import struct
import sys
import types
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sweepd.domain.errors import BadInput
from sweepd.domain.runs import RunState
from sweepd.services.moving.foreign import ForeignRun
from sweepd.services.moving.rows_by_step import RowsByStep

PATTERN = "*tfevents*"
_NO_TENSORFLOW = "tensorboard.compat.notf"
_HPARAMS = "_hparams_/session_start_info"


def list_runs(folder: Path) -> Iterator[ForeignRun]:
    """Each folder below that holds event files, as a run.

    Raises:
        BadInput: TensorBoard is missing, there are none, or one is damaged; which and where.
    """
    if _NO_TENSORFLOW not in sys.modules and "tensorboard.compat" not in sys.modules:
        # TensorBoard's own switch: it reads without TensorFlow, whose import takes seconds.
        switch = types.ModuleType(_NO_TENSORFLOW)
        switch.__spec__ = importlib.machinery.ModuleSpec(_NO_TENSORFLOW, None)
        sys.modules[_NO_TENSORFLOW] = switch
    try:
        import tensorboard.backend.event_processing.event_file_loader  # noqa: F401
    except ImportError as error:
        raise BadInput("event files need tensorboard: pip install 'sweepd[tensorboard]'") from error
    for place in sorted({path.parent for path in folder.rglob(PATTERN) if path.is_file()}):
        yield _run(folder, place)


def _run(folder: Path, place: Path) -> ForeignRun:
    relative = place.relative_to(folder)
    name = str(relative) if relative.parts else folder.resolve().name
    rows, left_out = RowsByStep(), Counter[str]()
    config: dict[str, Any] = {}
    for path in sorted(place.glob(PATTERN)):
        for event in _events(path):
            for value in event.summary.value:
                if value.tag == _HPARAMS:
                    config |= _hyperparameters(value)
                elif (number := _number(value)) is not None:
                    rows.add(int(event.step), float(event.wall_time), number, value.tag)
                else:
                    left_out[value.metadata.plugin_data.plugin_name or "others"] += 1
    made, last = rows.made()
    told = ", ".join(f"{n} of {kind}" for kind, n in sorted(left_out.items()))
    times = [datetime.fromtimestamp(row["_timestamp"], UTC) for row in made]
    return ForeignRun(
        source=f"tensorboard:{place.resolve()}",
        run_id="".join(c if c.isalnum() or c in "._-" else "-" for c in name)[-128:],
        name=name,
        state=RunState.FINISHED,
        config=config,
        summary=last,
        rows=made,
        notes=f"not taken from TensorBoard: {told}" if told else None,
        started_at=min(times, default=None),
        ended_at=max(times, default=None),
    )


def _events(path: Path) -> Iterator[Any]:
    """Events of a file; one that is being written may end within a record.

    Raises:
        BadInput: The reader took fewer than there are.
    """
    from tensorboard.backend.event_processing.event_file_loader import EventFileLoader

    n_read = 0
    for event in EventFileLoader(str(path)).Load():
        n_read += 1
        yield event
    n_whole = _count_records(path)
    if n_read < n_whole or (n_whole == 0 and path.stat().st_size > 0):
        raise BadInput(
            f"{path}: expected {max(1, n_whole)} records of an event file, could read {n_read}: it "
            "is damaged, or something else; put a whole copy in its place or move it away, and "
            "import again, which goes on from here"
        )


def _count_records(path: Path) -> int:
    """Whole records by their lengths: length, its checksum, bytes, their checksum."""
    size_bytes, place, n = path.stat().st_size, 0, 0
    with path.open("rb") as file:
        while place + 16 <= size_bytes:
            file.seek(place)
            [length] = struct.unpack("<Q", file.read(8))
            place += 16 + length
            n += place <= size_bytes
    return n


def _number(value: Any) -> float | None:
    """A scalar, whichever way it was written; None for what is none."""
    from tensorboard.util import tensor_util

    if value.WhichOneof("value") == "simple_value":
        return float(value.simple_value)
    if value.metadata.plugin_data.plugin_name not in ("scalars", "") or not value.HasField(
        "tensor"
    ):
        return None
    array = tensor_util.make_ndarray(value.tensor)
    return float(array.item()) if array.size == 1 and array.dtype.kind in "fiub" else None


def _hyperparameters(value: Any) -> dict[str, Any]:
    from tensorboard.plugins.hparams import plugin_data_pb2

    data = plugin_data_pb2.HParamsPluginData.FromString(value.metadata.plugin_data.content)
    found = {}
    for name, held in data.session_start_info.hparams.items():
        kind = held.WhichOneof("kind")
        if kind in ("number_value", "string_value", "bool_value"):
            found[name] = getattr(held, kind)
    return found
