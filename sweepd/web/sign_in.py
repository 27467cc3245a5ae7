"""Signing in and out, keys, and for administrators users and teams."""

import asyncio
import contextlib
from typing import Any
from urllib.parse import parse_qsl

from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import RedirectResponse, Response

from sweepd.domain.errors import BadInput, Forbidden, NotSignedIn, TooMany
from sweepd.domain.fields import Fields
from sweepd.web.reach import reach_of
from sweepd.web.responses import address, crumbs, page, render, sign_in_page
from sweepd.web.root import is_foreign
from sweepd.web.session import (
    Visitor,
    drop_cookie,
    host_of,
    services_of,
    session_token,
    set_cookie,
    visitor_of,
)

MAX_FORM_BYTES = 10_000
FORM_S = 30.0  # a stranger's body has come by then


def _target(text: str) -> str:
    """Where to go after signing in: a path of ours, nothing else."""
    is_ours = text.startswith(address("")) and not text.startswith(("//", "/\\"))
    return text if is_ours and "\n" not in text and "\r" not in text else address("")


async def authorize(request: Request) -> Response:
    """GET /authorize: a one-time link signs in; else the form, or one's keys once signed in."""
    token = request.query_params.get("token")
    if token:
        sessions, old = services_of(request).sessions, session_token(request)
        try:
            session = await run_in_threadpool(sessions.begin_by_link, token, old)
        except NotSignedIn as error:
            return await _failed(request, str(error))
        target = _target(request.query_params.get("next", ""))
        response = RedirectResponse(target, status_code=303)
        set_cookie(request, response, session)
        return response
    try:
        await run_in_threadpool(visitor_of, request)
    except NotSignedIn:
        return sign_in_page(request, "", 200)
    return await page(account)(request)


async def submit(request: Request) -> Response:
    """POST /authorize: sign in with a key."""
    if is_foreign(request):
        return Response("this request came from another site", 403)
    form = await _read_form(request)
    sessions, old = services_of(request).sessions, session_token(request)
    try:
        session = await run_in_threadpool(sessions.begin, form.get("key", "").strip(), old)
    except NotSignedIn:
        return await _failed(request, "This key belongs to nobody here. Check it and try again.")
    response = RedirectResponse(_target(form.get("next", "")), status_code=303)
    set_cookie(request, response, session)
    return response


async def _failed(request: Request, told: str) -> Response:
    """The form again, once it is the turn of this failure."""
    try:
        await services_of(request).failed_sign_ins.hold_up(host_of(request))
    except TooMany as error:
        response: Response = sign_in_page(request, str(error), 429)
        response.headers["Retry-After"] = str(error.retry_after_s)
        return response
    return sign_in_page(request, told, 401)


async def _read_form(request: Request) -> dict[str, str]:
    """The fields of a small form; none when it is larger than any of ours, or does not come."""
    body = b""
    with contextlib.suppress(TimeoutError, ClientDisconnect):
        async with asyncio.timeout(FORM_S):
            async for chunk in request.stream():
                body += chunk
                if len(body) > MAX_FORM_BYTES:
                    return {}
    return dict(parse_qsl(body.decode("utf-8", "replace")))


async def leave(request: Request) -> Response:
    """POST /-/sign-out"""
    if is_foreign(request):
        return Response("this request came from another site", 403)
    await run_in_threadpool(services_of(request).sessions.end, session_token(request))
    response = RedirectResponse(address("authorize"), status_code=303)
    drop_cookie(request, response)
    return response


def account(request: Request, visitor: Visitor) -> Response:
    """GET /-/account: one's keys; for administrators, users and teams."""
    services = services_of(request)
    caller = visitor.caller
    keys = [
        {
            "pk": key.pk,
            "hint": key.hint,
            "description": key.description[:200],
            "created": f"{key.created_at:%d %b %Y}",
        }
        for key in services.users.list_keys(caller)
    ]
    users = [
        {"name": user.name, "email": user.email, "is_admin": user.is_admin}
        for user in (services.users.list_users() if caller.is_admin else [])
    ]
    return render(
        "account.html",
        visitor,
        title="Account",
        crumbs=crumbs(("Account", None)),
        keys=keys,
        users=users,
        teams=services.overviews.teams() if caller.is_admin else [],
        is_admin=caller.is_admin,
        entities=list(caller.entities),
        reach=reach_of(request),
    )


def act(request: Request, visitor: Visitor, body: Fields) -> dict[str, Any]:
    """POST /-/account/actions: make and revoke keys; add and remove users and teams' members."""
    users = services_of(request).users
    caller = visitor.caller
    name = body.text("action")
    if name == "create-key":
        _, secret = users.create_own_key(caller, body.text("description")[:200])
        return {"secret": secret, "message": "Copy this key now: it is not shown again."}
    if name == "delete-key":
        users.delete_key(caller, _key(body), visitor.session)
        return {"message": "The key no longer works; what it signed in is signed out."}
    if name == "end-sessions":
        services_of(request).sessions.end_all(caller.name, keep=visitor.session)
        return {"message": "Every other browser of yours is signed out."}
    if not caller.is_admin:
        raise Forbidden("only an administrator may do this")
    if name == "add-user":
        secret = users.add_user(body.text("name"), is_admin=body.text("is_admin") == "yes")
        return {"secret": secret, "message": "Give them this key: it is not shown again."}
    if name == "add-key":
        secret = users.add_key(body.text("name"), description=f"from {caller.name}"[:200])
        return {"secret": secret, "message": "Give them this key: it is not shown again."}
    if name == "remove-user":
        if body.text("name") == caller.name:
            raise BadInput("you cannot remove yourself; another administrator can")
        users.remove_user(body.text("name"))
        return {"message": "Their keys no longer work; their projects stay."}
    if name == "add-team":
        members = [part for part in body.text("members").replace(",", " ").split() if part]
        users.add_team(body.text("name"), members)
        return {"message": "The team is there; its members see it at once."}
    if name == "remove-member":
        users.remove_member(body.text("team"), body.text("name"))
        return {"message": "They no longer see the team's projects."}
    raise BadInput(f"no action {name!r}")


def _key(body: Fields) -> int:
    number = body.whole("key")
    if number is None:
        raise BadInput("say which key: `key` is its number")
    return number
