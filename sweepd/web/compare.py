"""Runs side by side: what they were given, what they reached, and where they differ."""

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from sweepd.domain.encoding import text_of
from sweepd.domain.runs import Run
from sweepd.web import shapes
from sweepd.web.projects import project_of
from sweepd.web.responses import address, crumbs, render
from sweepd.web.session import Visitor

MAX_RUNS = 50


def show(request: Request, visitor: Visitor) -> Response:
    """GET /{entity}/{project}/compare?runs=a,b: runs side by side."""
    services, project = project_of(request, visitor)
    wanted = [name for name in request.query_params.get("runs", "").split(",") if name]
    found = [
        services.runs.get(visitor.caller, project.entity, project.name, name)
        for name in wanted[:MAX_RUNS]
    ]
    base = address(project.entity, project.name)
    rows = _compared(found)
    return render(
        "compare.html",
        visitor,
        title="Compare runs",
        inline_style=True,
        base_url=base,
        rows=rows,
        data_url=address("-", "runs", project.entity, project.name),
        curves_url=address("-", "projects", project.entity, project.name, "curves"),
        keys=sorted({key for run in found for key in shapes.numbers_in(run.summary)}),
        runs=[
            {
                "id": run.run_id,
                "name": run.display_name[:120],
                "number": run.pk,
                "href": address(run.entity, run.project, "runs", run.run_id),
            }
            for run in found
        ],
        crumbs=crumbs(
            (project.entity, address(project.entity)), (project.name, base), ("Compare", None)
        ),
    )


def _compared(found: list[Run]) -> list[dict[str, Any]]:
    """A row for each key: the values side by side, and whether they differ."""
    runs = [shapes.from_run(run) for run in found]
    facts: list[dict[str, Any]] = [
        {
            "state": run["outcome"],
            "steps": run["n_steps"],
            "seconds": _seconds(one),
            "machine": run["agent"],
            "sweep": run["sweep"],
            "tags": ", ".join(run["tags"]),
            "notes": run["notes"],
        }
        for one, run in zip(found, runs, strict=True)
    ]
    rows = [_row("run", key, [fact[key] for fact in facts]) for key in facts[0]] if facts else []
    for part in ("config", "summary"):
        for key in sorted({key for run in runs for key in run[part]}):
            rows.append(_row(part, key, [run[part].get(key) for run in runs]))
    return rows


def _row(part: str, key: str, values: list[Any]) -> dict[str, Any]:
    full = [_text(value) for value in values]
    short = [
        f"{v:.6g}" if isinstance(v, float) else text for v, text in zip(values, full, strict=True)
    ]
    cells = [{"short": a[:300], "full": b[:2000]} for a, b in zip(short, full, strict=True)]
    return {"part": part, "key": key[:200], "cells": cells, "differs": len(set(full)) > 1}


def _text(value: Any) -> str:
    if value is None or value == "":
        return "\N{EN DASH}"
    return text_of(value)


def _seconds(run: Run) -> int | None:
    if run.started_at is None or run.ended_at is None:
        return None
    return round((run.ended_at - run.started_at).total_seconds())
