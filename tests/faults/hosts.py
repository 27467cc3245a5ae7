"""Hosts of our own making: network namespaces with addresses, on a bridge; removed afterwards."""

import os
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

NETWORK = "10.213.77"


@dataclass(frozen=True)
class Host:
    """A namespace that reaches its peers only over its own cable."""

    name: str
    address: str
    cable: str

    def start(
        self, command: Sequence[str], folder: Path, environ: dict[str, str]
    ) -> subprocess.Popen[bytes]:
        """Run a command there, in a session of its own; output goes to `output.log`."""
        folder.mkdir(parents=True, exist_ok=True)
        with (folder / "output.log").open("ab") as log:
            return subprocess.Popen(
                ["ip", "netns", "exec", self.name, *command],
                cwd=folder,
                env=environ,
                stdout=log,
                stderr=log,
                stdin=subprocess.DEVNULL,
                start_new_session=True,
            )

    def cut(self) -> None:
        """Pull the cable."""
        _ip("-n", self.name, "link", "set", self.cable, "down")

    def mend(self) -> None:
        """Plug it in again."""
        _ip("-n", self.name, "link", "set", self.cable, "up")


def _ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True, capture_output=True, text=True)


def can_be_made() -> bool:
    """Whether this user may make namespaces."""
    name = f"sweepd{os.getpid()}probe"
    try:
        _ip("netns", "add", name)
    except (OSError, subprocess.CalledProcessError):
        return False
    _ip("netns", "del", name)
    return True


@contextmanager
def network(n_hosts: int) -> Iterator[list[Host]]:
    """Hosts on one bridge, which is in a namespace of its own: this machine's network is left
    alone."""
    prefix = f"sweepd{os.getpid()}"
    switch = f"{prefix}sw"
    made: list[str] = []
    try:
        _ip("netns", "add", switch)
        made.append(switch)
        _ip("-n", switch, "link", "add", "bridge", "type", "bridge")
        _ip("-n", switch, "link", "set", "bridge", "up")
        hosts = []
        for number in range(1, n_hosts + 1):
            host = Host(f"{prefix}h{number}", f"{NETWORK}.{number}", "cable")
            _ip("netns", "add", host.name)
            made.append(host.name)
            port = f"port{number}"
            peer = ["peer", "name", host.cable, "netns", host.name]
            _ip("-n", switch, "link", "add", port, "type", "veth", *peer)
            _ip("-n", switch, "link", "set", port, "master", "bridge", "up")
            _ip("-n", host.name, "addr", "add", f"{host.address}/24", "dev", host.cable)
            _ip("-n", host.name, "link", "set", host.cable, "up")
            _ip("-n", host.name, "link", "set", "lo", "up")
            hosts.append(host)
        yield hosts
    finally:
        for name in made:
            subprocess.run(["ip", "netns", "del", name], check=False, capture_output=True)
