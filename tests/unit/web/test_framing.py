"""Who may show a page in a frame: nobody but whom the operator names."""

from pathlib import Path

import pytest
from httpx import Response
from starlette.testclient import TestClient

from sweepd import server
from sweepd.domain.errors import BadInput
from sweepd.web.framing import read_origins
from tests.conftest import FakeClock, build_parts

NAMED = "http://localhost:8888, https://*.lab.example"


def ancestors(data: Path, origins: str, path: str, is_signed_in: bool = True) -> str:
    parts = build_parts(data, FakeClock(), frame_origins=origins)
    parts.services.users.add_user("ann", "k" * 40)
    with TestClient(server.make_app(parts)) as http:
        if is_signed_in:
            http.post("/authorize", data={"key": "k" * 40})
        policy = http.get(path).headers["content-security-policy"]
    return policy.rpartition("frame-ancestors ")[2]


@pytest.mark.slow
@pytest.mark.parametrize("path", ["/ann", "/ann/none", "/-/account", "/authorize"])
def test_nobody_frames_a_page_unless_named(tmp_path: Path, path: str) -> None:
    assert ancestors(tmp_path / "closed", "", path) == "'self'"
    is_secret = path in ("/-/account", "/authorize")
    expected = "'self'" if is_secret else "'self' http://localhost:8888 https://*.lab.example"
    assert ancestors(tmp_path / "named", NAMED, path) == expected


def test_a_form_to_sign_in_is_in_no_frame(tmp_path: Path) -> None:
    assert ancestors(tmp_path, NAMED, "/ann", is_signed_in=False) == "'self'"


FRAME = {"sec-fetch-dest": "iframe", "sec-fetch-site": "same-site"}


def shown(data: Path, origins: str, path: str, **headers: str) -> Response:
    """What a frame gets that is signed in."""
    parts = build_parts(data, FakeClock(), frame_origins=origins)
    parts.services.users.add_user("ann", "k" * 40)
    with TestClient(server.make_app(parts)) as http:
        http.post("/authorize", data={"key": "k" * 40})
        return http.get(path, headers=headers)


@pytest.mark.parametrize(
    ("origins", "around", "is_shown"),
    [
        (NAMED, "http://localhost:8888", True),
        (NAMED, "https://a.b.lab.example", True),
        (NAMED, "https://lab.example", False),
        (NAMED, "https://evil.example", False),
        (NAMED, "http://localhost:8889", False),
        (NAMED, "http://testserver", True),  # one of our own pages
        (NAMED, "", True),  # the browser does not say; it looks itself
        (NAMED, "http://[", True),
        ("http://localhost:*", "http://localhost:9", True),
        ("http://localhost", "http://localhost", True),
        ("http://localhost", "https://localhost", True),
        ("http://localhost", "https://localhost:8443", False),
        ("https://localhost", "http://localhost", False),
        ("", "http://localhost:8888", False),
        ("", "", False),
    ],
)
def test_a_frame_that_may_not_show_a_page_says_so_to_anybody(
    tmp_path: Path, origins: str, around: str, is_shown: bool
) -> None:
    said = {"referer": f"{around}/lab?x=1"} if around else {}
    got = shown(tmp_path, origins, "/ann?jupyter=true&a=b", **FRAME, **said)
    policy = got.headers["content-security-policy"]
    assert ("frame-ancestors 'self'" in policy) == is_shown == (got.status_code == 200)
    if not is_shown:
        assert "frame-ancestors" not in policy and "script-src" not in policy
        assert f"naming {around or 'the address'}" in got.text and "<script" not in got.text
        assert 'href="/ann?a=b" target="_blank"' in got.text
        assert "csrf" not in got.text and "All projects" not in got.text


@pytest.mark.parametrize(
    "headers",
    [
        {"sec-fetch-dest": "document"},
        {"sec-fetch-dest": "document", "referer": "http://evil.example/"},
        FRAME | {"sec-fetch-site": "same-origin"},
    ],
)
def test_a_tab_and_a_frame_of_ours_get_the_page(tmp_path: Path, headers: dict[str, str]) -> None:
    got = shown(tmp_path, "", "/ann?jupyter=true", **headers)
    assert got.status_code == 200 and "frame-ancestors" in got.headers["content-security-policy"]


def test_a_frame_is_known_by_its_address_where_browsers_say_nothing(tmp_path: Path) -> None:
    """As to a server without TLS on another machine."""
    evil = {"referer": "http://evil.example/"}
    assert shown(tmp_path / "a", "", "/ann?jupyter=true", **evil).status_code == 403
    assert shown(tmp_path / "b", "", "/ann", **evil).status_code == 200


@pytest.mark.parametrize("path", ["/ann/none?jupyter=true", "/authorize?token=t", "/-/account"])
def test_whoever_is_not_signed_in_is_led_to_the_page(tmp_path: Path, path: str) -> None:
    parts = build_parts(tmp_path, FakeClock(), frame_origins=NAMED)
    with TestClient(server.make_app(parts)) as http:
        got = http.get(path, headers=FRAME)
    assert "frame-ancestors" not in got.headers["content-security-policy"]
    assert 'type="password"' not in got.text and "token" not in got.text
    target = path.partition("?")[0]
    assert f'href="{target}" target="_blank" rel="noopener"' in got.text


@pytest.mark.parametrize(
    "text",
    [
        "*",
        "localhost:8888",
        "http://*",
        "http://a.b; script-src *",
        "http://a 'unsafe-inline'",
        "data:",
        "http://a/path",
        "http://u@a",
        "https://*.*.example",
        "http://a\n",
    ],
)
def test_what_is_no_origin_stops_the_start(text: str) -> None:
    if text.strip() != text:
        assert read_origins(text) == (text.strip(),)
        return
    with pytest.raises(BadInput, match="SWEEPD_FRAME_ORIGINS"):
        read_origins(text)


def test_origins_are_read() -> None:
    assert read_origins("") == ()
    assert read_origins("http://localhost:*/, https://n.example") == (
        "http://localhost:*",
        "https://n.example",
    )
