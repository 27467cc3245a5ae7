"""TensorBoard over the same numbers, from PyPI, in an environment of its own that is kept."""

import json
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

WRITER = """
import json, sys
from tensorboard.compat.proto.event_pb2 import Event
from tensorboard.compat.proto.summary_pb2 import Summary
from tensorboard.summary.writer.event_file_writer import EventFileWriter
writer = EventFileWriter(sys.argv[1], max_queue_size=1000)
for line in sys.stdin:
    row = json.loads(line)
    at = {"step": row["_step"], "wall_time": row["_timestamp"]}
    values = [Summary.Value(tag=k, simple_value=v) for k, v in row.items() if k[0] != "_"]
    writer.add_event(Event(summary=Summary(value=values), **at))
writer.close()
"""


def environment() -> Path:
    """TensorBoard's Python; made once."""
    folder = Path.home() / ".cache" / "sweepd-bench" / "tensorboard"
    python = folder / "bin" / "python"
    if not (folder / "ready").exists():
        subprocess.run([sys.executable, "-m", "venv", "--clear", folder], check=True)
        wanted = ["tensorboard", "setuptools<81"]  # it imports pkg_resources
        subprocess.run([python, "-m", "pip", "install", "-q", *wanted], check=True)
        (folder / "ready").touch()
    return python


def write_events(python: Path, folder: Path, lines: list[str]) -> None:
    """The same lines as TensorBoard reads them."""
    text = "\n".join(lines) + "\n"
    subprocess.run([python, "-c", WRITER, folder], input=text.encode(), check=True)


@contextmanager
def serving(python: Path, folder: Path) -> Iterator[str]:
    """A TensorBoard that has read all there is."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [python, "-m", "tensorboard.main", "--logdir", folder, "--port", str(port)]
    server = subprocess.Popen(
        [*command, "--reload_interval", "600"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    address = f"http://127.0.0.1:{port}"
    wanted = len(list(folder.glob("*/events*")))
    try:
        deadline = time.monotonic() + 900
        while time.monotonic() < deadline and n_read(address) < wanted:
            time.sleep(1)
        time.sleep(3)  # the last run's last lines
        yield address
    finally:
        server.terminate()
        server.wait()


def n_read(address: str) -> int:
    """How many runs TensorBoard knows by now."""
    try:
        with urllib.request.urlopen(f"{address}/data/runs", timeout=5) as answer:
            return len(json.loads(answer.read()))
    except (OSError, ValueError):
        return 0
