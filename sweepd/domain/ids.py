"""Short ids, and the rules for names that become part of an address."""

import re
import secrets
import string
from collections.abc import Sequence
from dataclasses import dataclass

from sweepd.domain.errors import BadInput

_ALPHABET = string.ascii_lowercase + string.digits
_PART = re.compile(r"[^/\\#?%:\x00-\x1f]{1,128}\Z")
_ENTITY = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}\Z")
_RESERVED = frozenset(
    {"graphql", "files", "authorize", "healthz", "readyz", "oidc", "sdk", "artifactsV2"}
)
_ALIAS = re.compile(r"[^:\x00-\x1f]{1,256}\Z")
MAX_ALIASES = 1_000  # in one request; each is a look and a change of its own
_COLLECTION = re.compile(r"[^/:\x00-\x1f]{1,128}\Z")


def new_short_id() -> str:
    """Eight random lower-case letters and digits, as the service uses for runs and sweeps."""
    number, letters = secrets.randbelow(len(_ALPHABET) ** 8), []
    for _ in range(8):  # of one draw: each lets other threads go first
        number, place = divmod(number, len(_ALPHABET))
        letters.append(_ALPHABET[place])
    return "".join(letters)


def new_key() -> str:
    """A fresh API key: 40 hexadecimal digits (160 random bits), the least the client accepts."""
    return secrets.token_hex(20)


@dataclass(frozen=True, slots=True)
class SweepPath:
    """`entity/project/sweep`; the first two may be missing and are then the caller's defaults."""

    entity: str | None
    project: str | None
    sweep_id: str

    def __str__(self) -> str:
        return "/".join(part for part in (self.entity, self.project, self.sweep_id) if part)


def parse_sweep_path(text: str) -> SweepPath:
    """Read `[[entity/]project/]sweep`, or the address of a sweep's page.

    Raises:
        BadInput: Not one to three parts.
    """
    path = re.sub(r"\Ahttps?://[^/]+/", "", text.strip()).split("?")[0].strip("/")
    parts = [part for part in path.split("/") if part]
    if len(parts) == 4 and parts[2] == "sweeps":
        del parts[2]
    if not 1 <= len(parts) <= 3:
        raise BadInput(
            f"a sweep is named SWEEP, PROJECT/SWEEP or ENTITY/PROJECT/SWEEP; got {text!r}"
        )
    padded = [None] * (3 - len(parts)) + list(parts)
    return SweepPath(padded[0], padded[1], parts[-1])


def check_entity_name(name: str) -> str:
    """Return the name, or raise BadInput when it cannot be part of an address."""
    if name in _RESERVED:
        raise BadInput(f"{name!r} is an address of the server itself; choose another name")
    if not _ENTITY.match(name):
        raise BadInput(
            f"an entity's name starts with a letter or digit and holds up to 64 letters, digits, "
            f"'.', '_' or '-'; got {name!r}"
        )
    return name


def check_project_name(name: str) -> str:
    """Return the name, or raise BadInput when it cannot be part of an address."""
    return _check_part(name, "a project's name")


def check_run_id(run_id: str) -> str:
    """Return the id, or raise BadInput when it cannot be part of an address."""
    return _check_part(run_id, "a run's id")


def _check_part(text: str, what: str) -> str:
    if not _PART.match(text) or text.strip(". ") == "":
        raise BadInput(
            f"{what} has 1 to 128 characters, none of / \\ # ? % : or control characters; "
            f"got {text!r}"
        )
    return text


def check_collection_name(name: str) -> str:
    """Return the artifact's name, or raise BadInput."""
    if not _COLLECTION.match(name):
        raise BadInput(f"an artifact's name has 1 to 128 characters, none of / or :; got {name!r}")
    return name


def check_aliases(aliases: Sequence[str]) -> None:
    """Refuse what `check_alias` would, and more than MAX_ALIASES at once.

    Raises:
        BadInput: The message says why.
    """
    if len(aliases) > MAX_ALIASES:
        raise BadInput(f"a version is given {MAX_ALIASES:,} aliases at once; got {len(aliases):,}")
    for alias in aliases:
        check_alias(alias)


def check_alias(alias: str) -> str:
    """Return the alias of a version, or raise BadInput when no path could say it."""
    if not _ALIAS.match(alias):
        raise BadInput(f"an alias has 1 to 256 characters, none of them a colon; got {alias!r}")
    if re.fullmatch("v[0-9]+", alias):
        raise BadInput(f"{alias!r} is a version's own number; choose another alias")
    return alias


def number_in(text: str) -> int | None:
    """The number that a text of plain digits spells; None for any other, and beyond 18 digits.

    Not `str.isdigit`: that takes "²" and digits of other scripts, which `int` may not take.
    """
    return int(text) if re.fullmatch("[0-9]{1,18}", text) else None


def check_file_path(path: str) -> str:
    """Return a file's name within its run or artifact, or raise BadInput when it would escape."""
    parts = path.replace("\\", "/").split("/")
    if not path or len(path) > 1024 or "\x00" in path or path.startswith("/") or ".." in parts:
        raise BadInput(f"a file's name is a relative path without '..'; got {path[:200]!r}")
    return path


def check_key(key: str) -> str:
    """Return the API key, or raise BadInput when the client would refuse it."""
    body = key.split("-", 1)[1] if "-" in key else key
    is_token = re.fullmatch(r"[\w-]+\.[\w-]+\.[\w-]+", key) and len(key) >= 40  # like a JWT
    if not is_token and not re.fullmatch(r"[\w-]{40,}", body):
        raise BadInput(
            "an API key needs at least 40 letters, digits, '_' or '-' (after its first '-', if "
            f"any), since the wandb client refuses shorter ones; got {len(body)}"
        )
    return key
