"""The run page and what it reads: overview, curves, console, system metrics; what it may change."""

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from sweepd.domain.config import PRIVATE, unwrap
from sweepd.domain.encoding import clean
from sweepd.domain.errors import BadInput
from sweepd.domain.fields import Fields
from sweepd.domain.runs import Run
from sweepd.domain.users import Caller
from sweepd.services.all import Services
from sweepd.services.runs.runs import RunChange
from sweepd.services.streams.reading import Stream
from sweepd.web import curve_documents, custom_charts, shapes
from sweepd.web.responses import address, crumbs, json_response, render, secure
from sweepd.web.session import Visitor, services_of
from sweepd.web.step_metrics import step_metrics

CONSOLE_LINES = 4000  # in one answer
MAX_SIBLINGS = 200
MAX_ALERTS = 500  # the newest


def run_of(request: Request, visitor: Visitor) -> tuple[Services, Run]:
    """The services, and the run that the address names."""
    services = services_of(request)
    path = request.path_params
    return services, services.runs.get(visitor.caller, path["entity"], path["project"], path["run"])


def show(request: Request, visitor: Visitor) -> Response:
    """GET /{entity}/{project}/runs/{run}"""
    services, run = run_of(request, visitor)
    base = address(run.entity, run.project)
    path = [(run.entity, address(run.entity)), (run.project, base)]
    if run.sweep_id:
        title = _sweep_title(services, visitor.caller, run)
        path.append((title, address(run.entity, run.project, "sweeps", run.sweep_id)))
    return render(
        "run.html",
        visitor,
        title=run.display_name[:80],
        inline_style=True,
        run={"name": run.display_name[:300], "state": str(run.state), "id": run.run_id},
        crumbs=crumbs(*path, (run.display_name[:200], None)),
        base_url=base,
        data_url=address("-", "runs", run.entity, run.project, run.run_id),
        curves_url=address("-", "projects", run.entity, run.project, "curves"),
    )


def _sweep_title(services: Services, caller: Caller, run: Run) -> str:
    """What the sweep of a run is called on its own page; its id once that is gone."""
    sweep = services.sweeps.find(caller, run.entity, run.project, run.sweep_id or "")
    return shapes.title_of(sweep)[:200] if sweep else run.sweep_id or ""


def overview(request: Request, visitor: Visitor) -> Response:
    """GET /-/runs/{entity}/{project}/{run}/overview: everything but the streams."""
    services, run = run_of(request, visitor)
    summary = shapes.flat(shapes.parse(run.summary))
    return json_response(
        {
            "run": shapes.from_run(run)
            | {
                "sweep_title": _sweep_title(services, visitor.caller, run) if run.sweep_id else "",
                "host": run.host,
                "program": run.program,
                "commit": run.commit_sha,
                "repo": run.repo,
                "exitcode": run.exitcode,
                "description": run.description,
                "job_type": run.job_type,
                "heartbeat_at": shapes.moment(run.heartbeat_at),
                "stop_requested": run.stop_requested,
                "path": f"{run.entity}/{run.project}/{run.run_id}",
            },
            "config": shapes.flat(unwrap(shapes.parse(run.config))),
            "summary": {k: v for k, v in summary.items() if not k.startswith(PRIVATE)},
            "step_metrics": step_metrics(run),
            "charts": custom_charts.find(run, services.notices, visitor.caller),
            "mask_labels": custom_charts.mask_labels(run),
            "siblings": [
                {"id": run_id, "name": name[:120], "number": pk}
                for run_id, name, pk in services.overviews.neighbours(run, MAX_SIBLINGS)
            ],
            "artifacts": _artifacts(services, visitor.caller, run),
            "alerts": [shapes.from_alert(x) for x in services.notices.of_run(run, MAX_ALERTS)],
        }
    )


def _artifacts(services: Services, caller: Caller, run: Run) -> list[dict[str, Any]]:
    found = []
    related = (
        ("logged", services.artifacts.logged_by(caller, run)),
        ("used", services.artifacts.used_by(caller, run)),
    )
    for relation, artifacts in related:
        for artifact in artifacts:
            version = f"v{artifact.version}"
            found.append(
                {
                    "relation": relation,
                    "type": artifact.type_name,
                    "name": f"{artifact.collection}:{version}",
                    "href": address(
                        artifact.entity,
                        artifact.project,
                        "artifacts",
                        artifact.type_name,
                        artifact.collection,
                        version,
                    ),
                }
            )
    return found


def history(request: Request, visitor: Visitor) -> Response:
    """GET …/history: for each number a curve, for each media key its items by step."""
    services, run = run_of(request, visitor)
    return _drawn(request, services, run, Stream.HISTORY, run.history_lines)


def system(request: Request, visitor: Visitor) -> Response:
    """GET …/system: the machine's metrics, every 15 seconds or so."""
    services, run = run_of(request, visitor)
    return _drawn(request, services, run, Stream.EVENTS, run.events_lines)


def _drawn(request: Request, services: Services, run: Run, stream: Stream, n: int) -> Response:
    tag = f'"{run.pk}-{n}-{run.rewrites}"'  # rows only come at the end, but for rewrites
    if request.headers.get("if-none-match") == tag:
        return Response(status_code=304, headers=secure({"ETag": tag}))
    is_drawn = request.query_params.get("only") != "media"
    write = curve_documents.of_run
    body = services.reading.write(run.pk, n, write, run, stream, is_drawn, n)
    headers = secure({"ETag": tag})
    return Response(body, media_type="application/json", headers=headers)


def console(request: Request, visitor: Visitor) -> Response:
    """GET …/console?since=N: terminal lines from number N on; asks for the end when negative."""
    services, run = run_of(request, visitor)
    try:
        since = int(request.query_params.get("since", "0"))
    except ValueError as error:
        raise BadInput("since is the number of a line") from error
    if since < 0:
        since = max(0, run.console_lines - CONSOLE_LINES)
    lines = services.reading.console(run, since, since + CONSOLE_LINES)
    return json_response(
        {
            "lines": [[x.number, x.timestamp, x.is_error, x.text[:20_000]] for x in lines],
            "total": run.console_lines,
        }
    )


def console_text(request: Request, visitor: Visitor) -> Response:
    """GET …/console.txt: the whole terminal output as a file."""
    services, run = run_of(request, visitor)
    text = "".join(f"{line.text.rstrip()}\n" for line in services.reading.console(run))
    return Response(
        clean(text),
        media_type="text/plain",
        headers=secure(
            {
                "Content-Disposition": f'attachment; filename="{_file_name(run.run_id)}.log"',
            }
        ),
    )


def _file_name(text: str) -> str:
    return "".join(c if c.isascii() and (c.isalnum() or c in "._-") else "_" for c in text)


def act(request: Request, visitor: Visitor, body: Fields) -> dict[str, Any]:
    """POST …/actions: stop, rename, note, tag, delete, undelete."""
    services, run = run_of(request, visitor)
    return change(services, visitor, run, body)


def change(services: Services, visitor: Visitor, run: Run, body: Fields) -> dict[str, Any]:
    """One change to one run, asked for by a page."""
    caller, name = visitor.caller, body.text("action")
    if name == "stop":
        was_running = services.runs.stop(caller, run.pk)
        return {"message": "Asked to stop." if was_running else "It had already ended."}
    if name == "rename":
        new = body.text("name").strip()[:500]
        if not new:
            raise BadInput("a run's name cannot be empty")
        services.runs.change(caller, run.pk, RunChange(display_name=new))
    elif name == "notes":
        services.runs.change(caller, run.pk, RunChange(notes=body.text("notes")))
    elif name == "tags":
        given = body.texts("tags")
        if given is None:
            raise BadInput("tags are a list of words")
        tags = list(dict.fromkeys(tag.strip()[:64] for tag in given if tag.strip()))
        services.runs.change(caller, run.pk, RunChange(tags=tags[:64]))
    elif name == "delete":
        services.runs.delete(caller, run.pk, keep_config=body.flag("keep_config"))
    elif name == "undelete":
        services.runs.undelete(caller, run.pk)
    else:
        raise BadInput(f"no action {name!r}")
    return {"message": "Done."}
