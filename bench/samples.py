"""What reading a very long run takes, of its segments alone: processor time of samples and curves.

    python -m bench.samples [--lines 1500000]

One segment is packed of lines as a client sends them, put into a folder, and read as often as the
run would have segments. The way to it (database, GraphQL) is left out, and so is the time to make
such a run, which `bench.long_runs` takes.
"""

import argparse
import json
import random
import tempfile
import time
from collections.abc import Callable
from typing import Any, cast

from bench.ingest import bodies
from bench.long_runs import KEYS
from sweepd.services.streams.reading import Reading, Stream
from sweepd.store.blobs import Blobs
from sweepd.store.columns.packing import MAX_LINES, pack_chunks
from sweepd.store.pieces import Piece, SegmentPiece


class OfOne(Reading):
    """Reads a history whose segments are all the same."""

    def __init__(self, blobs: Blobs, blob: str, n_segments: int) -> None:
        super().__init__(cast(Any, None), blobs)
        self._blob, self._n_segments = blob, n_segments

    def _pieces(self, *_: Any, **__: Any) -> list[Piece]:
        first = range(0, self._n_segments * MAX_LINES, MAX_LINES)
        return [SegmentPiece(at, MAX_LINES, 0, self._blob, self.blobs) for at in first]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--lines", type=int, default=1_500_000)
    given = parser.parse_args()
    rng = random.Random(1)
    chunks = [
        "\n".join(json.loads(body)["files"]["wandb-history.jsonl"]["content"]).encode()
        for body in (bodies(256, first, rng) for first in range(0, MAX_LINES, 256))
    ]
    [packed] = pack_chunks(chunks)
    run = cast(Any, None)
    with tempfile.TemporaryDirectory() as folder:
        blobs = Blobs.open(folder)
        stored = blobs.put_bytes(packed.body)
        reading = OfOne(blobs, stored.hash, -(-given.lines // MAX_LINES))
        questions: dict[str, Callable[[], object]] = {
            "500 rows, one key and the step": lambda: reading.sample(run, ["loss", "_step"], 500),
            "500 rows, one key and the time": lambda: reading.sample(
                run, ["loss", "_timestamp"], 500
            ),
            "500 rows, five keys": lambda: reading.sample(run, [*KEYS, "_step"], 500),
            "curves of the page": lambda: reading.curves(run, Stream.HISTORY, 800, 400),
        }
        for title, ask in questions.items():
            took_s = []
            for _ in range(5):
                began = time.process_time()
                ask()
                took_s.append(time.process_time() - began)
            print(f"{title:32} {min(took_s):6.3f} to {max(took_s):.3f} s")


if __name__ == "__main__":
    main()
