"""Modules that are loaded when something of them is first used.

A server that nobody has asked for a curve or a model yet does without NumPy: 16 MB, and a tenth of
a second of each start (docs/decisions/0404-loaded-when-used.md). What the server imports at its
start takes such modules from here and leaves its annotations unread (`from __future__ import
annotations`).
"""

from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Any


class Later(ModuleType):
    """Stands for a module. Safe to use from any thread; what was asked for once is at hand."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):  # asked of any module; numpy's own are of no use to us
            raise AttributeError(name)
        value = getattr(import_module(self.__name__), name)
        setattr(self, name, value)
        return value


if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import re2
else:
    np, npt, re2 = Later("numpy"), Later("numpy.typing"), Later("re2")

__all__ = ["Later", "np", "npt", "re2"]
