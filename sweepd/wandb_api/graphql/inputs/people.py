"""Inputs about users, teams and keys."""

from sweepd.wandb_api.graphql.inputs.input_types import wire_input


@wire_input
class CreateUserInput:
    """A user who comes."""

    email: str
    admin: bool = False


@wire_input
class CreateTeamInput:
    """A team that begins."""

    team_name: str
    team_admin_user_name: str | None = None


@wire_input
class CreateInviteInput:
    """Who comes into a team."""

    entity_name: str
    email: str | None = None
    username: str | None = None
    admin: bool = False


@wire_input
class DeleteInviteInput:
    """Who leaves a team."""

    id: str = ""
    entity_name: str = ""


@wire_input
class CreateServiceAccountInput:
    """A machine's account in a team."""

    entity_name: str
    description: str


@wire_input
class GenerateApiKeyInput:
    """A key of one's own."""

    description: str = ""


@wire_input
class DeleteApiKeyInput:
    """A key that goes."""

    id: str
