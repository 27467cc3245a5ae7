"""References to http, S3, Azure and unknown addresses, made, logged, read back and followed.

Run by test_client_artifacts.py with the stock client; ends with `done` when every assertion held.
The S3 is moto's, on loopback, spoken to by the client's own boto3.
"""

import os
import sys
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import boto3
import wandb
from moto.server import ThreadedMotoServer

PROJECT = sys.argv[1]
HERE = f"{wandb.Api().default_entity}/{PROJECT}"
FILES = {"/a.bin": (b"over http", '"first"'), "/plain": (b"no etag", None)}


class Web(BaseHTTPRequestHandler):
    """A few files, with the entity tags that the table says."""

    def do_GET(self) -> None:
        if self.path not in FILES:
            self.send_error(404)
            return
        body, etag = FILES[self.path]
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        if etag:
            self.send_header("ETag", etag)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def log(run: wandb.Run, name: str, *references: tuple[str, dict[str, object]]) -> wandb.Artifact:
    art = wandb.Artifact(name, "dataset")
    for uri, options in references:
        art.add_reference(uri, **options)
    logged = run.log_artifact(art).wait()
    return wandb.Api().artifact(logged.qualified_name)


def fails(work: Callable[[], object], *kinds: type[Exception]) -> None:
    try:
        work()
    except kinds:
        return
    raise AssertionError("this should have failed")


def http(run: wandb.Run, base: str) -> None:
    seen = log(
        run,
        "web",
        (f"{base}/a.bin", {}),
        (f"{base}/plain", {"name": "dir/p"}),
        (f"{base}/not-there", {"checksum": False}),
    )
    entries = seen.manifest.entries
    assert (entries["a.bin"].digest, entries["a.bin"].size) == ("first", 9)
    assert entries["a.bin"].extra == {"etag": '"first"'}
    assert (entries["dir/p"].digest, entries["dir/p"].size) == (f"{base}/plain", 7)
    assert (seen.size, seen.file_count, len(seen.files())) == (16, 3, 3)
    assert seen.get_entry("a.bin").ref_target() == f"{base}/a.bin"
    by_name = {file.name: file for file in seen.files()}
    assert by_name["a.bin"].direct_url == f"{base}/a.bin"
    assert Path(seen.get_entry("a.bin").download("web")).read_bytes() == b"over http"
    assert Path(seen.get_entry("dir/p").download("web")).read_bytes() == b"no etag"
    fails(lambda: seen.download("web", skip_cache=True), Exception)
    assert log(run, "web2", (f"{base}/a.bin", {})).version == "v0"
    assert log(run, "web2", (f"{base}/a.bin", {})).version == "v0"
    FILES["/a.bin"] = (b"changed", '"second"')
    again = log(run, "web2", (f"{base}/a.bin", {}))
    assert again.version == "v1" and again.size == 7
    assert Path(again.download("web2", skip_cache=True), "a.bin").read_bytes() == b"changed"
    before = wandb.Api().artifact(f"{HERE}/web2:v0")
    fails(lambda: before.download("web3", skip_cache=True), ValueError)


def s3(run: wandb.Run, endpoint: str) -> None:
    os.environ |= {
        "AWS_ACCESS_KEY_ID": "a",
        "AWS_SECRET_ACCESS_KEY": "b",
        "AWS_REGION": "us-east-1",
        "AWS_S3_ENDPOINT_URL": endpoint,
    }
    store = boto3.client("s3", endpoint_url=endpoint, region_name="us-east-1")
    for bucket in ("plain", "kept"):
        store.create_bucket(Bucket=bucket)
    store.put_bucket_versioning(Bucket="kept", VersioningConfiguration={"Status": "Enabled"})
    for key in ("train/a.txt", "train/deep/b.txt", "other.txt"):
        store.put_object(Bucket="plain", Key=key, Body=key.encode())
    seen = log(run, "bucket", ("s3://plain/train", {"name": "t"}), ("s3://plain/other.txt", {}))
    assert sorted(seen.manifest.entries) == ["other.txt", "t/a.txt", "t/deep/b.txt"]
    assert seen.manifest.entries["t/a.txt"].ref == "s3://plain/train/a.txt"
    assert seen.size == sum(map(len, ("train/a.txt", "train/deep/b.txt", "other.txt")))
    root = Path(seen.download("bucket", skip_cache=True))
    assert (root / "t/deep/b.txt").read_text() == "train/deep/b.txt"
    assert (root / "other.txt").read_text() == "other.txt"
    part = Path(seen.download("part", path_prefix="t/deep"))
    assert [path.name for path in part.rglob("*") if path.is_file()] == ["b.txt"]

    for number, body in enumerate((b"one", b"second")):
        version = store.put_object(Bucket="kept", Key="m.bin", Body=body)["VersionId"]
        new = log(run, "kept", ("s3://kept/m.bin", {}))
        assert (new.version, new.size) == (f"v{number}", len(body))
        assert new.manifest.entries["m.bin"].extra["versionID"] == version
    for name, body in (("kept:v0", b"one"), ("kept:v1", b"second")):
        root = Path(wandb.Api().artifact(f"{HERE}/{name}").download(name, skip_cache=True))
        assert (root / "m.bin").read_bytes() == body

    opaque = log(run, "opaque", ("s3://plain/train", {"checksum": False}))
    assert opaque.manifest.entries["train"].digest == "s3://plain/train"
    assert (opaque.size, opaque.file_count) == (0, 1)
    few = log(run, "few", ("s3://plain/train", {"max_objects": 1}))
    assert len(few.manifest.entries) == 1
    fails(lambda: log(run, "missing", ("s3://nowhere/x", {})), Exception)
    store.delete_object(Bucket="plain", Key="other.txt")
    fails(lambda: seen.download("gone", skip_cache=True), FileNotFoundError)
    left = Path(seen.download("left", skip_cache=True, allow_missing_references=True))
    assert (left / "t/a.txt").is_file() and not (left / "other.txt").exists()


def others(run: wandb.Run) -> None:
    """Addresses of stores that are not asked: the address is all there is."""
    azure = "https://account.blob.core.windows.net/container/blob"
    seen = log(
        run,
        "elsewhere",
        (azure, {"checksum": False}),
        ("archive://bucket/key?generation=3", {"checksum": False, "name": "g"}),
    )
    assert {e.ref for e in seen.manifest.entries.values()} == {
        azure,
        "archive://bucket/key?generation=3",
    }
    assert seen.get_entry("g").ref_target() == "g"


def main() -> None:
    web = ThreadingHTTPServer(("127.0.0.1", 0), Web)
    threading.Thread(target=web.serve_forever, daemon=True).start()
    store = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    store.start()
    with wandb.init(project=PROJECT, settings=wandb.Settings(console="off")) as run:
        http(run, f"http://127.0.0.1:{web.server_port}")
        s3(run, "http://{}:{}".format(*store.get_host_and_port()))
        others(run)
    store.stop()
    web.shutdown()
    print("done")


main()
