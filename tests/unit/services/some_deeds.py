"""What somebody does to the runs of a project, at random."""

import contextlib
import random
from collections.abc import Sequence

from sweepd.domain.errors import NotFound
from sweepd.domain.users import Caller
from sweepd.services.runs.runs import RunChange, Runs

DEEDS = ("create", "create", "change", "delete", "undelete")


def some_deed(
    runs: Runs,
    caller: Caller,
    rng: random.Random,
    pks: list[int],
    change: RunChange,
    deeds: Sequence[str] = DEEDS,
) -> None:
    """Create, change, delete or bring back one run of the caller's project p.

    Args:
        pks: The runs made so far, to which a new one is added.
    """
    deed = rng.choice(deeds)
    if deed == "create" or not pks:
        pks.append(runs.upsert(caller, None, "p", None, change)[0].pk)
        return
    with contextlib.suppress(NotFound):  # it was deleted before
        if deed == "change":
            runs.change(caller, rng.choice(pks), change)
        else:
            getattr(runs, deed)(caller, rng.choice(pks))
