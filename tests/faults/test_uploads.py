"""Uploads and downloads that are cut off, slow, of the wrong length, or meet the server's end."""

import os
import signal
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import RunningServer, start_server, wait_until
from tests.faults.wire import RUN, Wire, status_of

pytestmark = pytest.mark.faults

MB = 1 << 20


@pytest.fixture(scope="module")
def wire(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Wire]:
    server = start_server(tmp_path_factory.mktemp("uploads"))
    wire = Wire(server)
    wire.ask(RUN, name="r")
    yield wire
    server.stop()
    assert "Traceback" not in server.log, server.log


def incoming(server: RunningServer) -> list[Path]:
    return [path for path in (server.data / "blobs/incoming").rglob("*") if path.is_file()]


def wait_for(server: RunningServer, n_files: int) -> None:
    wait_until(lambda: len(incoming(server)) == n_files, 60, lambda: str(incoming(server)))


@pytest.mark.parametrize("n_sent", [10, 3 * MB])
def test_upload_cut_in_the_middle_leaves_nothing_and_can_be_sent_again(
    wire: Wire, n_sent: int
) -> None:
    name = f"cut{n_sent}"
    [url] = wire.upload_urls("r", name)
    opened = wire.begin("PUT", url, f"Content-Length: {4 * MB}")
    opened.sendall(b"x" * n_sent)
    wait_for(wire.server, 1 if n_sent > MB else 0)
    opened.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")  # reset
    opened.close()
    wait_for(wire.server, 0)
    assert name not in wire.run("r")["files"]
    assert wire.send("PUT", url, b"x" * 4 * MB).status == 200
    assert wire.run("r")["files"][name]["sizeBytes"] == 4 * MB


def test_body_ends_where_its_length_says(wire: Wire) -> None:
    urls = wire.upload_urls("r", "longer", "chunked", "empty")
    opened = wire.begin("PUT", urls[0], "Content-Length: 5")
    opened.sendall(b"right")
    assert status_of(opened) == 200
    opened.sendall(b" and more than was said")
    assert status_of(opened) == 400  # the next request, were it one
    opened.close()
    opened = wire.begin("PUT", urls[1], "Transfer-Encoding: chunked")
    opened.sendall(b"3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n")
    assert status_of(opened) == 200
    opened.close()
    assert wire.send("PUT", urls[2], b"").status == 200
    files = wire.run("r")["files"]
    read = {name: wire.send("GET", files[name]["url"]).body for name in ("longer", "chunked")}
    assert read == {"longer": b"right", "chunked": b"abcde"}
    assert files["empty"]["sizeBytes"] == 0


def test_slow_uploads_hold_up_nobody(wire: Wire) -> None:
    urls = wire.upload_urls("r", *(f"slow{n}" for n in range(100)))  # more than there are threads
    slow = [wire.begin("PUT", url, "Content-Length: 4") for url in urls]
    for byte in b"abc":
        for opened in slow:
            opened.sendall(bytes([byte]))
        assert wire.run("r")["state"] == "running"
    for opened in slow:
        opened.sendall(b"d")
        assert status_of(opened) == 200
        opened.close()
    files = wire.run("r")["files"]
    assert wire.send("GET", files["slow99"]["url"]).body == b"abcd"


def test_same_file_from_two_at_once_is_one_of_them_whole(wire: Wire) -> None:
    [url] = wire.upload_urls("r", "two")
    bodies, opened = [b"a" * 2 * MB, b"b" * 2 * MB], []
    for body in bodies:
        opened.append(wire.begin("PUT", url, f"Content-Length: {len(body)}"))
        opened[-1].sendall(body[:MB])
    for connection, body in zip(opened, bodies, strict=True):
        connection.sendall(body[MB:])
    assert [status_of(connection) for connection in opened] == [200, 200]
    for connection in opened:
        connection.close()
    assert wire.send("GET", wire.run("r")["files"]["two"]["url"]).body in bodies


def test_file_deleted_during_a_download_comes_whole(wire: Wire) -> None:
    body = os.urandom(24 * MB)
    [url] = wire.upload_urls("r", "deleted")
    assert wire.send("PUT", url, body).status == 200
    file = wire.run("r")["files"]["deleted"]
    opened = wire.begin("GET", file["url"], "Connection: close")
    came = opened.recv(65_536)
    wire.ask(
        "mutation D($id: ID!) { deleteFiles(input: {files: [$id]}) { success } }", id=file["id"]
    )
    while part := opened.recv(MB):
        came += part
    opened.close()
    assert came.partition(b"\r\n\r\n")[2] == body
    assert wire.send("GET", file["url"]).status == 404


def test_damaged_and_missing_bytes_are_said_and_mended_by_sending_them_again(wire: Wire) -> None:
    [url] = wire.upload_urls("r", "damaged")
    assert wire.send("PUT", url, b"to be damaged").status == 200
    file = wire.run("r")["files"]["damaged"]
    [place] = [
        path
        for path in (wire.server.data / "blobs").rglob("*")
        if path.is_file() and path.read_bytes() == b"to be damaged"
    ]
    place.write_bytes(b"to be")
    answer = wire.send("GET", file["url"])
    assert answer.status == 404 and b"5 bytes of 13" in answer.body
    place.unlink()
    assert b"gone" in wire.send("GET", file["url"]).body
    assert wire.send("PUT", url, b"to be damaged").status == 200
    assert wire.send("GET", file["url"]).body == b"to be damaged"


def test_stopping_cuts_long_transfers_off_within_seconds_and_leaves_nothing(
    tmp_path: Path,
) -> None:
    server = start_server(tmp_path)
    wire = Wire(server)
    wire.ask(RUN, name="r")
    up, down = wire.upload_urls("r", "up", "down")
    body = os.urandom(24 * MB)
    assert wire.send("PUT", down, body).status == 200
    uploading = wire.begin("PUT", up, f"Content-Length: {4 * MB}")
    uploading.sendall(b"x" * 3 * MB)
    wait_for(server, 1)
    downloading = wire.begin("GET", wire.run("r")["files"]["down"]["url"])
    downloading.recv(65_536)
    server.process.send_signal(signal.SIGTERM)
    server.process.wait(60)
    assert incoming(server) == []
    assert status_of(uploading) == 503
    uploading.close()
    downloading.close()
    assert "Traceback" not in server.log, server.log
    server = start_server(tmp_path, server.port)
    assert wire.send("PUT", up, b"x" * 4 * MB).status == 200
    assert wire.send("GET", wire.run("r")["files"]["down"]["url"]).body == body
    server.stop()
