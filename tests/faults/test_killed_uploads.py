"""The process ends before and after each step of an upload: an answered file is there, whole."""

import os
import signal
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import anyio
import pytest

from sweepd import server
from sweepd.services.runs.runs import RunChange
from sweepd.settings import Settings
from sweepd.store.sqlite_writer import SqliteWriter

pytestmark = pytest.mark.faults

NAME = "saved.txt"
MOST_STEPS = 60


async def stream(body: bytes) -> AsyncIterator[bytes]:
    for start in range(0, len(body), 1000):
        yield body[start : start + 1000]


def upload(parts: server.Parts, run_pk: int, body: bytes) -> None:
    async def put() -> None:
        await parts.services.files.put_run_file(run_pk, NAME, stream(body), "", 1 << 20)

    anyio.run(put)


def upload_and_die(folder: Path, run_pk: int, body: bytes, at: int) -> bool:
    """Upload in a process that is killed at a step; whether it was answered before."""
    child = os.fork()
    if child:
        _, status = os.waitpid(child, 0)
        assert os.WIFEXITED(status) or os.WTERMSIG(status) == signal.SIGKILL
        assert not os.WIFEXITED(status) or os.WEXITSTATUS(status) == 0, "the upload failed"
        return os.WIFEXITED(status)
    try:
        parts = server.build(Settings(data=folder))
        n_steps = 0

        def step() -> None:
            nonlocal n_steps
            n_steps += 1
            if n_steps == at:
                os.kill(os.getpid(), signal.SIGKILL)

        def around(real: Callable[..., Any]) -> Callable[..., Any]:
            def stepped(*given: Any, **named: Any) -> Any:
                step()
                found = real(*given, **named)
                step()
                return found

            return stepped

        for place, name in ((os, "fsync"), (Path, "replace"), (SqliteWriter, "_commit_together")):
            setattr(place, name, around(getattr(place, name)))
        upload(parts, run_pk, body)
        os._exit(0)
    except BaseException:
        os._exit(1)


def test_a_kill_at_any_step_leaves_a_whole_file_or_the_one_before(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    parts = server.build(Settings(data=folder))
    parts.services.users.add_user("ann", None)
    ann = parts.services.users.get_caller("ann")
    run = parts.services.runs.upsert(ann, "ann", "p", "r", RunChange())[0]
    parts.core.db.close()
    before: bytes | None = None
    for at in range(1, MOST_STEPS):
        body = f"content {at}".encode() * 500
        is_answered = upload_and_die(folder, run.pk, body, at)
        parts = server.build(Settings(data=folder))
        found = parts.services.files.find_file(run, NAME)
        held = None if found is None else parts.services.files.read(found.blob)
        assert held in ((body,) if is_answered else (body, before)), at
        upload(parts, run.pk, body)  # the client sends it again
        found = parts.services.files.find_file(run, NAME)
        assert found is not None
        assert parts.services.files.read(found.blob) == body
        assert list(parts.verification.check_files([found.blob], repair=False)) == []
        parts.core.db.close()
        before = body
        if is_answered:
            assert at > 8, "fewer steps than an upload has"
            return
    raise AssertionError("an upload has too many steps")
