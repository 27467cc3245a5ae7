"""Processes whose machine has a wrong clock, by libfaketime; what nobody sets is left alone."""

import os
from pathlib import Path


def environment(told: str) -> dict[str, str] | None:
    """What puts a Python process and its children there; None where libfaketime is missing.

    Args:
        told: `+100s`, `-400d`.
    """
    found = sorted(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"))
    if not found:
        return None
    paths = [str(Path(__file__).parent / "below_faketime"), os.environ.get("PYTHONPATH", "")]
    return {
        "LD_PRELOAD": str(found[0]),
        "FAKETIME": told,
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        "PYTHONPATH": os.pathsep.join(path for path in paths if path),
    }
