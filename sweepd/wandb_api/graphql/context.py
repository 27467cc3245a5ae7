"""What a resolver can reach: who asks, the services, and the address they came by."""

from dataclasses import dataclass, field

from graphql import GraphQLResolveInfo

from sweepd.domain.users import Caller
from sweepd.services.all import Services
from sweepd.wandb_api.graphql.budget import Budget
from sweepd.wandb_api.signing import Signer


@dataclass(frozen=True)
class Context:
    """Of one request."""

    caller: Caller
    services: Services
    signer: Signer
    max_file_bytes: int
    base_url: str  # without a slash at the end, as the client reached us
    is_shared: bool = False  # one of several clients that write the same run
    budget: Budget = field(default_factory=lambda: Budget(1_000_000, 30.0))
    people: dict[str, Caller | None] = field(default_factory=dict)  # looked up already, by name


Info = GraphQLResolveInfo[Context]


def ctx(info: Info) -> Context:
    """The request's context."""
    return info.context
