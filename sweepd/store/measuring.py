"""What is known of bytes once they have passed by: their hashes and how many there were."""

import base64
import hashlib
from collections.abc import AsyncIterator
from dataclasses import dataclass

import xxhash

from sweepd.domain.artifacts import Digest, DigestAlgorithm
from sweepd.domain.errors import TooLarge
from sweepd.store.blob_names import is_by_md5, md5_in


@dataclass(frozen=True, slots=True)
class StoredBlob:
    """What is known of bytes once they are in place."""

    hash: str  # its name: see blob_names.py
    size_bytes: int
    md5: str  # base64, as the client writes it
    xxh128: str  # base64; both are empty when nobody has taken them


class Measured:
    """Bytes on their way: their hashes and how many there were."""

    def __init__(self, max_bytes: int | None = None) -> None:
        self.sha256, self.md5 = hashlib.sha256(), hashlib.md5(usedforsecurity=False)
        self.xxh128 = xxhash.xxh3_128()
        self.size_bytes = 0
        self._max_bytes = max_bytes

    def see(self, part: bytes) -> bytes:
        """Take a part into account; returns it."""
        self.size_bytes += len(part)
        if self._max_bytes is not None and self.size_bytes > self._max_bytes:
            raise TooLarge(f"a file may have up to {self._max_bytes} bytes; more came")
        for one in (self.sha256, self.md5, self.xxh128):
            one.update(part)
        return part

    async def parts(self, body: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
        """The parts of a stream, taken into account."""
        async for part in body:
            yield self.see(part)

    def digest(self, algorithm: DigestAlgorithm) -> Digest:
        """As the client writes it."""
        taken = self.xxh128 if algorithm is DigestAlgorithm.XXH128 else self.md5
        return Digest(base64.b64encode(taken.digest()).decode(), algorithm)

    def is_of(self, name: str) -> bool:
        """Whether the bytes are those that a blob's name says."""
        if is_by_md5(name):
            return self.md5.hexdigest() == md5_in(name)
        return self.sha256.hexdigest() == name

    def blob(self) -> StoredBlob:
        """What is known now."""
        md5, xxh128 = (self.digest(algorithm).value for algorithm in DigestAlgorithm)
        return StoredBlob(self.sha256.hexdigest(), self.size_bytes, md5, xxh128)
