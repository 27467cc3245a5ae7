"""How many small faults the tests notice: `python -m tests.mutants sweepd/search --per-file 10`.

Every test runs once under coverage, to learn which of them reach which line. Then each drawn change
is tried by the tests that reach its line, until one fails; no file is touched. SQLite only; tests
marked `slow` where no quick one reaches the line.

Outcomes are kept in `.mutants/outcomes.jsonl`: a run that was ended goes on where it was, and what
survived is tried again once the tests that reach it have changed.
"""

import argparse
import hashlib
import json
import pickle
import random
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

from tests.mutants import changes, running
from tests.mutants.changes import draw_changes
from tests.mutants.reach import Reach, learn
from tests.mutants.running import Trial

KEPT = Path(".mutants/outcomes.jsonl")
MEANT_FOR = {  # the tests that are to notice what is wrong in a package; the longest name counts
    "sweepd/search": ("search",),
    "sweepd/services": ("services",),
    "sweepd/services/sweeps": ("services/sweeps", "services/moving", "services/automations"),
    "sweepd/store": ("store",),
    "sweepd/domain": ("domain", "services"),
    "sweepd": ("",),
}


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.mutants", description=__doc__)
    parser.add_argument("paths", nargs="+", type=Path, help="packages or modules of sweepd/")
    parser.add_argument("--per-file", type=int, default=0, help="changes drawn per file; 0: all")
    parser.add_argument("--seed", type=int, default=1, help="which changes are drawn")
    parser.add_argument("--minutes", type=float, default=0.0, help="then stop; call again to go on")
    parser.add_argument("--report", action="store_true", help="only tell what is known")
    options = parser.parse_args()
    until = time.monotonic() + 60 * options.minutes if options.minutes else float("inf")
    KEPT.parent.mkdir(exist_ok=True)
    if not options.report:
        running.prepare()
    folders = sorted({folder for path in options.paths for folder in _meant_for(path)})
    reach = learn(folders, running.QUIET, until)
    if reach is None:
        print("time is over while learning; call again")
        return 2
    trials = [
        trial
        for path in options.paths
        for file in _modules(path)
        for trial in _draw(file, options.seed, options.per_file or None, reach)
    ]
    known = _known()
    new = [trial for trial in trials if _is_open(trial, known.get(_key(trial)))]
    random.Random(options.seed).shuffle(new)  # so that some of them already tell of all files
    is_all = options.report or running.try_all(new, reach, _keep, until)
    _report(options.paths, trials, _known())
    if not is_all:
        print("time is over; call again to go on")
    return 0 if is_all else 2


def _meant_for(path: Path) -> list[str]:
    names = [name for name in MEANT_FOR if path.is_relative_to(name)]
    return [f"tests/unit/{folder}" for folder in MEANT_FOR[max(names, key=len)]]


def _modules(path: Path) -> list[Path]:
    found = sorted(path.rglob("*.py")) if path.is_dir() else [path]
    return [file for file in found if file.name != "__init__.py" and "migrations" not in file.parts]


def _draw(file: Path, seed: int, n: int | None, reach: Reach) -> list[Trial]:
    source = file.read_text()
    rules = Path(changes.__file__).read_text()
    parts = "\0".join((f"{seed} {n} {file}", rules, source))
    drawn = hashlib.blake2b(parts.encode(), digest_size=12).hexdigest()
    kept = KEPT.parent / f"{drawn}.drawn"
    if not kept.exists():
        found = draw_changes(source, random.Random(f"{seed} {file}"), n)
        kept.write_bytes(pickle.dumps([(change, change.apply(source)) for change in found]))
    trials = []
    for change, changed in pickle.loads(kept.read_bytes()):
        tests = reach.tests(file, change.line)
        seconds = running.total_seconds(tests, reach)
        trials.append(Trial(file, change, source, changed, tuple(tests), seconds))
    return trials


def _key(trial: Trial) -> str:
    """A change of a module's text."""
    parts = [str(trial.file), trial.source, trial.change.operator, str(trial.change.occurrence)]
    return hashlib.blake2b("\0".join(parts).encode(), digest_size=12).hexdigest()


def _tests_key(trial: Trial) -> str:
    files = sorted({test.split("::")[0] for test in trial.tests})
    texts = "\0".join(Path(file).read_text() for file in files)
    return hashlib.blake2b(texts.encode(), digest_size=12).hexdigest()


def _is_open(trial: Trial, row: dict[str, Any] | None) -> bool:
    if row is None:
        return True
    if row["outcome"] == "error":
        return True
    return row["outcome"] == "survived" and row["tests"] != _tests_key(trial)


def _keep(trial: Trial, outcome: str) -> None:
    place = f"{trial.file}:{trial.change.line} {trial.change.operator.split('/')[1]}"
    print(outcome, place, flush=True)
    row = {"key": _key(trial), "tests": _tests_key(trial), "outcome": outcome, "place": place}
    with KEPT.open("a") as out:
        out.write(json.dumps(row) + "\n")


def _known() -> dict[str, dict[str, Any]]:
    """The last outcome of each change."""
    if not KEPT.exists():
        return {}
    rows = [json.loads(line) for line in KEPT.read_text().splitlines()]
    return {row["key"]: row for row in rows}


def _report(paths: list[Path], trials: list[Trial], known: dict[str, dict[str, Any]]) -> None:
    for path in paths:
        files: dict[Path, Counter[str]] = {}
        for trial in trials:
            if trial.file == path or path in trial.file.parents:
                outcome = known.get(_key(trial), {}).get("outcome", "untried")
                files.setdefault(trial.file, Counter())[outcome] += 1
                if outcome == "survived":
                    print(f"SURVIVED {trial.file}:{trial.change.line}, {len(trial.tests)} tests")
                    print(trial.change.show(trial.source))
        for file, found in files.items():
            print(f"{file}: {_share(found)}")
        print(f"{path}: {_share(sum(files.values(), Counter()))}\n")


def _share(found: Counter[str]) -> str:
    n_noticed = found["killed"] + found["timeout"]
    n_tried = n_noticed + found["survived"]
    others = ("timeout", "error", "untried")
    more = "".join(f", {n} {what}" for what in others if (n := found[what]))
    return f"{n_noticed} of {n_tried} noticed ({100 * n_noticed / max(1, n_tried):.0f} %){more}"


if __name__ == "__main__":
    sys.exit(main())
