"""Ask a server over GraphQL, with the address and key that the stock client would use."""

import base64
import configparser
import json
import netrc
import os
import ssl
import sys
import urllib.error
import urllib.parse
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sweepd.cli import local, proxies
from sweepd.domain.errors import BadInput, NotSignedIn, SweepdError, Unavailable
from sweepd.settings import Settings

TIMEOUT_S = 30.0
OWN_CA = (
    "a certificate authority of your own has to be named twice, for the client's Python and for "
    "its core: export SSL_CERT_FILE=CA.pem REQUESTS_CA_BUNDLE=CA.pem"
)


@dataclass(frozen=True)
class Client:
    """A server's address and a key for it."""

    url: str
    key: str

    @property
    def authorization(self) -> str:
        """The header that carries the key."""
        return "Basic " + base64.b64encode(f"api:{self.key}".encode()).decode()

    def query(self, document: str, **variables: Any) -> dict[str, Any]:
        """The `data` of an answer.

        Raises:
            NotSignedIn, BadInput, Unavailable: As the server answers, in its words.
        """
        request = urllib.request.Request(
            f"{self.url}/graphql",
            json.dumps({"query": document, "variables": variables}).encode(),
            {"Content-Type": "application/json"},
        )
        request.add_unredirected_header("Authorization", self.authorization)
        try:
            with proxies.open_url(request, TIMEOUT_S) as response:
                data: dict[str, Any] = json.load(response)["data"]
                return data
        except urllib.error.HTTPError as error:
            raise _refusal(error, self.url) from error
        except (OSError, ValueError) as error:
            reason = getattr(error, "reason", None)
            if isinstance(reason, ssl.SSLCertVerificationError):
                raise Unavailable(f"{self.url}: {reason.verify_message}; {OWN_CA}") from error
            raise Unavailable(
                f"no sweepd answers at {self.url} ({error}); start one with `sweepd serve`"
            ) from error

    def environment(self) -> dict[str, str]:
        """What a stock client needs to talk to this server, and to nobody else."""
        environ = {
            name: value
            for name, value in os.environ.items()
            if name not in ("WANDB_ENTITY", "WANDB_PROJECT", "WANDB_APP_URL", "WANDB_SWEEP_ID")
        }
        # Agents start `python`: the one that runs us, whether or not its environment is active.
        own = str(Path(sys.executable).parent)
        return proxies.spared(environ, self.url) | {
            "PATH": os.pathsep.join([own, os.environ.get("PATH", os.defpath)]),
            "WANDB_BASE_URL": self.url,
            "WANDB_API_KEY": self.key,
            "WANDB_ERROR_REPORTING": "false",
        }


def _refusal(error: urllib.error.HTTPError, url: str) -> SweepdError:
    try:
        message = json.load(error)["errors"][0]["message"]
    except (ValueError, KeyError, IndexError, TypeError):
        message = f"{url} answered {error.code} {error.reason}; is it a sweepd?"
    kinds: dict[int, type[SweepdError]] = {401: NotSignedIn, 503: Unavailable}
    return kinds.get(error.code, BadInput)(message)


def connect(settings: Settings, url: str | None = None) -> Client:
    """The server the stock client would use here; else the one on this machine.

    Raises:
        NotSignedIn: There is a server but no key for it.
        Unavailable: There is none.
    """
    wanted = url or os.environ.get("WANDB_BASE_URL") or _configured_url()
    here = local.running_url(settings.data)
    if wanted is None or "api.wandb.ai" in wanted:
        wanted = here
    if wanted is None:
        raise Unavailable(
            "no sweepd is known here: start one with `sweepd serve`, or point at one with "
            "`sweepd login ADDRESS`"
        )
    wanted = wanted.rstrip("/")
    own = local.read_key(settings) if wanted == here else None
    key = os.environ.get("WANDB_API_KEY") or stored_key(wanted) or own
    if key is None:
        raise NotSignedIn(f"no API key for {wanted}; run `sweepd login {wanted}`")
    return Client(wanted, key)


def settings_path() -> Path:
    """Where the stock client keeps its settings for all projects of a user."""
    folder = os.environ.get("WANDB_CONFIG_DIR") or str(Path.home() / ".config" / "wandb")
    return Path(folder) / "settings"


def netrc_path() -> Path:
    """Where the stock client keeps its keys."""
    return Path(os.environ.get("NETRC") or Path.home() / ".netrc").expanduser()


def _configured_url() -> str | None:
    for path in (Path("wandb") / "settings", settings_path()):
        parser = configparser.ConfigParser()
        try:
            parser.read(path)
        except configparser.Error:
            continue
        if parser.has_option("default", "base_url"):
            return parser.get("default", "base_url")
    return None


def stored_key(url: str) -> str | None:
    """The key the stock client has for an address."""
    try:
        found = netrc.netrc(netrc_path()).authenticators(urllib.parse.urlsplit(url).netloc)
    except (OSError, netrc.NetrcParseError):
        return None
    return found[2] if found else None
