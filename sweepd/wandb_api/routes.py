"""Every address the client calls."""

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from sweepd.services.upkeep.readiness import READY, SILENT
from sweepd.wandb_api import files
from sweepd.wandb_api.file_stream import file_stream
from sweepd.wandb_api.graphql_endpoint import graphql


async def healthz(request: Request) -> Response:
    """Whether this process lives, and what it is; needs no key and tells no secret."""
    return JSONResponse({"sweepd": request.app.state.version, "ok": True})


async def readyz(request: Request) -> Response:
    """Whether database and files answered when last looked at; why not is in the log alone."""
    findings = request.app.state.readiness.findings()
    found = {name: READY if told == READY else SILENT for name, told in findings.items()}
    is_ok = set(found.values()) == {READY}
    answer = {"sweepd": request.app.state.version, "ok": is_ok, **found}
    return JSONResponse(answer, status_code=200 if is_ok else 503)


async def no_identity_tokens(request: Request) -> Response:
    """A client with `WANDB_IDENTITY_TOKEN_FILE` trades it in here; it shows its user our words."""
    return PlainTextResponse(
        "sweepd knows its users by API keys, not by identity tokens: unset "
        "WANDB_IDENTITY_TOKEN_FILE and run `wandb login`",
        status_code=400,
    )


async def no_telemetry(request: Request) -> Response:
    """The client probes for telemetry and stops when there is none."""
    return Response(status_code=404)


routes: list[BaseRoute] = [
    Route("/graphql", graphql, methods=["POST"]),
    Route("/files/{entity}/{project}/{run}/file_stream", file_stream, methods=["POST"]),
    Route("/healthz", healthz),
    Route("/readyz", readyz),
    Route("/oidc/token", no_identity_tokens, methods=["POST"]),
    Route("/sdk/otel/v1/{kind}", no_telemetry, methods=["POST"]),
    *files.routes,
]
