"""Lines of runs gathered into columns, in the background, while clients send more.

What came last stays as it was sent. Once a run has many lines in chunks, or has ended, they are
packed by a process of its own, put beside the database, and take the chunks' place in one
transaction; killed before that, nothing has happened.
"""

import contextlib
import logging
import multiprocessing
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool

from sweepd.domain.errors import SweepdError
from sweepd.search import process
from sweepd.services.background import Outage
from sweepd.services.core import Core
from sweepd.services.files.blob_records import BlobRecords
from sweepd.store import segments
from sweepd.store.blobs import Blobs
from sweepd.store.columns.packing import MAX_LINES, Packed, pack_chunks
from sweepd.store.database import Connection
from sweepd.store.measuring import StoredBlob
from sweepd.store.segments import GATHERED, Kept, Progress, Waiting

TICK_S = 5.0
LOOK_EVERY_LINES = 1024  # of a live run's stream
LEAST_ENDED = 64  # lines of a run that has ended; fewer are as well off as sent
MOST_CHUNKS = 4096  # removed in one transaction: others wait for it
INLINE_BYTES = 32 << 10  # smaller ones are no file of their own
FULL_LOOK_TICKS = 4000  # every few hours at runs nobody changed, such as those given up
IDLE_TICKS = 12  # after which the process that packs is let go

log = logging.getLogger(__name__)


class Gathering:
    """Follows which runs get lines, and gathers those of the runs that have many."""

    def __init__(self, core: Core, blobs: Blobs) -> None:
        self._core = core
        self._blobs = blobs
        self._records = BlobRecords(core, blobs)
        self._touched: set[int] = set()
        self._look_at: dict[tuple[int, int], int] = {}  # lines of a stream at which to look again
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._work, name="sweepd-gathering", daemon=True)
        self._pool: ProcessPoolExecutor | None = None
        self._pack: Callable[[Sequence[bytes]], list[Packed]] = pack_chunks
        self._unlisten: Callable[[], None] = lambda: None

    def start(self) -> None:
        """Begin, first with what earlier servers left."""
        self._pack = self._pack_aside
        self._unlisten = self._core.changes.listen(self._changed)
        self._thread.start()

    def stop(self) -> None:
        """Stop; what is being packed is packed again another time."""
        self._unlisten()
        self._stop.set()
        if self._pool is not None:
            self._let_go()
        if self._thread.is_alive():
            self._thread.join()

    def _changed(self, kind: str, pk: int) -> None:
        if kind == "run":
            with self._lock:
                self._touched.add(pk)

    def _work(self) -> None:
        n_idle, n_ticks = 0, 0
        outage = Outage("gathering lines into columns")
        while not self._stop.wait(TICK_S):
            is_full_look = n_ticks % FULL_LOOK_TICKS == 0
            n_ticks += 1
            try:
                n_gathered = self.gather_all() if is_full_look else self.look()
                outage.ends()
            except SweepdError as error:
                if not self._stop.is_set():
                    outage.begins(error)
                continue
            except Exception:
                if not self._stop.is_set():
                    log.exception("gathering lines into columns failed; trying again later")
                continue
            n_idle = 0 if n_gathered else n_idle + 1
            if n_idle >= IDLE_TICKS and self._pool is not None:
                self._let_go()

    def look(self) -> int:
        """Gather what is due of the runs that changed since; returns how many segments came."""
        with self._lock:
            touched, self._touched = self._touched, set()
        with self._core.db.read() as connection:
            found = segments.list_progress(connection, sorted(touched))
        return sum(self._look_at_run(run) for run in found)

    def _look_at_run(self, run: Progress) -> int:
        n = 0
        for stream, n_lines in zip(GATHERED, (run.history_lines, run.events_lines), strict=True):
            key = run.run_pk, stream
            if run.is_ended:
                self._look_at.pop(key, None)
                n += self.gather(*key, LEAST_ENDED) if n_lines >= LEAST_ENDED else 0
            elif n_lines >= self._look_at.get(key, LOOK_EVERY_LINES):
                n += self.gather(*key, MAX_LINES)
                self._look_at[key] = n_lines + LOOK_EVERY_LINES
        return n

    def gather_all(self, least: int = MAX_LINES, least_ended: int = LEAST_ENDED) -> int:
        """Gather what any run has in chunks; returns how many segments came of it.

        Args:
            least, least_ended: How many lines a run must have there, and one that has ended.
        """
        n, after = 0, 0
        while not self._stop.is_set():
            with self._core.db.read() as connection:
                pks = segments.list_runs_waiting(connection, after, least, least_ended, 500)
                found = segments.list_progress(connection, pks)
            for run in found:
                for stream in GATHERED:
                    n += self.gather(run.run_pk, stream, least_ended if run.is_ended else least)
            if not pks:
                break
            after = pks[-1]
        return n

    def gather(self, run_pk: int, stream: int, least: int) -> int:
        """Gather a stream's chunks, oldest first, as long as they hold `least` lines.

        Returns:
            How many segments came of it.
        """
        n = 0
        while not self._stop.is_set():
            with self._core.db.read() as connection:
                waiting = segments.read_waiting(
                    connection, run_pk, stream, least, MAX_LINES, MOST_CHUNKS
                )
            if waiting is None:
                break
            packed = self._pack(waiting.bodies)
            if not self._replace(run_pk, stream, waiting, packed):
                break  # the run's lines changed meanwhile: another time
            n += len(packed)
        return n

    def _replace(self, run_pk: int, stream: int, waiting: Waiting, packed: list[Packed]) -> bool:
        kept: list[Kept] = []
        stored: list[StoredBlob] = []
        for item in packed:
            steps = item.min_step, item.max_step
            if len(item.body) <= INLINE_BYTES:
                kept.append(Kept(item.n_lines, *steps, None, item.body))
                continue
            stored.append(self._blobs.put_bytes(item.body))
            kept.append(Kept(item.n_lines, *steps, stored[-1].hash, None))

        def replace(connection: Connection) -> bool:
            done = segments.take_place_of_chunks(connection, run_pk, stream, waiting, kept)
            if done:
                for blob in stored:
                    self._records.record(connection, blob)
            return done

        return self._core.db.write(replace)

    def _pack_aside(self, bodies: Sequence[bytes]) -> list[Packed]:
        if self._pool is None:
            self._pool = ProcessPoolExecutor(
                1, multiprocessing.get_context("spawn"), initializer=process.begin_in_background
            )
        try:
            return self._pool.submit(pack_chunks, bodies).result()
        except BrokenProcessPool as error:  # killed from outside, or out of memory
            self._pool = None
            raise SweepdError("the process that packs has ended") from error

    def _let_go(self) -> None:
        with contextlib.suppress(Exception):
            if self._pool is not None:
                self._pool.shutdown(wait=False, cancel_futures=True)
        self._pool = None
