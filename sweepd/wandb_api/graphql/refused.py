"""What the client asks for and sweepd has not: the user reads why, and what to do instead."""

from typing import Any

from graphql import (
    DocumentNode,
    FieldNode,
    GraphQLSchema,
    TypeInfo,
    TypeInfoVisitor,
    Visitor,
    visit,
)

LAUNCH = (
    "sweepd has no launch queues: agents are started by `wandb agent`, `sweepd agents`, "
    "Slurm, Kubernetes or Ray"
)
AUTOMATION = (
    "sweepd keeps no automations of the organisation: make them for a project, a registry, a "
    "collection or a team"
)
SHARING = (
    "sweepd has no links that show a report to everybody: print the report's page to a file and "
    "hand that on, or make people members of a team"
)

# By the field that is not in our schema.
REASONS: dict[str, str] = {
    "Query.launchAgent": LAUNCH,
    "Project.runQueue": LAUNCH,
    "Project.runQueues": LAUNCH,
    "Entity.defaultResourceConfig": LAUNCH,
    "Mutation.ackRunQueueItem": LAUNCH,
    "Mutation.createDefaultResourceConfig": LAUNCH,
    "Mutation.createLaunchAgent": LAUNCH,
    "Mutation.createRunQueue": LAUNCH,
    "Mutation.deleteFromRunQueue": LAUNCH,
    "Mutation.deleteRunQueues": LAUNCH,
    "Mutation.failRunQueueItem": LAUNCH,
    "Mutation.popFromRunQueue": LAUNCH,
    "Mutation.pushToRunQueue": LAUNCH,
    "Mutation.pushToRunQueueByName": LAUNCH,
    "Mutation.updateLaunchAgent": LAUNCH,
    "Mutation.updateRunQueueItemWarning": LAUNCH,
    "Mutation.upsertRunQueue": LAUNCH,
    "Organization.triggers": AUTOMATION,
    "Mutation.createAccessToken": SHARING,
    "Mutation.revokeAccessToken": SHARING,
    "Mutation.updateAccessTokenProjects": SHARING,
}


def reason(schema: GraphQLSchema, document: DocumentNode) -> str | None:
    """Why a document that asks for what we have not is refused; None when it is unknown to us."""
    found: list[str] = []
    types = TypeInfo(schema)

    class Collect(Visitor):
        def enter_field(self, node: FieldNode, *_: Any) -> None:
            parent = types.get_parent_type()
            if parent is not None and types.get_field_def() is None:
                found.append(f"{parent.name}.{node.name.value}")

    visit(document, TypeInfoVisitor(types, Collect()))
    return next((REASONS[field] for field in found if field in REASONS), None)
