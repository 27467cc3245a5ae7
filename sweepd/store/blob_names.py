"""Names of blobs: what they say of the bytes, and where these lie.

The SHA-256 of the bytes; of those that went straight to the object store, which tells only their
MD5, `m`, that MD5 and 31 digits of chance. All are 64 letters long, and none is a client's.
"""

import base64
import hashlib
import re
import uuid
from typing import Any

PATTERN = r"[0-9a-f]{64}|m[0-9a-f]{63}"
LAST = "n"  # behind every name
_PLACE = re.compile(r"[0-9a-fm][0-9a-f]/[0-9a-f]{62}")


def by_md5(md5: str) -> str:
    """A new name for bytes of this MD5 (hexadecimal), never given before."""
    return f"m{md5}{uuid.uuid4().hex[:31]}"


def is_by_md5(name: str) -> bool:
    """Whether it tells the MD5 of its bytes only."""
    return name.startswith("m")


def md5_in(name: str) -> str:
    """The MD5 that such a name tells, hexadecimal."""
    return name[1:33]


def hex_md5(md5: str) -> str:
    """An MD5 in hexadecimal, from base64.

    Raises:
        ValueError: It is none.
    """
    found = base64.b64decode(md5, validate=True)
    if len(found) != 16:
        raise ValueError(f"an MD5 has 16 bytes, got {len(found)}")
    return found.hex()


def blob_place(name: str) -> str:
    """Where a blob lies."""
    return f"{name[:2]}/{name[2:]}"


def name_at(place: str) -> str | None:
    """The blob that lies there; None when it is something else."""
    return place.replace("/", "") if _PLACE.fullmatch(place) else None


class Check:
    """Whether bytes that pass by are those a name says."""

    def __init__(self, name: str) -> None:
        self._digest: Any
        if is_by_md5(name):
            self._digest = hashlib.md5(usedforsecurity=False)
            self._wanted = md5_in(name)
        else:
            self._digest, self._wanted = hashlib.sha256(), name

    def see(self, part: bytes) -> None:
        """Take a part into account."""
        self._digest.update(part)

    @property
    def is_whole(self) -> bool:
        """Whether all that was seen is what the name says."""
        return bool(self._digest.hexdigest() == self._wanted)
