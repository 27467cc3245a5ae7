"""The world whose lists are walked, what a list is, and queries below its nodes."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sweepd import server
from sweepd.domain.artifacts import Digest
from sweepd.domain.users import Caller
from sweepd.services.artifacts.artifacts import ArtifactChange
from sweepd.services.people.registries import RegistryChange
from sweepd.services.runs.runs import RunChange
from sweepd.services.sweeps.sweeps import SweepChange
from sweepd.wandb_api.wire import node_id
from tests.conftest import FakeClock
from tests.unit.services.logging_versions import begin, log, md5, put, put_manifest

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
            self.ann, made.pk, ArtifactChange(description=name)
        )

    def delete_version(self, name: str, artifact: Any) -> None:
        """Remove it from everywhere."""
        self.parts.services.artifacts.removals.delete(self.ann, artifact.pk, delete_aliases=True)


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


def the_sweep(world: World) -> Any:
    found = world.parts.services.sweeps.list_all(
        world.parts.services.projects.ensure(world.ann, None, "p", None)[0]
    )
    if found:
        return found[-1]
    change = SweepChange(config_yaml=GRID, description="i")
    return world.parts.services.sweeps.create(world.ann, None, "p", change)[0]


def registry(world: World, name: str) -> Any:
    return world.parts.services.registries.upsert(
        world.ann, f"wandb-registry-{name}", RegistryChange()
    )[0]


def all_registry(world: World) -> Any:
    return registry(world, "all")


def the_version(world: World) -> Any:
    """One of twelve files, that runs use and other collections hold."""
    services = world.parts.services.artifacts
    owner = world.parts.services.projects.get(world.ann, None, "p")
    place = services.collections.find_membership(owner, "the-one")
    if place is not None:
        return services.get(world.ann, place.artifact_pk)
    body, names = md5(b"the one"), [f"f{n:02}" for n in range(12)]
    pending = begin(world.parts, world.ann, "the one", "the-one")
    announced = [(pending.pk, name, Digest(body)) for name in names]
    services.uploads.announce_files(world.ann, announced)
    put(world.parts, pending.pk, names[0], b"the one", b"the one")
    entry = {"digest": body, "size": len(b"the one")}
    put_manifest(world.parts, pending.pk, dict.fromkeys(names, entry))
    return services.uploads.commit(world.ann, pending.pk, lambda _: pending.pk)


def drop_version(world: World, name: str, made: Any) -> None:
    world.delete_version(name, made)


def delete_run(world: World, _: str, made: Any) -> None:
    world.parts.services.runs.delete(world.ann, made.pk)


def below(outer: str) -> Callable[[str], Callable[[World, str], str]]:
    """Queries below some node, which names the sweep and the versions by SWEEP and THE."""

    def of(inner: str) -> Callable[[World, str], str]:
        def read(world: World, args: str) -> str:
            text = (outer % inner).replace("ARGS", args)
            for word, find in (
                ("SWEEP", lambda: the_sweep(world).sweep_id),
                ("AGENT", lambda: world.parts.services.sweeps.agents(the_sweep(world))[0].name),
                ("THE", lambda: node_id("Artifact", the_version(world).pk)),
            ):
                text = text.replace(word, find()) if word in text else text
            return text

        return read

    return of


IN_PROJECT = below('{ project(name: "p") { %s } }')
IN_SWEEP = below('{ project(name: "p") { sweep(sweepName: "SWEEP") { %s } } }')
IN_RUN = below('{ project(name: "p") { run(name: "r") { %s } } }')
IN_VERSION = below('{ artifact(id: "THE") { %s } }')
IN_ORGANIZATION = below('{ entity(name: "organization") { %s } }')
IN_HOME = below('{ project(name: "p") { artifactCollection(name: "m") { %s } } }')
IN_NAMED = below('{ project(name: "p") { artifactCollection(name: "the-one") { %s } } }')
IN_FAR = below(
    '{ project(entityName: "organization", name: "wandb-registry-all") { '
    'artifactCollection(name: "all") { %s } } }'
)
IN_PLACE = below(
    '{ project(name: "p") { artifactCollectionMembership(name: "the-one:latest") { %s } } }'
)
IN_TYPE = below('{ project(name: "p") { artifactType(name: "model") { %s } } }')
