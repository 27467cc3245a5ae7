"""Who may show a page in a frame: nobody but whom the operator names."""

from pathlib import Path

import pytest
from starlette.testclient import TestClient

from sweepd import server
from sweepd.domain.errors import BadInput
from sweepd.settings import Settings
from sweepd.web.framing import read_origins
from tests.conftest import FakeClock

NAMED = "http://localhost:8888, https://*.lab.example"


def ancestors(data: Path, origins: str, path: str, is_signed_in: bool = True) -> str:
    parts = server.build(Settings(data=data, frame_origins=origins), FakeClock())
    parts.services.users.add_user("ann", "k" * 40)
    with TestClient(server.make_app(parts)) as http:
        if is_signed_in:
            http.post("/authorize", data={"key": "k" * 40})
        policy = http.get(path).headers["content-security-policy"]
    return policy.rpartition("frame-ancestors ")[2]


@pytest.mark.parametrize("path", ["/ann", "/ann/none", "/-/account", "/authorize"])
def test_nobody_frames_a_page_unless_named(tmp_path: Path, path: str) -> None:
    assert ancestors(tmp_path / "closed", "", path) == "'self'"
    is_secret = path in ("/-/account", "/authorize")
    expected = "'self'" if is_secret else "'self' http://localhost:8888 https://*.lab.example"
    assert ancestors(tmp_path / "named", NAMED, path) == expected


def test_a_form_to_sign_in_is_in_no_frame(tmp_path: Path) -> None:
    assert ancestors(tmp_path, NAMED, "/ann", is_signed_in=False) == "'self'"


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
