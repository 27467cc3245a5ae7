"""Which of the two search processes gives all the time there is."""

import pytest

from sweepd.services.sweeps.searching import Searching
from sweepd.services.sweeps.turns import Lane


@pytest.mark.parametrize(("share", "is_last"), [(0.25, False), (0.99, False), (1.0, True)])
def test_the_last_is_the_one_that_gives_all_the_time(share: float, is_last: bool) -> None:
    assert Searching((Lane.NEW,), share).is_last is is_last
