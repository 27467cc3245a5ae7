"""A PostgreSQL server of our own on loopback, from Debian's programs; nothing of it is kept."""

import os
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

READY_S = 120


def programs() -> Path | None:
    """The folder of the newest `initdb` and `postgres`; None without Debian's postgresql."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    return found[-1].parent if found else None


@contextmanager
def serving(port: int, options: Sequence[str] = ()) -> Iterator[str]:
    """Its address, without a database, while it runs. Nobody needs a password.

    Args:
        options: More of `postgres`, such as `-c max_connections=50`.
    """
    folder_of = programs()
    assert folder_of is not None, "PostgreSQL's programs are not installed (Debian: postgresql)"
    # PostgreSQL refuses to run as root: there its own user gets a folder of its own.
    become = ["--reuid=postgres", "--regid=postgres", "--init-groups"]
    prefix = ["setpriv", *become] if os.getuid() == 0 else []
    with tempfile.TemporaryDirectory(prefix="sweepd-pg-") as folder:
        os.chmod(folder, 0o777)
        data, log_path = Path(folder) / "data", Path(folder) / "log"
        make = [folder_of / "initdb", "-D", data, "-U", "sweepd", "-A", "trust", "-E", "UTF8", "-N"]
        subprocess.run([*prefix, *make], check=True, capture_output=True, cwd=folder)
        where = ["-h", "127.0.0.1", "-p", str(port), "-k", folder, "-c", "fsync=off"]
        with log_path.open("wb") as log:
            process = subprocess.Popen(
                [*prefix, folder_of / "postgres", "-D", data, *where, *options],
                stdout=log,
                stderr=log,
                cwd=folder,
            )
        try:
            deadline = time.monotonic() + READY_S
            while b"ready to accept" not in log_path.read_bytes():
                assert process.poll() is None and time.monotonic() < deadline, log_path.read_text()
                time.sleep(0.05)
            yield f"postgresql+psycopg://sweepd@127.0.0.1:{port}"
        finally:
            process.send_signal(signal.SIGQUIT)
            process.wait(120)
