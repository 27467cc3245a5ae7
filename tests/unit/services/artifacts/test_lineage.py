"""Which run made a version, and which versions a run made."""

import pytest

from sweepd import server
from sweepd.domain.users import Caller
from sweepd.services.runs.runs import RunChange
from tests.unit.services.logging_versions import (
    begin,
    log,
    md5,
)

pytestmark = pytest.mark.both_databases


def test_version_whose_run_was_deleted_has_no_run(parts: server.Parts, ann: Caller) -> None:
    run_of, _ = parts.services.runs.upsert(ann, None, "p", "r", RunChange())
    done = log(parts, ann, b"one", run_id="r")
    parts.services.artifacts.use(ann, run_of, done.pk, None)
    assert parts.services.artifacts.producer(ann, done) is not None
    parts.services.runs.delete(ann, run_of.pk)
    assert parts.services.artifacts.producer(ann, done) is None
    assert parts.services.artifacts.consumers(ann, done) == []


def test_run_that_logs_what_was_there_has_it_among_its_outputs(
    parts: server.Parts, ann: Caller
) -> None:
    """Two runs of one config may well end with the same model."""
    first, _ = parts.services.runs.upsert(ann, None, "p", "r1", RunChange())
    second, _ = parts.services.runs.upsert(ann, None, "p", "r2", RunChange())
    services = parts.services.artifacts
    done = log(parts, ann, b"weights", run_id="r1")
    again = begin(parts, ann, md5(b"weights"), run_id="r2")
    assert again.pk == done.pk
    for run_of in (first, second):
        assert [item.pk for item in services.output_artifacts(run_of)] == [done.pk]
    assert services.output_artifacts(second, first=True) == []
    found = services.producer(ann, done)
    assert found is not None and found.pk == first.pk
