"""Read what a run without a server left behind: its .wandb file.

The file is a LevelDB log: seven bytes of header, then blocks of 32 KiB holding chunks, each
with a checksum (4 bytes), a length (2) and a kind (1): 1 a whole record, 2 its first, 3 a
middle, 4 its last part. Records are the client's own protocol buffers.
"""

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from wandb.proto import wandb_internal_pb2

Record: Any = getattr(wandb_internal_pb2, "Record")  # noqa: B009  # generated: unseen by mypy
FILE_HEADER_BYTES = 7
BLOCK_BYTES = 32768
CHUNK_HEADER_BYTES = 7
WHOLE, LAST = 1, 4


@dataclass
class OfflineRun:
    """One run as the client recorded it; rows, summary and config are decoded JSON."""

    rows: list[dict[str, Any]] = field(default_factory=list)
    summary: dict[str, Any] = field(default_factory=dict)
    config: dict[str, Any] = field(default_factory=dict)
    artifacts: list[Any] = field(default_factory=list)
    files: set[str] = field(default_factory=set)
    exit_code: int | None = None


def read_runs(wandb_dir: Path) -> list[OfflineRun]:
    """All runs below `wandb_dir`, oldest first."""
    paths = sorted(wandb_dir.glob("**/*.wandb"), key=lambda path: path.stat().st_mtime)
    return [read_run(path) for path in paths]


def read_run(path: Path) -> OfflineRun:
    """Decode one .wandb file."""
    run = OfflineRun()
    for data in _records(path.read_bytes()):
        record = Record.FromString(data)
        kind = record.WhichOneof("record_type")
        if kind == "history":
            run.rows.append(_decode(record.history.item))
        elif kind == "summary":
            run.summary.update(_decode(record.summary.update))
        elif kind == "run":
            run.config.update(_decode(record.run.config.update))
        elif kind == "config":
            run.config.update(_decode(record.config.update))
        elif kind == "artifact":
            run.artifacts.append(record.artifact)
        elif kind == "files":
            run.files.update(item.path for item in record.files.files)
        elif kind == "exit":
            run.exit_code = record.exit.exit_code
    for row in run.rows:
        run.summary.update(row)
    return run


def _decode(items: Any) -> dict[str, Any]:
    return {item.key or "/".join(item.nested_key): json.loads(item.value_json) for item in items}


def _records(content: bytes) -> list[bytes]:
    records, parts, at = [], b"", FILE_HEADER_BYTES
    while at + CHUNK_HEADER_BYTES <= len(content):
        left_in_block = BLOCK_BYTES - at % BLOCK_BYTES
        if left_in_block < CHUNK_HEADER_BYTES:
            at += left_in_block
            continue
        length = int.from_bytes(content[at + 4 : at + 6], "little")
        kind = content[at + 6]
        at += CHUNK_HEADER_BYTES
        parts += content[at : at + length]
        at += length
        if kind in (WHOLE, LAST):
            records.append(parts)
            parts = b""
    return records
