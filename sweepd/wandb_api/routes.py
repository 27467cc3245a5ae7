"""Every address the client calls."""

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from sweepd.wandb_api import files
from sweepd.wandb_api.file_stream import file_stream
from sweepd.wandb_api.graphql_endpoint import graphql


async def healthz(request: Request) -> Response:
    """Whether this is a sweepd that works, and which; needs no key and tells no secret."""
    return JSONResponse({"sweepd": request.app.state.version, "ok": True})


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
    Route("/oidc/token", no_identity_tokens, methods=["POST"]),
    Route("/sdk/otel/v1/{kind}", no_telemetry, methods=["POST"]),
    *files.routes,
]
