"""Agents: registration and heartbeats."""

import json
from typing import Any

from ariadne import MutationType, ObjectType
from ariadne.types import SchemaBindable

from sweepd.domain.config import wrap
from sweepd.domain.sweeps import Agent
from sweepd.services.sweeps.commands import Command, CommandKind
from sweepd.wandb_api import wire
from sweepd.wandb_api.graphql.context import Info, ctx
from sweepd.wandb_api.graphql.inputs.sweeps import AgentHeartbeatInput, CreateAgentInput
from sweepd.wandb_api.graphql.paging import connection, read_start

mutation, agent_type = MutationType(), ObjectType("Agent")


@mutation.field("createAgent")
def create_agent(_: Any, info: Info, input: CreateAgentInput) -> dict[str, Any]:
    """Register an agent of a sweep."""
    context = ctx(info)
    agent = context.services.scheduling.register_agent(
        context.caller,
        input.entity_name,
        input.project_name,
        input.sweep,
        input.host,
    )
    return {"agent": agent}


@mutation.field("agentHeartbeat")
async def agent_heartbeat(_: Any, info: Info, input: AgentHeartbeatInput) -> dict[str, Any]:
    """Tell an agent what to do; sent again, it hands out nothing more."""
    context = ctx(info)
    agent, commands = await context.services.scheduling.heartbeat(
        context.caller, input.id, input.run_state
    )
    return {
        "agent": agent,
        "commands": json.dumps([_command(each) for each in commands]) if commands else "[]",
    }


def _command(command: Command) -> dict[str, Any]:
    if command.kind is CommandKind.EXIT:
        return {"type": "exit"}
    if command.kind is CommandKind.STOP:
        return {"type": "stop", "run_id": command.run_id}
    args = wrap(command.config or {})
    return {
        "type": command.kind,
        "run_id": command.run_id,
        "program": command.program,
        "args": args,
    }


@agent_type.field("id")
def agent_id(agent: Agent, _: Info) -> str:
    """The agent's node id."""
    return wire.node_id("Agent", agent.pk)


@agent_type.field("state")
def state(agent: Agent, info: Info) -> str:
    """RUNNING while it sends heartbeats; FINISHED once told to leave; else LOST."""
    return str(ctx(info).services.scheduling.agent_state(agent))


@agent_type.field("totalRuns")
def total_runs(agent: Agent, info: Info) -> int:
    """How many runs it was given."""
    if agent.n_runs is not None:
        return agent.n_runs
    return ctx(info).services.scheduling.agent_runs(agent, first=0).count()


@agent_type.field("runs")
def runs(
    agent: Agent,
    info: Info,
    after: str | None = None,
    before: str | None = None,
    first: int | None = None,
    last: int | None = None,
    order: str | None = None,
) -> dict[str, Any]:
    """The runs it was given."""
    newest_first = bool(order and order.startswith("-"))
    page = ctx(info).services.scheduling.agent_runs(agent, newest_first, read_start(after), first)
    return connection(page)


bindables: list[SchemaBindable] = [mutation, agent_type]
