"""Where a request comes from, as limits count it."""

import ipaddress


def network_of(host: str) -> str:
    """The address that a limit is counted for: of IPv6 its /64, which is what one line is given."""
    try:
        address = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return host[:64] or "here"  # a socket of this machine; a name that a proxy gave
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped is not None:
            return str(address.ipv4_mapped)
        return str(ipaddress.ip_network((address, 64), strict=False))
    return str(address)
