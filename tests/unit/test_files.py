"""Rules about files that no other test would notice."""

import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from tests.unit.test_waiting import faults

ROOT = Path(__file__).parents[2]


def tracked(*patterns: str) -> list[Path]:
    """Files git knows, or would on the next commit."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "--", *patterns]
    listing = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    found = [ROOT / line for line in listing.splitlines() if (ROOT / line).exists()]
    assert found, f"no file is named {patterns}"
    return found


def test_pages_use_nothing_from_elsewhere() -> None:
    for path in tracked("sweepd/web/*"):
        if path.suffix in {".html", ".js", ".css"}:
            text = path.read_text()
            for scheme in ("https://", "http://"):
                hosts = {part.split("/")[0] for part in text.split(scheme)[1:]}
                assert hosts <= {"www.w3.org", "127.0.0.1"}, f"{path}: {hosts}"


def test_no_tracked_file_is_large() -> None:
    for path in tracked():
        assert path.stat().st_size < 1_500_000, path


def test_keys_of_ours_are_named_pk() -> None:
    """A column's old name would only fail when its query runs."""
    old = re.compile(r"\bc?\.?(user|project|entity|artifact|collection|membership)_id\b")
    for path in tracked("sweepd/store/*.py"):
        if path.parent.name == "store":
            assert not (found := old.search(path.read_text())), f"{path}: {found}"


def test_no_module_has_a_name_of_the_standard_library() -> None:
    for path in tracked("sweepd/*.py", "bench/*.py", "mnist/*.py", "tests/*.py"):
        if not path.stem.startswith("__"):
            assert path.stem not in sys.stdlib_module_names, path


# What is spoken of in several layers or folders, each time the same: a file each.
NOUNS = """agents artifact_collections artifacts automations budget column deletions errors express
files integrations manifests notices overviews paging prior_runs projects registries routes
run_files runs sessions settings sweep_file sweeps teams users views"""


def test_no_two_modules_have_one_name_and_two_meanings() -> None:
    paths = [path for path in tracked("sweepd/*.py") if path.stem != "__init__"]
    counted = Counter(path.stem for path in paths)
    assert {name for name, n in counted.items() if n > 1} == set(NOUNS.split())


def test_digits_are_asked_for_in_one_way() -> None:
    """`"²".isdigit()` holds and `int("²")` fails; `domain.ids.number_in` takes plain digits."""
    lines = [
        f"{path}: {line}"
        for path in tracked("sweepd/*.py")
        for line in path.read_text().splitlines()
    ]
    asked = [line for line in lines if re.search(r"is(digit|numeric)\(\)", line)]
    assert asked
    assert not [line for line in asked if "isascii()" not in line]


def test_code_and_docs_use_plain_words() -> None:
    """The field's terms: access check, request, response, cache; and nobody's private ones."""
    words = re.compile(
        r"(?<![a-z])(wall(s|ed)?(?!_time)|doors?|spoke|wish(es)?|shel(f|ves)|heirs?"
        r"|twice.is.once|its.due)(?![a-z])",
        re.I,
    )
    kinds = ("py", "js", "mjs", "html", "css", "md", "graphql")
    for path in tracked(*(f"*.{kind}" for kind in kinds)):
        text = path.read_text().replace("allowAllArtifactTypes", "")
        if path not in (Path(__file__), ROOT / "sweepd/domain/memorable.py"):  # words for names
            assert not (found := words.search(text)), f"{path}: {found}"


def test_the_formatter_decides() -> None:
    marker = "# fmt: " + "skip"
    found = [path for path in tracked("*.py") if marker in path.read_text()]
    assert len(found) <= 5, found


def test_unit_tests_lie_where_what_they_test_lies() -> None:
    for layer in ("domain", "search", "services", "store", "web", "wandb_api"):
        for path in tracked(f"tests/unit/{layer}/test_*.py", f"tests/unit/{layer}/**/test_*.py"):
            folder = ROOT / "sweepd" / path.parent.relative_to(ROOT / "tests/unit")
            modules = [module.stem for module in folder.glob("*.py")]
            name = path.stem.removeprefix("test_")
            assert any(name == module or name.startswith(f"{module}_") for module in modules), (
                f"{path.relative_to(ROOT)}: expected test_MODULE.py or test_MODULE_MORE.py "
                f"for a MODULE of {folder.relative_to(ROOT)}"
            )


def test_templates_styles_and_scripts_are_wrapped() -> None:
    kinds = ("sweepd/web/*.html", "sweepd/web/*.css", "sweepd/web/*.js", "tests/node/*.mjs")
    for path in tracked(*kinds):
        lengths = {n: len(line) for n, line in enumerate(path.read_text().splitlines(), 1)}
        assert {n: length for n, length in lengths.items() if length > 120} == {}, path


def test_few_statements_only_say_that_something_is_there() -> None:
    """`get_…` of the store raises `Gone`; an assertion is silent under `python -O`."""
    found = [
        f"{path.relative_to(ROOT)}:{number}"
        for path in tracked("sweepd/*.py")
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if re.match(r"\s*assert .* is not None", line) and "search" not in path.parts
    ]
    assert len(found) <= 4, found


def test_every_migration_has_a_number_of_its_own() -> None:
    """Two of one number meet when two branches do; then no database can be made."""
    names = [path.name for path in tracked("sweepd/store/migrations/versions/*.py")]
    numbers = sorted(name[:4] for name in names if name[:4].isdecimal())
    assert numbers == [f"{i:04}" for i in range(1, len(numbers) + 1)]
    assert f'HEAD = "{numbers[-1]}"' in (ROOT / "sweepd/store/migrate.py").read_text()


@pytest.mark.slow
def test_no_test_waits_for_a_time_or_asserts_one() -> None:
    """`wait_until` asks with a deadline; what counts as waiting is in `test_waiting.py`."""
    here = "tests/unit/test_waiting.py"
    found = [
        fault
        for path in tracked("tests/*.py")
        if (name := str(path.relative_to(ROOT))) != here
        for fault in faults(path.read_text(), name)
    ]
    assert found == []


def test_projects_of_browser_tests_are_of_one_file_each() -> None:
    """All files share one server, in any order: the runs of a second would be in the lists."""
    made: dict[str, set[str]] = {}
    for path in tracked("tests/browser/*.py"):
        for name in re.findall(r'(?:sweep_with_runs\(|"ann", )"([\w-]+)"', path.read_text()):
            made.setdefault(name, set()).add(path.name)
    assert len(made) > 20
    assert {name: files for name, files in made.items() if len(files) > 1} == {}
