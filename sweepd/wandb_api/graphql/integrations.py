"""Integrations: the webhooks and chats which automations send to."""

from typing import Any

from ariadne import MutationType, ObjectType, UnionType
from ariadne.types import SchemaBindable

from sweepd.domain.automations import Integration, IntegrationKind
from sweepd.domain.errors import Unsupported
from sweepd.domain.paging import whole
from sweepd.wandb_api import wire
from sweepd.wandb_api.graphql.context import Info, ctx
from sweepd.wandb_api.graphql.inputs.automations import CreateGenericWebhookIntegrationInput
from sweepd.wandb_api.graphql.paging import connection, read_start

mutation = MutationType()
entity_type = ObjectType("Entity")
webhook_type, slack_type = ObjectType("GenericWebhookIntegration"), ObjectType("SlackIntegration")


def _integration_kind(found: Integration, *_: Any) -> str:
    is_webhook = found.kind is IntegrationKind.WEBHOOK
    return "GenericWebhookIntegration" if is_webhook else "SlackIntegration"


integration_union = UnionType("Integration", _integration_kind)


@mutation.field("createGenericWebhookIntegration")
def create_webhook(
    _: Any, info: Info, input: CreateGenericWebhookIntegrationInput
) -> dict[str, Any]:
    """Name a webhook; its secret is made here and shown on the page of automations."""
    context = ctx(info)
    if input.secret_ref or input.access_token_ref:
        raise Unsupported(
            "sweepd keeps no secrets by name: leave out secretRef and accessTokenRef (a secret is "
            "made), or name the webhook, with its token, on the project's page of automations"
        )
    made = context.services.automations.add_integration(
        context.caller,
        input.entity_name,
        IntegrationKind.WEBHOOK,
        input.name,
        input.url_endpoint,
    )
    return {"integration": made}


@entity_type.field("integrations")
def integrations(
    entity: dict[str, Any], info: Info, after: str | None = None, first: int | None = None
) -> dict[str, Any]:
    """Where an entity's automations may send to."""
    context = ctx(info)
    if entity["name"] not in context.caller.entities:
        return connection(whole([]))
    found = context.services.automations.page_integrations(
        context.caller, entity["name"], read_start(after), first
    )
    return connection(found)


@webhook_type.field("id")
@slack_type.field("id")
def integration_id(found: Integration, _: Info) -> str:
    """The node id."""
    return wire.node_id("Integration", found.pk)


@webhook_type.field("urlEndpoint")
def url_endpoint(found: Integration, _: Info) -> str:
    """Where it leads."""
    return found.target


@slack_type.field("teamName")
def team_name(found: Integration, _: Info) -> str:
    """The kind of place, as the client knows none but Slack's: `mail` or `chat`."""
    return str(found.kind)


@slack_type.field("channelName")
def channel_name(found: Integration, _: Info) -> str:
    """The integration's name; a chat's address is a secret."""
    return found.name


bindables: list[SchemaBindable] = [
    mutation,
    entity_type,
    webhook_type,
    slack_type,
    integration_union,
]
