"""Large files over real HTTP: the server passes them on without keeping them in memory."""

import hashlib
import http.client
import os
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from sweepd.cli.client import Client
from tests.conftest import RunningServer

BLOCK = os.urandom(1 << 20)
N_BLOCKS = 200
MOST_GROWTH_MB = 60
RUN = """mutation A { upsertBucket(input: {name: "r1", modelName: "p", config: "{}"}) {
  bucket { id } } }"""
FILES = """mutation A($entity: String!) { createRunFiles(input: {entityName: $entity,
  projectName: "p", runName: "r1", files: ["model.bin"]}) { files { uploadUrl } } }"""
READ = """{ project(name: "p") { run(name: "r1") {
  files { edges { node { name url sizeBytes } } } } } }"""


def blocks() -> Iterator[bytes]:
    """The file, no two blocks of it alike."""
    for n in range(N_BLOCKS):
        yield n.to_bytes(4, "big") + BLOCK[4:]


def memory_mb(pid: int, field: str) -> float:
    """A process's resident memory now (VmRSS) or at its highest (VmHWM), MB."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(field)) / 1024


@pytest.mark.slow
def test_large_file_goes_in_and_out_with_little_memory(live: RunningServer) -> None:
    client = Client(live.url, live.key)
    client.query(RUN)
    entity = client.query("{ viewer { entity } }")["viewer"]["entity"]
    [file] = client.query(FILES, entity=entity)["createRunFiles"]["files"]
    sent, came = hashlib.sha256(), hashlib.sha256()
    for block in blocks():
        sent.update(block)
    before_mb = memory_mb(live.process.pid, "VmRSS")
    connection = http.client.HTTPConnection("127.0.0.1", live.port, timeout=60)
    length = {"Content-Length": str(N_BLOCKS << 20)}
    connection.request("PUT", urlsplit(file["uploadUrl"]).path, blocks(), length)
    answer = connection.getresponse()
    assert (answer.status, answer.read()) == (200, b"")

    [edge] = client.query(READ)["project"]["run"]["files"]["edges"]
    assert int(edge["node"]["sizeBytes"]) == N_BLOCKS << 20
    path = urlsplit(edge["node"]["url"]).path
    connection.request("GET", path)
    answer = connection.getresponse()
    while part := answer.read(1 << 20):
        came.update(part)
    assert came.hexdigest() == sent.hexdigest()
    assert memory_mb(live.process.pid, "VmHWM") - before_mb < MOST_GROWTH_MB

    start = (150 << 20) - 10  # the end of one block and the beginning of the next
    connection.request("GET", path, headers={"Range": f"bytes={start}-{start + 19}"})
    answer = connection.getresponse()
    expected = BLOCK[-10:] + (150).to_bytes(4, "big") + BLOCK[4:10]
    assert (answer.status, answer.read()) == (206, expected)
    assert answer.headers["Content-Range"] == f"bytes {start}-{start + 19}/{N_BLOCKS << 20}"
    connection.close()
