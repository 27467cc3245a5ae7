"""How many small faults the tests notice: `python -m tests.mutants sweepd/search --per-file 10`.

Every test runs once under coverage, to learn which of them reach which line (`.mutants/`). Then,
for each drawn change, a child process imports the changed module in the original's place (no file
is touched) and runs the tests that reach its line, until one fails. SQLite only.
"""

import argparse
import json
import random
import sys
from collections import Counter
from pathlib import Path

from tests.mutants import running
from tests.mutants.changes import Change, draw_changes


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.mutants", description=__doc__)
    parser.add_argument("paths", nargs="+", type=Path, help="packages or modules of sweepd/")
    parser.add_argument("--per-file", type=int, default=0, help="changes drawn per file; 0: all")
    parser.add_argument("--seed", type=int, default=1, help="which changes are drawn")
    parser.add_argument("--timeout", type=float, default=120.0, help="seconds for one change")
    parser.add_argument("--again", action="store_true", help="learn anew which tests reach what")
    options = parser.parse_args()
    files = [file for path in options.paths for file in _modules(path)]
    running.prepare()
    reached = running.learn(again=options.again)
    counts: Counter[str] = Counter()
    survivors = []
    for file in files:
        source = file.read_text()
        rng = random.Random(f"{options.seed} {file}")
        changes = draw_changes(source, rng, options.per_file or None)
        found: Counter[str] = Counter()
        for change in changes:
            outcome = running.try_change(
                file, change.apply(source), change.line, reached, options.timeout
            )
            found[outcome] += 1
            if outcome == "survived":
                survivors.append(_tell(file, change, source))
                print(survivors[-1], flush=True)
        counts += found
        print(f"{file}: {_share(found)}", flush=True)
    print(f"\nall: {_share(counts)}")
    Path(".mutants/survivors.json").write_text(json.dumps(survivors, indent=1))
    return 0


def _modules(path: Path) -> list[Path]:
    found = sorted(path.rglob("*.py")) if path.is_dir() else [path]
    return [file for file in found if file.name != "__init__.py" and "migrations" not in file.parts]


def _tell(file: Path, change: Change, source: str) -> str:
    return f"SURVIVED {file}:{change.line} {change.operator.split('/')[1]}\n{change.show(source)}"


def _share(found: Counter[str]) -> str:
    n_killed, n_all = found["killed"] + found["timeout"], sum(found.values())
    return f"{n_killed} of {n_all} killed ({100 * n_killed / max(1, n_all):.0f} %)"


if __name__ == "__main__":
    sys.exit(main())
