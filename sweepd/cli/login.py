"""`sweepd login`: point the stock client at a server."""

import configparser
import os
import re
import urllib.parse
from pathlib import Path

import typer

from sweepd.cli import client, local, options, out
from sweepd.domain.errors import BadInput, Unavailable
from sweepd.domain.ids import check_key
from sweepd.settings import Settings


def command(
    url: str | None = typer.Argument(
        None, help="Address of the server; by default the one running here."
    ),
    key: str | None = typer.Option(
        None, help="Your API key; asked for when the server is not here."
    ),
    data: Path | None = options.DATA,
    database: str | None = options.DATABASE,
    here: bool = typer.Option(
        False, "--here", help="Only for the wandb client in this folder, not for all of yours."
    ),
    link: bool = typer.Option(
        False, "--link", help="Print a link that signs a browser in, once and within an hour."
    ),
    user: str | None = typer.Option(
        None, help="With --link: whom it signs in; by default this machine's own user."
    ),
) -> None:
    """Point the wandb client at a server; keys for other servers stay as they are."""
    settings = options.settings(data, database=database)
    if link:
        out.say(_make_link(settings, url, user))
        return
    here_url = local.running_url(settings.data)
    wanted = (url or here_url or "").rstrip("/")
    if not wanted:
        raise Unavailable("no sweepd runs here; start `sweepd serve`, or name the address of one")
    if not re.match(r"https?://[^/]+", wanted):
        raise BadInput(f"an address begins with http:// or https://; got {wanted!r}")
    own = local.read_key(settings) if wanted == here_url else None
    key = key or own or typer.prompt(f"API key (from {wanted}/authorize)", hide_input=True)
    check_key(key)
    found = client.Client(wanted, key).query("{ viewer { username } }")
    _store_key(wanted, key)
    path = Path("wandb") / "settings" if here else client.settings_path()
    _store_url(path, wanted)
    out.say(f"the wandb client now talks to {wanted} as {found['viewer']['username']}")
    out.say(f"  address in {path}, key in {client.netrc_path()}")
    out.say("  back to wandb.ai: wandb login --cloud")


def _make_link(settings: Settings, url: str | None, user: str | None) -> str:
    """An address that signs a browser in; whoever may write the server's database may make one."""
    base = url or local.running_url(settings.data)
    if base is None:
        raise Unavailable(
            f"no sweepd runs on {settings.data}; start `sweepd serve` there, or name its folder "
            "with --data"
        )
    name = user or local.read_user(settings)
    if name is None:
        raise BadInput(f"{settings.data} has no user of its own; name one with --user")
    with local.open_people(settings) as people:
        return f"{base.rstrip('/')}/authorize?token={people.sessions.create_link(name)}"


def _store_key(url: str, key: str) -> None:
    """Replace this host's entry in the netrc file, and no other."""
    path = client.netrc_path()
    host = urllib.parse.urlsplit(url).netloc
    text = path.read_text() if path.exists() else ""
    entry = re.compile(
        rf"^machine[ \t]+{re.escape(host)}(?=\s).*?(?=^machine\s|^default\b|\Z)", re.M | re.S
    )
    text = entry.sub("", text)
    if text and not text.endswith("\n"):
        text += "\n"
    text += f"machine {host}\n  login user\n  password {key}\n"
    aside = path.with_name(path.name + ".sweepd")
    descriptor = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
    os.replace(aside, path)


def _store_url(path: Path, url: str) -> None:
    parser = configparser.ConfigParser()
    parser.read(path)
    if not parser.has_section("default"):
        parser.add_section("default")
    parser.set("default", "base_url", url)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as file:
        parser.write(file)
