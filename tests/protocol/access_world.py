"""What ann owns when a stranger knocks: one of everything, made through the protocol."""

import base64
import hashlib
import json
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from starlette.testclient import TestClient

from sweepd import server
from sweepd.store import schema

ANN, BOB = "ann-" + "a" * 40, "bob-" + "b" * 40
GRID = "method: grid\nprogram: hush.py\nmetric: {name: loss}\nparameters: {x: {values: [1, 2]}}\n"
BYTES = b"hush hush"
MD5 = base64.b64encode(hashlib.md5(BYTES, usedforsecurity=False).digest()).decode()


World = dict[str, str]


@dataclass(frozen=True)
class Guarded:
    """A server that holds ann's things, and what they are called."""

    http: TestClient
    parts: server.Parts
    world: World


def rows(parts: server.Parts) -> dict[str, list[Any]]:
    """The whole database."""
    with parts.core.db.read() as connection:
        return {
            name: [tuple(row) for row in connection.execute(sa.select(table))]
            for name, table in schema.metadata.tables.items()
        }


def ask(http: TestClient, key: str, document: str, **variables: Any) -> Any:
    """The whole response."""
    body = {"query": document, "variables": variables}
    return http.post("/graphql", json=body, auth=("api", key))


def path_of(url: str) -> str:
    return "/" + url.split("/", 3)[3]


def build(http: TestClient, parts: server.Parts) -> World:
    """Make ann, who has a team, and bob, who knows nobody; what ann has, by a short name."""
    users = parts.services.users
    users.add_user("ann", ANN, is_admin=True, email="ann@hush.example")
    users.add_user("bob", BOB)
    world = {
        "entity": "ann",
        "project": "hush-project",
        "run": "hush-run",
        "team": "hush-team",
        "collection": "hush-model",
        "portfolio": "hush-portfolio",
        "type": "hush-type",
        "md5": MD5,
        "registry": "wandb-registry-hush",
        "view": "hush-view",
    }

    def say(document: str, **variables: Any) -> Any:
        answer = ask(http, ANN, document, **variables)
        assert answer.status_code == 200, answer.text
        [found] = answer.json()["data"].values()
        return found

    closed = say(
        """mutation U($i: UpsertModelInput!) { upsertModel(input: $i) { project { id } } }""",
        i={"entityName": "organization", "name": world["registry"], "access": "RESTRICTED"},
    )
    world["registry_id"] = closed["project"]["id"]
    world["user_id"] = say("{ viewer { id } }")["id"]
    where = {"entityName": "ann", "projectName": world["project"]}
    run = say(
        """mutation U($i: UpsertBucketInput!) { upsertBucket(input: $i) { bucket { id } } }""",
        i={
            "entityName": "ann",
            "modelName": world["project"],
            "name": world["run"],
            "config": '{"hush-key": {"value": 1}}',
            "summaryMetrics": '{"hush-loss": 1}',
        },
    )
    world["run_id"] = run["bucket"]["id"]
    files = say(
        """mutation F($i: CreateRunFilesInput!) { createRunFiles(input: $i) {
          files { uploadUrl } } }""",
        i={**where, "runName": world["run"], "files": ["hush.txt"]},
    )
    assert http.put(path_of(files["files"][0]["uploadUrl"]), content=BYTES).status_code == 200
    stream = {"files": {"wandb-history.jsonl": {"offset": 0, "content": ['{"_step":0,"loss":7}']}}}
    path = f"/files/ann/{world['project']}/{world['run']}/file_stream"
    assert http.post(path, json=stream, auth=("api", ANN)).status_code == 200
    read = """query R($e: String, $p: String, $r: String!) { project(entityName: $e, name: $p) {
      run(name: $r) { files { edges { node { id } } } } } }"""
    found = say(read, e="ann", p=world["project"], r=world["run"])
    world["file_id"] = found["run"]["files"]["edges"][0]["node"]["id"]
    _make_sweep(world, where, say)
    _make_artifacts(http, world, where, say)
    made = say('mutation { createTeam(input: {teamName: "hush-team"}) { entity { id } } }')
    world["team_id"] = made["entity"]["id"]
    say(
        """mutation C($i: CreateProjectMembersInput!) { createProjectMembers(input: $i) {
          success } }""",
        i={"projectId": world["registry_id"], "teamIds": [world["team_id"]]},
    )
    say(
        """mutation { createServiceAccount(input: {entityName: "hush-team", description: "ci"}) {
          user { id } } }"""
    )
    see = say('{ entity(name: "hush-team") { members { id accountType } } }')
    [service] = [m for m in see["members"] if m["accountType"] == "SERVICE"]
    world["member_id"] = service["id"]
    view = say(
        "mutation V($i: UpsertViewInput!) { upsertView(input: $i) { view { id } } }",
        i={**where, "type": "runs", "name": world["view"], "spec": '{"hush": 1}'},
    )
    world["view_id"] = view["view"]["id"]
    project = say("query P($p: String) { project(name: $p) { id } }", p=world["project"])
    made = say(
        """mutation T($i: CreateFilterTriggerInput!) { createFilterTrigger(input: $i) {
          trigger { id } } }""",
        i={
            "name": "hush-automation",
            "enabled": True,
            "scopeType": "PROJECT",
            "scopeID": project["id"],
            "triggeringEventType": "RUN_STATE",
            "eventFilter": '{"run_state_filter": {"states": ["FAILED"]}}',
            "triggeredActionType": "NO_OP",
            "triggeredActionConfig": {"noOpActionInput": {"noOp": True}},
        },
    )
    world["project_id"], world["automation_id"] = project["id"], made["trigger"]["id"]
    key = say("mutation { generateApiKey(input: {}) { apiKey { id } } }")
    world["key_id"] = key["apiKey"]["id"]
    return world


def _make_sweep(world: World, where: World, say: Any) -> None:
    sweep = say(
        """mutation S($i: UpsertSweepInput!) { upsertSweep(input: $i) { sweep { id name } } }""",
        i={**where, "config": GRID},
    )["sweep"]
    world |= {"sweep_id": sweep["id"], "sweep": sweep["name"]}
    agent = say(
        """mutation A($i: CreateAgentInput!) { createAgent(input: $i) { agent { id name } } }""",
        i={**where, "sweep": world["sweep"], "host": "hush-host"},
    )["agent"]
    world["agent_id"] = agent["id"]


def _make_artifacts(http: TestClient, world: World, where: World, say: Any) -> None:
    for name in ("pending", "artifact"):
        created = say(
            """mutation C($i: CreateArtifactInput!) { createArtifact(input: $i) {
              artifact { id artifactSequence { id } } } }""",
            i={
                **where,
                "runName": world["run"],
                "artifactTypeName": world["type"],
                "artifactCollectionName": world["collection"],
                "digest": f"hush-{name}",
                "clientID": f"hush-client-{name}",
                "metadata": '{"hush": 1}',
            },
        )["artifact"]
        world[f"{name}_id"] = created["id"]
        world["collection_id"] = created["artifactSequence"]["id"]
        spec = {"artifactID": created["id"], "name": "hush.txt", "md5": MD5}
        parts = [{"partNumber": 1, "hexMD5": base64.b64decode(MD5).hex()}]
        node = say(
            """mutation F($i: CreateArtifactFilesInput!) { createArtifactFiles(input: $i) { files {
              edges { node { uploadUrl uploadMultipartUrls { uploadID uploadUrlParts {
                uploadUrl } } } } } } }""",
            i={"artifactFiles": [{**spec, "uploadPartsInput": parts}]},
        )["files"]["edges"][0]["node"]
        if name == "pending":
            many = node["uploadMultipartUrls"]
            world["upload_id"] = many["uploadID"]
            url = many["uploadUrlParts"][0]["uploadUrl"]
        else:
            url = node["uploadUrl"]
        assert http.put(path_of(url), content=BYTES).status_code == 200
        entry = {"digest": MD5, "size": len(BYTES)}
        text = json.dumps({"version": 1, "contents": {"hush.txt": entry}}).encode()
        manifest = say(
            """mutation M($i: CreateArtifactManifestInput!) { createArtifactManifest(input: $i) {
              artifactManifest { id file { uploadUrl } } } }""",
            i={
                **where,
                "runName": world["run"],
                "artifactID": created["id"],
                "name": "m",
                "digest": "",
            },
        )["artifactManifest"]
        world[f"{name}_manifest_id"] = manifest["id"]
        assert http.put(path_of(manifest["file"]["uploadUrl"]), content=text).status_code == 200
    say(
        "mutation C($id: ID!) { commitArtifact(input: {artifactID: $id}) { artifact { id } } }",
        id=world["artifact_id"],
    )
    world["client_id"] = "hush-client-artifact"
    linked = say(
        """mutation L($i: LinkArtifactInput!) { linkArtifact(input: $i) { artifactMembership {
          artifactCollection { id } } } }""",
        i={
            **where,
            "artifactID": world["artifact_id"],
            "artifactPortfolioName": world["portfolio"],
            "aliases": [],
        },
    )
    world["portfolio_id"] = linked["artifactMembership"]["artifactCollection"]["id"]


def absent(world: World) -> World:
    """The same names and ids, of things that never were."""
    gone = {}
    for name, value in world.items():
        if name.endswith("_id") and name not in ("key_id", "client_id", "upload_id"):
            kind = base64.b64decode(value).decode().partition(":")[0]
            gone[name] = base64.b64encode(f"{kind}:987654321".encode()).decode()
        else:
            gone[name] = {"key_id": "987654321", "md5": "AAAAAAAAAAAAAAAAAAAAAA=="}.get(
                name, f"absent-{name}" if name != "sweep" else "zzzzzzzz"
            )
    return gone
