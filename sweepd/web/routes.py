"""Every address of the pages. Below /-/ is what pages read and post; no entity is named '-'."""

from starlette.routing import BaseRoute, Mount, Route

from sweepd.domain.routing import ANY
from sweepd.web import (
    artifacts,
    compare,
    csv_export,
    events,
    files,
    projects,
    registries,
    runs,
    sign_in,
    static_files,
    sweeps,
)
from sweepd.web.responses import action, data, page

_SWEEP = "/-/sweeps/{entity}/{project}/{sweep}"
_RUN = "/-/runs/{entity}/{project}/{run}"
_PROJECT = "/-/projects/{entity}/{project}"
_ARTIFACT = "/{entity}/{project}/artifacts/{type}/{collection}/{version}"

routes: list[BaseRoute] = [
    Mount("/-/static", static_files.static),
    Route("/-/vendor/plotly.min.js", static_files.plotly),
    Route("/-/vendor/vega.js", static_files.vega),
    Route("/-/vega", static_files.vega_page),
    Route("/authorize", sign_in.authorize),
    Route("/authorize", sign_in.submit, methods=["POST"]),
    Route("/-/sign-out", sign_in.leave, methods=["POST"]),
    Route("/-/account", page(sign_in.account)),
    Route("/-/account/actions", action(sign_in.act), methods=["POST"]),
    Route(f"{_SWEEP}/points", data(sweeps.points)),
    Route(f"{_SWEEP}/details", data(sweeps.details)),
    Route(f"{_SWEEP}/insights", data(sweeps.insights)),
    Route(f"{_SWEEP}/curves", data(sweeps.curves)),
    Route(f"{_SWEEP}/events", events.sweep_events),
    Route(f"{_SWEEP}/actions", action(sweeps.act), methods=["POST"]),
    Route(f"{_RUN}/overview", data(runs.overview)),
    Route(f"{_RUN}/history", data(runs.history)),
    Route(f"{_RUN}/system", data(runs.system)),
    Route(f"{_RUN}/console", data(runs.console)),
    Route(f"{_RUN}/console.txt", data(runs.console_text)),
    Route(f"{_RUN}/files", data(files.listing)),
    Route(f"{_RUN}/files/{{path:{ANY}}}", data(files.content)),
    Route(f"{_RUN}/events", events.run_events),
    Route(f"{_RUN}/actions", action(runs.act), methods=["POST"]),
    Route(f"{_PROJECT}/runs", data(projects.runs)),
    Route(f"{_PROJECT}/runs.csv", csv_export.runs_csv, methods=["POST"]),
    Route(f"{_PROJECT}/deleted", data(projects.deleted)),
    Route(f"{_PROJECT}/actions", action(projects.act), methods=["POST"]),
    Route(f"{_PROJECT}/check", action(projects.check_sweep), methods=["POST"]),
    Route(f"{_PROJECT}/sweeps", action(projects.create_sweep), methods=["POST"]),
    Route(f"/-/client-artifacts/{{client_id}}/{{path:{ANY}}}", data(files.artifact_content)),
    Route(f"/-/artifacts{_ARTIFACT}/files/{{path:{ANY}}}", data(artifacts.content)),
    Route(f"/-/artifacts{_ARTIFACT}/actions", action(artifacts.act), methods=["POST"]),
    Route("/orgs/{org}/registry", page(registries.of_organization)),
    Route("/orgs/{org}/registry/{name}", page(registries.of_organization)),
    Route("/{entity}/registry/model", page(registries.linked)),
    Route("/", page(projects.index)),
    Route("/{entity}", page(projects.index)),
    Route("/{entity}/{project}", page(projects.show)),
    Route("/{entity}/{project}/workspace", page(projects.show)),
    Route("/{entity}/{project}/sweeps", page(projects.show)),
    Route("/{entity}/{project}/runs", page(projects.show)),
    Route("/{entity}/{project}/compare", page(compare.show)),
    Route("/{entity}/{project}/sweeps/new", page(projects.new_sweep)),
    Route("/{entity}/{project}/sweeps/{sweep}", page(sweeps.show)),
    Route("/{entity}/{project}/runs/{run}", page(runs.show)),
    Route("/{entity}/{project}/artifacts", page(artifacts.index)),
    Route("/{entity}/{project}/artifacts/{type}/{collection}", page(artifacts.show)),
    Route(_ARTIFACT, page(artifacts.show)),
]
