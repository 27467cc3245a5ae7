"""What a search without a model finds next, looked for outside the write that hands it out.

A look that is sure to be short is taken at once. Any other is asked for first (`WorkFirst`), done
by whoever waits, of one person one at a time, and kept until the write reads it. What was not found
within its budget is kept as that for a while, so the sweep can say so and nobody looks again.
"""

from __future__ import annotations

import hashlib
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from functools import partial
from typing import Any, TypeVar
from weakref import WeakValueDictionary

from sweepd.domain import patience
from sweepd.domain.before import WorkFirst, is_writing
from sweepd.domain.errors import unraised
from sweepd.domain.sweeps import Sweep
from sweepd.later import np
from sweepd.search.budget import Budget
from sweepd.search.errors import NoFeasibleConfig, SearchError, TooMuchWork
from sweepd.search.grid import ADVICE, new_budget
from sweepd.search.random_draws import sample
from sweepd.services.sweeps import specs

T = TypeVar("T")
QUICK_LOOKS, QUICK_SECONDS, QUICK_TRIES = 64, 0.02, 8
MAX_KEPT = 10_000  # things found
FAILED_S = 60.0  # after which what was not found is looked for again

_lock = threading.Lock()
_turns: WeakValueDictionary[str, Any] = WeakValueDictionary()  # a lock a person
_found: OrderedDict[Hashable, tuple[Any, float]] = OrderedDict()


def next_index(sweep: Sweep, start: int) -> int | None:
    """The first cell of the sweep's grid from `start` on; None at the end.

    Raises:
        TooMuchWork: It is not found within what one sweep may cost.
        WorkFirst: In a write, when it has to be looked for.
    """
    grid = specs.grid_of(sweep.config_yaml)
    return quick_or_kept(
        ("cell", digest(sweep.config_yaml), start),
        lambda: grid.next(start, Budget(QUICK_LOOKS, QUICK_SECONDS, ADVICE)),
        lambda: grid.next(start, new_budget()),
    )


def draw(sweep: Sweep, number: int) -> dict[str, Any]:
    """Random config `number` of the sweep; the same whenever it is asked for.

    Raises:
        NoFeasibleConfig, TooMuchWork: No config that meets the constraints is found.
        WorkFirst: In a write, when it has to be looked for.
    """
    space = specs.spec_of(sweep).space

    def find(tries: int | None = None) -> dict[str, Any]:
        generator = np.random.default_rng([sweep.seed, number])
        return sample(space, generator) if tries is None else sample(space, generator, tries)

    return quick_or_kept(
        ("draw", digest(sweep.config_yaml), sweep.seed, number), partial(find, QUICK_TRIES), find
    )


def quick_or_kept(key: Hashable, quick: Callable[[], T], find: Callable[[], T]) -> T:
    """What `quick` finds, else what `find` has found, or finds now.

    Raises:
        SearchError: As `find` raises it.
        WorkFirst: In a write, when nothing is kept under the key.
    """
    if not is_kept(key):
        try:
            return quick()
        except (TooMuchWork, NoFeasibleConfig):
            pass
    return kept(key, find)


def kept(key: Hashable, find: Callable[[], T]) -> T:
    """What was found under a key; looked for now where no write waits.

    Raises:
        SearchError: As `find` raises it, now or a short while ago.
        WorkFirst: In a write, when nothing is kept under the key.
    """
    if not is_kept(key):
        if is_writing():
            raise WorkFirst(partial(_look, key, find))
        _look(key, find)
    with _lock:
        value: Any = _found[key][0]
    if isinstance(value, SearchError):
        raise unraised(value)
    found: T = value
    return found


def forget(key: Hashable) -> None:
    """What is kept under a key holds no more."""
    with _lock:
        _found.pop(key, None)


def _turn_of(user: str) -> Any:
    """So that nobody waits for what others look for."""
    with _lock:
        found = _turns.get(user)
        if found is None:
            found = _turns[user] = threading.Lock()
        return found


def _look(key: Hashable, find: Callable[[], Any]) -> None:
    with _turn_of(patience.current().user):
        if is_kept(key):
            return
        try:
            value: Any = find()
        except SearchError as error:
            value = unraised(error)
        with _lock:
            _found[key] = value, time.monotonic()
            while len(_found) > MAX_KEPT:
                _found.popitem(last=False)


def is_kept(key: Hashable) -> bool:
    """Whether what was found under a key, or that nothing was, still holds."""
    with _lock:
        if key not in _found:
            return False
        value, at = _found[key]
        return not isinstance(value, SearchError) or time.monotonic() - at < FAILED_S


def digest(text: str) -> bytes:
    """A file's text, in little."""
    return hashlib.blake2b(text.encode(), digest_size=16).digest()
