"""Agents in three networks, one cut off and back, one behind NAT and TLS of its own authority; the
server moves to another host. deploy/nginx.conf is what speaks TLS."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import ROOT, start_server, wait_until
from tests.faults import hosts
from tests.faults.test_hosts import ASK, CREATE, Asking, kill_group

pytestmark = [pytest.mark.deploy, pytest.mark.timeout(900)]

PROGRAMS = {"ip": "iproute2", "nft": "nftables", "nginx": "nginx-light", "openssl": "openssl"}
NAME = "sweeps.lab"
INSIDE = "10.213.78"
TRAIN = """
import os, time, wandb
with wandb.init() as run:
    step = 0
    while step < 3 or not os.path.exists("HERE/go"):
        run.log({"loss": run.config["a"] / (1 + step)})
        step += 1
        time.sleep(0.3)
"""
SWEEP = """
program: train.py
project: lab
method: grid
metric: {name: loss}
parameters: {a: {values: [1, 2, 3, 4, 5, 6]}}
"""
NGINX = """
daemon off; pid HERE/pid; error_log stderr; user root;
events { }
http {
access_log off;
client_body_temp_path HERE/body; proxy_temp_path HERE/proxy; fastcgi_temp_path HERE/fastcgi;
uwsgi_temp_path HERE/uwsgi; scgi_temp_path HERE/scgi;
RECIPE
}
"""


@dataclass
class Lab:
    """Two hosts for the server, one of them with an agent; one with another; one inside."""

    folder: Path
    first: hosts.Host
    second: hosts.Host
    outside: hosts.Host
    inside: hosts.Host
    environ: dict[str, str] = field(default_factory=dict)
    started: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def name(self, server: hosts.Host) -> None:
        """Let the server's name stand for a host, everywhere; who runs sees it, too."""
        for host in (self.first, self.second, self.outside, self.inside):
            path = Path("/etc/netns") / host.name / "hosts"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(f"127.0.0.1 localhost\n{server.address} {NAME}\n")  # the same file

    def start(self, host: hosts.Host, name: str, *command: str, **environ: str) -> Path:
        """Start something there; where it prints."""
        folder = self.folder / name
        self.started.append(host.start(command, folder, self.environ | environ))
        return folder / "output.log"

    def serve(self, host: hosts.Host, name: str) -> None:
        """The server, and nginx beside it."""
        serve = ["-m", "sweepd", "serve", "--host", "0.0.0.0", "--data", str(self.folder / "data")]
        log = self.start(host, name, sys.executable, *serve)
        wait_until(lambda: "Ctrl-C stops" in log.read_text(), 60, log.read_text)
        conf = self.folder / f"nginx-{name}"
        conf.mkdir()
        (conf / "nginx.conf").write_text(
            NGINX.replace("RECIPE", _recipe()).replace("HERE", str(conf))
        )
        for suffix in ("pem", "key"):
            shutil.copy(self.folder / f"server.{suffix}", conf / f"{NAME}.{suffix}")
        self.start(host, f"tls-{name}", "nginx", "-c", str(conf / "nginx.conf"))

    def agent(self, host: hosts.Host, name: str, sweep: str, url: str) -> subprocess.Popen[bytes]:
        """A stock agent."""
        folder = self.folder / name
        folder.mkdir()
        (folder / "train.py").write_text(TRAIN.replace("HERE", str(self.folder)))
        command = [sys.executable, "-m", "wandb", "agent", sweep]
        self.start(host, name, *command, HOME=str(folder), WANDB_BASE_URL=url)
        return self.started[-1]


def _recipe() -> str:
    """deploy/nginx.conf with our names and files."""
    text = (ROOT / "deploy/nginx.conf").read_text()
    text = re.sub(r"/etc/ssl/\S+\.(pem|key);", rf"HERE/{NAME}.\1;", text)
    return text.replace("sweeps.example.org", NAME)


def _certify(folder: Path) -> None:
    """An authority of our own, and what it says of the server."""
    (folder / "names").write_text(f"subjectAltName=DNS:{NAME}\n")
    new = ["req", "-newkey", "rsa:2048", "-nodes"]
    sign = ["x509", "-req", "-in", "server.csr", "-CA", "ca.pem", "-CAkey", "ca.key"]
    for words in (
        [*new, "-x509", "-keyout", "ca.key", "-out", "ca.pem", "-days", "2", "-subj", "/CN=lab"],
        [*new, "-keyout", "server.key", "-out", "server.csr", "-subj", f"/CN={NAME}"],
        [*sign, "-CAcreateserial", "-days", "2", "-extfile", "names", "-out", "server.pem"],
    ):
        subprocess.run(["openssl", *words], cwd=folder, check=True, capture_output=True)


def _put_behind(router: hosts.Host, inside: hosts.Host) -> None:
    """A host that others see only as its router."""
    peer = ["peer", "name", inside.cable, "netns", inside.name]
    for words in (
        ["netns", "add", inside.name],
        ["-n", router.name, "link", "add", "inner", "type", "veth", *peer],
        ["-n", router.name, "addr", "add", f"{INSIDE}.1/24", "dev", "inner"],
        ["-n", router.name, "link", "set", "inner", "up"],
        ["-n", inside.name, "addr", "add", f"{INSIDE}.2/24", "dev", inside.cable],
        ["-n", inside.name, "link", "set", inside.cable, "up"],
        ["-n", inside.name, "link", "set", "lo", "up"],
        ["-n", inside.name, "route", "add", "default", "via", f"{INSIDE}.1"],
    ):
        subprocess.run(["ip", *words], check=True)
    rules = "add table ip nat; add chain ip nat out { type nat hook postrouting priority 100; }; "
    rules += f"add rule ip nat out oifname {router.cable} masquerade"
    within = ["ip", "netns", "exec", router.name]
    subprocess.run([*within, "nft", rules], check=True)
    subprocess.run([*within, "sysctl", "-qw", "net.ipv4.ip_forward=1"], check=True)


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[Lab]:
    missing = [package for program, package in PROGRAMS.items() if shutil.which(program) is None]
    if missing or os.getuid() != 0 or not hosts.can_be_made():
        pytest.skip(
            f"networks of our own need root and Debian's {', '.join(missing) or 'iproute2'}"
        )
    with ExitStack() as stack:
        first, second, outside, router = stack.enter_context(hosts.network(4))
        inside = hosts.Host(f"{first.name}in", f"{INSIDE}.2", "cable")
        stack.callback(subprocess.run, ["ip", "netns", "del", inside.name], check=False)
        _put_behind(router, inside)
        made = Lab(tmp_path, first, second, outside, inside)
        for host in (first, second, outside, inside):
            stack.callback(shutil.rmtree, Path("/etc/netns") / host.name, ignore_errors=True)
        _certify(tmp_path)
        try:
            yield made
        finally:
            for process in made.started:
                kill_group(process)
                process.wait()


def test_agents_of_three_networks_work_on_while_the_server_moves(lab: Lab) -> None:
    start_server(lab.folder / "data").stop()  # on loopback first, which makes the first user
    key = json.loads((lab.folder / "data/local.key").read_text())["key"]
    lab.environ |= {k: v for k, v in os.environ.items() if not k.startswith("WANDB_")} | {
        "SWEEPD_RUN_SILENT_S": "20",
        "SWEEPD_AGENT_SILENT_S": "12",
        "PYTHONPATH": str(ROOT),
        "WANDB_BASE_URL": f"http://{NAME}:8787",
        "WANDB_API_KEY": key,
        "WANDB_ERROR_REPORTING": "false",
        "SSL_CERT_FILE": str(lab.folder / "ca.pem"),
        "REQUESTS_CA_BUNDLE": str(lab.folder / "ca.pem"),
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
    }
    lab.name(lab.first)
    lab.serve(lab.first, "before")
    server, tls = lab.started[-2:]
    ask = Asking(lab.first, lab.environ)
    made = ask(CREATE, config=SWEEP)["upsertSweep"]["sweep"]
    entity = made["project"]["entity"]["name"]

    def look(at: hosts.Host) -> list[dict[str, Any]]:
        found = Asking(at, lab.environ)(ASK, sweep=made["name"])["project"]["sweep"]
        return [edge["node"] for edge in found["runs"]["edges"]]

    def tell() -> str:
        return "\n".join(
            f"{path}: {path.read_text(errors='replace')[-1500:]}"
            for path in lab.folder.glob("*/output.log")
        )

    def n_of(at: hosts.Host, state: str) -> int:
        return sum(run["state"] == state for run in look(at))

    plain = f"http://{NAME}:8787"
    path = f"{entity}/lab/{made['name']}"
    agents = [
        lab.agent(lab.second, "steady", path, plain),
        lab.agent(lab.outside, "cut-off", path, plain),
        lab.agent(lab.inside, "behind", path, f"https://{NAME}"),
    ]
    wait_until(lambda: n_of(lab.first, "running") == 3, 180, tell)

    lab.outside.cut()
    wait_until(lambda: n_of(lab.first, "crashed") == 1, 120, tell)
    [lost] = [run["name"] for run in look(lab.first) if run["state"] == "crashed"]
    lab.outside.mend()

    before = {run["name"]: run["historyLineCount"] for run in look(lab.first)}
    for process in (tls, server):
        process.send_signal(signal.SIGTERM)
        process.wait(60)
    lab.serve(lab.second, "after")
    lab.name(lab.second)

    def all_go_on() -> bool:
        now = {run["name"]: run["historyLineCount"] for run in look(lab.second)}
        return all(now[name] > n for name, n in before.items())

    wait_until(all_go_on, 240, tell)  # the one that was cut off sends what it kept, too
    (lab.folder / "go").touch()
    for agent in agents:
        assert agent.wait(300) == 0, tell()
    ended = look(lab.second)
    finished = Counter(
        json.loads(run["config"])["a"]["value"] for run in ended if run["state"] == "finished"
    )
    assert sorted(finished) == [1, 2, 3, 4, 5, 6], tell()
    live = {run["state"] for run in ended if run["name"] in before and run["name"] != lost}
    assert live == {"finished"}, tell()
