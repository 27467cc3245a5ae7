"""What scripts wait for: something that happens, never a time in which it should have."""

import contextlib
import time
from collections.abc import Callable

import wandb


def wait_until(condition: Callable[[], object], otherwise: str, timeout_s: float = 200) -> None:
    """Ask again and again, up to a deadline that a busy machine does not reach."""
    deadline = time.monotonic() + timeout_s
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError(f"not within {timeout_s} s: {otherwise}")
        time.sleep(0.1)


def work_for(seconds: float) -> None:
    """Take time, as training does; nothing that is checked may depend on how long."""
    time.sleep(seconds)


def wait_for_rows(path: str) -> None:
    """Wait until the server has a row of a run's history."""

    def has_rows() -> bool:
        with contextlib.suppress(ValueError, wandb.errors.CommError):  # not made yet
            return int(wandb.Api().run(path).lastHistoryStep) >= 0
        return False

    wait_until(has_rows, f"no row of {path}")
