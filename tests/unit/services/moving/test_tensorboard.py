"""TensorBoard's event files, as TensorBoard writes them."""

import struct
from pathlib import Path
from typing import Any

import pytest

from sweepd.domain.errors import BadInput
from sweepd.services.moving import tensorboard as module

pytest.importorskip("tensorboard")
list(module.list_runs(Path("nowhere")))  # before any other import: without TensorFlow

from tensorboard.compat.proto import event_pb2, summary_pb2  # noqa: E402
from tensorboard.plugins.hparams import plugin_data_pb2  # noqa: E402
from tensorboard.summary.writer.event_file_writer import EventFileWriter  # noqa: E402

Value = summary_pb2.Summary.Value


def single(value: float) -> float:
    """What is left of a number in 32 bits, which is what event files hold."""
    return float(struct.unpack("f", struct.pack("f", value))[0])


def write(folder: Path, *steps: list[Any]) -> Path:
    writer = EventFileWriter(str(folder))
    for step, values in enumerate(steps):
        summary = summary_pb2.Summary(value=values)
        writer.add_event(event_pb2.Event(wall_time=1e9 + step, step=step, summary=summary))
    writer.close()
    [path] = folder.glob(module.PATTERN)
    return path


def scalars(n: int) -> list[list[Any]]:
    return [
        [Value(tag="loss", simple_value=1 / (k + 3)), Value(tag="acc", simple_value=k)]
        for k in range(n)
    ]


def test_each_folder_is_a_run_with_the_numbers_written(tmp_path: Path) -> None:
    hparams = plugin_data_pb2.HParamsPluginData()
    hparams.session_start_info.hparams["lr"].number_value = 0.1
    hparams.session_start_info.hparams["kind"].string_value = "adam"
    started = Value(tag="_hparams_/session_start_info")
    started.metadata.plugin_data.plugin_name = "hparams"
    started.metadata.plugin_data.content = hparams.SerializeToString()
    image = Value(tag="digit", image=summary_pb2.Summary.Image(height=1, width=1))
    first, *others = scalars(5)
    write(tmp_path / "a" / "train", [started, image, *first], *others)
    write(tmp_path / "b", *scalars(2))
    one, other = module.list_runs(tmp_path)
    assert (one.run_id, one.name, other.run_id) == ("a-train", "a/train", "b")
    assert [row["loss"] for row in one.rows] == [single(1 / (k + 3)) for k in range(5)]
    assert [row["_step"] for row in one.rows] == list(range(5))
    assert one.config == {"lr": 0.1, "kind": "adam"} and one.summary["acc"] == 4
    assert one.notes == "not taken from TensorBoard: 1 of images"
    assert one.started_at is not None and one.started_at.timestamp() == 1e9
    assert other.notes is None and len(other.rows) == 2


def test_a_file_still_being_written_is_read_as_far_as_it_is(tmp_path: Path) -> None:
    path = write(tmp_path, *scalars(5))
    path.write_bytes(path.read_bytes()[:-5])
    [run] = module.list_runs(tmp_path)
    assert len(run.rows) == 4


@pytest.mark.parametrize("how", ["flipped", "other", "short"])
def test_a_damaged_file_is_named(tmp_path: Path, how: str) -> None:
    path = write(tmp_path, *scalars(5))
    body = bytearray(path.read_bytes())
    body[len(body) // 2] ^= 1
    path.write_bytes({"flipped": bytes(body), "other": b"hello" * 20, "short": b"hello"}[how])
    with pytest.raises(BadInput, match="records of an event file") as error:
        list(module.list_runs(tmp_path))
    assert str(path) in str(error.value)
