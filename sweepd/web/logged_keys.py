"""What can be drawn of a project's runs, or of some, beside the numbers of their summaries."""

import itertools
from collections.abc import Sequence
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from sweepd.domain.errors import BadInput, NotFound
from sweepd.domain.fields import Fields
from sweepd.domain.nesting import load
from sweepd.domain.projects import Project
from sweepd.domain.runs import Run
from sweepd.services.all import Services
from sweepd.services.streams.reading import Stream
from sweepd.web import custom_charts, shapes
from sweepd.web.projects import project_of
from sweepd.web.responses import json_response
from sweepd.web.session import Visitor
from sweepd.web.step_metrics import step_metrics

LOOKED_AT = 100  # runs: the newest, or those named
MACHINES = 5  # runs whose system metrics are looked at, the newest
MAX_KEYS = 1000


def show(request: Request, visitor: Visitor) -> Response:
    """GET /-/projects/{entity}/{project}/keys?q={runs}: names of system metrics, media by their
    kind, custom charts as panels, which key each number is drawn over by `define_metric`, and the
    metric of the newest sweep.

    Of the runs that `q` names, newest first, which a page shows: what others logged would be empty
    panels there. Without `q`, of the project's newest.
    """
    services, project = project_of(request, visitor)
    named = _named(request.query_params.get("q"))
    if named is None:
        page = services.runs.select_page(project, None, "-created_at", first=LOOKED_AT)
        runs = [run for _, run in page.items]
    else:
        runs = list(services.overviews.runs_named(project, named))
    return json_response(_keys(services, runs) | {"metric": _metric(services, project)})


def _named(text: str | None) -> list[str] | None:
    if text is None:
        return None
    try:
        asked = Fields(load(text, "q"), "q")
    except ValueError as error:
        raise BadInput(f"q should be a JSON object: {error}; got {text[:80]!r}") from error
    return list(dict.fromkeys(asked.texts("runs", LOOKED_AT) or []))


def chart(request: Request, visitor: Visitor) -> Response:
    """GET /-/projects/{entity}/{project}/chart?name=ENTITY/NAME: the Vega spec kept under it."""
    services, _ = project_of(request, visitor)
    name = request.query_params.get("name", "")
    if not name:
        raise BadInput("expected the name of a chart: ?name=ENTITY/NAME")
    found = custom_charts.own_spec(name, services.notices, visitor.caller)
    if found is None:
        raise NotFound(f"no chart is kept under the name {name[:80]!r}")
    return json_response({"spec": found})


def _keys(services: Services, runs: Sequence[Run]) -> dict[str, Any]:
    media: dict[str, str] = {}
    steps: dict[str, str] = {}
    charts: dict[str, Any] = {}
    for run in reversed(runs):
        for key, value in shapes.parse(run.summary).items():
            if isinstance(value, dict) and "_type" in value and len(media) < MAX_KEYS:
                media[key] = str(value["_type"])[:40]
        steps |= step_metrics(run)
        charts |= custom_charts.as_panels(run)
    tables = {f"{key}_table" for key in charts}  # drawn already
    return {
        "system": _system(services, runs),
        "media": {key: kind for key, kind in media.items() if key not in tables},
        "charts": dict(list(charts.items())[:MAX_KEYS]),
        "steps": steps,
    }


def _metric(services: Services, project: Project) -> dict[str, Any] | None:
    """What the newest sweep that says so is after."""
    for sweep in services.sweeps.list_all(project):
        if sweep.metric_name:
            goal = "maximize" if sweep.metric_goal.is_max else "minimize"
            return {"name": sweep.metric_name, "goal": goal}
    return None


def _system(services: Services, runs: Sequence[Run]) -> list[str]:
    found: dict[str, None] = {}
    for run in itertools.islice((run for run in runs if run.events_lines), MACHINES):
        line = shapes.flat(shapes.parse(services.reading.last_line(run, Stream.EVENTS)))
        found |= {key: None for key, value in line.items() if _is_number(value)}
    return [key for key in found if not key.startswith("_")][:MAX_KEYS]


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
