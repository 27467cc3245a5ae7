"""Our errors as the client reads them: one table from error to status."""

import logging
from typing import Any

from starlette.requests import ClientDisconnect
from starlette.responses import Response

from sweepd.domain import errors
from sweepd.wandb_api.bodies import json_response

log = logging.getLogger("sweepd.wandb_api")

# The client gives up at once on 400, 401, 403, 404, 409 and 413, and tries again on 503.
STATUS: dict[type[Exception], int] = {
    errors.BadInput: 400,
    errors.Unsupported: 400,
    errors.NotSignedIn: 401,
    errors.Forbidden: 403,
    errors.NotFound: 404,
    errors.Taken: 409,
    errors.Conflict: 400,  # not 409: the client sends UpsertBucket again on that
    errors.TooLarge: 413,
    errors.Unavailable: 503,
    errors.TooMany: 429,
    ClientDisconnect: 408,  # nobody is there to read it
}


def status_of(error: BaseException) -> int:
    """The HTTP status of an error; 500 for what we did not raise on purpose."""
    for kind, status in STATUS.items():
        if isinstance(error, kind):
            return status
    return 500


def response(error: BaseException) -> Response:
    """The whole response to a failed request; a bug is logged with its traceback."""
    status = status_of(error)
    if status == 500:
        log.error("a request failed on our side", exc_info=error)
        message = f"the server failed: {type(error).__name__}; its log has the details"
    else:
        message = str(error)
    headers = {}
    if status == 401:
        headers["WWW-Authenticate"] = 'Basic realm="sweepd"'
    # Otherwise none: the client gives up after 20 tries, and waits longer each time by itself.
    if isinstance(error, errors.Passing) and error.retry_after_s is not None:
        headers["Retry-After"] = str(error.retry_after_s)
    errors.let_go(error)
    return json_response(body(message), status, headers)


def body(*messages: str) -> dict[str, Any]:
    """An error body in the shape the client shows to its user."""
    return {"data": None, "errors": [{"message": message} for message in messages]}
