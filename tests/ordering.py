"""In which order tests are begun, so that several workers end at about the same time."""

from collections.abc import Iterator
from itertools import chain, groupby

import pytest

TEST_OF_PAGES_S = 2.5  # as most take
LONG_S = {  # files of pages of which that is not true: clients run, or every page is opened
    "test_client_charts": 60,
    "test_every_page": 60,
    "test_first_steps": 30,
    "test_news": 40,
    "test_shapes": 1,
}
NEIGHBOURS = 12  # those that share what is made once for a file make it less often


def is_alone(item: pytest.Item) -> bool:
    """Whether a test goes to any worker by itself; the files of others stay on one."""
    return item.path.parent.name == "protocol" or "unit" in item.path.parts


def groups(items: list[pytest.Item]) -> Iterator[tuple[pytest.Item, str]]:
    """What of a worker's tests stays together: a file that shares a server, all models, and a few
    neighbours of those that go anywhere: what a file makes once is made less often, and there are
    fewer groups, all of which pytest-xdist looks at after each test that its worker has done.
    """
    for path, file in groupby(items, key=lambda item: item.path):
        for n, item in enumerate(file):
            if item.get_closest_marker("xdist_group") is not None:
                continue
            if is_alone(item):
                yield item, f"{path.parent.name}.{path.stem}-{n // NEIGHBOURS}"
            else:
                yield item, "workload" if path.parent.name == "workload" else path.stem


def in_order(items: list[pytest.Item]) -> list[pytest.Item]:
    """Files that start servers and clients spread among the tests that only compute, pages last.

    The former wait most of their time, so that whoever computes meanwhile has the processor.
    Playwright keeps an event loop running in the main thread, in which no other can be started from
    its first test on; of its files the longest begin first, the short ones fill up.
    """
    by_file = [list(group) for _, group in groupby(items, key=lambda item: item.path)]
    pages = [file for file in by_file if file[0].get_closest_marker("browser")]
    waiting = [file for file in by_file if file not in pages and not is_alone(file[0])]
    computing = [file for file in by_file if is_alone(file[0])]
    pages.sort(key=_seconds, reverse=True)
    return list(chain(*_spread(waiting, computing), *pages))


def _seconds(file: list[pytest.Item]) -> float:
    """About how long a file of pages takes."""
    return LONG_S.get(file[0].path.stem, TEST_OF_PAGES_S * len(file))


def _spread(
    few: list[list[pytest.Item]], many: list[list[pytest.Item]]
) -> Iterator[list[pytest.Item]]:
    """Both in their own order; so many tests of `many` between two files of `few`."""
    step = sum(map(len, many)) / max(1, len(few))
    n_given = 0
    rest = iter(many)
    for number, file in enumerate(few):
        yield file
        while n_given < step * (number + 1) and (more := next(rest, None)) is not None:
            n_given += len(more)
            yield more
    yield from rest
