"""Lists of what a version has, and of a run's versions."""

from typing import Any

from tests.protocol.paging.world import (
    IN_PLACE,
    IN_RUN,
    IN_VERSION,
    List,
    World,
    delete_run,
    drop_version,
    the_version,
)


def _used(world: World, name: str) -> Any:
    made = world.version(name)
    world.parts.services.artifacts.use(world.ann, world.run("r"), made.pk, None)
    return made


def _using(world: World, name: str) -> Any:
    made = world.run(name)
    world.parts.services.artifacts.use(world.ann, made, the_version(world).pk, None)
    return made


def _place(world: World, name: str) -> Any:
    return world.parts.services.artifacts.collections.link(
        world.ann, the_version(world).pk, None, "p", name, []
    )


def _unplace(world: World, name: str, made: Any) -> None:
    world.parts.services.artifacts.collections.unlink(
        world.ann, the_version(world).pk, made.collection_pk
    )


LISTS = [
    List(
        "Run.outputArtifacts",
        IN_RUN("outputArtifactsARGS { PAGE description }"),
        "project.run.outputArtifacts",
        "description",
        lambda w, name: (w.run("r"), w.version(name, run_id="r"))[1],
        drop_version,
    ),
    List(
        "Run.inputArtifacts",
        IN_RUN("inputArtifactsARGS { PAGE description }"),
        "project.run.inputArtifacts",
        "description",
        _used,
        drop_version,
    ),
    *(
        List(
            f"Artifact.{field}",
            IN_VERSION(field + "ARGS { PAGE name }"),
            f"artifact.{field}",
            "name",
            lambda w, name: the_version(w) and None,  # a version's files are the same for good
            None,
        )
        for field in ("files", "filesByManifestEntries")
    ),
    List(
        "ArtifactCollectionMembership.files",
        IN_PLACE("filesARGS { PAGE name }"),
        "project.artifactCollectionMembership.files",
        "name",
        lambda w, name: the_version(w) and None,
        None,
    ),
    List(
        "Artifact.usedBy",
        IN_VERSION("usedByARGS { PAGE name }"),
        "artifact.usedBy",
        "name",
        _using,
        delete_run,
    ),
    List(
        "Artifact.artifactMemberships",
        IN_VERSION("artifactMembershipsARGS { PAGE artifactCollection { name } }"),
        "artifact.artifactMemberships",
        "artifactCollection.name",
        _place,
        _unplace,
    ),
]
