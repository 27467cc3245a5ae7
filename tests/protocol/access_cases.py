"""Every root field of the schema, asked for what is ann's; `@name` stands for a thing of hers.

A field without a case fails test_access.py: whoever adds one says here how a stranger would try it.
After a colon stands another way to ask the same field.
"""

from dataclasses import dataclass, field
from typing import Any

WHERE = {"entityName": "@entity", "projectName": "@project"}
RUN = {**WHERE, "runName": "@run"}
ALIAS = [{"artifactCollectionName": "@collection", "alias": "mine"}]
TAG = [{"tagName": "mine"}]


@dataclass(frozen=True)
class Case:
    """A document with `@` names in its input."""

    document: str
    variables: dict[str, Any] = field(default_factory=dict)
    is_own: bool = False  # names nothing of ann's: a stranger may ask it, about themselves


def _change(mutation: str, payload: str, /, is_own: bool = False, **values: Any) -> Case:
    kind = mutation[0].upper() + mutation[1:] + "Input"
    document = f"mutation M($i: {kind}!) {{ {mutation}(input: $i) {{ {payload} }} }}"
    return Case(document, {"i": values}, is_own)


_PROJECT = """id name runs { edges { node { name config summaryMetrics files { edges { node {
  name directUrl } } } history } } } sweeps { edges { node { name config } } }
  artifactTypes { edges { node { name } } } artifactCollections { edges { node { name } } }"""

CASES = {
    "Query.viewer": Case(
        "{ viewer { name email teams { edges { node { name } } } } }", is_own=True
    ),
    "Query.serverInfo": Case("{ serverInfo { features { name } } }", is_own=True),
    "Query.entity": Case(
        "query Q($n: String) { entity(name: $n) { id storageBytes members { name } "
        "projects { edges { node { name } } } } }",
        {"n": "@team"},
    ),
    "Query.project": Case(
        f"query Q($e: String, $p: String) {{ project(entityName: $e, name: $p) {{ {_PROJECT} }} }}",
        {"e": "@entity", "p": "@project"},
    ),
    "Query.model": Case(
        f"query Q($e: String, $p: String) {{ model(entityName: $e, name: $p) {{ {_PROJECT} }} }}",
        {"e": "@entity", "p": "@project"},
    ),
    "Query.models": Case(
        "query Q($e: String) { models(entityName: $e) { edges { node { name } } } }",
        {"e": "@entity"},
    ),
    "Query.artifact": Case(
        "query Q($id: ID!) { artifact(id: $id) { digest metadata files { edges { node { "
        "directUrl } } } createdBy { ... on Run { name } } } }",
        {"id": "@artifact_id"},
    ),
    "Query.artifactCollection": Case(
        "query Q($id: ID!) { artifactCollection(id: $id) { name } }", {"id": "@collection_id"}
    ),
    "Query.clientIDMapping": Case(
        "query Q($id: ID!) { clientIDMapping(clientID: $id) { serverID } }", {"id": "@client_id"}
    ),
    "Query.users": Case(
        "query Q($q: String) { users(query: $q) { edges { node { teams { edges { node { name "
        "} } } apiKeys { edges { node { id } } } email } } } }",
        {"q": "@entity"},
        is_own=True,
    ),
    "Query.view": Case(
        "query Q($id: ID!) { view(id: $id) { name displayName spec project { name } } }",
        {"id": "@view_id"},
    ),
    "Query.project: its views": Case(
        "query Q($e: String, $p: String) { project(entityName: $e, name: $p) { allViews { edges "
        "{ node { name spec } } } } }",
        {"e": "@entity", "p": "@project"},
    ),
    "Mutation.upsertView": _change("upsertView", "view { spec }", id="@view_id", spec="{}"),
    "Mutation.upsertView: by name": _change(
        "upsertView", "inserted", **WHERE, type="runs", name="@view", displayName="mine"
    ),
    "Mutation.deleteView": _change("deleteView", "success", id="@view_id", deleteDrafts=True),
    "Mutation.upsertModel": _change(
        "upsertModel", "inserted", entityName="@entity", name="@project", description="mine"
    ),
    "Mutation.upsertBucket": _change(
        "upsertBucket", "bucket { id config }", id="@run_id", config="{}", notes="mine"
    ),
    "Mutation.upsertBucket: by name": _change(
        "upsertBucket",
        "bucket { id config }",
        entityName="@entity",
        modelName="@project",
        name="@run",
        summaryMetrics='{"mine": 1}',
    ),
    "Mutation.upsertBucket: into a sweep": _change(
        "upsertBucket",
        "bucket { id }",
        entityName="@entity",
        modelName="@project",
        name="mine",
        sweep="@sweep",
    ),
    "Mutation.rewindRun": _change(
        "rewindRun", "rewoundRun { id }", **RUN, metricName="_step", metricValue=0
    ),
    "Mutation.deleteRun": _change(
        "deleteRun", "clientMutationId", id="@run_id", deleteArtifacts=True
    ),
    "Mutation.stopRun": _change("stopRun", "success", id="@run_id"),
    "Mutation.updateRunState": _change("updateRunState", "success", id="@run_id", state="failed"),
    "Mutation.createRunFiles": _change(
        "createRunFiles", "runID files { uploadUrl }", **RUN, files=["hush.txt"]
    ),
    "Mutation.markRunFilesUploaded": _change(
        "markRunFilesUploaded", "success", **RUN, files=["hush.txt"]
    ),
    "Mutation.deleteFiles": _change("deleteFiles", "success", files=["@file_id"]),
    "Mutation.notifyScriptableRunAlert": _change(
        "notifyScriptableRunAlert", "success", **RUN, title="mine", text="mine"
    ),
    "Mutation.createCustomChart": _change(
        "createCustomChart",
        "chart { id }",
        entity="@entity",
        name="c",
        displayName="c",
        type="vega2",
        access="private",
        spec="{}",
    ),
    "Mutation.upsertSweep": _change(
        "upsertSweep", "sweep { config }", id="@sweep_id", state="CANCELED"
    ),
    "Mutation.upsertSweep: by its short id": _change(
        "upsertSweep", "sweep { config }", **WHERE, id="@sweep", description="mine"
    ),
    "Mutation.upsertSweep: a new one": _change(
        "upsertSweep",
        "sweep { id }",
        **WHERE,
        config="method: grid\nparameters: {x: {values: [1]}}\n",
    ),
    "Mutation.enqueueSweepRun": _change("enqueueSweepRun", "id", id="@sweep_id", config='{"x": 1}'),
    "Mutation.createAgent": _change(
        "createAgent", "agent { id }", **WHERE, sweep="@sweep", host="mine"
    ),
    "Mutation.retrySweepRuns": _change(
        "retrySweepRuns", "count", id="@sweep_id", states=["failed"]
    ),
    "Mutation.agentHeartbeat": _change(
        "agentHeartbeat", "agent { id } commands", id="@agent_id", runState="{}"
    ),
    "Mutation.createUser": _change("createUser", "user { name }", email="mine@hush.example"),
    "Mutation.createTeam": _change("createTeam", "entity { name }", teamName="mine"),
    "Mutation.createInvite": _change(
        "createInvite", "invite { id }", entityName="@team", username="bob"
    ),
    "Mutation.deleteInvite": _change(
        "deleteInvite", "success", entityName="@team", id="@member_id"
    ),
    "Mutation.createServiceAccount": _change(
        "createServiceAccount", "user { name }", entityName="@team", description="mine"
    ),
    "Mutation.generateApiKey": _change("generateApiKey", "apiKey { id }", is_own=True),
    "Mutation.deleteApiKey": _change("deleteApiKey", "success", id="@key_id"),
    "Mutation.createArtifactType": _change(
        "createArtifactType", "artifactType { name }", **WHERE, name="@type"
    ),
    "Mutation.createArtifact": _change(
        "createArtifact",
        "artifact { id state }",
        **RUN,
        artifactTypeName="@type",
        artifactCollectionName="@collection",
        digest="hush-artifact",
        clientID="@client_id",
    ),
    "Mutation.createArtifactManifest": _change(
        "createArtifactManifest",
        "artifactManifest { file { uploadUrl } }",
        **RUN,
        artifactID="@pending_id",
        name="m",
        digest="",
        baseArtifactID="@artifact_id",
        type="INCREMENTAL",
    ),
    "Mutation.updateArtifactManifest": _change(
        "updateArtifactManifest",
        "artifactManifest { file { uploadUrl } }",
        artifactManifestID="@pending_manifest_id",
    ),
    "Mutation.createArtifactFiles": _change(
        "createArtifactFiles",
        "files { edges { node { uploadUrl } } }",
        artifactFiles=[{"artifactID": "@pending_id", "name": "mine.bin", "md5": "@md5"}],
    ),
    "Mutation.completeMultipartUploadArtifact": _change(
        "completeMultipartUploadArtifact",
        "digest",
        completeMultipartAction="Complete",
        completedParts=[{"partNumber": 1, "hexMD5": "00"}],
        artifactID="@pending_id",
        storagePath="hush.txt",
        uploadID="@upload_id",
    ),
    "Mutation.commitArtifact": _change(
        "commitArtifact", "artifact { digest }", artifactID="@pending_id"
    ),
    "Mutation.useArtifact": _change(
        "useArtifact", "artifact { digest }", **RUN, artifactID="@artifact_id"
    ),
    "Mutation.updateArtifact": _change(
        "updateArtifact",
        "artifact { digest }",
        artifactID="@artifact_id",
        description="mine",
        tagsToAdd=TAG,
    ),
    "Mutation.addAliases": _change(
        "addAliases", "success", artifactID="@artifact_id", aliases=ALIAS
    ),
    "Mutation.deleteAliases": _change(
        "deleteAliases",
        "success",
        artifactID="@artifact_id",
        aliases=[{"artifactCollectionName": "@collection", "alias": "latest"}],
    ),
    "Mutation.linkArtifact": _change(
        "linkArtifact",
        "versionIndex",
        artifactID="@artifact_id",
        **WHERE,
        artifactPortfolioName="@portfolio",
        aliases=[],
    ),
    "Mutation.linkArtifact: to one's own project": _change(
        "linkArtifact",
        "versionIndex",
        artifactID="@artifact_id",
        projectName="mine",
        artifactPortfolioName="mine",
        aliases=[],
    ),
    "Mutation.linkArtifact: by the client's id": _change(
        "linkArtifact",
        "versionIndex",
        clientID="@client_id",
        projectName="mine",
        artifactPortfolioName="mine",
        aliases=[],
    ),
    "Mutation.unlinkArtifact": _change(
        "unlinkArtifact", "success", artifactID="@artifact_id", artifactPortfolioID="@portfolio_id"
    ),
    "Mutation.updateArtifactSequence": _change(
        "updateArtifactSequence",
        "artifactCollection { name }",
        artifactSequenceID="@collection_id",
        description="mine",
    ),
    "Mutation.updateArtifactPortfolio": _change(
        "updateArtifactPortfolio",
        "artifactCollection { name }",
        artifactPortfolioID="@portfolio_id",
        description="mine",
    ),
    "Mutation.moveArtifactSequence": _change(
        "moveArtifactSequence",
        "artifactCollection { name }",
        artifactSequenceID="@collection_id",
        destinationArtifactTypeName="mine",
    ),
    "Mutation.createArtifactCollectionTagAssignments": _change(
        "createArtifactCollectionTagAssignments",
        "tags { name }",
        **WHERE,
        artifactCollectionName="@collection",
        tags=TAG,
    ),
    "Mutation.deleteArtifactCollectionTagAssignments": _change(
        "deleteArtifactCollectionTagAssignments",
        "success",
        **WHERE,
        artifactCollectionName="@collection",
        tags=TAG,
    ),
    "Mutation.deleteArtifact": _change(
        "deleteArtifact", "artifact { digest }", artifactID="@artifact_id", deleteAliases=True
    ),
    "Mutation.deleteArtifactPortfolio": _change(
        "deleteArtifactPortfolio",
        "artifactCollection { name }",
        artifactPortfolioID="@portfolio_id",
    ),
    "Mutation.deleteArtifactSequence": _change(
        "deleteArtifactSequence", "artifactCollection { name }", artifactSequenceID="@collection_id"
    ),
    "Query.organization": Case(
        '{ organization(name: "organization") { orgEntity { projects { edges { node { name } } } '
        "artifactCollections { edges { node { name } } } } } }",
        is_own=True,
    ),
    "Query.entity: a registry's": Case(
        'query Q($p: String) { entity(name: "organization") { project(name: $p) { id name '
        "members { username email } teamMembers { team { name } } } } }",
        {"p": "@registry"},
    ),
    "Mutation.createProjectMembers": _change(
        "createProjectMembers", "success", projectId="@registry_id", userIds=[]
    ),
    "Mutation.updateProjectMember": _change(
        "updateProjectMember",
        "success",
        projectId="@registry_id",
        userId="@user_id",
        userProjectRole="admin",
    ),
    "Mutation.updateProjectTeamMember": _change(
        "updateProjectTeamMember",
        "success",
        projectId="@registry_id",
        teamId="@team_id",
        teamProjectRole="member",
    ),
    "Mutation.deleteProjectMembers": _change(
        "deleteProjectMembers", "success", projectId="@registry_id", userIds=[]
    ),
    "Mutation.renameProject": _change(
        "renameProject",
        "project { name }",
        entityName="organization",
        oldProjectName="@registry",
        newProjectName="wandb-registry-mine",
    ),
    "Mutation.deleteModel": _change("deleteModel", "success", id="@registry_id"),
    "Query.entity: its automations": Case(
        "query Q($n: String) { entity(name: $n) { triggers { edges { node { name } } } "
        "integrations { edges { node { ... on SlackIntegration { channelName } } } } } }",
        {"n": "@entity"},
    ),
    "Query.viewer: their projects' automations": Case(
        "{ viewer { projects { edges { node { name triggers { name } } } } } }", is_own=True
    ),
    "Mutation.createFilterTrigger": _change(
        "createFilterTrigger",
        "trigger { id }",
        name="mine",
        enabled=True,
        scopeType="PROJECT",
        scopeID="@project_id",
        triggeringEventType="CREATE_ARTIFACT",
        eventFilter="{}",
        triggeredActionType="NO_OP",
        triggeredActionConfig={"noOpActionInput": {"noOp": True}},
    ),
    "Mutation.createFilterTrigger: in a collection": _change(
        "createFilterTrigger",
        "trigger { id }",
        name="mine",
        enabled=True,
        scopeType="ARTIFACT_COLLECTION",
        scopeID="@collection_id",
        triggeringEventType="CREATE_ARTIFACT",
        eventFilter="{}",
        triggeredActionType="NO_OP",
        triggeredActionConfig={"noOpActionInput": {"noOp": True}},
    ),
    "Mutation.createFilterTrigger: in a registry": _change(
        "createFilterTrigger",
        "trigger { id }",
        name="mine",
        enabled=True,
        scopeType="PROJECT",
        scopeID="@registry_id",
        triggeringEventType="LINK_MODEL",
        eventFilter="{}",
        triggeredActionType="NO_OP",
        triggeredActionConfig={"noOpActionInput": {"noOp": True}},
    ),
    "Mutation.createFilterTrigger: in a team": _change(
        "createFilterTrigger",
        "trigger { id }",
        name="mine",
        enabled=True,
        scopeType="ENTITY",
        scopeID="@team_id",
        triggeringEventType="RUN_STATE",
        eventFilter='{"run_state_filter": {"states": ["FAILED"]}}',
        triggeredActionType="NO_OP",
        triggeredActionConfig={"noOpActionInput": {"noOp": True}},
    ),
    "Mutation.updateFilterTrigger": _change(
        "updateFilterTrigger", "trigger { name }", id="@automation_id", enabled=False
    ),
    "Mutation.deleteTrigger": _change("deleteTrigger", "success", triggerID="@automation_id"),
    "Mutation.createGenericWebhookIntegration": _change(
        "createGenericWebhookIntegration",
        "integration { __typename }",
        entityName="@entity",
        name="mine",
        urlEndpoint="https://example.org/",
    ),
}
