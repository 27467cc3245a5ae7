"""A small server with made-up sweeps, to test and look at the parallel-coordinates page alone.

`python tests/browser/fixture_app.py 8099` serves /sweep/30 and the like: the number is how many
runs. Tests register their own documents with `FixtureApp.add`.
"""

import sys
from pathlib import Path
from typing import Any

import jinja2
import orjson
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from synthetic import curves, details, insights, points

WEB = Path(__file__).resolve().parents[2] / "sweepd" / "web"
POLICY = "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:"


class FixtureApp:
    """Documents by name, and the application that serves a page for each."""

    def __init__(self) -> None:
        self.documents: dict[str, dict[str, Any]] = {}
        loader = jinja2.FileSystemLoader(WEB / "templates")
        self.templates = jinja2.Environment(loader=loader, autoescape=True)
        self.app = Starlette(
            routes=[
                Route("/sweep/{name}", self.page),
                Route("/points/{name}", self.points),
                Route("/details/{name}", self.details),
                Route("/insights/{name}", self.insights),
                Route("/curves/{name}", self.curves),
                Mount("/-/static", StaticFiles(directory=WEB / "static")),
            ]
        )

    def add(self, name: str, document: dict[str, Any]) -> str:
        """Serve `document` as /sweep/{name}; returns that path."""
        self.documents[name] = document
        return f"/sweep/{name}"

    def document(self, name: str) -> dict[str, Any]:
        """A registered document, or made-up runs when the name is a number (or runs x axes)."""
        if name not in self.documents:
            n, _, axes = name.partition("x")
            self.documents[name] = points(int(n), extra_parameters=max(0, int(axes or 7) - 7))
        return self.documents[name]

    async def page(self, request: Request) -> Response:
        """The sweep page, filled as the real route does it."""
        name = request.path_params["name"]
        sweep = self.document(name)["sweep"]
        html = self.templates.get_template("sweep.html").render(
            title=sweep["name"],
            sweep=sweep,
            points_url=f"/points/{name}",
            base_url="/ann/mnist",
            crumbs=[
                {"label": "ann", "href": "/ann"},
                {"label": "mnist", "href": "/ann/mnist"},
                {"label": sweep["name"], "href": None},
            ],
            viewer={"username": "ann"},
            preload=[],
            details_url=f"/details/{name}",
            insights_url=f"/insights/{name}",
            curves_url=f"/curves/{name}",
            actions_url=f"/actions/{name}",
            events_url="",
            reach={"address": "", "note": ""},
        )
        return HTMLResponse(html, headers={"Content-Security-Policy": POLICY})

    async def points(self, request: Request) -> Response:
        """The JSON of a sweep's runs."""
        body = orjson.dumps(self.document(request.path_params["name"]))
        return Response(body, media_type="application/json")

    async def details(self, request: Request) -> Response:
        """Agents and log."""
        return Response(orjson.dumps(details()), media_type="application/json")

    async def insights(self, request: Request) -> Response:
        """Importance and correlation."""
        document = self.document(request.path_params["name"])
        return Response(orjson.dumps(insights(document)), media_type="application/json")

    async def curves(self, request: Request) -> Response:
        """Histories of the runs asked for."""
        wanted = request.query_params.get("runs", "").split(",")
        document = self.document(request.path_params["name"])
        return Response(orjson.dumps(curves(document, wanted)), media_type="application/json")


class Site:
    """The fixture server while it runs."""

    def __init__(self, fixture: FixtureApp, address: str) -> None:
        self.fixture = fixture
        self.address = address

    def add(self, name: str, document: dict[str, Any]) -> str:
        """Serve a document; returns the whole address of its page."""
        return self.address + self.fixture.add(name, document)


if __name__ == "__main__":
    port = int(sys.argv[1]) if len(sys.argv) > 1 else 8099
    uvicorn.run(FixtureApp().app, host="127.0.0.1", port=port, log_level="warning")
