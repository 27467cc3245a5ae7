"""Searches that go wrong for one sweep, in place of `propose`.

In a module that loads nothing: the search process imports it within the time of its first ask.
"""

import os
import signal
import threading
from typing import Any

from sweepd.search.errors import NoFeasibleConfig
from sweepd.search.spec import SweepSpec


def _answer(spec: SweepSpec, n: int) -> list[dict[str, Any]]:
    return [{spec.space.dimensions[0].name: 0.5} for _ in range(n)]


def _is_bad(spec: SweepSpec) -> bool:
    return spec.space.dimensions[0].name == "bad"


def hang_for_bad(spec: SweepSpec, _: Any, pending: Any, n: int, seed: int) -> list[dict[str, Any]]:
    if _is_bad(spec):
        threading.Event().wait()
    return _answer(spec, n)


def end_for_bad(spec: SweepSpec, _: Any, pending: Any, n: int, seed: int) -> list[dict[str, Any]]:
    if _is_bad(spec):
        os.kill(os.getpid(), signal.SIGKILL)
    return _answer(spec, n)


def raise_for_bad(spec: SweepSpec, _: Any, pending: Any, n: int, seed: int) -> list[dict[str, Any]]:
    if _is_bad(spec):
        raise ZeroDivisionError("of the search")
    return _answer(spec, n)


def never_for_bad(spec: SweepSpec, _: Any, pending: Any, n: int, seed: int) -> list[dict[str, Any]]:
    if _is_bad(spec):
        raise NoFeasibleConfig("none meets them")
    return _answer(spec, n)
