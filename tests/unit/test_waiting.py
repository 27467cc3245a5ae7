"""No test sleeps until something has surely happened, and none says how fast a machine is."""

import ast
import re
from collections.abc import Iterator

import pytest

POLLING = {  # who asks again and again, up to a deadline; and who stands for work that takes time
    "tests/timing.py": {"wait_until"},
    "tests/e2e/scripts/waiting.py": {"wait_until", "work_for"},
    "tests/mutants/running.py": {"_wait"},
    "tests/browser/test_news.py": {"wait_for"},
}
TRAINING = {
    "tests/deploy/test_networks.py",
    "tests/deploy/test_ray.py",
    "tests/faults/test_hosts.py",
}  # hosts are cut off while a script of its own trains
SLEEPS = {"sleep", "wait_for_timeout", "sleep_forever"}
CLOCKS = {"monotonic", "perf_counter", "process_time", "thread_time", "monotonic_ns", "time_ns"}


def calls(node: ast.AST, within: str = "") -> Iterator[tuple[ast.Call, str, str]]:
    """Every call, what is called, and the function it stands in."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Call):
            name = getattr(child.func, "attr", getattr(child.func, "id", ""))
            yield child, name, within
        is_function = isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef)
        yield from calls(child, child.name if is_function else within)


def faults(code: str, path: str) -> list[str]:
    tree = ast.parse(code)
    found = []
    for call, name, within in calls(tree):
        is_yield = [getattr(a, "value", None) for a in call.args] == [0]  # to other tasks
        if name in SLEEPS and not is_yield and within not in POLLING.get(path, set()):
            found.append(f"{path}:{call.lineno} sleeps; wait for what should happen")
    for node in ast.walk(tree):
        if isinstance(node, ast.Assert) and CLOCKS & {name for _, name, _ in calls(node.test)}:
            found.append(f"{path}:{node.lineno} expects a speed; count what is done instead")
        text = node.value if isinstance(node, ast.Constant) else None
        if isinstance(text, str) and re.search(r"\bsleep\([^)]", text) and path not in TRAINING:
            found.append(f"{path}:{getattr(node, 'lineno', 0)} holds a script that sleeps")
    return found


@pytest.mark.parametrize(
    "text",
    [
        "import time\ntime.sleep(1)",
        "from time import sleep\ndef test():\n    sleep(0.5)",
        "async def test():\n    await asyncio.sleep(0.1)",
        "def test(page):\n    page.wait_for_timeout(100)",
        "def wait_until():\n    time.sleep(0.1)",
        'SCRIPT = """\nimport time\ntime.sleep(2)\n"""',
        "def test():\n    began = time.monotonic()\n    assert time.monotonic() - began < 2",
    ],
)
def test_what_sleeps_is_found(text: str) -> None:
    assert len(faults(text, "tests/unit/test_any.py")) == 1


def test_giving_others_a_turn_is_no_sleep() -> None:
    assert faults("async def test():\n    await asyncio.sleep(0)", "tests/unit/test_any.py") == []
