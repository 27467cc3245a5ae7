"""Debian's Chromium, as tests and measurements start it."""

import os
import shutil

ARGUMENTS = [  # nothing of the browser's own asks for anything outside
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--disable-quic",
]
MISSING = "no Chromium: apt-get install chromium, or set SWEEPD_CHROMIUM"


def chromium_path() -> str | None:
    """Where it is, or another browser of its kind that the environment names; None for none."""
    named = os.environ.get("SWEEPD_CHROMIUM")
    return named or shutil.which("chromium") or shutil.which("google-chrome")


def found_chromium() -> str:
    """As `chromium_path`.

    Raises:
        FileNotFoundError: There is none.
    """
    path = chromium_path()
    if path is None:
        raise FileNotFoundError(MISSING)
    return path
