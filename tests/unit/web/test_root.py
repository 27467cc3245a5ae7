"""Whose page sent a change: ours, by any address people reach us by, or another site's."""

from types import SimpleNamespace

import pytest
from starlette.requests import Request

from sweepd.web.root import is_foreign, origin_of


def request(origin: str | None, host: str = "lab:8080", public_url: str = "") -> Request:
    headers = [(b"host", host.encode())]
    if origin is not None:
        headers.append((b"origin", origin.encode()))
    settings = SimpleNamespace(public_url=public_url)
    app = SimpleNamespace(state=SimpleNamespace(settings=settings))
    scope = {"type": "http", "method": "POST", "path": "/", "headers": headers, "app": app}
    return Request(scope | {"scheme": "http", "server": ("0.0.0.0", 8080), "query_string": b""})


@pytest.mark.parametrize(
    ("origin", "is_other"),
    [
        (None, False),  # not a browser, which is held by its token
        ("http://lab:8080", False),
        ("https://lab:8080", False),  # a proxy ends TLS
        ("http://lab:8081", True),
        ("http://lab", True),
        ("http://lab:8080.evil.example", True),
        ("http://evil.example", True),
        ("http://evil.example/lab:8080", True),
        ("http://lab:8080@evil.example", True),
        ("null", True),  # a sandboxed frame, such as that of a logged page
        ("", True),
        ("lab:8080", True),
    ],
)
def test_only_our_own_address_is_ours(origin: str | None, is_other: bool) -> None:
    assert is_foreign(request(origin)) is is_other


@pytest.mark.parametrize(
    ("origin", "is_other"),
    [
        ("https://sweeps.example", False),
        ("http://inner:8080", False),
        ("https://sweeps.example:8443", True),
        ("https://example", True),
    ],
)
def test_behind_a_proxy_the_public_address_is_ours_too(origin: str, is_other: bool) -> None:
    public_url = "https://sweeps.example/lab/"
    found = request(origin, "inner:8080", public_url)
    assert is_foreign(found) is is_other
    assert origin_of(found) == "https://sweeps.example"
