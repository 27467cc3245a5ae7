"""Fifty sweep files, every key right and wrong: what is said of each stands beside it."""

from pathlib import Path

import pytest
import yaml

from sweepd.search.grammar import extras, sweep_file
from tests.unit.search.files.__main__ import DOCS, HEAD, HERE, judge, table

FILES = sorted(HERE.glob("*.yaml"))


@pytest.mark.parametrize("path", FILES, ids=[path.stem for path in FILES])
def test_file_is_judged_as_written_beside_it(path: Path) -> None:
    assert judge(path) == yaml.safe_load(path.with_suffix(".expected").read_text())


def test_every_key_of_the_grammar_is_in_a_file() -> None:
    keys: set[str] = set()
    for path in FILES:
        raw = yaml.safe_load(path.read_text())
        keys |= raw.keys()
    assert set(sweep_file.KEYS) <= keys
    assert {"seed", "repeats", "retries", "distinct", "breaker", "zip"} <= set(extras.KEYS)


def test_no_file_is_told_more_than_it_has_odd_things() -> None:
    for path in FILES:
        found = judge(path).get("warnings", [])
        assert isinstance(found, list)
        assert len(found) <= 3, path
        assert all(len(warning) < 400 for warning in found), path


def test_table_of_the_docs_is_the_files() -> None:
    assert DOCS.read_text() == HEAD + table()
