"""`POST /graphql`: read, run, answer."""

from typing import Any

from starlette.datastructures import State
from starlette.requests import Request
from starlette.responses import Response

from sweepd.domain import patience
from sweepd.domain.errors import BadInput
from sweepd.domain.users import Caller
from sweepd.wandb_api import errors
from sweepd.wandb_api.authentication import base_url, caller_of
from sweepd.wandb_api.bodies import json_response, read_json, turn
from sweepd.wandb_api.graphql.budget import Budget
from sweepd.wandb_api.graphql.context import Context


async def graphql(request: Request) -> Response:
    """Answer one GraphQL request of a client."""
    try:
        caller = await caller_of(request)
        async with turn(request, caller):
            body = await read_json(request)
            is_shared = request.headers.get("x-wandb-use-async-filestream") == "true"
            waits = patience.of(request.scope)
            state, base = request.app.state, base_url(request)
            data = await run_document(state, caller, body, waits, base, is_shared)
            return json_response({"data": data})
    except Exception as error:
        return errors.response(error)


async def run_document(
    state: State,
    caller: Caller,
    body: dict[str, Any],
    waits: patience.Patience,
    base: str,
    is_shared: bool,
) -> dict[str, Any]:
    """The answer's `data`.

    Args:
        state: The application's.
        body: The request's.
        base: The address the client reached us by, without a slash at the end.
        is_shared: The sender is one of several clients that write the same run.

    Raises:
        SweepdError: The request cannot be answered.
    """
    document, variables = body.get("query"), body.get("variables")
    if not isinstance(document, str) or not isinstance(variables, dict | None):
        raise BadInput("a GraphQL request has a text `query` and an object `variables`")
    operation = body.get("operationName")
    if not isinstance(operation, str | None):
        raise BadInput(f"operationName is the name of an operation; got {operation!r:.100}")
    settings = state.settings
    waits.user = caller.name
    budget = Budget(settings.max_query_fields, settings.max_query_s, waits)
    context = Context(
        caller, state.services, state.signer, settings.max_file_bytes, base, is_shared, budget
    )
    with patience.working_for(waits):
        data: dict[str, Any] = await state.engine.run(document, variables, operation, context)
    return data
