"""Nothing that was uploaded is sent as what a browser would run."""

import mimetypes

import pytest

from sweepd.domain.media_types import UNKNOWN, served_as

RUN = (
    "javascript",
    "ecmascript",
    "jscript",
    "livescript",
    "html",
    "xml",
    "svg",
    "css",
    "wasm",
    "manifest",
    "pdf",
    "flash",
    "java",
    "x-c",
    "script",
)


@pytest.mark.parametrize(
    "kind",
    sorted(
        {
            *mimetypes.types_map.values(),
            "text/jscript",
            "text/javascript1.5",
            "application/x-ecmascript",
            "text/html",
            "image/svg+xml",
            "text/xsl",
            "multipart/x-mixed-replace",
            "text/css",
        }
    ),
)
def test_a_known_type_that_can_run_is_a_download(kind: str) -> None:
    sent, is_shown = served_as(kind)
    assert sent == (kind if is_shown else UNKNOWN)
    if any(word in kind for word in RUN):
        assert (sent, is_shown) == (UNKNOWN, False)


@pytest.mark.parametrize(
    "kind",
    [
        "",
        "x",
        "text/plain, text/html",
        "text/plain\r\nX: y",
        "é",
        "text/plainx",
        "TEXT/HTML",
        "*/*",
        "image/png+xml",
        "audio/x; a=b\n",
    ],
)
def test_an_odd_type_is_a_download(kind: str) -> None:
    assert served_as(kind) == (UNKNOWN, False)


@pytest.mark.parametrize("kind", ["text/plain; charset=utf-8", "Image/PNG", "video/mp4"])
def test_what_cannot_run_is_shown(kind: str) -> None:
    sent, is_shown = served_as(kind)
    assert is_shown
    assert sent == kind.partition(";")[0].lower()
