"""The runs that a page shows, as it reads them: all at first, then what changed since.

All runs are a list of `runs`, or, in a large project, a `table` of columns (see
`services.tables.documents`); with `?as=runs` those of a sweep are a list whatever their number.

An answer's `at` names the state it shows. Asked for with `?since=` that, the next one has the runs
changed, the ids of those gone, and `n`, how many there are: who counts otherwise asks for all.
"""

import hashlib
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import chain
from typing import Any

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from sweepd.domain.encoding import to_json
from sweepd.domain.runs import ENDED
from sweepd.domain.shell import command
from sweepd.domain.sweeps import EventKind, Sweep
from sweepd.services.all import Services
from sweepd.services.sweeps import time_budget
from sweepd.services.tables.fetching import Fetched
from sweepd.web import shapes
from sweepd.web.projects import project_of
from sweepd.web.responses import secure
from sweepd.web.session import Visitor
from sweepd.web.sweeps import sweep_of

CACHE_S = 5.0  # another server process may have changed a sweep without our knowing
MAX_CACHED = 64  # documents kept, each of some megabytes at ten thousand runs
MAX_WARNINGS = 20  # the newest
# Replicas may not agree on the time, and a transaction may take a while: what changed shortly
# before is sent once more.
OVERLAP = timedelta(seconds=20)


def of_project(request: Request, visitor: Visitor) -> Response:
    """GET /-/projects/{entity}/{project}/runs: all runs, for the table."""
    services, project = project_of(request, visitor)
    version = services.overviews.version(project)
    head: dict[str, Any] = {
        "id": project.name,
        "name": project.name,
        "state": "",
        "metric": None,
        "parameters": [],
        "best_run_id": None,
        "yaml": "",
        "warnings": [],
    }
    mark = _mark(version.changed_at, version.newest_pk if version.changed_at is None else 0)
    if (since := _since(request, mark)) is not None:
        found = services.overviews.changed_runs(project, since - OVERLAP)
        if found is not None:
            rows = [shapes.from_run(run) for run in found[0]]
            return _part(request, head, rows, found[1], version.n_visible, mark)
    tag = _tag(repr(version).encode())
    if request.headers.get("if-none-match") == tag:
        return Response(status_code=304, headers=secure({"ETag": tag}))
    if (table := services.tables.runs(project.pk)) is not None:
        return _in_columns(head, table, mark, tag)
    runs = [shapes.from_run(run) for run in services.runs.list_all(project)]
    return _answer(request, to_json({"sweep": head, "runs": runs, "at": mark}), tag)


def of_sweep(request: Request, visitor: Visitor) -> Response:
    """GET /-/sweeps/{entity}/{project}/{sweep}/points: what the parallel view draws."""
    services, sweep = sweep_of(request, visitor)
    version = services.overviews.version_of_points(sweep)
    mark = _mark(version.changed_at, sweep.n_prior)
    if (since := _since(request, mark)) is not None:
        found = services.overviews.changed_points(sweep, since - OVERLAP)
        if found is not None:
            points = [shapes.from_point(point) for point in found[0]]
            head = _head(services, sweep, _best(services, sweep))
            return _part(request, head, points, found[1], version.n_visible, mark)
    wants_runs = request.query_params.get("as") == "runs"
    if not wants_runs and (answer := _many_points(request, services, sweep, mark)) is not None:
        return answer
    state = request.app.state
    if not hasattr(state, "points_cache"):
        state.points_cache = _Cache()

    def make() -> bytes:
        points = [shapes.from_point(point) for point in services.sweeps.points(sweep)]
        head = _head(services, sweep, _best(services, sweep))
        return to_json({"sweep": head, "runs": points, "at": mark})

    count = services.changes.count("sweep", sweep.pk)
    return _answer(request, state.points_cache.get(sweep.pk, count, make))


def _many_points(request: Request, services: Services, sweep: Sweep, mark: str) -> Response | None:
    """All points where the sweep's project is kept in columns, unless they are not all its own."""
    if sweep.n_prior:
        return None
    head = _head(services, sweep, _best(services, sweep))
    tag = _tag(to_json(head) + mark.encode())
    if request.headers.get("if-none-match") == tag:
        return Response(status_code=304, headers=secure({"ETag": tag}))
    table = services.tables.runs(sweep.project_pk, sweep.pk)
    return None if table is None else _in_columns(head, table, mark, tag)


def _best(services: Services, sweep: Sweep) -> str | None:
    """The id of the run whose metric was best at any step."""
    if services.sweeps.spec(sweep).extras.repeats < 2 and not sweep.n_prior:
        found = services.tables.best(sweep.project_pk, sweep.pk, sweep.metric_goal.is_max)
        if found is not None:
            return found
    best = services.sweeps.best_run(sweep)
    return best.run_id if best else None


def _head(services: Services, sweep: Sweep, best_run_id: str | None) -> dict[str, Any]:
    """All that the sweep page shows of the sweep itself."""
    spec = services.sweeps.spec(sweep)
    states = services.sweeps.count_runs(sweep)
    metric = None
    if sweep.metric_name:
        target = spec.metric.target if spec.metric else None
        metric = {"name": sweep.metric_name, "goal": sweep.metric_goal, "target": target}
    return {
        "id": sweep.sweep_id,
        "name": shapes.title_of(sweep),
        "state": str(sweep.state),
        "state_reason": sweep.state_reason,
        "description": (sweep.description or "")[:2000],
        "method": sweep.method,
        "metric": metric,
        "run_cap": sweep.run_cap,
        "hands_out_until": shapes.moment(services.sweeps.hands_out_until(sweep)),
        "budget": time_budget.text(spec),
        "n_expected": sweep.n_expected,
        "n_done": sweep.n_prior + sum(states.get(state, 0) for state in ENDED),
        "created_at": shapes.moment(sweep.created_at),
        "creator": sweep.user_name,
        "yaml": sweep.config_yaml,
        "agent_command": command("wandb", "agent", sweep.path),
        "best_run_id": best_run_id,
        "metrics": [{"name": m.name, "goal": m.goal} for m in spec.metrics],
        "front": [
            {"id": run.run_id, "name": run.name, "values": list(run.values)}
            for run in services.sweeps.front(sweep)
        ],
        "warnings": [
            {"message": event.message, "at": shapes.moment(event.at)}
            for event in services.sweeps.events(sweep, EventKind.WARNING)[-MAX_WARNINGS:]
        ],
        "parameters": [
            shapes.from_parameter(p)
            for p in shapes.in_file_order(spec.space.parameters, sweep.config_yaml)
        ],
    }


def _mark(changed_at: datetime | None, other: int) -> str:
    """The state that an answer shows; `other` is what may change without any run's changing."""
    return f"{changed_at.isoformat() if changed_at else ''} {other}"


def _since(request: Request, mark: str) -> datetime | None:
    """The time that the page's state is of; None when all must be sent."""
    at, _, other = request.query_params.get("since", "").partition(" ")
    if other != mark.partition(" ")[2]:
        return None
    try:
        since = datetime.fromisoformat(at)
    except ValueError:
        return None
    return since if since.tzinfo else since.replace(tzinfo=UTC)


def _part(
    request: Request,
    head: dict[str, Any],
    rows: list[dict[str, Any]],
    gone: list[str],
    n: int,
    mark: str,
) -> Response:
    part = {"sweep": head, "changed": rows, "gone": gone, "n": n, "at": mark}
    return _answer(request, to_json(part))


def _in_columns(head: dict[str, Any], table: Fetched, mark: str, tag: str) -> Response:
    """Megabytes: sent part by part, as they are taken."""
    lead = b'{"sweep":' + to_json(head) + b',"at":' + to_json(mark) + b',"table":'
    headers = secure({"ETag": tag, "Content-Length": str(len(lead) + table.n_bytes + 1)})
    parts = chain((lead,), table.parts, (b"}",))
    return StreamingResponse(parts, media_type="application/json", headers=headers)


def _answer(request: Request, body: bytes, tag: str | None = None) -> Response:
    tag = tag or _tag(body)
    headers = secure({"ETag": tag})
    if request.headers.get("if-none-match") == tag:
        return Response(status_code=304, headers=headers)
    return Response(body, media_type="application/json", headers=headers)


def _tag(text: bytes) -> str:
    return f'"{hashlib.blake2b(text, digest_size=12).hexdigest()}"'


class _Cache:
    """The last whole document of each sweep as bytes, until something changes."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: dict[int, tuple[int, float, bytes]] = {}

    def get(self, pk: int, count: int, make: Callable[[], bytes]) -> bytes:
        with self._lock:
            found = self._kept.get(pk)
        if found and found[0] == count and time.monotonic() - found[1] <= CACHE_S:
            return found[2]
        body = make()
        with self._lock:
            while len(self._kept) >= MAX_CACHED:
                self._kept.pop(next(iter(self._kept)))
            self._kept[pk] = (count, time.monotonic(), body)
        return body
