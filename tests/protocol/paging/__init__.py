"""Every list of the schema that is read page by page: how to read it, add to it and take from it.

A list is of `Type.field`; several ways to read one are several entries.
"""

from tests.protocol.paging import (
    artifact_collections,
    automations,
    projects,
    runs,
    sweeps,
    versions,
)

LISTS = [
    *runs.LISTS,
    *sweeps.LISTS,
    *projects.LISTS,
    *artifact_collections.LISTS,
    *versions.LISTS,
    *automations.LISTS,
]
# Given whole, with no place to go on from.
AT_ONCE = {
    "Query.users",
    "User.apiKeys",
    "User.teams",
    "User.projects",
    "ArtifactSequence.tags",
    "ArtifactPortfolio.tags",
    "ArtifactCollection.tags",
    "CreateArtifactFilesPayload.files",
}
# The interface of the two kinds of collection, either of which is walked.
INTERFACE = {"ArtifactCollection.aliases", "ArtifactCollection.artifacts"}
