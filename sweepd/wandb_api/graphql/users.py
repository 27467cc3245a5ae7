"""Who asks, the server itself, entities and API keys."""

import json
from typing import Any

from ariadne import MutationType, ObjectType, QueryType
from ariadne.types import SchemaBindable

from sweepd.domain.errors import BadInput, Forbidden, NotSignedIn
from sweepd.domain.ids import number_in
from sweepd.domain.paging import whole
from sweepd.domain.users import Caller
from sweepd.wandb_api import wire
from sweepd.wandb_api.features import FEATURES
from sweepd.wandb_api.graphql.context import Context, Info, ctx
from sweepd.wandb_api.graphql.inputs.people import (
    CreateUserInput,
    DeleteApiKeyInput,
    GenerateApiKeyInput,
)
from sweepd.wandb_api.graphql.paging import connection

query, mutation = QueryType(), MutationType()
user, api_key = ObjectType("User"), ObjectType("ApiKey")

MIN_CLIENT, MAX_CLIENT = "0.26.0", "0.31.0"


@query.field("viewer")
def viewer(_: Any, info: Info) -> Caller:
    """The caller; the client asks this all the time, and nothing is read for it."""
    return ctx(info).caller


@query.field("serverInfo")
def server_info(_: Any, info: Info) -> dict[str, Any]:
    """What this server can do."""
    return {
        "features": [{"name": name, "is_enabled": on} for name, on in FEATURES.items()],
        "cli_version_info": {"min_cli_version": MIN_CLIENT, "max_cli_version": MAX_CLIENT},
        "latest_local_version_info": {
            "out_of_date": False,
            "latest_version_string": MAX_CLIENT,
            "version_on_this_instance_string": MAX_CLIENT,
        },
    }


@query.field("entity")
def entity(_: Any, info: Info, name: str | None = None) -> dict[str, Any] | None:
    """An entity of the caller's, or the organisation's."""
    context = ctx(info)
    caller = context.caller
    name = name or caller.default_entity
    if name not in caller.entities:
        organization = context.services.registries.organization()
        if name != organization.name:
            return None
        return entity_node(name, organization.pk, caller, kind="organization")
    return entity_node(name, caller.entities[name], caller)


def entity_node(name: str, pk: int, caller: Caller, kind: str | None = None) -> dict[str, Any]:
    """An entity as the wire shows it; `kind` is user, team or organization where it is known."""
    kind = kind or ("user" if name == caller.name else "team")
    return {
        "id": wire.node_id("Entity", pk),
        "name": name,
        "available": False,
        "is_team": kind == "team",
        "entity_type": kind,
        "read_only": False,
        "read_only_admin": False,
        "private_only": True,
        "is_paid": False,
        "code_saving_enabled": True,
        "xxhash_digests_enabled": True,
        "default_access": "PRIVATE",
    }


@query.field("users")
def users(_: Any, info: Info, query: str | None = None) -> dict[str, Any]:
    """Users of that name or mail address; to an administrator, whose name or address holds it."""
    context = ctx(info)
    return connection(whole(context.services.users.search(context.caller, query or "")))


@mutation.field("createUser")
def create_user(_: Any, info: Info, input: CreateUserInput) -> dict[str, Any]:
    """A user named after their mail address; `sweepd keys add NAME` gives them a key."""
    context = ctx(info)
    email = input.email
    if not context.caller.is_admin:
        raise Forbidden("only an administrator adds users; ask one for `sweepd users add`")
    name = email.partition("@")[0]
    is_admin = input.admin
    context.services.users.add_user(name, email=email, is_admin=is_admin, has_key=False)
    return {"user": context.services.users.get_caller(name)}


def find_person(context: Context, name: str | None) -> Caller | None:
    """A user by name, looked up once for a request; None when they are gone."""
    people = context.people
    if name is None or name == context.caller.name:
        return context.caller if name else None
    if name not in people:
        try:
            people[name] = context.services.users.get_caller(name)
        except NotSignedIn:  # gone in this moment
            people[name] = None
    return people[name]


@user.field("id")
def user_id(caller: Caller, _: Info) -> str:
    """The user's node id."""
    return wire.node_id("User", caller.user_pk)


@user.field("username")
def username(caller: Caller, _: Info) -> str:
    """What they sign in as."""
    return caller.name


@user.field("entity")
def default_entity(caller: Caller, _: Info) -> str:
    """Where their runs go when they name no entity."""
    return caller.default_entity


@user.field("admin")
def admin(caller: Caller, _: Info) -> bool:
    """Whether they look after this server."""
    return caller.is_admin


@user.field("flags")
def flags(_: Caller, __: Info) -> str:
    """Code is saved when the client is told that it may be."""
    return json.dumps({"code_saving_enabled": True})


@user.field("teams")
def teams(caller: Caller, info: Info) -> dict[str, Any]:
    """The entities they belong to, of which others see those they share."""
    asking = ctx(info).caller
    nodes = [
        entity_node(name, pk, caller)
        for name, pk in caller.entities.items()
        if asking.is_admin or name in asking.entities
    ]
    return connection(whole(nodes))


@user.field("apiKeys")
def api_keys(caller: Caller, info: Info) -> dict[str, Any]:
    """Keys by how they begin: one's own, and for an administrator everybody's."""
    context = ctx(info)
    if caller.user_pk != context.caller.user_pk and not context.caller.is_admin:
        return connection(whole([]))
    keys = context.services.users.list_keys(caller)
    nodes = [
        {
            "id": str(key.pk),
            "name": key.begins or f"…{key.hint}",
            "description": key.description,
        }
        for key in keys
    ]
    return connection(whole(nodes))


@mutation.field("generateApiKey")
def generate_api_key(_: Any, info: Info, input: GenerateApiKeyInput) -> dict[str, Any]:
    """A new key for the caller; its `name` is the secret, shown only now."""
    context = ctx(info)
    description = input.description
    number, secret = context.services.users.create_own_key(context.caller, description)
    return {"api_key": {"id": str(number), "name": secret, "description": description}}


@mutation.field("deleteApiKey")
def delete_api_key(_: Any, info: Info, input: DeleteApiKeyInput) -> dict[str, Any]:
    """Revoke one of the caller's keys, or as an administrator anybody's."""
    context = ctx(info)
    pk = number_in(input.id)
    if pk is None:
        raise BadInput(f"an API key's id is a number; got {input.id!r}")
    context.services.users.delete_key(context.caller, pk)
    return {"success": True}


bindables: list[SchemaBindable] = [query, mutation, user, api_key]
