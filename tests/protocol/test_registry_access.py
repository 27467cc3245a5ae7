"""What a link into a registry opens over the wire, to whom, and what it does not."""

from typing import Any

import pytest
from starlette.testclient import TestClient

from sweepd import server
from tests.protocol.conftest import KEY, Ask, authorization
from tests.protocol.test_artifact_files import BODY, announce, commit, create, md5, path_of

pytestmark = pytest.mark.slow  # each operation on a folder of its own

BOB = "bob-" + "b" * 40
MODEL = "wandb-registry-model"
LINK = "mutation L($input: LinkArtifactInput!) { linkArtifact(input: $input) { versionIndex } }"
UPSERT = """mutation U($input: UpsertModelInput!) { upsertModel(input: $input) {
  inserted project { id access readOnly allowAllArtifactTypesInRegistry
    artifactTypes(includeAll: true) { edges { node { name } } } } } }"""
VERSION = """query V($id: ID!) { artifact(id: $id) {
  digest size versionIndex aliases { alias artifactCollection { name } }
  artifactType { name artifactCollections { edges { node { name } } }
    artifactCollection(name: "big") { name } }
  artifactSequence { name description latestArtifact { id } tags { edges { node { name } } }
    project { name } aliases { edges { node { alias } } } artifacts { edges { version } }
    artifactMembership(aliasName: "latest") { id } defaultArtifactType { name } }
  createdBy { ... on Run { name } } usedBy { edges { node { name } } }
  artifactMemberships { edges { node { artifactCollection { name project { name } } } } }
  files { edges { node { name directUrl } } } } }"""


@pytest.fixture
def linked(ask: Ask, http: TestClient, parts: server.Parts) -> str:
    """A version of ann's in a registry that takes all types; bob is there, too."""
    parts.services.users.add_user("bob", BOB)
    run = 'mutation R { upsertBucket(input: {name: "r", modelName: "p"}) { bucket { id } } }'
    ask(run)
    artifact = create(ask)
    assert http.put(path_of(announce(ask, artifact)["uploadUrl"]), content=BODY).status_code == 200
    commit(ask, http, artifact)
    use = """mutation U($id: ID!) { useArtifact(input: {artifactID: $id, entityName: "ann",
      projectName: "p", runName: "r"}) { artifact { id } } }"""
    ask(use, id=artifact)
    made = upsert(ask, "open")
    assert made["inserted"] is True and made["project"]["allowAllArtifactTypesInRegistry"] is True
    link(ask, artifact, "wandb-registry-open")
    return artifact


def upsert(ask: Ask, name: str, key: str = KEY, **more: Any) -> Any:
    values = {"entityName": "organization", "name": f"wandb-registry-{name}", **more}
    answer = ask(UPSERT, key=key, input=values)
    return answer["upsertModel"] if isinstance(answer, dict) else answer


def link(ask: Ask, artifact: str, project: str, key: str = KEY) -> Any:
    values = {
        "artifactID": artifact,
        "artifactPortfolioName": "shown",
        "entityName": "organization",
        "projectName": project,
    }
    return ask(LINK, key=key, input=values)


def test_linked_version_is_read_by_all_and_its_source_by_its_own_entity(
    ask: Ask, linked: str
) -> None:
    own = ask(VERSION, id=linked)["artifact"]
    assert own["artifactSequence"]["project"] == {"name": "p"}
    assert [e["node"]["name"] for e in own["usedBy"]["edges"]] == ["r"]
    assert len(own["artifactMemberships"]["edges"]) == 2
    seen = ask(VERSION, key=BOB, id=linked)["artifact"]
    assert (seen["digest"], seen["size"], seen["versionIndex"]) == ("big", len(BODY), 0)
    assert [a["artifactCollection"]["name"] for a in seen["aliases"]] == ["shown"]
    assert seen["artifactType"] == {
        "name": "dataset",
        "artifactCollections": {"edges": []},
        "artifactCollection": None,
    }
    assert seen["artifactSequence"] == {
        "name": "big",
        "description": None,
        "latestArtifact": None,
        "tags": {"edges": []},
        "project": None,
        "aliases": {"edges": []},
        "artifacts": {"edges": []},
        "artifactMembership": None,
        "defaultArtifactType": {"name": "dataset"},
    }
    assert seen["createdBy"] is None and seen["usedBy"] == {"edges": []}
    [place] = seen["artifactMemberships"]["edges"]
    assert place["node"]["artifactCollection"]["project"] == {"name": "wandb-registry-open"}
    assert [e["node"]["name"] for e in seen["files"]["edges"]] == ["big.bin"]


def test_bytes_are_found_by_digest_through_the_registry_alone(
    ask: Ask, http: TestClient, linked: str
) -> None:
    tail = f"shown/{linked}/{md5(BODY).hex()}/big.bin"
    through = f"/artifactsV2/default/organization/wandb-registry-open/{tail}"
    assert http.get(through, headers=authorization(BOB)).content == BODY
    assert (
        http.get(through.replace("-open/", "-model/"), headers=authorization(BOB)).status_code
        == 404
    )
    source = f"/artifactsV2/default/ann/p/{tail}"
    assert http.get(source, headers=authorization(BOB)).status_code == 404


def test_restricted_registry_does_not_exist_for_others(ask: Ask, linked: str) -> None:
    closed = upsert(ask, "closed", access="RESTRICTED")["project"]
    assert closed["access"] == "RESTRICTED" and closed["readOnly"] is False
    link(ask, linked, "wandb-registry-closed")
    delete = "mutation D($id: String!) { deleteModel(input: {id: $id}) { success } }"
    assert ask(delete, key=BOB, id=closed["id"]).status_code == 404
    see = '{ project(name: "wandb-registry-closed", entityName: "organization") { id } }'
    assert ask(see)["project"]["id"] == closed["id"]
    assert ask(see, key=BOB) == {"project": None}
    for name in ("wandb-registry-nope", "wandb-registry-closed"):
        assert link(ask, linked, name, BOB).status_code == 403  # it is not bob's to link
    assert link(ask, linked, "wandb-registry-nope").status_code == 404
    taken = upsert(ask, "closed", key=BOB)
    assert taken.status_code == 403 and "is taken" in taken.text
    rename = """mutation R { renameProject(input: {entityName: "organization",
      oldProjectName: "wandb-registry-closed", newProjectName: "wandb-registry-x"}) {
      inserted } }"""
    assert ask(rename, key=BOB).status_code == 404
    all_seen = """{ organization(name: "organization") { orgEntity {
      projects { edges { node { name } } }
      artifactCollections { edges { node { project { name } } } }
      artifactMemberships { edges { node { artifactCollection { project { name } } } } } } } }"""
    assert "closed" in str(ask(all_seen)) and "closed" not in str(ask(all_seen, key=BOB))


def test_teams_in_a_registry_keep_their_members_to_themselves(
    ask: Ask, parts: server.Parts, linked: str
) -> None:
    parts.services.users.add_team("crew", ["ann"])
    project = upsert(ask, "open")["project"]["id"]
    team = ask('{ entity(name: "crew") { id } }')["entity"]["id"]
    add = """mutation A($p: ID!, $t: [ID!]) { createProjectMembers(input: {
      projectId: $p, teamIds: $t}) { success } }"""
    assert ask(add, p=project, t=[team]) == {"createProjectMembers": {"success": True}}
    see = """{ project(name: "wandb-registry-open", entityName: "organization") { teamMembers {
      role { name } team { name entityType storageBytes members { username } } } } }"""
    [own] = ask(see)["project"]["teamMembers"]
    assert [m["username"] for m in own["team"]["members"]] == ["ann"]
    [seen] = ask(see, key=BOB)["project"]["teamMembers"]
    assert seen == {
        "role": {"name": "member"},
        "team": {"name": "crew", "entityType": "team", "storageBytes": 0, "members": []},
    }
    organization = '{ entity(name: "organization") { entityType isTeam members { id } } }'
    assert ask(organization, key=BOB)["entity"] == {
        "entityType": "organization",
        "isTeam": False,
        "members": [],
    }


def test_what_is_no_registrys_business_is_refused_with_a_reason(ask: Ask, linked: str) -> None:
    project = ask('{ project(name: "p") { id } }')["project"]["id"]
    cases: list[tuple[str, dict[str, Any], int, str]] = [
        ("deleteModel(input: {id: $id}) { success }", {"id": project}, 400, "are linked to"),
        ("deleteModel(input: {id: $id}) { success }", {"id": "x"}, 400, "the id of a Project"),
        (
            'upsertModel(input: {entityName: "organization", name: $id}) { inserted }',
            {"id": "p"},
            400,
            "registries, named wandb-registry-NAME",
        ),
        (
            'upsertBucket(input: {entityName: "organization", modelName: "wandb-registry-open", '
            "name: $id}) { inserted }",
            {"id": "r"},
            404,
            "is not a member",
        ),
        (
            'upsertModel(input: {entityName: "organization", name: $id, access: "USER_READ"}) '
            "{ inserted }",
            {"id": "wandb-registry-y"},
            400,
            "visibility is organization",
        ),
    ]
    for field, variables, status, words in cases:
        answer = ask(f"mutation M($id: String!) {{ {field} }}", **variables)
        assert answer.status_code == status and words in answer.text, answer.text
    searched = ask('{ entity(name: "ann") { artifactCollections { edges { cursor } } } }')
    assert searched.status_code == 400 and "organisation's registries" in searched.text
    assert ask('{ organization(name: "ann") { id } }') == {"organization": None}
    flags = (
        '{ organization(name: "organization") { featureFlags(rampIDType: OrgName) { rampKey } } }'
    )
    assert ask(flags) == {"organization": {"featureFlags": []}}


def test_what_clients_before_0_29_ask_is_answered(ask: Ask, linked: str) -> None:
    older = """query F($entityName: String!) { entity(name: $entityName) {
      organization { name orgEntity { name } }
      user { organizations { name orgEntity { name } } } } }"""
    organization = {"name": "organization", "orgEntity": {"name": "organization"}}
    assert ask(older, entityName="ann") == {
        "entity": {"organization": organization, "user": {"organizations": [organization]}}
    }
    assert ask(older, entityName="organization") == {
        "entity": {"organization": organization, "user": None}
    }
