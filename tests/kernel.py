"""A notebook's kernel, driven as Jupyter drives it: cells in, outputs and questions out."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from jupyter_client.blocking.client import BlockingKernelClient
from jupyter_client.manager import KernelManager

CELL_S = 240


@dataclass
class Cell:
    """What one cell put out.

    Attributes:
        text: Both streams, and the plain text of its result.
        html: Each output that has HTML, as the page around it gets it.
        asked: What it asked, and whether the answer is hidden while it is typed.
    """

    text: str = ""
    html: list[str] = field(default_factory=list)
    asked: list[tuple[str, bool]] = field(default_factory=list)


class Kernel:
    """Runs cells one after the other."""

    def __init__(self, client: BlockingKernelClient) -> None:
        self._client = client

    def run(self, code: str, answers: Sequence[str] = ()) -> Cell:
        """A cell, its questions answered in turn.

        Raises:
            AssertionError: It ended with an error, or asked once more.
        """
        cell, waiting = Cell(), iter(answers)

        def put_out(message: dict[str, Any]) -> None:
            content = message["content"]
            if message["msg_type"] == "stream":
                cell.text += content["text"]
            elif message["msg_type"] in ("display_data", "execute_result", "update_display_data"):
                cell.text += content["data"].get("text/plain", "")
                if "text/html" in content["data"]:
                    cell.html.append(content["data"]["text/html"])
            elif message["msg_type"] == "error":
                cell.text += "\n".join(content["traceback"])

        def asked(message: dict[str, Any]) -> None:
            cell.asked.append((message["content"]["prompt"], message["content"]["password"]))
            answer = next(waiting, None)
            assert answer is not None, f"asked once more: {cell.asked}\n{cell.text}"
            self._client.input(answer)

        reply: Any = self._client.execute_interactive(  # type: ignore[no-untyped-call]
            code, allow_stdin=True, timeout=CELL_S, output_hook=put_out, stdin_hook=asked
        )
        assert reply["content"]["status"] == "ok", cell.text
        return cell


@contextmanager
def started(folder: Path, environ: dict[str, str]) -> Iterator[Kernel]:
    """A kernel in a folder, ended afterwards."""
    # Where Jupyter puts it: the client (0.31.0) knows a notebook by `jupyter` in this path.
    (folder / "jupyter").mkdir(exist_ok=True)
    manager = KernelManager(connection_file=str(folder / "jupyter" / "kernel-one.json"))
    manager.start_kernel(cwd=str(folder), env=environ)
    client = manager.blocking_client()
    client.start_channels()
    try:
        client.wait_for_ready(timeout=60)
        yield Kernel(client)
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)
