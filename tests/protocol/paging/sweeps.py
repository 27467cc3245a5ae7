"""Lists of sweeps, their agents and their runs."""

from typing import Any

from sweepd.services.streams.lines import StreamPost
from sweepd.services.sweeps.sweeps import SweepChange
from tests.conftest import awaited
from tests.protocol.paging.world import (
    GRID,
    IN_PROJECT,
    IN_SWEEP,
    List,
    World,
    delete_run,
    the_sweep,
)


def _new_sweep(world: World, name: str) -> Any:
    change = SweepChange(config_yaml=GRID, description="i", display_name=name)
    return world.parts.services.sweeps.create(world.ann, None, "p", change)[0]


def _queued(world: World, name: str) -> Any:
    found = world.parts.services.sweeps
    return found.enqueue(world.ann, the_sweep(world).pk, {"x": 1}, name)


def _prior_run(world: World, name: str) -> Any:
    made = world.run(name, config='{"x": {"value": 1}}')
    end = StreamPost(exitcode=0, is_complete=True)
    world.parts.services.history.append(world.ann, "ann", "p", name, end)
    change = SweepChange(prior_runs=[name])
    world.parts.services.sweeps.update(world.ann, the_sweep(world).pk, change)
    return made


def _agent(world: World, name: str) -> Any:
    sweep = the_sweep(world)
    return world.parts.services.scheduling.register_agent(
        world.ann, None, "p", sweep.sweep_id, name
    )


def _agents_run(world: World, name: str) -> Any:
    agents = world.parts.services.sweeps.agents(the_sweep(world))
    agent = agents[0] if agents else _agent(world, "agent")
    made = _queued(world, name)
    awaited(world.parts.services.scheduling.heartbeat(world.ann, agent.pk, frozenset()))
    world.run(made.run_id, sweep_id=the_sweep(world).sweep_id)
    end = StreamPost(exitcode=0, is_complete=True)
    world.parts.services.history.append(world.ann, "ann", "p", made.run_id, end)
    return made


LISTS = [
    List(
        "Project.sweeps",
        IN_PROJECT("sweepsARGS { PAGE displayName }"),
        "project.sweeps",
        "displayName",
        _new_sweep,
        lambda w, _, s: w.parts.services.sweeps.delete(w.ann, s.pk),
    ),
    List(
        "Project.sweeps",
        IN_PROJECT("sweepsARGS { PAGE displayName }"),
        "project.sweeps",
        "displayName",
        _new_sweep,
        lambda w, _, s: w.parts.services.sweeps.delete(w.ann, s.pk),
        more='filters: "{\\"description\\": \\"i\\"}"',
    ),
    List(
        "Sweep.runs",
        IN_SWEEP("runsARGS { PAGE displayName }"),
        "project.sweep.runs",
        "displayName",
        _queued,
        delete_run,
    ),
    List(
        "Sweep.runs",
        IN_SWEEP("runsARGS { PAGE displayName }"),
        "project.sweep.runs",
        "displayName",
        _queued,
        delete_run,
        more='filters: "{\\"state\\": \\"pending\\"}"',
    ),
    List(
        "Sweep.priorRuns",
        IN_SWEEP("priorRunsARGS { PAGE name }"),
        "project.sweep.priorRuns",
        "name",
        _prior_run,
        delete_run,
    ),
    List(
        "Sweep.agents",
        IN_SWEEP("agentsARGS { PAGE host }"),
        "project.sweep.agents",
        "host",
        _agent,
        None,
    ),
    *(
        List(
            "Agent.runs",
            IN_SWEEP('agent(agentName: "AGENT") { runsARGS { PAGE displayName } }'),
            "project.sweep.agent.runs",
            "displayName",
            _agents_run,
            delete_run,
            more,
        )
        for more in ("", 'order: "-created_at"')
    ),
]
