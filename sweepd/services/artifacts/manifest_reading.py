"""A manifest as its client sent it, read once: every member of every entry is what it must be.

It is read as a whole; so its bytes and values are counted before, and bound the memory.
"""

from dataclasses import dataclass
from typing import Any

from sweepd.domain.errors import BadInput, TooLarge
from sweepd.domain.ids import check_file_path
from sweepd.domain.nesting import load

MAX_SIZE_BYTES = 1 << 53  # of a file; what every reader of JSON holds exactly
MAX_TEXT = 4_096  # characters of a digest, a reference, an id
MEMBERS = 12  # values of an entry, on average, itself too; a client's has 3 to 10


@dataclass(frozen=True, slots=True)
class ManifestLimits:
    """How large a version's manifest may be, as sent and as put together."""

    max_bytes: int = 256 << 20
    max_entries: int = 1_000_000

    def check_bytes(self, size_bytes: int) -> None:
        """Before it is read, or kept.

        Raises:
            TooLarge: The message says the limit.
        """
        if size_bytes > self.max_bytes:
            raise self.too_many_bytes()

    def check_entries(self, n: int) -> None:
        """Once it is read, or put together.

        Raises:
            TooLarge: The message says the limit.
        """
        if n > self.max_entries:
            raise TooLarge(
                f"a manifest may have {self.max_entries:,} entries (max_manifest_entries), got "
                f"{n:,}; log several artifacts"
            )

    def too_many_bytes(self) -> TooLarge:
        """Of a manifest that does not end."""
        return TooLarge(
            f"a manifest may have {self.max_bytes:,} bytes (max_manifest_bytes), this one has "
            "more; log several artifacts"
        )

    @property
    def max_values(self) -> int:
        """Values that may be read: whatever they are, as many entries have no more."""
        return MEMBERS * (self.max_entries + 1)


DEFAULT_LIMITS = ManifestLimits()


def read_manifest(text: bytes, limits: ManifestLimits = DEFAULT_LIMITS) -> dict[str, Any]:
    """The manifest, whose `contents` are checked: paths of files and references alike.

    Raises:
        BadInput: It is no manifest; the message names the entry, what was expected and what came.
        TooLarge: It is beyond a limit.
    """
    limits.check_bytes(len(text))
    try:
        manifest = load(text, "the manifest", most=limits.max_values)
        contents = manifest["contents"]
    except (ValueError, KeyError, TypeError) as error:
        raise BadInput("the manifest should be a JSON object with `contents`") from error
    if not isinstance(contents, dict):
        raise BadInput(
            "the manifest's `contents` should be an object of path: entry, got "
            f"{type(contents).__name__}"
        )
    limits.check_entries(len(contents))
    for path, entry in contents.items():
        _check_path(path)
        _check_entry(path, entry)
    total = sum(entry.get("size") or 0 for entry in contents.values())
    if total >= 1 << 63:
        raise BadInput(f"the manifest's files cannot have {total} bytes together")
    return dict(manifest)


def _check_path(path: str) -> None:
    try:
        check_file_path(path)
    except BadInput as error:
        raise _refusal(path, str(error)) from error
    if not _is_storable(path):
        raise _refusal(path, "a path is Unicode without NUL")


def _check_entry(path: str, entry: Any) -> None:
    if not isinstance(entry, dict):
        raise _refusal(path, f"expected an object with digest and size, got {entry!r:.100}")
    size = entry.get("size")
    if size is not None and (type(size) is not int or not 0 <= size <= MAX_SIZE_BYTES):
        raise _refusal(path, f"size is a whole number of bytes from 0, got {size!r:.100}")
    for member in ("digest", "ref", "birthArtifactID"):
        value = entry.get(member)
        is_short = isinstance(value, str) and len(value) <= MAX_TEXT and _is_storable(value)
        if value is not None and not is_short:
            raise _refusal(
                path, f"{member} is a text of at most {MAX_TEXT} characters, got {value!r:.100}"
            )
    if not entry.get("ref") and not entry.get("digest"):
        raise _refusal(path, "a file has a digest, got none")
    extra = entry.get("extra")
    if not isinstance(extra, dict | None):
        raise _refusal(path, f"extra is an object, got {extra!r:.100}")


def _refusal(path: str, why: str) -> BadInput:
    return BadInput(f"the manifest's entry {path[:200]!r}: {why}")


def _is_storable(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return "\0" not in text
