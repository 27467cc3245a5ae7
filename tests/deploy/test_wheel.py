"""What `make wheel` builds is whole: installed alone, it serves its pages from an empty folder."""

import os
import re
import subprocess
import sys
import sysconfig
import tarfile
import zipfile
from pathlib import Path

import httpx2
import pytest

from sweepd import __version__
from sweepd.store.migrate import HEAD
from tests.conftest import ROOT, free_port, wait_until
from tests.unit.test_files import tracked


def run(*words: str | Path, cwd: Path) -> str:
    """What a command prints; its complaints when it fails."""
    environ = {k: v for k, v in os.environ.items() if not k.startswith(("PYTHON", "SWEEPD_"))}
    done = subprocess.run(words, cwd=cwd, env=environ, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return done.stdout


@pytest.fixture(scope="module")
def dist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Both distributions, of a copy of what git knows: the wheel is built out of the other."""
    source = tmp_path_factory.mktemp("source")
    for path in tracked():
        copy = source / path.relative_to(ROOT)
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_bytes(path.read_bytes())
    folder = tmp_path_factory.mktemp("dist")
    run(sys.executable, "-m", "build", "--no-isolation", "--outdir", folder, ".", cwd=source)
    return folder


def test_both_bring_the_licence_and_all_of_the_package(dist: Path) -> None:
    [wheel], [source] = dist.glob("*.whl"), dist.glob("*.tar.gz")
    in_wheel = set(zipfile.ZipFile(wheel).namelist())
    with tarfile.open(source) as file:
        in_source = {name.partition("/")[2] for name in file.getnames()}
    package = {str(path.relative_to(ROOT)) for path in tracked("sweepd/*")}
    assert package <= in_wheel and "sweepd/py.typed" in in_wheel
    assert f"sweepd-{__version__}.dist-info/licenses/LICENSE" in in_wheel
    everything = {str(path.relative_to(ROOT)) for path in tracked()} - {".gitignore"}
    assert everything <= in_source, everything - in_source
    assert not [name for name in in_wheel if not name.startswith(("sweepd/", "sweepd-"))]


def test_the_wheel_alone_serves_its_pages(dist: Path, tmp_path: Path) -> None:
    """Its dependencies are lent by the environment of the tests; sweepd itself is not."""
    venv = tmp_path / "venv"
    run(sys.executable, "-m", "venv", "--without-pip", venv, cwd=tmp_path)
    python = venv / "bin" / "python"
    [wheel] = dist.glob("*.whl")
    pip = (sys.executable, "-m", "pip", "--python", python, "install", "--quiet", "--no-deps")
    run(*pip, "--no-index", wheel, cwd=tmp_path)
    [own] = venv.glob("lib/*/site-packages")
    (own / "lent.pth").write_text(sysconfig.get_path("purelib") + "\n")

    code = "import sweepd; print(sweepd.__file__)"
    assert Path(run(python, "-c", code, cwd=tmp_path).strip()).is_relative_to(own)
    told = run(venv / "bin" / "sweepd", "--version", cwd=tmp_path)
    assert told.startswith(f"sweepd {__version__}, schema {HEAD}, Python 3.")

    port, log_path = free_port(), tmp_path / "log"
    with log_path.open("wb") as log:
        serve = (venv / "bin" / "sweepd", "serve", "--data", tmp_path / "data", "--port", str(port))
        process = subprocess.Popen(serve, cwd=tmp_path, stdout=log, stderr=log)
    try:
        wait_until(
            lambda: b"Ctrl-C stops" in log_path.read_bytes() or process.poll() is not None,
            60,
            log_path.read_text,
        )
        login = run(
            venv / "bin" / "sweepd", "login", "--link", "--data", tmp_path / "data", cwd=tmp_path
        )
        link = re.search(r"http://\S+", login)
        assert link is not None, login
        with httpx2.Client(follow_redirects=True) as browser:
            signed_in = browser.get(link[0])
            assert signed_in.status_code == 200
            home = browser.get(f"http://127.0.0.1:{port}/")
            assert home.status_code == 200
            statics = set(re.findall(r'(?:src|href)="(/[^"]*\.(?:js|css|svg))"', home.text))
            assert len(statics) > 2
            for static in statics:
                assert browser.get(f"http://127.0.0.1:{port}{static}").status_code == 200, static
    finally:
        process.terminate()
        process.wait(30)
