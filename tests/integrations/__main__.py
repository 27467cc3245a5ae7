"""Other frameworks' integrations, as their users write them, against a server of ours.

    make integrations                     # all of them, some ten minutes; a table at the end
    make integrations TRY="keras optuna"  # some
    make integrations TRY=--write         # all, and docs/works-with.md with its pictures

Each example runs in `.venv-integrations` (made by the command, some 4 GB) with the stock client
and the framework's own W&B integration, in a folder and a project of its own, offline. It must end
well, what it logged must be there when the client's API reads it back, and the page it is shown on
is opened in Chromium. The command fails when one of them does.
"""

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
import traceback
from pathlib import Path

from playwright.sync_api import Page

from tests.conftest import RunningServer, start_server
from tests.integrations import works_with
from tests.integrations.cases import CASES, Case
from tests.integrations.pages import look, looking

HERE = Path(__file__).parent
PYTHON = HERE.parents[1] / ".venv-integrations" / "bin" / "python"
TIMEOUT_S = 600
VERSIONS = (
    "import importlib.metadata as m, json; print(json.dumps({d.name.replace('_', '-'): d.version "
    "for d in m.distributions()}))"
)


def main() -> int:
    """Try every case named on the command line, or all; returns how many failed."""
    parser = argparse.ArgumentParser(prog="tests.integrations", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME")
    parser.add_argument("--write", action="store_true", help="docs/works-with.md, its pictures")
    parser.add_argument("--pictures", type=Path, help="a folder for pictures of the pages")
    options = parser.parse_args()
    cases = [case for case in CASES if case.name in options.names or not options.names]
    if unknown := set(options.names) - {case.name for case in cases}:
        parser.error(f"no {', '.join(unknown)}; there are {', '.join(c.name for c in CASES)}")
    pictures = works_with.PICTURES if options.write else options.pictures
    if pictures:
        pictures.mkdir(parents=True, exist_ok=True)
    installed = json.loads(subprocess.check_output([PYTHON, "-c", VERSIONS]))
    table: list[tuple[str, ...]] = []
    fresh: dict[str, str] = {}
    with tempfile.TemporaryDirectory() as folder:
        live = start_server(Path(folder) / "server")
        os.environ.update(live.environment(Path(folder)))  # for the API that reads back
        try:
            with looking(live) as page:
                for case in cases:
                    began = time.monotonic()
                    picture = pictures / f"{case.name}.png" if pictures else None
                    problem, words = tried(live, case, Path(folder) / case.name, page, picture)
                    took = f"{time.monotonic() - began:.0f} s"
                    versions = ", ".join(f"{name} {installed[name]}" for name in case.packages)
                    if problem is None:
                        fresh[case.name] = works_with.row(case, versions, words)
                    said = "passed" if problem is None else "FAILED"
                    print(f"{case.name}: {said}\n{problem or ''}", end="", flush=True)
                    table.append((case.name, said, took, versions, words))
        finally:
            live.stop()
    print(f"\nwandb {installed['wandb']}, Python {sys.version.split()[0]}")
    print("\n".join(lines(table)))
    if options.write:
        text = works_with.PAGE.read_text()
        works_with.PAGE.write_text(works_with.written(text, fresh))
    return sum(said == "FAILED" for _, said, *_ in table)


def lines(table: list[tuple[str, ...]]) -> list[str]:
    """A table as aligned text, its last column as long as it is."""
    widths = [max(len(cell) for cell in column) for column in zip(*table, strict=True)][:-1]
    return [
        "  ".join([*(c.ljust(w) for c, w in zip(cells, widths, strict=False)), cells[-1]])
        for cells in table
    ]


def tried(
    live: RunningServer, case: Case, folder: Path, page: Page, picture: Path | None
) -> tuple[str | None, str]:
    """What was wrong, None for nothing; and what was read."""
    folder.mkdir()
    try:
        run_example(live, case, folder)
        found = case.read(case.name, folder)
        look(page, case, found.address, picture)
    except Exception:
        return f"{traceback.format_exc()[-4000:]}\n", ""
    return None, found.words


def run_example(live: RunningServer, case: Case, folder: Path) -> None:
    """Run it as its users would.

    Raises:
        AssertionError: It ended badly; with what it printed last.
    """
    environ = live.environment(folder) | {
        "PATH": f"{PYTHON.parent}:/usr/bin:/bin",
        "HF_HUB_OFFLINE": "1",
        "CUDA_VISIBLE_DEVICES": "",
        "TF_CPP_MIN_LOG_LEVEL": "3",
        "OMP_NUM_THREADS": "1",
        "RAY_USAGE_STATS_ENABLED": "0",
        "STEPS": "4",  # which example_hydra takes by ${envvar:STEPS}
    }
    environ.pop("PYTHONPATH", None)

    def run(*command: str | Path) -> str:
        done = subprocess.run(
            command,
            cwd=folder,
            env=environ,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=TIMEOUT_S,
            check=False,
        )
        assert done.returncode == 0, (
            f"{command} ended with {done.returncode}\n{done.stdout[-3000:]}"
        )
        return done.stdout

    if (HERE / f"example_{case.name}").is_dir():
        shutil.copytree(HERE / f"example_{case.name}", folder, dirs_exist_ok=True)
        for file in sorted(folder.glob("*.yaml")):
            said = run(PYTHON.parent / "wandb", "sweep", file.name)
            begin = re.search(r"wandb agent (\S+)", said)
            assert begin, said
            run(PYTHON.parent / "wandb", "agent", begin[1])
    else:
        run(PYTHON, HERE / f"example_{case.name}.py")


if __name__ == "__main__":
    sys.exit(main())
