import hashlib
import os
import socket
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from mnist import download
from mnist.download import DownloadError, download_mnist

CONTENT = b"the digits"


class Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200 if self.path == "/mnist.npz" else 404)
        self.send_header("Content-Length", str(len(CONTENT)))
        self.end_headers()
        self.wfile.write(CONTENT)

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def url(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.setattr(download, "SHA256", hashlib.sha256(CONTENT).hexdigest())
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/mnist.npz"
        server.shutdown()
        thread.join()


@pytest.fixture
def silent_url(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A host that takes connections and never answers."""
    monkeypatch.setattr(download, "CONNECT_TIMEOUT_S", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/mnist.npz"


def test_file_arrives_whole_and_alone(tmp_path: Path, url: str) -> None:
    target = tmp_path / "datasets" / "mnist.npz"
    download_mnist(target, tmp_path / "failed", url)
    assert target.read_bytes() == CONTENT
    assert os.listdir(target.parent) == ["mnist.npz"]
    assert not (tmp_path / "failed").exists()


def test_other_content_is_refused_and_not_kept(
    tmp_path: Path, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(download, "SHA256", "0" * 64)
    with pytest.raises(DownloadError, match="10 bytes came, but not those of Keras"):
        download_mnist(tmp_path / "mnist.npz", tmp_path / "failed", url)
    assert not (tmp_path / "mnist.npz").exists()


def test_error_answer_is_passed_on(tmp_path: Path, url: str) -> None:
    with pytest.raises(DownloadError, match="404"):
        download_mnist(tmp_path / "mnist.npz", tmp_path / "failed", f"{url}.missing")


def test_host_that_never_answers_costs_no_more_than_the_limit(
    tmp_path: Path, silent_url: str
) -> None:
    with pytest.raises(DownloadError, match="no answer within"):
        download_mnist(tmp_path / "mnist.npz", tmp_path / "failed", silent_url)


def test_failure_is_remembered_for_an_hour(tmp_path: Path, silent_url: str, url: str) -> None:
    target, failed = tmp_path / "mnist.npz", tmp_path / "cache" / "failed"
    with pytest.raises(DownloadError):
        download_mnist(target, failed, silent_url)
    with pytest.raises(DownloadError, match=r"failed less than an hour ago; remove .*failed to"):
        download_mnist(target, failed, url)
    an_hour_ago = time.time() - 3601
    os.utime(failed, (an_hour_ago, an_hour_ago))
    download_mnist(target, failed, url)
    assert target.exists()


def test_folder_that_cannot_be_written_is_a_download_error(tmp_path: Path, url: str) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(DownloadError, match="file"):
        download_mnist(tmp_path / "file" / "mnist.npz", tmp_path / "failed", url)
