"""What `sweepd serve` says when it begins."""

import gc
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from sweepd import logs, serving
from sweepd.cli import local, serve
from sweepd.settings import Settings


@pytest.mark.parametrize(
    ("host", "public_url", "says"),
    [
        ("127.0.0.1", "", "on others: none reach it; see --host"),
        ("0.0.0.0", "", "on others: sweepd login http://lab:8787"),
        ("127.0.0.1", "https://lab.example", "on others: sweepd login http://lab:8787"),
    ],
)
def test_other_machines_are_told_an_address_only_if_they_reach_it(
    host: str,
    public_url: str,
    says: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def begin(_: Settings, announce: Callable[[Any, str], None], is_new: bool) -> None:
        announce(SimpleNamespace(services=SimpleNamespace(users=None)), "http://lab:8787")

    monkeypatch.setattr(serving, "serve", begin)
    monkeypatch.setattr(gc, "disable", lambda: None)
    monkeypatch.setattr(logs, "begin", lambda: None)
    monkeypatch.setattr(local, "read_key", lambda _: "key")
    monkeypatch.setattr(local, "ensure_first_user", lambda *_: ("ann", "key"))
    serve.command(host, None, tmp_path, None, None, public_url, None, False)
    printed = capsys.readouterr()
    assert says in printed.out + printed.err
