"""Whose request this is: `Basic api:KEY` or `Bearer KEY`, on every call."""

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request

from sweepd.domain.authorization import read_key
from sweepd.domain.errors import NotSignedIn
from sweepd.domain.users import Caller
from sweepd.services.all import Services
from sweepd.services.people.users import digest_key


async def caller_of(request: Request) -> Caller:
    """Who sent the request.

    Raises:
        NotSignedIn: No key, or a key nobody owns.
        TooMany: Very many such keys came from this address.
    """
    services: Services = request.app.state.services
    key = read_key(request.headers.get("authorization"))
    known = services.users.cached(digest_key(key))
    if known is not None:
        return known
    try:
        return await run_in_threadpool(services.users.sign_in, key)
    except NotSignedIn:
        await services.failed_sign_ins.hold_up(host_of(request))
        raise


def host_of(request: Request) -> str:
    """The address a request came from; a proxy on this machine says whose it is."""
    return request.client.host if request.client else ""


def base_url(request: Request) -> str:
    """The address the client reached us by, without a slash at the end."""
    configured: str = request.app.state.settings.public_url
    return (configured or str(request.base_url)).rstrip("/")
