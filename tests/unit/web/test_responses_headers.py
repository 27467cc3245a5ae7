"""The headers that protect pages and files, as text: a change of one letter is a decision."""

import pytest
from starlette.testclient import TestClient

from sweepd import server
from sweepd.web import files, responses, static_files

PAGE = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; "
    "media-src 'self'; connect-src 'self'; frame-src 'self'; form-action 'self'; "
    "base-uri 'none'; object-src 'none'; "
    "frame-ancestors 'self'"
)


def test_a_page_says_what_it_may_load_and_who_may_frame_it(parts: server.Parts) -> None:
    with TestClient(server.make_app(parts)) as http:
        answer = http.get("/authorize")
    assert answer.status_code == 200
    assert {name: answer.headers[name] for name in SECURE} == SECURE
    assert answer.headers["content-security-policy"] == PAGE
    assert "script-src 'self';" in responses.POLICY.format(inline_style=" 'unsafe-inline'")


SECURE = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
    "cache-control": "no-store",
}


def test_a_page_nobody_may_see_and_data_have_them_too(parts: server.Parts) -> None:
    with TestClient(server.make_app(parts)) as http:
        for path in ("/ann/p", "/-/sweeps/ann/p/s/points", "/-/account"):
            answer = http.get(path, follow_redirects=False)
            assert answer.headers.get("x-content-type-options") == "nosniff", path


def test_our_own_files_are_asked_about_and_taken_for_what_they_are(parts: server.Parts) -> None:
    with TestClient(server.make_app(parts)) as http:
        answer = http.get("/-/static/style.css")
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["cache-control"] == "no-cache"


@pytest.mark.parametrize(
    ("policy", "text"),
    [
        (
            files.FILE_POLICY,
            "sandbox; default-src 'none'; img-src 'self' data:; style-src 'unsafe-inline'",
        ),
        (
            files.FRAME_POLICY.format(more=""),
            "sandbox allow-scripts allow-popups allow-popups-to-escape-sandbox; "
            "default-src 'none'; script-src 'unsafe-inline' 'unsafe-eval'; "
            "style-src 'unsafe-inline'; img-src data: blob:; media-src data: blob:; "
            "font-src data:; worker-src blob:; connect-src data: blob:; frame-ancestors 'self'",
        ),
        (
            static_files.VEGA_POLICY.format(origin="http://h:1"),
            "default-src 'none'; script-src 'unsafe-eval' http://h:1; "
            "style-src 'unsafe-inline'; img-src data: blob:; sandbox allow-scripts",
        ),
    ],
    ids=["file", "logged page", "vega"],
)
def test_what_others_wrote_is_sandboxed(policy: str, text: str) -> None:
    assert policy == text
