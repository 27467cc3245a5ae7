"""What the search has prepared for one sweep, and how its failures are told."""

import logging
from collections import deque
from dataclasses import dataclass, field
from typing import Any

from sweepd.search.errors import SearchError
from sweepd.search.process import AskFailed, OverTime, WorkerLost

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Prepared:
    """A config ready to go out; `is_repeat` when the search wants one that was there again."""

    config: dict[str, Any]
    is_repeat: bool


@dataclass
class ProposalCache:
    """What is prepared for one sweep."""

    ready: deque[Prepared] = field(default_factory=deque)
    n_ended: int = -1  # ended runs known when it was prepared
    is_asked: bool = False
    is_drawing: bool = False  # random configs in place of proposed ones
    n_overruns: int = 0  # asks in a row that took too long, or ended the process
    why_none: str = ""  # what the sweep is to be paused for, once an agent asks
    broken_file: str = ""  # of which that holds
    logged: str = ""  # the last failure that the log tells

    def log_once(self, what: str, error: Exception) -> None:
        """A failure that repeats itself, with where it was raised."""
        text = f"{what}: {error}"
        if self.logged == text:
            return
        self.logged = text
        if isinstance(error, OverTime | WorkerLost):
            log.warning("%s", what)
        elif isinstance(error, AskFailed):
            log.error("%s\n%s", what, error.trace)
        else:
            log.error("%s", what, exc_info=error)


def told(error: Exception) -> str:
    """An error in words for the sweep's log."""
    if isinstance(error, WorkerLost):
        return "the search process ended twice; is the machine, or this sweep, out of memory?"
    if isinstance(error, SearchError | OverTime | AskFailed):
        return str(error)
    return f"{type(error).__name__}: {error}"
