"""Inputs about automations and integrations."""

from sweepd.domain.automations import EventType, ScopeType
from sweepd.wandb_api.graphql.inputs.input_types import (
    AutomationPk,
    IntegrationPk,
    JsonObject,
    wire_input,
)


@wire_input
class NotificationActionInput:
    """What a chat or mailbox is told."""

    integration_id: IntegrationPk
    title: str = ""
    message: str = ""
    severity: str = "INFO"


@wire_input
class GenericWebhookActionInput:
    """What a webhook is sent."""

    integration_id: IntegrationPk
    request_payload: JsonObject | None = None


@wire_input
class TriggeredActionConfig:
    """One of them, by the action's type."""

    notification_action_input: NotificationActionInput | None = None
    generic_webhook_action_input: GenericWebhookActionInput | None = None


@wire_input
class CreateFilterTriggerInput:
    """An automation that is made."""

    name: str
    enabled: bool
    scope_type: ScopeType
    scope_id: str
    triggering_event_type: EventType
    event_filter: str
    triggered_action_type: str
    triggered_action_config: TriggeredActionConfig
    description: str | None = None


@wire_input
class UpdateFilterTriggerInput:
    """An automation that is changed; None leaves a matter as it is."""

    id: AutomationPk
    name: str | None = None
    description: str | None = None
    enabled: bool | None = None
    scope_type: ScopeType | None = None
    scope_id: str | None = None
    triggering_event_type: EventType | None = None
    event_filter: str | None = None
    triggered_action_type: str | None = None
    triggered_action_config: TriggeredActionConfig | None = None


@wire_input
class DeleteTriggerInput:
    """An automation that goes."""

    trigger_id: AutomationPk


@wire_input
class CreateGenericWebhookIntegrationInput:
    """A webhook that is named."""

    entity_name: str
    name: str
    url_endpoint: str
    secret_ref: str | None = None
    access_token_ref: str | None = None
