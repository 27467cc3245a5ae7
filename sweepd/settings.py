"""Every setting of the server once: name, default, unit, help. Read at the edge, passed inward.

A setting comes from the command line, else from the environment (`SWEEPD_` and its name in
capitals), else from the default below. docs/settings.md is made from this file.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from sweepd.domain.errors import BadInput

DEFAULT_PORT = 8787


def default_data_dir() -> Path:
    """Where the server keeps everything: `$XDG_DATA_HOME/sweepd`, else `~/.local/share/sweepd`."""
    base = os.environ.get("XDG_DATA_HOME") or str(Path.home() / ".local" / "share")
    return Path(base) / "sweepd"


def _help(text: str, default: Any) -> Any:
    return field(default=default, metadata={"help": text})


@dataclass(frozen=True)
class Settings:
    """How a server runs."""

    data: Path = field(
        default_factory=default_data_dir, metadata={"help": "folder of the database and the files"}
    )
    host: str = _help("address to listen on; loopback by default", "127.0.0.1")
    port: int = _help("port to listen on; 0 takes a free one", DEFAULT_PORT)
    database: str = _help(
        "SQLAlchemy address of the database; empty: SQLite in the data folder", ""
    )
    database_connections: int = _help(
        "connections to PostgreSQL this server opens at most; those of all servers, and some for "
        "commands, fit into PostgreSQL's max_connections (100 unless set)",
        30,
    )
    files: str = _help("folder or s3:// gs:// az:// address of the files; empty: data folder", "")
    direct_download_s: int = _help(
        "seconds for which the object store's own addresses are good, by which clients download "
        "artifacts and files; 0: all bytes pass through this server",
        0,
    )
    direct_upload_s: int = _help(
        "seconds, a day or so, for which the addresses of an S3 are good, by which clients upload "
        "files of artifacts; needs sweepd[s3]; 0: all bytes pass through this server",
        0,
    )
    public_url: str = _help(
        "address clients reach us by, if not the one they connect to; may end in a path", ""
    )
    organization: str = _help(
        "name of the organisation that registries belong to; empty: the one it has", ""
    )
    max_body_bytes: int = _help("largest request other than a file, bytes", 64 << 20)
    max_body_items: int = _help("values in the JSON of one request, empty lines too", 1_000_000)
    max_query_fields: int = _help("fields that one GraphQL request may be answered", 1_000_000)
    max_query_s: float = _help(
        "seconds that one GraphQL request, or one of a page's, may be worked on", 30.0
    )
    max_file_bytes: int = _help("largest uploaded file, bytes", 50 << 30)
    max_manifest_bytes: int = _help("largest manifest of a version, bytes", 256 << 20)
    max_manifest_entries: int = _help("files and references of one version", 1_000_000)
    run_silent_s: float = _help(
        "seconds without word from a run and its agent after which its config goes to another", 75.0
    )
    agent_silent_s: float = _help("seconds without word after which an agent counts as gone", 60.0)
    proposal_s: float = _help(
        "seconds that the search may take to propose configs to one sweep; beyond, it is ended and "
        "the sweep gets random ones",
        20.0,
    )
    reader_processes: int = _help(
        "processes beside the server that read what is dear (large projects, long histories, CSV "
        "files), so that no agent waits for pages; they begin when needed and end when nobody "
        "asks. 0: none, the server reads by itself",
        1,
    )
    max_header_bytes: int = _help("largest headers of a request, with its address, bytes", 64 << 10)
    max_headers: int = _help("headers of a request", 100)
    header_s: float = _help("seconds within which a request's headers have come", 60.0)
    take_s: float = _help(
        "seconds within which a client takes something of an answer that waits for it, or its "
        "connection is closed; slow ones go on",
        120.0,
    )
    max_connections_per_address: int = _help(
        "connections one address has open at once (of IPv6: one /64), at most half of the files "
        "this process may open; 0: any number, for a proxy that counts by itself",
        4096,
    )
    failed_sign_ins_per_minute: int = _help(
        "failed sign-ins and unknown keys from one address answered at once; further ones wait for "
        "their turn. A right key never waits",
        20,
    )
    removal_share: float = _help(
        "share of all files and versions that housekeeping may remove at once; a few it always may",
        0.05,
    )
    deleted_days: float = _help(
        "days that deleted projects, sweeps and runs can be brought back before they go", 30.0
    )
    trash_days: float = _help("days that removed files lie in the trash before they go", 7.0)
    verify_days: float = _help(
        "days between verifications of all files and the database by the server; 0: none", 7.0
    )
    verify_mb_per_s: float = _help("megabytes a second a verification by the server reads", 10.0)
    frame_origins: str = _help(
        "origins whose pages may show ours in a frame, by commas: http://localhost:8888 for a "
        "notebook; the port may be *. Empty: none",
        "",
    )
    notice_hosts: str = _help(
        "hosts that automations may send to, by commas: hooks.slack.com, *.example.org; * any "
        "public one; inside only hosts named whole (host or host:port) and networks (10.1.0.0/16). "
        "Empty: none",
        "",
    )
    notice_mail_domains: str = _help(
        "domains that automations may send mail to, by commas; * any. Empty: none", ""
    )
    smtp_host: str = _help("mail server that mail is given to; empty: no mail is sent", "")
    smtp_port: int = _help("its port", 587)
    smtp_tls: str = _help("how it is spoken to: starttls, tls or none", "starttls")
    smtp_from: str = _help("address that mail comes from", "")
    smtp_user: str = _help("user to sign in to the mail server as; empty: without", "")
    smtp_password: str = field(default="", repr=False, metadata={"help": "password of that user"})
    threads: int = _help("requests worked on at once", 64)

    @property
    def database_url(self) -> str:
        """The database's address, spelt out."""
        return self.database or f"sqlite:///{self.data / 'sweepd.db'}"

    @property
    def files_location(self) -> str:
        """The files' place, spelt out."""
        return self.files or str(self.data / "blobs")

    @property
    def path_prefix(self) -> str:
        """The path in the public address: "/sweepd" for http://host/sweepd; "" for none."""
        return urlsplit(self.public_url).path.rstrip("/")

    @property
    def is_loopback(self) -> bool:
        """Whether only this machine can reach the server."""
        return self.host in ("127.0.0.1", "::1", "localhost")


_NUMBERS: dict[Any, tuple[Any, str]] = {
    int: (int, "a whole number"),
    float: (float, "a number"),
}


def from_environment(environ: Mapping[str, str], **given: Any) -> Settings:
    """Settings from the command line (`given`, None where silent) and the environment.

    Raises:
        BadInput: A number cannot be read; the message names the setting.
    """
    values: dict[str, Any] = {}
    for item in fields(Settings):
        text = environ.get(f"SWEEPD_{item.name.upper()}")
        value: Any = given.get(item.name)
        if value is None and text is not None:
            value = text
        if value is None:
            continue
        if item.type in _NUMBERS:
            kind, what = _NUMBERS[item.type]
            try:
                value = kind(value)
            except ValueError as error:
                name = f"SWEEPD_{item.name.upper()}"
                raise BadInput(f"{name} should be {what}, got {value!r}") from error
        values[item.name] = Path(value).expanduser() if item.name == "data" else value
    return Settings(**values)
