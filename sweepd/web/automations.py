"""A project's automations: who is told what, where to, and what came of it."""

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from sweepd.domain.automations import (
    OF_METRICS,
    Automation,
    Delivery,
    DeliveryState,
    EventType,
    Integration,
    IntegrationKind,
    ScopeType,
    short,
)
from sweepd.domain.errors import BadInput, Forbidden
from sweepd.domain.fields import Fields
from sweepd.domain.ids import number_in
from sweepd.domain.shown import parse
from sweepd.domain.targets import read_url
from sweepd.services.automations.automations import ACTION_OF, AutomationChange
from sweepd.web import shapes
from sweepd.web.projects import project_of
from sweepd.web.responses import address, crumbs, render
from sweepd.web.session import Visitor

MAX_DELIVERIES = 100  # shown, the newest
OFFERED = {  # what the page makes: the name in its list, the event, its filter
    "a sweep ended": (EventType.SWEEP_ENDED, "{}"),
    "a sweep was paused by its breaker or search": (EventType.SWEEP_PAUSED, "{}"),
    "a run became the best of its sweep": (EventType.SWEEP_BEST, "{}"),
    "a script called run.alert": (EventType.RUN_ALERT, "{}"),
    "a run failed or crashed": (
        EventType.RUN_STATE,
        '{"run_filter": "{}", "run_state_filter": {"states": ["FAILED"]}}',
    ),
    "a run finished": (
        EventType.RUN_STATE,
        '{"run_filter": "{}", "run_state_filter": {"states": ["FINISHED"]}}',
    ),
}
_SAID = {
    EventType.SWEEP_ENDED: "a sweep ended",
    EventType.SWEEP_PAUSED: "a sweep was paused by its breaker or search",
    EventType.SWEEP_BEST: "a run became the best of its sweep",
    EventType.RUN_ALERT: "a script called run.alert",
    EventType.CREATE_ARTIFACT: "a version was created",
    EventType.LINK_ARTIFACT: "a version was linked",
    EventType.UNLINK_ARTIFACT: "a version was unlinked",
    EventType.ADD_ALIAS: "a version got an alias",
    EventType.ADD_TAG: "a version got a tag",
    EventType.REMOVE_TAG: "a version lost a tag",
    EventType.ADD_COLLECTION_TAG: "a collection got a tag",
    EventType.REMOVE_COLLECTION_TAG: "a collection lost a tag",
}


def show(request: Request, visitor: Visitor) -> Response:
    """GET /{entity}/{project}/automations"""
    services, project = project_of(request, visitor)
    if project.entity not in visitor.caller.entities:
        raise Forbidden("automations of a registry are made by the client, see docs/automations.md")
    base = address(project.entity, project.name)
    found = services.automations.of_project(visitor.caller, project, everywhere=True)
    places = [
        place
        for place in services.automations.integrations(visitor.caller)
        if place.entity_pk == project.entity_pk
    ]
    names = {place.pk: place.name for place in places}
    return render(
        "automations.html",
        visitor,
        title=f"Automations of {project.name[:60]}",
        base_url=base,
        tab="automations",
        project={"name": project.name, "entity": project.entity},
        data_url=address("-", "projects", project.entity, project.name),
        automations=[_automation(item, names) for item in found],
        integrations=[_integration(place) for place in places],
        deliveries=[_delivery(item) for item in services.automations.log(found, MAX_DELIVERIES)],
        events=list(OFFERED),
        kinds=[str(kind) for kind in IntegrationKind],
        is_open=bool(
            request.app.state.settings.notice_hosts or request.app.state.settings.smtp_host
        ),
        crumbs=crumbs((project.entity, address(project.entity)), (project.name, base)),
    )


def _automation(found: Automation, names: dict[int, str]) -> dict[str, Any]:
    where = {ScopeType.COLLECTION: "in one collection", ScopeType.ENTITY: "in all projects"}
    return {
        "pk": found.pk,
        "name": short(found.name, 120),
        "description": short(found.description, 300),
        "event": short(said(found), 200),
        "where": where.get(found.scope, ""),
        "to": short(names.get(found.integration_pk or 0, "nobody"), 80),
        "enabled": found.enabled,
        "by": found.user_name or "",
    }


def said(found: Automation) -> str:
    """An automation's event in words."""
    spec = parse(found.filter)
    if found.event is EventType.RUN_STATE:
        states = parse_object(spec, "run_state_filter").get("states")
        names = [str(name).lower() for name in states] if isinstance(states, list) else []
        return f"a run is {' or '.join(names)}"
    if found.event in OF_METRICS:
        for kind in ("threshold_filter", "change_filter", "zscore_filter"):
            inner = parse_object(parse_object(spec, "run_metric_filter"), kind)
            if inner:
                return f"{inner.get('name')}: {_metric_said(kind, inner)}"
        return "a metric"
    return _SAID[found.event]


def _metric_said(kind: str, spec: dict[str, Any]) -> str:
    over = ""
    if spec.get("agg_op"):
        n = spec.get("window_size") or spec.get("current_window_size")
        over = f"{str(spec['agg_op']).lower()} of the last {n} "
    if kind == "threshold_filter":
        signs = {"$gt": ">", "$gte": "≥", "$lt": "<", "$lte": "≤"}
        return f"{over}{signs.get(str(spec.get('cmp_op')), '?')} {spec.get('threshold')}"
    ways = {"INCREASE": "rises", "DECREASE": "falls"}
    way = ways.get(str(spec.get("change_dir")), "changes")
    if kind == "change_filter":
        unit = " of itself" if spec.get("change_type") == "RELATIVE" else ""
        return f"{over}{way} by {spec.get('change_amount')}{unit}"
    return f"{way} by {spec.get('threshold')} standard deviations"


def parse_object(spec: dict[str, Any], name: str) -> dict[str, Any]:
    """An object within a filter; empty when it is none."""
    found = spec.get(name)
    return found if isinstance(found, dict) else {}


def _integration(place: Integration) -> dict[str, Any]:
    target = place.target
    if place.kind is not IntegrationKind.MAIL:  # the rest of a chat's address is its key
        parts, host, _ = read_url(place.target)
        is_secret = place.kind is IntegrationKind.CHAT
        target = f"{parts.scheme}://{host}/…" if is_secret else short(place.target, 200)
    return {"pk": place.pk, "name": short(place.name, 80), "kind": str(place.kind), "to": target}


def _delivery(found: Delivery) -> dict[str, Any]:
    is_over = found.state is not DeliveryState.WAITING
    return {
        "pk": found.pk,
        "at": shapes.moment(found.created_at),
        "automation": short(found.automation, 80),
        "to": short(found.integration or "nobody", 80),
        "state": str(found.state),
        "n_tries": found.n_tries,
        "answer": short(found.answer, 200),
        "next_at": None if is_over else shapes.moment(found.next_at),
        "can_again": found.state in (DeliveryState.SENT, DeliveryState.FAILED),
    }


def act(request: Request, visitor: Visitor, body: Fields) -> dict[str, Any]:
    """POST …/automations: add or delete an integration; make, enable, disable or delete an
    automation; send again."""
    services, project = project_of(request, visitor)
    caller, ours = visitor.caller, services.automations
    name = body.text("action")
    if name == "add-place":
        kind = body.text("kind")
        if kind not in list(IntegrationKind):
            raise BadInput(f"an integration is one of {', '.join(IntegrationKind)}; got {kind!r}")
        made = ours.add_integration(
            caller,
            project.entity,
            IntegrationKind(kind),
            body.words("name", "the name of the place"),
            body.words("target", "the address of the place"),
            body.text("secret"),
            body.text("token"),
        )
        if made.kind is not IntegrationKind.WEBHOOK or body.text("secret"):
            return {"message": "Automations can send there now."}
        return {
            "secret": made.secret,
            "message": "Give the receiver this secret to check signatures: it is not shown again.",
        }
    if name == "make":
        event, text = _offered(body.text("event"))
        place = ours.integration(caller, _number(body, "place"))
        change = AutomationChange(
            name=body.words("name", "the name of the automation"),
            scope=(ScopeType.PROJECT, project.pk),
            event=event,
            filter=text,
            action=(ACTION_OF[place.kind], place.pk, {}),
        )
        ours.create(caller, change)
        return {"message": "From now on it is told."}
    if name not in ("delete-place", "enable", "disable", "delete", "again"):
        raise BadInput(f"no action {name!r}")
    number = _number(body, "key")
    if name == "delete-place":
        ours.delete_integration(caller, number)
    elif name in ("enable", "disable"):
        ours.update(caller, number, AutomationChange(enabled=name == "enable"))
    elif name == "delete":
        ours.delete(caller, number)
    else:
        ours.send_again(caller, number)
    return {"message": "Done."}


def _offered(event: str) -> tuple[EventType, str]:
    if event not in OFFERED:
        raise BadInput(f"the page makes automations of: {', '.join(OFFERED)}; got {event[:80]!r}")
    return OFFERED[event]


def _number(body: Fields, name: str) -> int:
    """A key of ours: a number of a button, or the text of a choice."""
    found = number_in(body.text("place")) if name == "place" else body.whole(name)
    if found is None:
        raise BadInput(f"say which: `{name}` is its number")
    return found
