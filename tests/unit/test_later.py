"""What a server does without until somebody asks for it."""

import subprocess
import sys
import threading
from pathlib import Path

import pytest

from sweepd.later import Later

DEAR = {"alembic", "boto3", "duckdb", "numpy", "obstore", "psycopg", "pyarrow", "re2", "scipy"}
SERVE = """
import gc, os, signal, sys, urllib.request
from pathlib import Path
from sweepd import serving
from sweepd.settings import Settings

def announce(parts, address):
    urllib.request.urlopen(f"{address}/healthz").close()
    print("loaded:", *sorted({name.partition(".")[0] for name in sys.modules}), flush=True)
    os.kill(os.getpid(), signal.SIGTERM)

serving.serve(Settings(data=Path(sys.argv[1]), port=0), announce)
"""


@pytest.mark.slow
def test_a_server_nobody_has_asked_anything_has_loaded_nothing_dear(tmp_path: Path) -> None:
    for _ in range(2):  # the first start makes the tables
        command = [sys.executable, "-c", SERVE, str(tmp_path)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=300)
        told = [line.split()[1:] for line in done.stdout.splitlines() if line.startswith("loaded:")]
        assert told, done.stderr
        assert "sqlalchemy" in told[0]
        loaded = DEAR & set(told[0])
    assert not loaded


def test_a_module_is_loaded_when_it_is_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "rarely_used", raising=False)
    (tmp_path / "rarely_used.py").write_text("N_LOADED = []\ndef double(n): return 2 * n\n")
    rarely = Later("rarely_used")
    assert "rarely_used" not in sys.modules
    found: list[int] = []
    threads = [threading.Thread(target=lambda: found.append(rarely.double(4))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [8] * 8
    assert rarely.double is vars(rarely)["double"] is sys.modules["rarely_used"].double
    with pytest.raises(AttributeError, match="no attribute 'triple'"):
        _ = rarely.triple
