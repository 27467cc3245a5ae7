"""An artifact of one large file, up and down by the stock client, in parts.

    python -m bench.large_artifact [--gib 6] [--s3 | --endpoint ADDRESS] [--direct]

The file is sparse, with a line of its own every 100 MB or so, so that no two parts are alike. The
client sends files of 2 GiB and more in parts of 100 MiB and fetches them in parts, too. With --s3
the server keeps them in an S3 (moto's), which copies no file of more than 5 GiB in one piece and
needs some 2.3 times the size in memory; with --endpoint in another that has a bucket `sweeps` (keys
in AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY). With --direct the client sends to the S3 itself and
fetches there. Needs some four times the size on disk. Prints seconds, the server's largest memory
and processor time, and whether every byte came back.
"""

import argparse
import hashlib
import os
import subprocess
import sys
import tempfile
import time
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

from bench import hand_out
from bench.replicas import parts
from sweepd.cli import local
from sweepd.settings import Settings

GIB = 1 << 30
APART = 100_000_007  # bytes between two lines: not at the same place of any two parts
UP = """
import sys, wandb
with wandb.init(project="large") as run:
    artifact = wandb.Artifact("large", "model")
    artifact.add_file(sys.argv[1], policy="immutable")  # no copy of it beside
    run.log_artifact(artifact)
    artifact.wait()
"""
DOWN = """
import sys, wandb
artifact = wandb.Api().artifact("large/large:v0")
artifact.download(sys.argv[1], skip_cache=True)
"""


def make(path: Path, n_bytes: int) -> None:
    """A sparse file of that many bytes."""
    with path.open("wb") as file:
        file.truncate(n_bytes)
        for start in range(0, n_bytes - 100, APART):
            file.seek(start)
            file.write(f"byte {start} of {n_bytes}\\n".encode())


def digest(path: Path) -> str:
    """Its SHA-256."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def highest_mb(pid: int) -> int:
    """The most memory a process has had, in megabytes."""
    text = Path(f"/proc/{pid}/status").read_text()
    return int(text.partition("VmHWM:")[2].split()[0]) // 1024


def processor_s(pid: int) -> float:
    """The processor time that a process has had, in seconds."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def store(folder: Path, given: argparse.Namespace) -> AbstractContextManager[dict[str, str]]:
    """What a server needs to use the S3 asked for; nothing for a folder."""
    if given.endpoint:
        place = {"AWS_ENDPOINT": given.endpoint, "SWEEPD_FILES": "s3://sweeps/large"}
        return nullcontext(place | {"AWS_ALLOW_HTTP": "true"})
    return parts.store(folder, hand_out.free_port()) if given.s3 else nullcontext({})


def measure(folder: Path, given: argparse.Namespace) -> bool:
    """Up, down, compare; whether all came back."""
    n_bytes = int(given.gib * GIB)
    with store(folder, given) as environ:
        if given.direct:
            signed = {"SWEEPD_DIRECT_UPLOAD_S": "86400", "SWEEPD_DIRECT_DOWNLOAD_S": "86400"}
            environ = environ | signed
        server = hand_out.Server(folder / "data", hand_out.free_port(), environ=environ)
        server.data.mkdir(parents=True)
        server.start()
        try:
            return _go(folder, n_bytes, server)
        finally:
            server.stop()


def _go(folder: Path, n_bytes: int, server: hand_out.Server) -> bool:
    kept = {k: v for k, v in os.environ.items() if not k.startswith("WANDB_")}
    environ = kept | {
        "WANDB_BASE_URL": f"http://127.0.0.1:{server.port}",
        "WANDB_API_KEY": local.read_key(Settings(data=server.data)) or "",
        "HOME": str(folder),
        "WANDB_ERROR_REPORTING": "false",
    }
    path, back = folder / "large.bin", folder / "back"
    make(path, n_bytes)
    for told, script, where in (("up", UP, path), ("down", DOWN, back)):
        began = time.monotonic()
        command = [sys.executable, "-c", script, where]
        subprocess.run(command, cwd=folder, env=environ, check=True)
        print(f"{told}: {n_bytes / GIB:.1f} GiB in {time.monotonic() - began:.0f} s", flush=True)
    assert server.process is not None
    is_same = digest(path) == digest(back / "large.bin")
    pid = server.process.pid
    print(
        f"the server had {highest_mb(pid)} MB and {processor_s(pid):.0f} s of a processor at most; "
        f"same bytes: {is_same}"
    )
    return is_same


def main() -> None:
    """Measure and print; exit code 1 when a byte is another."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\\n")[0])
    parser.add_argument("--gib", type=float, default=6.0)
    parser.add_argument("--s3", action="store_true", help="files in an S3 of our own")
    parser.add_argument("--endpoint", default="", help="files in an S3 at this address")
    parser.add_argument("--direct", action="store_true", help="not through the server")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        is_same = measure(Path(folder), given)
    sys.exit(0 if is_same else 1)


if __name__ == "__main__":
    main()
