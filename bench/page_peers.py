"""The same runs in Plotly, and in HiPlot and optuna-dashboard from an environment of their own."""

import json
import socket
import subprocess
import sys
import venv
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import urlopen

PACKAGES = ("hiplot==0.1.33", "optuna-dashboard==0.21.0", "setuptools<81")
_HIPLOT = """
import json, sys, hiplot
rows = json.load(open(sys.argv[1]))
open(sys.argv[2], "w").write(hiplot.Experiment.from_iterable(rows).to_html())
"""
_DASHBOARD = """
import json, sys
import optuna
from optuna.distributions import CategoricalDistribution, FloatDistribution
from optuna_dashboard import run_server

rows = json.load(open(sys.argv[1]))
optuna.logging.set_verbosity(optuna.logging.ERROR)

def is_number(value):
    return isinstance(value, (int, float)) and not isinstance(value, bool)

spaces = {}
for name in rows[0]:
    values = [row[name] for row in rows]
    if name == "accuracy":
        continue
    spaces[name] = (FloatDistribution(min(values), max(values)) if all(map(is_number, values))
                    else CategoricalDistribution(sorted({str(value) for value in values})))
storage = optuna.storages.InMemoryStorage()
study = optuna.create_study(storage=storage, study_name="runs", direction="maximize")
study.add_trials([
    optuna.trial.create_trial(
        params={name: float(row[name]) if isinstance(space, FloatDistribution) else str(row[name])
                for name, space in spaces.items()},
        distributions=spaces, value=row["accuracy"] or 0.0)
    for row in rows])
run_server(storage, host="127.0.0.1", port=int(sys.argv[2]))
"""


def plotly_page(rows: list[dict[str, Any]], folder: Path) -> str:
    """The same runs as Plotly's parcoords, written as a page."""
    import plotly.graph_objects as go

    dimensions = []
    for name in rows[0]:
        values = [row[name] for row in rows]
        names = sorted({str(v) for v in values}) if not isinstance(values[0], int | float) else []
        is_bool = isinstance(values[0], bool)
        if names or is_bool:
            names = sorted({str(v) for v in values})
            values = [names.index(str(v)) for v in values]
            dimensions.append(
                {
                    "label": name,
                    "values": values,
                    "tickvals": list(range(len(names))),
                    "ticktext": names,
                }
            )
        else:
            dimensions.append({"label": name, "values": values})
    figure = go.Figure(
        go.Parcoords(
            dimensions=dimensions,
            line={"color": [row["accuracy"] or 0 for row in rows], "colorscale": "Viridis"},
        )
    )
    path = folder / "plotly.html"
    figure.write_html(path, include_plotlyjs=True)
    return path.as_uri()


def environment(folder: Path) -> Path:
    """The Python of an environment with both, made in `folder` when it is not there."""
    python = folder / "bin" / "python"
    marker = folder / "packages"
    if not marker.exists() or marker.read_text() != " ".join(PACKAGES):
        print(f"making {folder} with {' '.join(PACKAGES)}", file=sys.stderr)
        venv.create(folder, with_pip=True)
        subprocess.run([python, "-m", "pip", "install", "-q", *PACKAGES], check=True)
        marker.write_text(" ".join(PACKAGES))
    return python


def hiplot_page(python: Path, rows: list[dict[str, Any]], folder: Path) -> str:
    """The runs in HiPlot, written as a page."""
    data, page = folder / "rows.json", folder / "hiplot.html"
    data.write_text(json.dumps(rows))
    subprocess.run([python, "-c", _HIPLOT, data, page], check=True)
    return page.as_uri()


@contextmanager
def dashboard(python: Path, rows: list[dict[str, Any]], folder: Path) -> Iterator[str]:
    """The runs as trials of a study that optuna-dashboard shows; the address of its plots."""
    data = folder / "rows.json"
    data.write_text(json.dumps(rows))
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    process = subprocess.Popen(
        [python, "-c", _DASHBOARD, data, str(port)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    address = f"http://127.0.0.1:{port}/dashboard/studies/0/analytics"
    try:
        while not _answers(address):
            if process.poll() is not None:
                raise RuntimeError(f"optuna-dashboard ended with {process.returncode}")
        yield address
    finally:
        process.terminate()
        process.wait(30)


def _answers(address: str) -> bool:
    try:
        with urlopen(address, timeout=2):
            return True
    except (URLError, OSError):
        return False
