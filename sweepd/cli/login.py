"""`sweepd login`: point the stock client at a server."""

import configparser
import os
import re
import urllib.parse
from pathlib import Path

import typer

from sweepd.cli import client, local, options
from sweepd.domain.errors import BadInput, Unavailable
from sweepd.domain.ids import check_key


def command(
    url: str | None = typer.Argument(
        None, help="Address of the server; by default the one running here."
    ),
    key: str | None = typer.Option(
        None, help="Your API key; asked for when the server is not here."
    ),
    data: Path | None = options.DATA,
    here: bool = typer.Option(
        False, "--here", help="Only for the wandb client in this folder, not for all of yours."
    ),
) -> None:
    """Point the wandb client at a server; keys for other servers stay as they are."""
    settings = options.settings(data)
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
    typer.echo(f"the wandb client now talks to {wanted} as {found['viewer']['username']}")
    typer.echo(f"  address in {path}, key in {client.netrc_path()}")
    typer.echo("  back to wandb.ai: wandb login --cloud")


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
