"""Earlier sweeps that a sweep learns from: `sweepd: {learn_from: [SWEEP]}`.

They may be of other projects, data sets and ranges; how much each tells is for the search to find
out (`search/bayes/sources.py`). Who writes the file must be allowed to read them; from then on
their results count, those that come later too.
"""

from __future__ import annotations

from collections import Counter

from sweepd.domain.errors import BadInput, NotFound
from sweepd.domain.ids import parse_sweep_path
from sweepd.domain.sweeps import Sweep
from sweepd.domain.users import Caller
from sweepd.later import np
from sweepd.search.observation import Observation
from sweepd.search.spec import SweepSpec
from sweepd.services import access
from sweepd.services.sweeps import specs
from sweepd.services.sweeps.observed import known
from sweepd.store import sweep_points, sweeps
from sweepd.store.database import Connection

MAX_RUNS = 200  # of each, half of them the best, the others spread over the ranks


def check(
    connection: Connection, caller: Caller, spec: SweepSpec, owner: tuple[str, str], own: str = ""
) -> None:
    """Hold a file's `learn_from` against what there is.

    Args:
        owner: Entity and project of the sweep, which stand for what a name leaves out.
        own: The id of the sweep itself; empty for one that is still to come.

    Raises:
        BadInput: A sweep does not exist or may not be read by the caller, is this one, has no
            metric or no parameter in common with this one; the message says which, and what to do.
    """
    for name in spec.extras.learn_from:
        entity, project, sweep_id = _path(name, owner)
        try:
            source = access.get_sweep(connection, caller, entity, project, sweep_id)
        except NotFound as error:
            raise _refused(
                f"a sweep that you may read; {entity}/{project}/{sweep_id} is none",
                "`sweepd sweeps` lists them",
            ) from error
        if (source.entity, source.project, source.sweep_id) == (*owner, own):
            raise _refused(f"another sweep; {name} is this one itself", "its runs count anyway")
        if source.metric_name is None:
            raise _refused(f"a sweep with a metric; {name} names none", "remove it")
        theirs = {parameter.name for parameter in specs.spec_of(source).space.parameters}
        ours = [parameter.name for parameter in spec.space.parameters]
        if theirs.isdisjoint(ours):
            raise _refused(
                f"a sweep with a parameter of this one ({', '.join(ours[:10])}); {name} has "
                f"{', '.join(sorted(theirs)[:10])}",
                "remove it",
            )


def observations(
    connection: Connection, sweep: Sweep, spec: SweepSpec
) -> tuple[list[Observation], list[str]]:
    """What the earlier sweeps' runs reached, in the direction of this sweep's goal.

    Returns:
        The runs, and a warning for each sweep that is gone by now.
    """
    found: list[Observation] = []
    warnings: list[str] = []
    for name in spec.extras.learn_from:
        path = _path(name, (sweep.entity, sweep.project))
        source = sweeps.find_sweep_by_path(connection, *path)
        if source is None:
            warnings.append(
                f"sweepd.learn_from: {'/'.join(path)} is gone; the search goes on without it"
            )
            continue
        turn = source.metric_goal.sign * sweep.metric_goal.sign
        runs, _ = known(
            sweep_points.list_points(connection, source.pk), Counter(), source.metric_goal
        )
        ended = [run for run in runs if run.state in ("finished", "stopped")]
        valued = [(run, run.value) for run in ended if run.value is not None]
        for at in _chosen(np.array([source.metric_goal.sign * value for _, value in valued])):
            run, value = valued[at]
            found.append(Observation(run.config, turn * value, run.state, source="/".join(path)))
    return found, warnings


def _chosen(y: np.ndarray) -> list[int]:
    """Indices of the results worth sending: all, or the best and some of every rank."""
    order = np.argsort(y, kind="stable")
    half = MAX_RUNS // 2
    if len(y) > MAX_RUNS:
        spread = np.linspace(half, len(y) - 1, MAX_RUNS - half).astype(int)
        order = np.concatenate([order[:half], order[spread]])
    return [int(at) for at in np.sort(order)]


def _path(name: str, owner: tuple[str, str]) -> tuple[str, str, str]:
    try:
        path = parse_sweep_path(name)
    except BadInput as error:
        raise _refused(f"names of sweeps: {error}", "write ENTITY/PROJECT/SWEEP") from error
    return path.entity or owner[0], path.project or owner[1], path.sweep_id


def _refused(what: str, advice: str) -> BadInput:
    return BadInput(f"sweepd.learn_from: expected {what}; {advice}")
