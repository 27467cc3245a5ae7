"""The collector goes back to its ways, whoever ends first."""

import gc

from sweepd.domain.collecting import young_only


def test_what_was_there_before_is_put_back() -> None:
    before = gc.get_threshold()
    first, second = young_only(), young_only()
    first.__enter__()
    held = gc.get_threshold()
    second.__enter__()
    assert held == gc.get_threshold() == (*before[:2], 1 << 30)
    first.__exit__(None, None, None)
    assert gc.get_threshold() == held, "the other still reads"
    second.__exit__(None, None, None)
    assert gc.get_threshold() == before
