"""Where the server may send something: only to hosts its operator has named.

A host's addresses are looked at after its name was resolved, and one of those very addresses is
then connected to, so a name cannot point elsewhere in between.
"""

import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

from sweepd.domain.errors import BadInput, Forbidden

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
MAX_URL = 2000  # characters
_NAT64 = ipaddress.ip_network("64:ff9b::/96")
SETTING = "SWEEPD_NOTICE_HOSTS"


@dataclass(frozen=True)
class Allowed:
    """The hosts that an operator named: `*` any public one, `*.example.org` those below it,
    `host` or `host:port` that one, also when it is inside, `10.1.0.0/16` those addresses."""

    names: frozenset[str]
    suffixes: tuple[str, ...]
    networks: tuple[ipaddress.IPv4Network | ipaddress.IPv6Network, ...]
    is_any: bool

    def check_host(self, host: str, port: int) -> None:
        """Refuse a host that is not named; one of a named network is known by its address.

        Raises:
            Forbidden: It is not.
        """
        if self.is_any or self._is_named(host, port) or host.endswith(self.suffixes):
            return
        if any(address in network for network in self.networks for address in _literal(host)):
            return
        raise Forbidden(
            f"this server sends nothing to {host[:200]!r}: its operator names the hosts it may "
            f"send to in {SETTING}"
        )

    def check_address(self, host: str, port: int, address: str) -> None:
        """Refuse an address inside, unless the host or its network is named.

        Raises:
            Forbidden: It is inside.
        """
        found = ipaddress.ip_address(address.partition("%")[0])
        if self._is_named(host, port) or any(found in network for network in self.networks):
            return
        if is_inner(found):
            raise Forbidden(
                f"{host[:200]!r} is {found}, an inner address; this server sends there only when "
                f"{SETTING} names that host itself"
            )

    def _is_named(self, host: str, port: int) -> bool:
        return host in self.names or _join(host, port) in self.names


def _join(host: str, port: int) -> str:
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _literal(host: str) -> Sequence[Address]:
    try:
        return [ipaddress.ip_address(host)]
    except ValueError:
        return []


def read_allowed(text: str) -> Allowed:
    """The setting's text, parted by commas.

    Raises:
        BadInput: A part is neither a host nor a network.
    """
    names, suffixes, networks, is_any = set(), [], [], False
    for part in (part.strip().lower() for part in text.split(",")):
        if not part:
            continue
        if part == "*":
            is_any = True
        elif part.startswith("*."):
            suffixes.append(part[1:])
        elif "/" in part:
            try:
                networks.append(ipaddress.ip_network(part))
            except ValueError as error:
                raise BadInput(
                    f"{SETTING} names hosts and networks such as hooks.slack.com, *.example.org, "
                    f"10.1.0.0/16; got {part!r}: {error}"
                ) from error
        else:
            names.add(part.removeprefix("[").removesuffix("]") if part[-1:] == "]" else part)
    return Allowed(frozenset(names), tuple(suffixes), tuple(networks), is_any)


def is_inner(address: Address) -> bool:
    """Whether an address is of this machine or its own network, however it is written."""
    if isinstance(address, ipaddress.IPv6Address):
        inside = address.ipv4_mapped or address.sixtofour
        if address.teredo is not None:
            inside = address.teredo[1]
        elif address in _NAT64:
            inside = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
        if inside is not None:
            return is_inner(inside)
        if address.is_site_local:
            return True
    return not address.is_global or address.is_multicast or address.is_unspecified


def read_url(text: str) -> tuple[SplitResult, str, int]:
    """An address something is posted to, with its host and port.

    Raises:
        BadInput: It is none; the message says what is wrong.
    """
    expected = "expected an address such as https://example.org/hook"
    if not text.isascii() or not text.isprintable() or " " in text or len(text) > MAX_URL:
        raise BadInput(f"{expected}, at most {MAX_URL} characters of ASCII; got {text[:200]!r}")
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError as error:
        raise BadInput(f"{expected}; got {text[:200]!r}: {error}") from error
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise BadInput(f"{expected}; got {text[:200]!r}")
    if parts.username is not None or parts.password is not None:
        raise BadInput("an address holds no user and password; give the token by itself")
    return parts, parts.hostname.rstrip("."), port or (443 if parts.scheme == "https" else 80)


def check_mail(address: str, domains: str) -> str:
    """A mail address whose domain the operator named (`*` any).

    Raises:
        BadInput: It is no address.
        Forbidden: Its domain is not named.
    """
    user, at, domain = address.strip().rpartition("@")
    plain = address.isascii() and address.isprintable() and not set(' ,;<>"\\()') & set(address)
    if not (user and at and "." in domain and plain and len(address) <= 254):
        raise BadInput(f"expected a mail address such as ann@example.org; got {address[:200]!r}")
    allowed = {part.strip().lower() for part in domains.split(",") if part.strip()}
    if "*" not in allowed and domain.lower() not in allowed:
        raise Forbidden(
            f"this server sends no mail to {domain[:200]!r}: its operator names the domains in "
            "SWEEPD_NOTICE_MAIL_DOMAINS"
        )
    return address.strip()
