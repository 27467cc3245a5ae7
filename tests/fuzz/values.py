"""Values by kind, mostly at and beyond the edges of what fits."""

import json
from random import Random
from typing import Any

HALF = "\ud83d"  # half a character, as a broken client escapes it
TEXTS = [
    "",
    " ",
    "x" * 3000,
    "日本 ünï 😀",
    "a/b",
    "../..",
    "%",
    "\x00",
    HALF,
    "-1",
    "null",
    "a\nb",
    "a\r\nb",
    "tab\there",
    'quote"',
    "plus+",
    "hash#",
    "what?",
    "back\\slash",
    "%2F",
    "\u2028",
    "__proto__",
    "'; DROP TABLE runs; --",
    "nan",
    "1e999",
    "v0",
    "v" + "9" * 30,
    "set:v" + "9" * 40,
    "latest",
    ":",
    "set:latest",
    "۱۲",
    "²",
    "\x7f",
    "\ufeff",
    "A" * 70_000,
    "a.b.c",
    "$where",
    "@",
]
NUMBERS: list[Any] = [
    0,
    1,
    -1,
    2,
    3,
    10,
    100,
    2**31 - 1,
    2**31,
    -(2**31) - 1,
    2**53,
    2**53 + 1,
    2**63 - 1,
    2**63,
    -(2**63),
    -(2**63) - 1,
    2**64,
    10**30,
    10**400,
    1.5,
    -0.0,
    1e18,
    1e19,
    1e308,
    -1e308,
    5e-324,
    float("nan"),
    float("inf"),
    float("-inf"),
]
ODD: list[Any] = [None, True, False, [], {}, "x", 7, [None], {"x": 1}, [[]], "", 0.5, [1, "a"]]
IDS = [
    "",
    "UnVuOjE=",
    "UnVuOjk5OTk5OTk5OTk5OTk5OTk5OTk5",
    "UnVuOi0x",
    "U3dlZXA6Mg==",
    "!!!",
    "QXJ0aWZhY3Q6MQ",
    "UnVuOng=",
    "abcdefgh",
    "\x00",
    "é",
    "WzFd",
    "WzEsMl0=",
    "50",
    "UnVuOiAx",
    "UnVuOtmh",
    "UnVuOjFfMA==",
]
PATHS = [
    "loss",
    "config.lr",
    "config.lr.value",
    "summary_metrics.loss",
    "created_at",
    "tags",
    "state",
    "name",
    "display_name",
    "username",
    "heartbeat_at",
    "duration",
    "nope",
    "",
    "config.",
    ".",
    "metadata.x",
    "version",
    "type",
    "id",
    "project_id",
]
OPERATORS = [
    "$eq",
    "$ne",
    "$gt",
    "$gte",
    "$lt",
    "$lte",
    "$in",
    "$nin",
    "$exists",
    "$regex",
    "$contains",
    "$all",
    "$size",
    "$not",
    "$and",
    "$or",
    "$nor",
    "$options",
    "$nope",
]
_ONE = "parameters: {x: {value: 1}}\n"
SWEEPS = [
    "method: grid\nparameters: {x: {values: [1, 2]}}\nmetric: {name: loss}\n",
    "method: random\nparameters: {x: {min: 0, max: 9223372036854775807}}\n",
    "method: bayes\nmetric: {name: loss}\nparameters: {x: {min: 0.0, max: 1.0}}\n",
    "method: grid\nparameters: {x: {min: 0, max: 1000000000000000000000000000000}}\n",
    "method: random\nparameters: {x: {distribution: q_log_uniform, min: 0, max: 700, q: 1}}\n",
    "method: grid\nparameters: &a {x: {parameters: *a}}\n",
    "method: [grid]\nparameters: 3\n",
    "- 1\n",
    "a: {b: [1, 2\n",
    "x: .nan\ny: .inf\n",
    "method: random\nparameters: {x: {distribution: normal, mu: .inf, sigma: .nan}}\n",
    "method: random\nearly_terminate: {type: hyperband, min_iter: 1e400}\n" + _ONE,
    "method: random\nrun_cap: -5\nparameters: {x: {values: []}}\n",
    "method: random\nrun_cap: 99999999999999999999\n" + _ONE,
    "!!python/object:os.system {}\n",
    "method: random\nparameters: {'\\ud800': {value: \"\\ud800\"}}\n",
    "sweepd: {retries: 99999999999999999999, seed: -1}\nmethod: random\n" + _ONE,
]


def any_json(rng: Random, depth: int = 2) -> Any:
    """A value of any JSON kind."""
    kind = rng.randrange(8 if depth else 6)
    if kind == 0:
        return rng.choice(TEXTS)
    if kind in (1, 2):
        return rng.choice(NUMBERS)
    if kind in (3, 4):
        return rng.choice(ODD)
    if kind == 5:
        return rng.choice(["loss", "x", "NaN", "table-file"])
    if kind == 6:
        return [any_json(rng, depth - 1) for _ in range(rng.randrange(4))]
    keys = ["loss", "_step", "_wandb", "value", "_type", "x", "min", "_timestamp", *TEXTS[:6], HALF]
    return {rng.choice(keys): any_json(rng, depth - 1) for _ in range(rng.randrange(4))}


def json_text(rng: Random) -> str:
    """A text that is mostly JSON."""
    kind = rng.randrange(10)
    if kind == 0:
        return rng.choice(
            [
                "",
                "{",
                "[" * 3000,
                "[" * 90 + "]" * 90,
                "nul",
                '"',
                "\x00",
                "{]",
                '{"a": ' + "9" * 5000 + "}",
                '{"a": 1e999}',
                "-",
                "[1,]",
            ]
        )
    if kind == 1:
        return a_filter(rng)
    if kind == 2:
        spec = {"keys": rng.choice([["_step", "loss"], ["loss"], [], "loss", [1], None, [HALF]])}
        for key in ("samples", "minStep", "maxStep"):
            if rng.random() < 0.6:
                spec[key] = rng.choice([*NUMBERS, *ODD])
        return dumps(spec)
    if kind == 3:
        return dumps({"lr": {"value": any_json(rng)}, "_wandb": {"value": any_json(rng)}})
    return dumps(any_json(rng, 3))


def a_filter(rng: Random) -> str:
    """A filter as the client writes them, or nearly."""

    def tree(depth: int) -> Any:
        if depth and rng.random() < 0.3:
            return {rng.choice(["$and", "$or", "$nor"]): [tree(depth - 1) for _ in range(2)]}
        operand = rng.choice(
            [
                any_json(rng, 1),
                {rng.choice(OPERATORS): any_json(rng, 1)},
                {"$regex": rng.choice(["a", "(", "a{1000}{1000}", "(?P<", HALF])},
            ]
        )
        return {rng.choice(PATHS): operand}

    return dumps(tree(2))


def dumps(value: Any) -> str:
    """JSON as a client of Python writes it: NaN, and half characters as escapes."""
    try:
        return json.dumps(value)
    except ValueError:  # a number of more digits than Python writes
        return "{}"


def order(rng: Random) -> str:
    """What a list may be ordered by."""
    return rng.choice(["+", "-", "", "--"]) + rng.choice(PATHS)
