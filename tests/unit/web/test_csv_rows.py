"""A run's line in the CSV file of a project."""

from sweepd import server
from sweepd.domain.users import Caller
from sweepd.services.runs.runs import RunChange
from sweepd.services.streams.lines import StreamPost
from sweepd.web.csv_rows import text_of_runs
from tests.conftest import FakeClock


def test_a_run_that_goes_on_has_lasted_until_now_by_the_servers_clock(
    parts: server.Parts, ann: Caller, clock: FakeClock
) -> None:
    services = parts.services
    project, _ = services.projects.ensure(ann, None, "p", None)
    for name in ("ended", "live"):
        services.runs.upsert(ann, None, "p", name, RunChange(display_name=name))
    clock.forward(30.5)
    end = StreamPost(is_complete=True, exitcode=0)
    services.history.append(ann, ann.name, "p", "ended", end)
    clock.forward(60)
    ids, columns = ["live", "ended", "none"], ["run.duration", "run.state"]
    text = services.tables.offer(project.pk, text_of_runs, project, ids, columns)
    assert text.splitlines() == ["live,live,90.5,running", "ended,ended,30.5,finished"]
