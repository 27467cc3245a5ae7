"""Whose request this is: `Basic api:KEY` or `Bearer KEY`, on every call."""

import base64
import binascii

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request

from sweepd.domain.errors import NotSignedIn
from sweepd.domain.users import Caller
from sweepd.services.all import Services


def read_key(header: str | None) -> str:
    """The API key in an Authorization header.

    Raises:
        NotSignedIn: There is none.
    """
    scheme, _, value = (header or "").partition(" ")
    if scheme.lower() == "bearer" and value:
        return value.strip()
    if scheme.lower() == "basic":
        try:
            _, _, key = base64.b64decode(value).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError):
            key = ""
        if key:
            return key
    raise NotSignedIn("an API key is needed; run `sweepd login ADDRESS` or `wandb login`")


async def caller_of(request: Request) -> Caller:
    """Who sent the request.

    Raises:
        NotSignedIn: No key, or a key nobody owns.
        TooMany: Very many such keys came from this address.
    """
    services: Services = request.app.state.services
    key = read_key(request.headers.get("authorization"))
    known = services.users.cached(key)
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
