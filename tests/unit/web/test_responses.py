"""No page writes an address from the root by itself: below a path of a proxy it would lead astray.

Python writes `address(…)`, templates `{{ root }}/…`, scripts `new URL("../…", import.meta.url)` or
what the page hands them in `data-…`.
"""

import re
from pathlib import Path

import pytest

import sweepd.web
from sweepd.web.responses import address
from sweepd.web.root import _root

WEB = Path(sweepd.web.__file__).parent
# A text that begins with a slash and goes on as an address of ours, or is one by what it is for.
FROM_ROOT = {
    ".py": re.compile(r"""(?<!")f?"/[-a-z{]|(?:url|Response)\("/"""),
    ".html": re.compile(r"""(?:="|="[^"]* )/[-a-z{"]"""),
    ".js": re.compile(
        r"""(?:^|[\s(,:=[{+?])["'`]/[-a-z$]|(?:href|src|action)["']?\s*[:=]\s*["'`]/"""
    ),
}
# Text that is not an address, or is one as others write it.
ALLOWED = {
    "routes.py": "the table of addresses itself",
    "responses.py": "`address` puts the root before it",
    "root.py": "takes an address apart",
    "framing.py": "looks at how an address ends",
}


@pytest.mark.parametrize(
    "path",
    [path for path in sorted(WEB.rglob("*")) if path.suffix in FROM_ROOT],
    ids=lambda path: path.relative_to(WEB).as_posix(),
)
def test_no_address_is_written_from_the_root(path: Path) -> None:
    if path.name in ALLOWED:
        return
    found = [
        f"{path.name}:{number}: {line.strip()}"
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if FROM_ROOT[path.suffix].search(line)
    ]
    assert not found, "\n".join(found)


def test_address_begins_with_the_path_of_the_proxy() -> None:
    assert address("ann", "a b/c") == "/ann/a%20b%2Fc"
    token = _root.set("/tools/sweepd")
    try:
        assert address("ann") == "/tools/sweepd/ann"
        assert address("") == "/tools/sweepd/"
    finally:
        _root.reset(token)
