"""The processes that propose, and which sweeps each of them is for.

What takes long has a process of its own, so that nobody's quick search waits behind it: the first
process gives a sweep a share of the time for an ask, and what needs more goes to the second, which
gives all of it and is there only while something waits for it.
"""

from collections.abc import Sequence
from typing import Any

from sweepd.domain.sweeps import Sweep
from sweepd.search.observation import Observation
from sweepd.search.process import OverTime, Worker, WorkerLost
from sweepd.search.proposing import propose
from sweepd.search.spec import SweepSpec
from sweepd.services.sweeps.turns import Lane

QUICK_SHARE = 0.25  # of the time for an ask; who takes more lets others go first


class Searching:
    """One search process, asked from one thread.

    Args:
        lanes: Whom it is for.
        share: Of the time for an ask, what it gives to each.
    """

    def __init__(self, lanes: tuple[Lane, ...], share: float) -> None:
        self.lanes = lanes
        self.share = share
        self.worker = Worker()

    @property
    def is_last(self) -> bool:
        """Whether it gives all the time there is, so that who needs more goes nowhere else."""
        return self.share >= 1

    def propose(
        self,
        ask_s: float,
        spec: SweepSpec,
        sweep: Sweep,
        observations: Sequence[Observation],
        pending: Sequence[dict[str, Any]],
        n: int,
    ) -> list[dict[str, Any]]:
        """Up to `n` configs.

        Args:
            ask_s: Seconds that an ask may take in all.

        Raises:
            OverTime: It took longer than the share of them.
            WorkerLost: The process ended twice.
            SearchError, AskFailed: As the search raised it.
        """
        seconds = self.share * ask_s
        for is_last in (False, True):
            try:
                return self.worker.ask(seconds, propose, spec, observations, pending, n, sweep.seed)
            except WorkerLost:  # perhaps another's fault: once more with a new one
                if is_last:
                    raise
            except OverTime as error:
                raise OverTime(
                    f"it took longer than {seconds:g} s; use fewer parameters, looser "
                    "constraints or `method: random`, or have the server's setting `proposal_s` "
                    "raised"
                ) from error
        raise AssertionError("the last attempt returns or raises")
