"""`POST /graphql`: read, run, answer."""

import asyncio

from starlette.requests import Request
from starlette.responses import Response

from sweepd.domain.errors import BadInput
from sweepd.wandb_api import errors
from sweepd.wandb_api.authentication import base_url, caller_of
from sweepd.wandb_api.bodies import json_response, read_json
from sweepd.wandb_api.graphql.budget import Budget
from sweepd.wandb_api.graphql.context import Context

WATCHED_S = 0.2  # after which a client that leaves is noticed


async def graphql(request: Request) -> Response:
    """Answer one GraphQL request of a client."""
    try:
        caller = await caller_of(request)
        body = await read_json(request)
        document, variables = body.get("query"), body.get("variables")
        if not isinstance(document, str) or not isinstance(variables, dict | None):
            raise BadInput("a GraphQL request has a text `query` and an object `variables`")
        operation = body.get("operationName")
        if not isinstance(operation, str | None):
            raise BadInput(f"operationName is the name of an operation; got {operation!r:.100}")
        state = request.app.state
        limit: int = state.settings.max_file_bytes
        is_shared = request.headers.get("x-wandb-use-async-filestream") == "true"
        budget = Budget(state.settings.max_query_fields, state.settings.max_query_s)
        context = Context(
            caller, state.services, state.signer, limit, base_url(request), is_shared, budget
        )
        work = asyncio.ensure_future(state.engine.run(document, variables, operation, context))
        await asyncio.wait({work}, timeout=WATCHED_S)
        if not work.done():
            leaving = asyncio.ensure_future(_leave(request, budget))
            try:
                await asyncio.wait({work})
            finally:
                leaving.cancel()
        data = work.result()
        return json_response({"data": data})
    except Exception as error:
        return errors.response(error)


async def _leave(request: Request, budget: Budget) -> None:
    """Abandon the request when its client has gone."""
    while (await request.receive())["type"] != "http.disconnect":
        pass
    budget.abandon()
