"""Real clients while their server is away: everything must be there once it is back.

    python -m bench.outage [--seconds 60] [0.26.1 0.31.0 …]

The server is killed in the middle of a run that has history, console lines, a file and an artifact
on their way; `use_artifact`, `wandb.Api()` and another process's `wandb.init` begin while it is
away. The first two are tried again, since the client gives up reading after some 20 s. Environments
of the versions are made under `.clients/`, as `make clients` does.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from bench import hand_out
from sweepd.cli import local
from sweepd.settings import Settings

SCRIPT = Path(__file__).with_name("outage_client.py")


def outage(folder: Path, python: Path, seconds: float) -> str | None:
    """What went wrong; None for nothing."""
    server = hand_out.Server(folder / "data", hand_out.free_port())
    server.data.mkdir(parents=True)
    server.start()
    work = folder / "work"
    work.mkdir()
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("WANDB_", "PYTHON"))}
    environ = kept | {
        "HOME": str(work),
        "WANDB_BASE_URL": f"http://127.0.0.1:{server.port}",
        "WANDB_API_KEY": local.read_key(Settings(data=server.data)) or "",
        "WANDB_ERROR_REPORTING": "false",
    }
    log = folder / "client.log"
    try:
        with log.open("wb") as output:
            client = subprocess.Popen(
                [python, SCRIPT, work], cwd=work, env=environ, stdout=output, stderr=output
            )
        _wait_for(work / "ready", client)
        server.kill()
        (work / "down").touch()
        _wait_for(work / "waiting", client)
        time.sleep(seconds)
        server.start()
        code = client.wait(900)
    finally:
        server.kill()
    said = log.read_text(errors="replace")
    return (
        None
        if code == 0 and said.rstrip().endswith("done")
        else f"exit code {code}: …{said[-3000:]}"
    )


def _wait_for(path: Path, client: subprocess.Popen[bytes]) -> None:
    while not path.exists() and client.poll() is None:
        time.sleep(0.05)


def main() -> None:
    """Try each version; exit code 1 when anything was lost."""
    from tests.clients.__main__ import python_of

    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("versions", nargs="*", default=["0.26.1", "0.31.0"])
    given = parser.parse_args()
    n_failed = 0
    for version in given.versions:
        with tempfile.TemporaryDirectory() as folder:
            began = time.monotonic()
            wrong = outage(Path(folder), python_of(version), given.seconds)
            n_failed += wrong is not None
            print(
                f"wandb {version}, server away for {given.seconds:.0f} s: "
                f"{wrong or 'everything there, once'} ({time.monotonic() - began:.0f} s in all)",
                flush=True,
            )
    sys.exit(1 if n_failed else 0)


if __name__ == "__main__":
    main()
