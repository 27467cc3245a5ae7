"""Writes a run's lines and gathers them into columns without a pause, until it is killed.

    python -m tests.faults.gathering_host DATA

Prints how many lines are stored, once they are.
"""

import json
import sys
from pathlib import Path

from sweepd import server
from sweepd.services.runs.runs import RunChange
from sweepd.services.streams.lines import Lines, StreamPost
from sweepd.settings import Settings


def line(step: int) -> str:
    """What the run logs at a step; not all files of columns have the same size."""
    return json.dumps({"_step": step, "v": step * 0.1, "w": f"{step:x}" * (step % 5)})


def main() -> None:
    """Go on where the last one was killed."""
    parts = server.build(Settings(data=Path(sys.argv[1])))
    if not parts.services.users.list_users():
        parts.services.users.add_user("ann")
    ann = parts.services.users.get_caller("ann")
    run, _ = parts.services.runs.upsert(ann, None, "p", "r", RunChange())
    n = run.history_lines
    while True:
        for _ in range(40):
            lines = [line(step) for step in range(n, n + 50)]
            post = StreamPost(history=Lines(n, lines))
            parts.services.history.append(ann, "ann", "p", "r", post)
            n += len(lines)
            print(n, flush=True)
        parts.gathering.gather_all(1, 1)


if __name__ == "__main__":
    main()
