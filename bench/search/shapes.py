"""Spaces of every shape that an ask may meet, by name: a sweep file's `parameters` and extras."""

from __future__ import annotations

from typing import Any

Shape = tuple[dict[str, Any], dict[str, Any]]  # parameters, and what stands under `sweepd:`

_UNIT: dict[str, Any] = {"min": 0.0, "max": 1.0}


def _log(low: float, high: float) -> dict[str, Any]:
    return {"distribution": "log_uniform_values", "min": low, "max": high}


def _each(n: int, rule: dict[str, Any]) -> dict[str, Any]:
    return {f"p{i:03d}": rule for i in range(n)}


def all_shapes() -> dict[str, Shape]:
    """What W&B's grammar can say, at the sizes that cost most."""
    normal = {"distribution": "normal", "mu": 0.0, "sigma": 1.0}
    log_normal = {"distribution": "log_normal", "mu": 0.0, "sigma": 1.0}
    beta = {"distribution": "beta", "a": 2, "b": 5}
    rungs = {
        "kind": {"values": ["a", "b", "c"]},
        **_each(9, _UNIT),
    }
    when = {f"p{i:03d}": f"kind == '{'abc'[i % 3]}'" for i in range(9)}
    mixed = {
        "lr": _log(1e-5, 1e-1),
        "layers": {"min": 1, "max": 12},
        "width": {"values": [16, 32, 64, 128, 256]},
        "dropout": {"distribution": "q_uniform", "min": 0.0, "max": 0.6, "q": 0.05},
        "act": {"values": ["relu", "tanh", "gelu"]},
        "decay": _log(1e-8, 1e-1),
    }
    return {
        "2 numbers": (_each(2, _UNIT), {}),
        "20 numbers": (_each(20, _UNIT), {}),
        "100 numbers": (_each(100, _UNIT), {}),
        "mixed": (mixed, {}),
        "10 normals": (_each(10, normal), {}),
        "10 log-normals": (_each(10, log_normal), {}),
        "10 betas": (_each(10, beta), {}),
        "10 whole numbers": (_each(10, {"min": 1, "max": 100}), {}),
        "five lists of twelve": (_each(5, {"values": list(range(12))}), {}),
        "ten lists of texts": (_each(10, {"values": [f"v{i}" for i in range(8)]}), {}),
        "a list of 2,000 numbers": ({"x": {"values": list(range(2000))}, "y": _UNIT}, {}),
        "a list of 2,000 texts": (
            {"x": {"values": [f"v{i}" for i in range(2000)]}, "y": _UNIT},
            {},
        ),
        "conditional": (rungs, {"when": when}),
        "constrained": (_each(6, _UNIT), {"constraints": ["p000 + p001 < 1", "p002 > p003"]}),
        "hardly any allowed": (_each(6, _UNIT), {"constraints": ["abs(p000 - p001) < 1e-5"]}),
        "nested": ({"a": {"parameters": {"b": {"parameters": _each(10, _UNIT)}}}}, {}),
    }
