"""Where something may be sent: only where the operator says, and never inside by a detour."""

import pytest

from sweepd.domain.errors import BadInput, Forbidden
from sweepd.domain.targets import check_mail, read_allowed, read_url

INNER = [
    "127.0.0.1",
    "10.1.2.3",
    "172.16.0.1",
    "192.168.1.1",
    "169.254.169.254",
    "100.64.0.1",
    "0.0.0.0",
    "224.0.0.1",
    "255.255.255.255",
    "::1",
    "::",
    "fe80::1%eth0",
    "fc00::1",
    "fec0::1",
    "ff02::1",
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
    "64:ff9b::7f00:1",
    "64:ff9b::a9fe:a9fe",
    "2002:7f00:1::",
    "2002:a9fe:a9fe::1",
]
OUTER = ["93.184.216.34", "2606:2800:220:1::1", "64:ff9b::5db8:d822", "::ffff:93.184.216.34"]


@pytest.mark.parametrize("address", INNER)
def test_no_name_leads_inside(address: str) -> None:
    for allowed in ("*", "*.example.org", "other.example.org"):
        with pytest.raises(Forbidden, match="inner address"):
            read_allowed(allowed).check_address("hook.example.org", 443, address)
    read_allowed("hook.example.org").check_address("hook.example.org", 443, address)
    read_allowed("hook.example.org:443").check_address("hook.example.org", 443, address)
    with pytest.raises(Forbidden):
        read_allowed("hook.example.org:443").check_address("hook.example.org", 80, address)


@pytest.mark.parametrize("address", OUTER)
def test_public_addresses_pass(address: str) -> None:
    read_allowed("*").check_address("hook.example.org", 443, address)


@pytest.mark.parametrize(
    ("setting", "passes", "fails"),
    [
        ("", [], ["example.org", "10.0.0.1"]),
        ("*", ["example.org", "a.b"], []),
        ("*.example.org", ["a.example.org", "a.b.example.org"], ["example.org", "aexample.org"]),
        ("Example.org, other", ["example.org", "other"], ["a.example.org"]),
        ("10.1.0.0/16", ["10.1.2.3"], ["10.2.0.1", "example.org"]),
        ("[::1], fd00::/8", ["::1", "fd00::5"], ["::2"]),
        ("host:8080", ["host"], ["other"]),
    ],
)
def test_only_hosts_that_are_named(setting: str, passes: list[str], fails: list[str]) -> None:
    allowed = read_allowed(setting)
    for host in passes:
        allowed.check_host(host, 8080)
    for host in fails:
        with pytest.raises(Forbidden, match="SWEEPD_NOTICE_HOSTS"):
            allowed.check_host(host, 8080)


def test_a_named_network_is_named_by_its_addresses() -> None:
    allowed = read_allowed("*.corp.example, 10.1.0.0/16")
    allowed.check_address("hook.corp.example", 443, "10.1.2.3")
    with pytest.raises(Forbidden):
        allowed.check_address("hook.corp.example", 443, "10.2.2.3")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "ftp://example.org/",
        "file:///etc/passwd",
        "https:///x",
        "https://user:pw@example.org/",
        "http://example.org:0x50/",
        "http://example.org:99999/",
        "http://exa mple.org/",
        "http://example.org/\r\nHost: other",
        "http://exämple.org/",
        "http://example.org/" + "x" * 2000,
    ],
)
def test_what_is_no_address(text: str) -> None:
    with pytest.raises(BadInput):
        read_url(text)


def test_addresses_are_read() -> None:
    assert read_url("https://example.org./x?y#z")[1:] == ("example.org", 443)
    assert read_url("http://[::1]:81/")[1:] == ("::1", 81)
    with pytest.raises(BadInput, match="got '10"):
        read_allowed("10.1.0.0/99")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "ann",
        "@x.org",
        "ann@",
        "ann@x",
        "a b@x.org",
        "a@x.org,b@x.org",
        "<a@x.org>",
        "a\n@x.org",
    ],
)
def test_what_is_no_mail_address(text: str) -> None:
    with pytest.raises(BadInput):
        check_mail(text, "*")


def test_mail_goes_only_to_named_domains() -> None:
    assert check_mail("ann@Example.org", "example.org") == "ann@Example.org"
    assert check_mail("ann@any.org", "*")
    with pytest.raises(Forbidden, match="SWEEPD_NOTICE_MAIL_DOMAINS"):
        check_mail("ann@other.org", "example.org")
