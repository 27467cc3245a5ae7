"""Imports go one way: the table of docs/architecture.md as data."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ALLOWED = {  # `later` is open to all: it stands for libraries
    "domain": {"later"},
    "search": {"domain.goals", "later"},  # which way is better has one rule; all else is its own
    "store": {"domain", "later"},
    "services": {"domain", "search", "store", "later"},
    "wandb_api": {"domain", "services", "later"},
    "web": {"domain", "services", "later"},
}
ROOMS = {  # sweepd/services/: a folder a noun
    "core": set(),
    "background": set(),
    "registry_access": set(),
    "access": {"core", "registry_access"},
    "paging": {"core"},
    "streams": {"core"},
    "files": {"core", "paging"},
    "filters": {"streams"},
    "people": {"access", "core", "filters", "paging", "registry_access"},
    "artifacts": {"access", "core", "files", "filters", "paging", "registry_access"},
    "automations": {
        "access",
        "background",
        "core",
        "filters",
        "paging",
        "registry_access",
        "streams",
    },
    "sweeps": {"access", "background", "core", "filters", "paging", "streams"},
    "tables": {"core", "filters", "streams"},
    "runs": {"access", "core", "filters", "paging", "streams", "sweeps", "tables"},
    "moving": {"access", "artifacts", "core", "files", "runs", "streams", "sweeps", "workspaces"},
    "upkeep": {"artifacts", "background", "core", "files", "runs"},
    "workspaces": {"access", "core", "paging"},
    "all": {
        "artifacts",
        "automations",
        "core",
        "files",
        "people",
        "runs",
        "streams",
        "sweeps",
        "tables",
        "workspaces",
    },
}
FILES = [
    (layer, path) for layer in ALLOWED for path in sorted((ROOT / "sweepd" / layer).rglob("*.py"))
]


def imported(path: Path) -> Iterator[str]:
    """Every module a file imports, also inside functions."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: imports are absolute"
            module = node.module or ""
            yield from (f"{module}.{alias.name}" for alias in node.names)


@pytest.mark.parametrize(("layer", "path"), FILES, ids=lambda item: getattr(item, "name", item))
def test_layer_imports_only_what_lies_below(layer: str, path: Path) -> None:
    for name in imported(path):
        parts = name.split(".")
        if parts[0] == "sweepd" and len(parts) > 1 and parts[1] != layer:
            ways = {parts[1], ".".join(parts[1:3])}
            assert ways & ALLOWED[layer], f"{path} imports {name}"


@pytest.mark.parametrize(
    "path",
    sorted((ROOT / "sweepd/services").rglob("*.py")),
    ids=lambda path: str(path.relative_to(ROOT)),
)
def test_services_import_only_the_rooms_below(path: Path) -> None:
    room = path.relative_to(ROOT / "sweepd/services").parts[0].removesuffix(".py")
    for name in imported(path):
        parts = name.split(".")
        if parts[:2] == ["sweepd", "services"] and parts[2] != room:
            assert parts[2] in ROOMS[room], f"{path} imports {name}"


def test_the_table_of_rooms_has_no_circle() -> None:
    placed: set[str] = set()
    while len(placed) < len(ROOMS):
        ready = {room for room, below in ROOMS.items() if room not in placed and below <= placed}
        assert ready, f"a circle among {sorted(set(ROOMS) - placed)}"
        placed |= ready


@pytest.mark.slow
def test_the_table_of_rooms_has_no_arrow_that_nobody_goes() -> None:
    gone = {
        (path.relative_to(ROOT / "sweepd/services").parts[0].removesuffix(".py"), parts[2])
        for path in (ROOT / "sweepd/services").rglob("*.py")
        for name in imported(path)
        if (parts := name.split("."))[:2] == ["sweepd", "services"]
    }
    allowed = {(room, other) for room, others in ROOMS.items() for other in others}
    assert allowed - gone == set()
    told = f"{len(ROOMS)} places and {len(allowed)}\narrows"
    assert told in (ROOT / "docs/architecture.md").read_text()


@pytest.mark.slow
def test_only_the_store_speaks_sql() -> None:
    for layer, path in FILES:
        if layer != "store":
            assert not any(name.startswith("sqlalchemy") for name in imported(path)), path


@pytest.mark.parametrize("path", [ROOT / "agent.py", *sorted((ROOT / "mnist").glob("*.py"))])
def test_the_workload_knows_only_the_stock_client(path: Path) -> None:
    assert not any(name.split(".")[0] == "sweepd" for name in imported(path))


@pytest.mark.slow
def test_imports_are_seen_in_every_layer() -> None:
    """Or the tests above would look at nothing."""
    seen = {layer: 0 for layer in ALLOWED}
    for layer, path in FILES:
        seen[layer] += sum(name.startswith("sweepd.") for name in imported(path))
    assert min(seen.values()) > 3, seen


def test_what_better_means_is_said_in_one_place() -> None:
    compares = re.compile(r"""[!=]= *["'](max|min)imize["']""")
    files = sorted((ROOT / "sweepd").rglob("*.py"))
    assert len(files) > 200
    for path in files:
        if path != ROOT / "sweepd/domain/goals.py":
            assert not compares.search(path.read_text()), f"{path}: ask domain.goals.Goal"
