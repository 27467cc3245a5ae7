"""Forward proxies. A server on this machine is asked without one: no proxy could reach it.

Go's clients (the core of `wandb`) leave loopback alone by themselves; Python's do only when
`NO_PROXY` names it.
"""

import ipaddress
import urllib.parse
import urllib.request
from collections.abc import Mapping
from typing import Any

NAMES = ("no_proxy", "NO_PROXY")  # some read the one first, some the other


def is_here(url: str) -> bool:
    """Whether an address is this machine's own loopback."""
    host = urllib.parse.urlsplit(url).hostname or ""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def open_url(request: urllib.request.Request, timeout_s: float) -> Any:
    """As `urlopen`, through the environment's proxy, as it is now, unless the server is here."""
    through = urllib.request.ProxyHandler({} if is_here(request.full_url) else None)
    return urllib.request.build_opener(through).open(request, timeout=timeout_s)


def spared(environ: Mapping[str, str], url: str) -> dict[str, str]:
    """An environment for a client of that server: when it is here, no proxy is to be asked."""
    if not is_here(url):
        return dict(environ)
    host = urllib.parse.urlsplit(url).hostname or ""
    named = next((environ[name] for name in NAMES if environ.get(name)), "")
    hosts = [part.strip() for part in named.split(",") if part.strip()]
    told = ",".join(hosts if host in hosts or "*" in hosts else [*hosts, host])
    return dict(environ) | dict.fromkeys(NAMES, told)
