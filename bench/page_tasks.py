"""How long a page's main thread is taken by one task: by the clock, and by the processor.

On a machine that does other work, the clock counts the waiting for a processor, too; the
processor's time is what the page itself costs there.
"""

import json
from dataclasses import dataclass
from typing import Any

from playwright.sync_api import Page

_TASKS = ("RunTask", "ThreadControllerImpl::RunTask")
_CATEGORIES = ["toplevel", "devtools.timeline", "disabled-by-default-devtools.timeline"]


@dataclass(frozen=True)
class Task:
    """One task of the main thread, milliseconds."""

    by_clock: float
    by_processor: float


class Recording:
    """The tasks of a page from `start` to `stop`, which Chromium traces."""

    def __init__(self, page: Page) -> None:
        self._page = page
        self._session = page.context.new_cdp_session(page)
        self._ended: list[dict[str, Any]] = []
        self._session.on("Tracing.tracingComplete", lambda event: self._ended.append(event))

    def start(self) -> None:
        """Begin."""
        self._ended.clear()
        config = {"includedCategories": _CATEGORIES}
        self._session.send(
            "Tracing.start", {"traceConfig": config, "transferMode": "ReturnAsStream"}
        )

    def stop(self) -> list[Task]:
        """The tasks since `start`, of the page's main thread alone."""
        self._session.send("Tracing.end")
        while not self._ended:
            self._page.wait_for_timeout(20)
        handle, text, is_last = self._ended[0]["stream"], "", False
        while not is_last:
            part = self._session.send("IO.read", {"handle": handle})
            text, is_last = text + part["data"], part["eof"]
        events = json.loads(text)["traceEvents"]
        names = {
            (event["pid"], event["tid"])
            for event in events
            if event["name"] == "thread_name" and event["args"]["name"] == "CrRendererMain"
        }
        # Of several pages' processes, the one that laid out most is this one.
        by_thread: dict[tuple[int, int], list[Task]] = {}
        for event in events:
            thread = (event["pid"], event["tid"])
            if thread in names and event["name"] in _TASKS and event.get("ph") == "X":
                task = Task(event.get("dur", 0) / 1000, event.get("tdur", 0) / 1000)
                by_thread.setdefault(thread, []).append(task)
        return max(by_thread.values(), key=lambda found: sum(t.by_clock for t in found), default=[])
