"""What is told to whom: integrations (where to), automations (what and when), deliveries (each)."""

import json
import re
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sweepd.domain.encoding import clean


class EventType(StrEnum):
    """What may start an automation; the first twelve by the client's names, the rest are ours."""

    CREATE_ARTIFACT = "CREATE_ARTIFACT"
    LINK_ARTIFACT = "LINK_MODEL"
    UNLINK_ARTIFACT = "UNLINK_ARTIFACT"
    ADD_ALIAS = "ADD_ARTIFACT_ALIAS"
    ADD_TAG = "ADD_ARTIFACT_TAG"
    REMOVE_TAG = "REMOVE_ARTIFACT_TAG"
    ADD_COLLECTION_TAG = "ADD_COLLECTION_TAG"
    REMOVE_COLLECTION_TAG = "REMOVE_COLLECTION_TAG"
    RUN_STATE = "RUN_STATE"
    RUN_METRIC = "RUN_METRIC"
    RUN_METRIC_CHANGE = "RUN_METRIC_CHANGE"
    RUN_METRIC_ZSCORE = "RUN_METRIC_ZSCORE"
    RUN_ALERT = "RUN_ALERT"
    SWEEP_ENDED = "SWEEP_ENDED"
    SWEEP_PAUSED = "SWEEP_PAUSED"
    SWEEP_BEST = "SWEEP_BEST"


OURS = frozenset(
    {EventType.RUN_ALERT, EventType.SWEEP_ENDED, EventType.SWEEP_PAUSED, EventType.SWEEP_BEST}
)
OF_METRICS = frozenset(
    {EventType.RUN_METRIC, EventType.RUN_METRIC_CHANGE, EventType.RUN_METRIC_ZSCORE}
)
OF_RUNS = OF_METRICS | {EventType.RUN_STATE}
OF_ARTIFACTS = frozenset(EventType) - OURS - OF_RUNS


class ScopeType(StrEnum):
    """How far an automation looks."""

    PROJECT = "PROJECT"
    COLLECTION = "ARTIFACT_COLLECTION"
    ENTITY = "ENTITY"


class ActionType(StrEnum):
    """What an automation does."""

    WEBHOOK = "GENERIC_WEBHOOK"
    NOTIFICATION = "NOTIFICATION"
    NO_OP = "NO_OP"


class IntegrationKind(StrEnum):
    """Where something is sent."""

    WEBHOOK = "webhook"
    CHAT = "chat"  # an incoming webhook of Slack, or what understands the same
    MAIL = "mail"


class DeliveryState(StrEnum):
    """What became of one delivery."""

    WAITING = "waiting"
    SENT = "sent"
    FAILED = "failed"
    DONE = "done"  # there was nothing to send


@dataclass(frozen=True, slots=True)
class Integration:
    """Where something is sent.

    Attributes:
        target: An address (http, https), or of mail.
        secret: Signs what is sent to a webhook.
        token: Sent to a webhook as `Authorization: Bearer …`; empty for none.
    """

    pk: int
    entity_pk: int
    entity: str
    kind: IntegrationKind
    name: str
    target: str
    secret: str
    token: str
    user_name: str | None
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Automation:
    """What is told, when, and where to.

    Attributes:
        entity: Whose it is: its members see and change it.
        project_pk: Where it looks; None: in all projects of its entity.
        collection_pk: The only collection it looks at.
        filter: JSON text, as the client sent it.
        action: JSON text of an object: `title`, `message`, `severity`, or a webhook's `payload`.
    """

    pk: int
    entity_pk: int
    entity: str
    scope: ScopeType
    project_pk: int | None
    collection_pk: int | None
    name: str
    description: str
    enabled: bool
    event: EventType
    filter: str
    action_type: ActionType
    integration_pk: int | None
    action: str
    user_name: str | None
    created_at: datetime
    updated_at: datetime | None


@dataclass(frozen=True, slots=True)
class Happening:
    """Something that some automation asks about; kept until it was looked at."""

    pk: int
    event: EventType
    project_pk: int
    run_pk: int | None
    sweep_pk: int | None
    collection_pk: int | None
    artifact_pk: int | None
    details: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Delivery:
    """One thing that is told once.

    Attributes:
        uid: Goes out with every try, so that a receiver knows a repetition.
        key: What happened; each automation tells it once.
        body: JSON text of what there is to tell.
        answer: The last answer, or why there was none.
    """

    pk: int
    uid: str
    automation_pk: int
    automation: str
    integration_pk: int | None
    integration: str | None
    key: str
    event: EventType
    body: str
    state: DeliveryState
    n_tries: int
    next_at: datetime
    answer: str
    created_at: datetime
    ended_at: datetime | None


MAX_PAYLOAD = 100_000  # characters of what is sent
_VARIABLE = re.compile(r"\$\{([\w.]{1,200})\}")


def fill_in(template: Any, values: dict[str, Any]) -> Any:
    """A payload with its `${variables}` replaced in every text; unknown ones stay as they are."""

    def replace(found: re.Match[str]) -> str:
        value = values.get(found[1])
        if value is None and found[1] not in values:
            return found[0]
        if isinstance(value, str):
            return value
        return "" if value is None else json.dumps(value)

    if isinstance(template, str):
        return _VARIABLE.sub(replace, template)
    if isinstance(template, list):
        return [fill_in(item, values) for item in template]
    if isinstance(template, dict):
        return {str(key): fill_in(item, values) for key, item in template.items()}
    return template


def short(text: str, most: int) -> str:
    """A text for a line of a log or message, cut where it is long."""
    text = clean(text)
    return text if len(text) <= most else f"{text[: most - 1]}…"
