"""How fast runs' metrics are taken in, durably, over the client's file stream.

    python -m bench.ingest [--seconds 15] [--peer .venv-openwandb]

A real `sweepd serve` process and as many runs at once as said, each posting batches of 100 lines of
five numbers, then batches of one line, one post after the other. An answered line is on disk
(SQLite, synchronous=FULL); the number of lines stored is compared with the number answered. With
the folder of a virtual environment that holds OpenWandb (`make ingest`), that runs in the same way
after it, with 8 runs only: more take it minutes. The load comes from this process, on the same
cores.
"""

import argparse
import asyncio
import json
import os
import random
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import uvloop

from bench.load import Connection, Server, free_port, percentile, running, sweepd

RUN = """mutation UpsertBucket($name: String, $project: String, $entity: String) {
  upsertBucket(input: {name: $name, modelName: $project, entityName: $entity}) {
    bucket { id name } inserted } }"""
ENTITY = "query Viewer { viewer { id entity } }"
COUNT = """query C($entity: String, $name: String!) { project(name: "bench", entityName: $entity) {
  run(name: $name) { historyLineCount } } }"""
OPENWANDB_KEY = "local" + "0" * 40


@contextmanager
def openwandb(folder: Path, venv: Path) -> Iterator[Server]:
    """OpenWandb on a folder, from its own virtual environment."""
    port = free_port()
    environ = {"OPENWANDB_DATA_DIR": str(folder / "openwandb"), "OPENWANDB_LOG_LEVEL": "WARNING"}
    command = [
        str((venv / "bin" / "openwandb").absolute()),
        "serve",
        "--host",
        "127.0.0.1",
        "--port",
        str(port),
    ]
    with running("OpenWandb", command, port, folder / "openwandb.log", "/login", environ) as server:
        yield Server("OpenWandb", port, OPENWANDB_KEY, server.process, server.start_s)


def bodies(n_lines: int, first: int, rng: random.Random) -> bytes:
    """One post of a run: lines as the client writes them."""
    lines = [
        json.dumps(
            {
                "loss": rng.random(),
                "accuracy": rng.random(),
                "lr": rng.random(),
                "epoch": step // 100,
                "grad_norm": rng.random(),
                "_step": step,
                "_timestamp": 1.7e9 + step,
                "_runtime": step / 10,
            }
        )
        for step in range(first, first + n_lines)
    ]
    block = {"offset": first, "content": lines}
    return json.dumps({"files": {"wandb-history.jsonl": block}, "dropped": 0}).encode()


async def feed(
    server: Server, entity: str, name: str, n_lines: int, until: float, took_s: list[float]
) -> int:
    """Post until the time is over; returns how many lines were answered for."""
    rng = random.Random(name)
    connection, n_sent = Connection(server), 0
    await connection.open()
    path = f"/files/{entity}/bench/{name}/file_stream"
    while time.perf_counter() < until:
        body = bodies(n_lines, n_sent, rng)
        began = time.perf_counter()
        status, answer = await connection.post(path, body)
        took_s.append(time.perf_counter() - began)
        assert status == 200, (status, answer[:300])
        n_sent += n_lines
    connection.close()
    return n_sent


async def measure(server: Server, n_runs: int, n_lines: int, seconds: float) -> dict[str, float]:
    """One load on one server."""
    entity = server.ask(ENTITY)["viewer"]["entity"]
    names = [f"r{os.getpid()}-{n_runs}-{n_lines}-{i}" for i in range(n_runs)]
    for name in names:
        server.ask(RUN, name=name, project="bench", entity=entity)
    took_s: list[float] = []
    cpu_s, began = server.cpu_s(), time.perf_counter()
    counts = await asyncio.gather(
        *(feed(server, entity, name, n_lines, began + seconds, took_s) for name in names)
    )
    elapsed_s = time.perf_counter() - began
    if server.name == "sweepd":
        for name, count in zip(names, counts, strict=True):
            found = server.ask(COUNT, entity=entity, name=name)["project"]["run"]
            assert found["historyLineCount"] == count, (name, found, count)
    return {
        "lines_per_s": sum(counts) / elapsed_s,
        "posts_per_s": len(took_s) / elapsed_s,
        "p50_ms": 1000 * percentile(took_s, 0.5),
        "p99_ms": 1000 * percentile(took_s, 0.99),
        "memory_mb": server.memory_mb(),
        "cpu_ms": 1000 * (server.cpu_s() - cpu_s) / len(took_s),
    }


def main() -> None:
    """Measure and print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=15, help="of each measurement")
    parser.add_argument("--peer", type=Path, default=Path(".venv-openwandb"))
    given = parser.parse_args()
    print(f"{'server':10} runs lines/post   lines/s  posts/s  p50 ms  p99 ms  MB  CPU ms/post")
    rates: dict[str, float] = {}
    with tempfile.TemporaryDirectory() as folder:
        for kind in ("sweepd", "openwandb"):
            if kind == "openwandb" and not (given.peer / "bin" / "openwandb").exists():
                print(f"no OpenWandb in {given.peer}; `make ingest` puts it there")
                continue
            at = Path(folder)
            with sweepd(at) if kind == "sweepd" else openwandb(at, given.peer) as server:
                loads = ((8, 100), (64, 100), (8, 1), (64, 1))
                for n_runs, n_lines in loads if kind == "sweepd" else loads[:1]:
                    found = uvloop.run(measure(server, n_runs, n_lines, given.seconds))
                    print(
                        f"{server.name:10} {n_runs:4} {n_lines:10} {found['lines_per_s']:9.0f} "
                        f"{found['posts_per_s']:8.0f} {found['p50_ms']:7.1f} "
                        f"{found['p99_ms']:7.1f} {found['memory_mb']:4.0f} {found['cpu_ms']:7.2f}",
                        flush=True,
                    )
                    if (n_runs, n_lines) == (8, 100):
                        rates[server.name] = found["lines_per_s"]
    if len(rates) == 2:
        print(f"sweepd / OpenWandb, 8 runs: {rates['sweepd'] / rates['OpenWandb']:.0f} x")


if __name__ == "__main__":
    main()
