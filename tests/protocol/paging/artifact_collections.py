"""Lists of collections, their types, versions, aliases and places."""

from typing import Any

from sweepd.domain.artifacts import Alias
from sweepd.services.artifacts.artifact_collections import CollectionChange
from tests.protocol.paging.world import (
    IN_FAR,
    IN_HOME,
    IN_NAMED,
    IN_ORGANIZATION,
    IN_PROJECT,
    IN_TYPE,
    List,
    World,
    all_registry,
    drop_version,
    the_version,
)

_NAMES = ("+name", "-name", "-created_at", "description", "-id")


def _linked(world: World, name: str, collection: str | None = None) -> Any:
    all_registry(world)
    made = world.version(name, "born")
    world.parts.services.artifacts.collections.link(
        world.ann, made.pk, "organization", "wandb-registry-all", collection or name, [name]
    )
    return made


def _drop_collection(world: World, name: str, _: Any) -> None:
    owner = all_registry(world)
    found = world.parts.services.artifacts.collections.find_collection(owner, name)
    assert found is not None
    world.parts.services.artifacts.removals.delete_collection(world.ann, found.pk)


def _collection(world: World, name: str, _: Any = None) -> Any:
    made = world.version("v", name)
    return world.parts.services.artifacts.collections.collection(made.collection_pk)


def _delete_collection(world: World, _: str, made: Any) -> None:
    world.parts.services.artifacts.removals.delete_collection(world.ann, made.pk)


def _typed(world: World, name: str) -> Any:
    made = _collection(world, name)
    return world.parts.services.artifacts.collections.change_collection(
        world.ann, made.pk, CollectionChange(type_name=name)
    )


def _alias(world: World, name: str) -> Any:
    made = the_version(world)
    names = [Alias("the-one", name)]
    world.parts.services.artifacts.collections.set_aliases(world.ann, made.pk, names, add=True)


def _remove_alias(world: World, name: str, _: Any) -> None:
    made = the_version(world)
    names = [Alias("the-one", name)]
    world.parts.services.artifacts.collections.set_aliases(world.ann, made.pk, names, add=False)


LISTS = [
    *(
        List(
            "Entity.artifactCollections",
            IN_ORGANIZATION("artifactCollectionsARGS { PAGE name }"),
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
            IN_ORGANIZATION("artifactMembershipsARGS { PAGE artifact { description } }"),
            "entity.artifactMemberships",
            "artifact.description",
            _linked,
            drop_version,
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
        IN_PROJECT("artifactTypesARGS { PAGE name }"),
        "project.artifactTypes",
        "name",
        _typed,
        _delete_collection,
    ),
    List(
        "Project.artifactTypes",
        IN_PROJECT("artifactTypesARGS { PAGE name }"),
        "project.artifactTypes",
        "name",
        _typed,
        _delete_collection,
        more="includeAll: true",
    ),
    *(
        List(
            "Project.artifactCollections",
            IN_PROJECT("artifactCollectionsARGS { PAGE name }"),
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
            IN_TYPE("artifactCollectionsARGS { PAGE name }"),
            "project.artifactType.artifactCollections",
            "name",
            _collection,
            _delete_collection,
            more,
        )
        for more in ("", 'order: "-name"')
    ),
    *(
        List(
            "ArtifactSequence.artifacts",
            IN_HOME("artifactsARGS { PAGE description }"),
            "project.artifactCollection.artifacts",
            "description",
            World.version,
            drop_version,
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
        IN_FAR("artifactsARGS { PAGE description }"),
        "project.artifactCollection.artifacts",
        "description",
        lambda w, name: _linked(w, name, "all"),
        drop_version,
    ),
    List(
        "ArtifactSequence.aliases",
        IN_NAMED("aliasesARGS { PAGE alias }"),
        "project.artifactCollection.aliases",
        "alias",
        _alias,
        _remove_alias,
    ),
    List(
        "ArtifactPortfolio.aliases",
        IN_FAR("aliasesARGS { PAGE alias }"),
        "project.artifactCollection.aliases",
        "alias",
        lambda w, name: _linked(w, name, "all"),
        drop_version,
    ),
]
