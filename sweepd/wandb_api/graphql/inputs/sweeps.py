"""Inputs about sweeps and their agents."""

from dataclasses import field
from typing import Annotated, Any

from sweepd.domain.errors import BadInput
from sweepd.domain.sweeps import SweepState
from sweepd.wandb_api.graphql.inputs.input_types import (
    AgentPk,
    JsonObject,
    read_object,
    remembered,
    wire_input,
)


def _read_state(text: Any, _: str) -> SweepState:
    try:
        return SweepState(str(text).upper())
    except ValueError as error:
        names = ", ".join(SweepState)
        raise BadInput(f"a sweep's state is one of {names}; got {str(text)[:80]!r}") from error


StateName = Annotated[SweepState, _read_state]


@wire_input
class UpsertSweepInput:
    """A sweep that is created or changed; None leaves a matter as it is."""

    id: str | None = None  # a node id, or the short id that people know
    config: str | None = None
    description: str | None = None
    entity_name: str | None = None
    project_name: str | None = None
    controller: str | None = None
    scheduler: str | None = None
    state: StateName | None = None
    prior_runs_filters: JsonObject = field(default_factory=dict)
    display_name: str | None = None


@wire_input
class EnqueueSweepRunInput:
    """A config that somebody chose by hand."""

    id: str
    config: JsonObject
    display_name: str | None = None


@wire_input
class RetrySweepRunsInput:
    """Configs that are handed out again, by the states of their runs."""

    id: str
    states: tuple[str, ...]


@wire_input
class CreateAgentInput:
    """An agent that begins."""

    host: str
    project_name: str | None = None
    entity_name: str | None = None
    sweep: str


def _read_alive(text: Any, name: str) -> frozenset[str]:
    states = read_object(text, name)
    return frozenset(run_id for run_id, is_alive in states.items() if is_alive)


@remembered
@wire_input
class AgentHeartbeatInput:
    """An agent's word: which of the runs it began are alive, by their ids."""

    id: AgentPk
    run_state: Annotated[frozenset[str], _read_alive] = frozenset()
