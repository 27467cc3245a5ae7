"""Every list of the schema that is read page by page: how to read it, add to it and take from it.

A list is of `Type.field`; several ways to read one are several entries.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sweepd import server
from sweepd.domain.artifacts import Alias, Digest
from sweepd.domain.users import Caller
from sweepd.services.people.registries import RegistryChange
from sweepd.services.runs.runs import RunChange
from sweepd.services.streams.lines import Lines, StreamPost
from sweepd.services.sweeps.sweeps import SweepChange
from sweepd.wandb_api.wire import node_id
from tests.conftest import FakeClock, awaited
from tests.unit.services.logging_versions import begin, log, md5, run

GRID = "method: grid\nprogram: t.py\nmetric: {name: loss}\nparameters: {x: {values: [1, 2]}}\n"


@dataclass
class World:
    """A server and ann's things on it."""

    parts: server.Parts
    ann: Caller
    clock: FakeClock

    def run(self, name: str, project: str = "p", **change: Any) -> Any:
        """A run of that name."""
        return self.parts.services.runs.upsert(self.ann, None, project, name, RunChange(**change))[
            0
        ]

    def version(self, name: str, collection: str = "m", run_id: str | None = None) -> Any:
        """A version with one file, its description is its name."""
        made = log(self.parts, self.ann, f"{collection} {name}".encode(), collection, run_id)
        return self.parts.services.artifacts.update(
            self.ann, made.pk, {"description": name}, [], []
        )

    def delete_version(self, name: str, artifact: Any) -> None:
        """Remove it from everywhere."""
        self.parts.services.artifacts.delete(self.ann, artifact.pk, delete_aliases=True)


@dataclass(frozen=True)
class List:
    """How a list is read, and how it changes."""

    field: str
    read: Callable[[World, str], str]  # from the field's arguments to a query
    path: str  # to the connection
    name: str  # of an item, below `node`
    add: Callable[[World, str], Any]  # an item of that name; what `remove` needs
    remove: Callable[[World, str, Any], None] | None
    more: str = ""  # further arguments


def _delete_run(world: World, _: str, made: Any) -> None:
    world.parts.services.runs.delete(world.ann, made.pk)


def _scored(world: World, name: str) -> Any:
    """A run whose loss is a number, a text, not there, or the same as others'."""
    kinds = [
        '{"loss": 0.5}',
        '{"loss": "x"}',
        "{}",
        '{"loss": NaN}',
        '{"loss": -1e300}',
        '{"loss": 7}',
    ]
    number = int(name[1:])
    config = '{"lr": {"value": %s}}' % (number % 3 if number % 4 else "null")
    tags = ["good"] if name != "i99" else []
    return world.run(name, summary=f'{{"loss": {kinds[number % 6]}}}', config=config, tags=tags)


def _untag(world: World, _: str, made: Any) -> None:
    world.clock.forward(1)
    world.parts.services.runs.change(world.ann, made.pk, RunChange(tags=["bad"]))


def _runs(field: str, more: str, remove: Any = _delete_run) -> List:
    return List(
        f"Project.{field}",
        lambda _, args: f'{{ project(name: "p") {{ {field}{args} {{ PAGE name }} }} }}',
        f"project.{field}",
        "name",
        _scored,
        remove,
        more,
    )


def _sweep(world: World) -> Any:
    found = world.parts.services.sweeps.list_all(
        world.parts.services.projects.ensure(world.ann, None, "p", None)[0]
    )
    if found:
        return found[-1]
    change = SweepChange(config_yaml=GRID, description="i")
    return world.parts.services.sweeps.create(world.ann, None, "p", change)[0]


def _new_sweep(world: World, name: str) -> Any:
    change = SweepChange(config_yaml=GRID, description="i", display_name=name)
    return world.parts.services.sweeps.create(world.ann, None, "p", change)[0]


def _queued(world: World, name: str) -> Any:
    found = world.parts.services.sweeps
    return found.enqueue(world.ann, _sweep(world).pk, {"x": 1}, name)


def _prior_run(world: World, name: str) -> Any:
    made = world.run(name, config='{"x": {"value": 1}}')
    end = StreamPost(exitcode=0, is_complete=True)
    world.parts.services.history.append(world.ann, "ann", "p", name, end)
    change = SweepChange(prior_runs=[name])
    world.parts.services.sweeps.update(world.ann, _sweep(world).pk, change)
    return made


def _agent(world: World, name: str) -> Any:
    sweep = _sweep(world)
    return world.parts.services.scheduling.register_agent(
        world.ann, None, "p", sweep.sweep_id, name
    )


def _agents_run(world: World, name: str) -> Any:
    agents = world.parts.services.sweeps.agents(_sweep(world))
    agent = agents[0] if agents else _agent(world, "agent")
    made = _queued(world, name)
    awaited(world.parts.services.scheduling.heartbeat(world.ann, agent.pk, frozenset()))
    world.run(made.run_id, sweep_id=_sweep(world).sweep_id)
    end = StreamPost(exitcode=0, is_complete=True)
    world.parts.services.history.append(world.ann, "ann", "p", made.run_id, end)
    return made


def _project(world: World, name: str) -> Any:
    return world.parts.services.projects.ensure(world.ann, "ann", name, None)[0]


def _registry(world: World, name: str) -> Any:
    return world.parts.services.registries.upsert(
        world.ann, f"wandb-registry-{name}", RegistryChange()
    )[0]


def _linked(world: World, name: str, collection: str | None = None) -> Any:
    _all_registry(world)
    made = world.version(name, "born")
    world.parts.services.artifacts.collections.link(
        world.ann, made.pk, "organization", "wandb-registry-all", collection or name, [name]
    )
    return made


def _drop_collection(world: World, name: str, _: Any) -> None:
    owner = _all_registry(world)
    found = world.parts.services.artifacts.collections.find_collection(owner, name)
    assert found is not None
    world.parts.services.artifacts.delete_collection(world.ann, found.pk)


def _all_registry(world: World) -> Any:
    return _registry(world, "all")


def _collection(world: World, name: str, _: Any = None) -> Any:
    made = world.version("v", name)
    return world.parts.services.artifacts.collections.collection(made.collection_pk)


def _delete_collection(world: World, _: str, made: Any) -> None:
    world.parts.services.artifacts.delete_collection(world.ann, made.pk)


def _typed(world: World, name: str) -> Any:
    made = _collection(world, name)
    return world.parts.services.artifacts.collections.change_collection(
        world.ann, made.pk, {"type_name": name}
    )


def _file(world: World, name: str) -> Any:
    async def put_file() -> None:
        await world.parts.services.files.put_run_file(made.pk, name, _bytes(), "", 99)

    made = world.run("r")
    run(put_file)
    return world.parts.services.files.find_file(made, name)


async def _bytes() -> Any:
    yield b"bytes"


def _delete_file(world: World, _: str, made: Any) -> None:
    world.parts.services.files.delete_files(world.ann, [made.pk])


def _line(world: World, name: str) -> Any:
    made = world.run("r")
    block = Lines(made.console_lines, [name])
    world.parts.services.history.append(world.ann, "ann", "p", "r", StreamPost(console=(block,)))


def _used(world: World, name: str) -> Any:
    made = world.version(name)
    world.parts.services.artifacts.use(world.ann, world.run("r"), made.pk, None)
    return made


def _using(world: World, name: str) -> Any:
    made = world.run(name)
    world.parts.services.artifacts.use(world.ann, made, _the_version(world).pk, None)
    return made


def _the_version(world: World) -> Any:
    services = world.parts.services.artifacts
    owner = world.parts.services.projects.get(world.ann, None, "p")
    place = services.collections.find_membership(owner, "the-one")
    if place is None:
        return log(world.parts, world.ann, b"the one", "the-one")
    return services.get(world.ann, place.artifact_pk)


def _alias(world: World, name: str) -> Any:
    made = _the_version(world)
    names = [Alias("the-one", name)]
    world.parts.services.artifacts.collections.set_aliases(world.ann, made.pk, names, add=True)


def _remove_alias(world: World, name: str, _: Any) -> None:
    made = _the_version(world)
    names = [Alias("the-one", name)]
    world.parts.services.artifacts.collections.set_aliases(world.ann, made.pk, names, add=False)


def _place(world: World, name: str) -> Any:
    return world.parts.services.artifacts.collections.link(
        world.ann, _the_version(world).pk, None, "p", name, []
    )


def _unplace(world: World, name: str, made: Any) -> None:
    world.parts.services.artifacts.collections.unlink(
        world.ann, _the_version(world).pk, made.collection_pk
    )


def _many(world: World) -> Any:
    return begin(world.parts, world.ann, "many", "many")


def _entry(world: World, name: str) -> Any:
    """An entry of a version that is being written: none goes."""
    pending = _many(world)
    body = name.encode()
    found = world.parts.services.artifacts.uploads
    found.announce_files(world.ann, [(pending.pk, name, Digest(md5(body)))])


def _in(outer: str) -> Callable[[str], Callable[[World, str], str]]:
    """Queries below some node, which names the sweep and the versions by SWEEP, THE and MANY."""

    def of(inner: str) -> Callable[[World, str], str]:
        def read(world: World, args: str) -> str:
            text = (outer % inner).replace("ARGS", args)
            for word, find in (
                ("SWEEP", lambda: _sweep(world).sweep_id),
                ("AGENT", lambda: world.parts.services.sweeps.agents(_sweep(world))[0].name),
                ("THE", lambda: node_id("Artifact", _the_version(world).pk)),
                ("MANY", lambda: node_id("Artifact", _many(world).pk)),
            ):
                text = text.replace(word, find()) if word in text else text
            return text

        return read

    return of


_project_ = _in('{ project(name: "p") { %s } }')
_sweep_ = _in('{ project(name: "p") { sweep(sweepName: "SWEEP") { %s } } }')
_run_ = _in('{ project(name: "p") { run(name: "r") { %s } } }')
_the_ = _in('{ artifact(id: "THE") { %s } }')
_many_ = _in('{ artifact(id: "MANY") { %s } }')
_org_ = _in('{ entity(name: "organization") { %s } }')
_home_ = _in('{ project(name: "p") { artifactCollection(name: "m") { %s } } }')
_named_ = _in('{ project(name: "p") { artifactCollection(name: "the-one") { %s } } }')
_far_ = _in(
    '{ project(entityName: "organization", name: "wandb-registry-all") { '
    'artifactCollection(name: "all") { %s } } }'
)
_place_ = _in(
    '{ project(name: "p") { artifactCollectionMembership(name: "the-one:latest") { %s } } }'
)
_type_ = _in('{ project(name: "p") { artifactType(name: "model") { %s } } }')
_ORDERS = (
    "+created_at",
    "-created_at",
    "+summary_metrics.loss",
    "-summary_metrics.loss",
    "config.lr",
    "-config.lr",
    "-name",
    "-heartbeat_at",
    "-tags",
)
_NAMES = ("+name", "-name", "-created_at", "description", "-id")


def _drop_version(world: World, name: str, made: Any) -> None:
    world.delete_version(name, made)


def _nothing(_: World, __: str) -> None:
    return None


LISTS = [
    *(_runs(field, f'order: "{order}"') for field in ("runs", "buckets") for order in _ORDERS),
    _runs("runs", ""),
    _runs("runs", 'filters: "{\\"tags\\": \\"good\\"}"', _untag),
    _runs("runs", 'filters: "{\\"tags\\": \\"good\\"}", order: "-created_at"', _untag),
    List(
        "Project.sweeps",
        _project_("sweepsARGS { PAGE displayName }"),
        "project.sweeps",
        "displayName",
        _new_sweep,
        lambda w, _, s: w.parts.services.sweeps.delete(w.ann, s.pk),
    ),
    List(
        "Project.sweeps",
        _project_("sweepsARGS { PAGE displayName }"),
        "project.sweeps",
        "displayName",
        _new_sweep,
        lambda w, _, s: w.parts.services.sweeps.delete(w.ann, s.pk),
        more='filters: "{\\"description\\": \\"i\\"}"',
    ),
    List(
        "Sweep.runs",
        _sweep_("runsARGS { PAGE displayName }"),
        "project.sweep.runs",
        "displayName",
        _queued,
        _delete_run,
    ),
    List(
        "Sweep.runs",
        _sweep_("runsARGS { PAGE displayName }"),
        "project.sweep.runs",
        "displayName",
        _queued,
        _delete_run,
        more='filters: "{\\"state\\": \\"pending\\"}"',
    ),
    List(
        "Sweep.priorRuns",
        _sweep_("priorRunsARGS { PAGE name }"),
        "project.sweep.priorRuns",
        "name",
        _prior_run,
        _delete_run,
    ),
    List(
        "Sweep.agents",
        _sweep_("agentsARGS { PAGE host }"),
        "project.sweep.agents",
        "host",
        _agent,
        None,
    ),
    *(
        List(
            "Agent.runs",
            _sweep_('agent(agentName: "AGENT") { runsARGS { PAGE displayName } }'),
            "project.sweep.agent.runs",
            "displayName",
            _agents_run,
            _delete_run,
            more,
        )
        for more in ("", 'order: "-created_at"')
    ),
    List(
        "Query.models",
        lambda _, args: f"{{ models{args} {{ PAGE name }} }}",
        "models",
        "name",
        _project,
        None,
    ),
    List(
        "Entity.projects",
        _in("{ entity { %s } }")("projectsARGS { PAGE name }"),
        "entity.projects",
        "name",
        _project,
        None,
    ),
    *(
        List(
            "Entity.projects",
            _org_("projectsARGS { PAGE name }"),
            "entity.projects",
            "name",
            _registry,
            lambda w, _, p: w.parts.services.registries.delete(w.ann, p.pk),
            more,
        )
        for more in ("", 'order: "name"', 'filters: "{\\"name\\": {\\"$regex\\": \\"i\\"}}"')
    ),
    *(
        List(
            "Entity.artifactCollections",
            _org_("artifactCollectionsARGS { PAGE name }"),
            "entity.artifactCollections",
            "name",
            _linked,
            _drop_collection,
            more,
        )
        for more in ("", *(f'order: "{order}"' for order in _NAMES))
    ),
    *(
        List(
            "Entity.artifactMemberships",
            _org_("artifactMembershipsARGS { PAGE artifact { description } }"),
            "entity.artifactMemberships",
            "artifact.description",
            _linked,
            _drop_version,
            more,
        )
        for more in (
            "",
            'order: "-created_at"',
            'order: "linked_at"',
            'order: "metadata.x"',
            'filters: "{\\"version\\": {\\"$gte\\": 0}}", order: "version"',
        )
    ),
    List(
        "Project.artifactTypes",
        _project_("artifactTypesARGS { PAGE name }"),
        "project.artifactTypes",
        "name",
        _typed,
        _delete_collection,
    ),
    List(
        "Project.artifactTypes",
        _project_("artifactTypesARGS { PAGE name }"),
        "project.artifactTypes",
        "name",
        _typed,
        _delete_collection,
        more="includeAll: true",
    ),
    List(
        "Project.allViews",
        _project_("allViewsARGS { PAGE name }"),
        "project.allViews",
        "name",
        _nothing,
        None,
    ),
    *(
        List(
            "Project.artifactCollections",
            _project_("artifactCollectionsARGS { PAGE name }"),
            "project.artifactCollections",
            "name",
            _collection,
            _delete_collection,
            more,
        )
        for more in (
            "",
            *(f'order: "{order}"' for order in (*_NAMES, "-type")),
            'filters: "{\\"type\\": \\"model\\"}", order: "name"',
        )
    ),
    *(
        List(
            "ArtifactType.artifactCollections",
            _type_("artifactCollectionsARGS { PAGE name }"),
            "project.artifactType.artifactCollections",
            "name",
            _collection,
            _delete_collection,
            more,
        )
        for more in ("", 'order: "-name"')
    ),
    List(
        "Run.files",
        _run_("filesARGS { PAGE name }"),
        "project.run.files",
        "name",
        _file,
        _delete_file,
    ),
    List(
        "Run.logLines",
        _run_("logLinesARGS { PAGE line }"),
        "project.run.logLines",
        "line",
        _line,
        None,
    ),
    List(
        "Run.outputArtifacts",
        _run_("outputArtifactsARGS { PAGE description }"),
        "project.run.outputArtifacts",
        "description",
        lambda w, name: (w.run("r"), w.version(name, run_id="r"))[1],
        _drop_version,
    ),
    List(
        "Run.inputArtifacts",
        _run_("inputArtifactsARGS { PAGE description }"),
        "project.run.inputArtifacts",
        "description",
        _used,
        _drop_version,
    ),
    *(
        List(
            "ArtifactSequence.artifacts",
            _home_("artifactsARGS { PAGE description }"),
            "project.artifactCollection.artifacts",
            "description",
            World.version,
            _drop_version,
            more,
        )
        for more in (
            "",
            *(
                f'order: "{order}"'
                for order in (
                    "version",
                    "-versionIndex",
                    "digest",
                    "-size",
                    "description",
                    "createdAt",
                )
            ),
            'filters: "{\\"state\\": \\"COMMITTED\\"}"',
        )
    ),
    List(
        "ArtifactPortfolio.artifacts",
        _far_("artifactsARGS { PAGE description }"),
        "project.artifactCollection.artifacts",
        "description",
        lambda w, name: _linked(w, name, "all"),
        _drop_version,
    ),
    List(
        "ArtifactSequence.aliases",
        _named_("aliasesARGS { PAGE alias }"),
        "project.artifactCollection.aliases",
        "alias",
        _alias,
        _remove_alias,
    ),
    List(
        "ArtifactPortfolio.aliases",
        _far_("aliasesARGS { PAGE alias }"),
        "project.artifactCollection.aliases",
        "alias",
        lambda w, name: _linked(w, name, "all"),
        _drop_version,
    ),
    List(
        "Artifact.files", _many_("filesARGS { PAGE name }"), "artifact.files", "name", _entry, None
    ),
    List(
        "Artifact.filesByManifestEntries",
        _many_("filesByManifestEntriesARGS { PAGE name }"),
        "artifact.filesByManifestEntries",
        "name",
        _entry,
        None,
    ),
    List(
        "ArtifactCollectionMembership.files",
        _place_("filesARGS { PAGE name }"),
        "project.artifactCollectionMembership.files",
        "name",
        lambda w, name: _the_version(w) and None,
        None,
    ),
    List(
        "Artifact.usedBy",
        _the_("usedByARGS { PAGE name }"),
        "artifact.usedBy",
        "name",
        _using,
        _delete_run,
    ),
    List(
        "Artifact.artifactMemberships",
        _the_("artifactMembershipsARGS { PAGE artifactCollection { name } }"),
        "artifact.artifactMemberships",
        "artifactCollection.name",
        _place,
        _unplace,
    ),
]
# Given whole, with no place to go on from.
AT_ONCE = {
    "Query.users",
    "User.apiKeys",
    "User.teams",
    "ArtifactSequence.tags",
    "ArtifactPortfolio.tags",
    "ArtifactCollection.tags",
    "CreateArtifactFilesPayload.files",
}
# The interface of the two kinds of collection, either of which is walked.
INTERFACE = {"ArtifactCollection.aliases", "ArtifactCollection.artifacts"}
