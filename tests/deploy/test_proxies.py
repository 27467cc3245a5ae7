"""deploy/nginx.conf and deploy/Caddyfile as they are, but for ports, names and certificates: a
stock client works through them, and many open pages hear news over one connection of HTTP/2."""

import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import sync_playwright

from tests.conftest import ROOT, RunningServer, free_port, start_server, wait_until

pytestmark = [pytest.mark.deploy, pytest.mark.timeout(300)]

N_STREAMS = 9  # beyond the six connections that a browser opens with HTTP/1.1
CLIENT = """
import pathlib, wandb
run = wandb.init(project="proxied", id="first")
for loss in (3.0, 2.0):
    run.log({"loss": loss})
pathlib.Path("big.bin").write_bytes(bytes(3_000_000))
artifact = wandb.Artifact("model", type="model")
artifact.add_file("big.bin")
run.log_artifact(artifact).wait()
run.finish()
api = wandb.Api()
again = api.run("proxied/first")
assert [row["loss"] for row in again.scan_history()] == [3.0, 2.0]
got = api.artifact("proxied/model:latest").download("got")
assert pathlib.Path(got, "big.bin").stat().st_size == 3_000_000
"""
LISTEN = """([base, topic, n]) => new Promise((done, failed) => {
  window.heard = new Set();
  const opened = new Set();
  for (let k = 0; k < n; k += 1) {
    const source = new EventSource(`${base}/-/events?topic=${topic}&k=${k}`);
    source.addEventListener("open", () => opened.add(k) && opened.size === n && done(n));
    source.addEventListener("error", () => failed(new Error(`stream ${k} of ${topic} failed`)));
    source.addEventListener("changed", () => window.heard.add(k));
  }
  setTimeout(() => failed(new Error(`${opened.size} of ${n} streams are open`)), 60_000);
})"""


def _certificate(folder: Path) -> tuple[Path, Path]:
    """A certificate for localhost that is its own authority, and its key."""
    certificate, key = folder / "localhost.pem", folder / "localhost.key"
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"]
    names = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"]
    subprocess.run(
        [*command, *names, "-keyout", key, "-out", certificate], check=True, capture_output=True
    )
    return certificate, key


def _nginx(folder: Path, port: int, upstream: int, path: str) -> list[str | Path]:
    """One server of the recipe: the one at a name of its own, or the one below a path."""
    certificate, key = _certificate(folder)
    text = (ROOT / "deploy" / "nginx.conf").read_text()
    [at_name, below] = re.findall(r"^server \{.*?^\}", text, re.S | re.M)
    server = below if path else at_name
    for pattern, value in (
        (r"listen 443", f"listen 127.0.0.1:{port}"),
        (r"server_name \S+;", "server_name localhost;"),
        (r"ssl_certificate +\S+;", f"ssl_certificate {certificate};"),
        (r"ssl_certificate_key +\S+;", f"ssl_certificate_key {key};"),
        (r"127\.0\.0\.1:8787", f"127.0.0.1:{upstream}"),
    ):
        server, n_found = re.subn(pattern, value, server)
        assert n_found == 1, pattern
    places = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    temporary = "".join(f"  {name}_temp_path {folder}/{name};\n" for name in places)
    conf = folder / "nginx.conf"
    conf.write_text(
        f"pid {folder}/pid;\nerror_log stderr;\nevents {{}}\n"
        f"http {{\n  access_log off;\n{temporary}{server}\n}}\n"
    )
    return [shutil.which("nginx") or "nginx", "-c", conf, "-g", "daemon off; master_process off;"]


def _caddy(folder: Path, port: int, upstream: int, path: str) -> list[str | Path]:
    certificate, key = _certificate(folder)
    text = (ROOT / "deploy" / "Caddyfile").read_text()
    [at_name, below] = re.findall(r"^\S+ \{.*?^\}", text, re.S | re.M)
    site = below if path else at_name
    head = f"https://localhost:{port} {{\n\tbind 127.0.0.1\n\ttls {certificate} {key}\n"
    site, n_named = re.subn(r"^\S+ \{\n", head, site)
    site, n_led = re.subn(r"127\.0\.0\.1:8787", f"127.0.0.1:{upstream}", site)
    assert (n_named, n_led) == (1, 1)
    conf = folder / "Caddyfile"
    conf.write_text(f"{{\n\tadmin off\n\tauto_https disable_redirects\n}}\n{site}\n")
    return ["caddy", "run", "--config", conf, "--adapter", "caddyfile"]


PROXIES: dict[str, Callable[[Path, int, int, str], list[str | Path]]] = {
    "nginx": _nginx,
    "caddy": _caddy,
}


@contextmanager
def _proxied(folder: Path, name: str, path: str) -> Iterator[RunningServer]:
    """A server of ours, and one of the recipes in front of it."""
    if shutil.which(name) is None:
        pytest.skip(
            f"{name} is not installed (Debian: {'nginx-light' if name == 'nginx' else name})"
        )
    upstream, port = free_port(), free_port()
    public = f"https://localhost:{port}{path}"
    named = {"SWEEPD_PUBLIC_URL": public} if path else {}
    running = start_server(folder / "server", upstream, **named)
    log_path = folder / "proxy.log"
    command = PROXIES[name](folder, port, upstream, path)
    with log_path.open("wb") as log:
        proxy = subprocess.Popen(
            command, stdout=log, stderr=log, env={"HOME": str(folder), "PATH": "/usr/sbin:/usr/bin"}
        )
    running.public_url = public

    def is_up() -> bool:
        if proxy.poll() is not None:
            pytest.fail(f"{name} ended: {log_path.read_text()}")
        probe = ["curl", "-sk", "-o", "/dev/null", "-w", "%{http_code}", f"{public}/healthz"]
        return subprocess.run(probe, capture_output=True, check=False).stdout == b"200"

    try:
        wait_until(is_up, 30, log_path.read_text)
        yield running
    finally:
        proxy.terminate()
        proxy.wait(30)
        running.stop()


@pytest.mark.parametrize("path", ["", "/sweepd"], ids=["at a name", "below a path"])
@pytest.mark.parametrize("name", PROXIES)
def test_a_client_and_many_open_pages_work_through_a_recipe(
    name: str, path: str, tmp_path: Path
) -> None:
    home = tmp_path / "home"
    home.mkdir()
    with _proxied(tmp_path, name, path) as server:
        trusted = str(tmp_path / "localhost.pem")
        environment = server.environment(home) | {
            "SSL_CERT_FILE": trusted,
            "REQUESTS_CA_BUNDLE": trusted,
        }
        done = subprocess.run(
            [sys.executable, "-c", CLIENT],
            cwd=home,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(
                executable_path="/usr/bin/chromium", args=["--headless=new", "--no-sandbox"]
            )
            page = browser.new_page(ignore_https_errors=True)
            page.goto(f"{server.url}/")
            page.get_by_label("API key").fill(server.key)
            page.get_by_role("button", name="Sign in").click()
            page.wait_for_url(f"{server.url}/**")
            entity = page.locator('a[href$="/proxied"]').first.get_attribute("href")
            assert entity
            page.goto(f"{server.url.removesuffix(path)}{entity}/runs/first")
            page.wait_for_selector("[data-ready]")
            hop = "performance.getEntriesByType('navigation')[0].nextHopProtocol"
            assert page.evaluate(hop) == "h2"
            topic = f"runs/{entity.removeprefix(path).strip('/')}/first"
            assert page.evaluate(LISTEN, [path, topic, N_STREAMS]) == N_STREAMS
            change = "import wandb; run = wandb.Api().run('proxied/first')\n"
            change += "run.display_name = 'renamed'; run.update()"
            subprocess.run([sys.executable, "-c", change], cwd=home, env=environment, check=True)
            page.wait_for_function(f"() => window.heard.size === {N_STREAMS}")
            page.get_by_role("heading", name="renamed").wait_for()
            browser.close()
