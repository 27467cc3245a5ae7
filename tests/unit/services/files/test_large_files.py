"""Large files put together while their client asks again."""

import threading
from collections.abc import AsyncIterator, Sequence

import anyio
import anyio.to_thread
import pytest

from sweepd import server
from sweepd.domain.artifacts import Digest
from sweepd.domain.errors import BadInput, Unavailable
from sweepd.domain.users import Caller
from tests.unit.services.logging_versions import (
    LIMIT,
    begin,
    md5,
    run,
    stream,
)

pytestmark = pytest.mark.both_databases


def test_large_file_is_put_together_while_its_client_asks_again(
    parts: server.Parts, ann: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Reading gigabytes takes longer than the client waits; asking again must not begin anew."""
    large, pending = parts.services.artifacts.uploads.large_files, begin(parts, ann, "d")
    digest, go_on, n_begun = Digest(md5(b"onetwo")), threading.Event(), []
    for number, body in enumerate((b"one", b"two"), 1):
        run(lambda number=number, body=body: large.put_part("u", number, stream(body), LIMIT, None))
    stream_parts = large._blobs.stream_parts

    async def slowly(upload: str, numbers: Sequence[int]) -> AsyncIterator[bytes]:
        n_begun.append(upload)
        await anyio.to_thread.run_sync(go_on.wait)
        async for part in stream_parts(upload, numbers):
            yield part

    monkeypatch.setattr(large._blobs, "stream_parts", slowly)
    large.patience_s = 0.01
    for _ in range(2):
        with pytest.raises(Unavailable, match="ask again"):
            large.complete(pending.pk, "f", "u", [1, 2], LIMIT, digest)
    go_on.set()
    large.patience_s = 10
    for _ in range(2):
        large.complete(pending.pk, "f", "u", [1, 2], LIMIT, digest)
    [entry] = parts.services.artifacts.entries(pending)
    assert (entry.size_bytes, n_begun) == (6, ["u"])
    with pytest.raises(BadInput, match="never came"):
        large.complete(pending.pk, "f", "v", [1], LIMIT, Digest(md5(b"other")))
