"""Access checks: what a stranger's key sees and changes of another entity's things. Nothing.

Every root field of the schema is tried with a key that has nothing to do with what is asked for.
The answer must be the one that things get which never were, and every row must stay as it was. The
owner then asks the same, so that a case cannot hold because it asks wrongly.
"""

import base64
import json
from typing import Any

import pytest
from starlette.testclient import TestClient

from sweepd import server
from tests.protocol import access_world, page
from tests.protocol.access_cases import CASES, Case
from tests.protocol.access_world import ANN, BOB, Guarded, World, ask, path_of, rows

pytestmark = pytest.mark.slow  # each operation on a folder of its own


def filled(value: Any, world: World) -> Any:
    """The input with things instead of `@` names."""
    if isinstance(value, str):
        return world[value[1:]] if value.startswith("@") else value
    if isinstance(value, dict):
        return {key: filled(item, world) for key, item in value.items()}
    return [filled(item, world) for item in value] if isinstance(value, list) else value


def seen(response: Any, world: World) -> tuple[int, str]:
    """Status and body, with the names that were asked for taken out."""
    text = response.text
    for name, value in sorted(world.items(), key=lambda item: -len(item[1])):
        text = text.replace(value, f"@{name}")
    return response.status_code, text


def test_every_root_field_has_a_case() -> None:
    fields = {
        f"{kind}.{name}"
        for kind in ("Query", "Mutation")
        for name in getattr(page.schema().get_type(kind), "fields", {})
    }
    tried = {name.partition(":")[0] for name in CASES}
    assert fields == tried, "say in access_cases.py how a stranger would try it"


@pytest.mark.parametrize("name", CASES)
def test_stranger_sees_and_changes_nothing(name: str, guarded: Guarded) -> None:
    http, parts, world = guarded.http, guarded.parts, guarded.world
    gone, case = access_world.absent(world), CASES[name]
    before = rows(parts)
    real = ask(http, BOB, case.document, **filled(case.variables, world))
    after = rows(parts)
    if case.is_own:
        assert real.status_code == 200, real.text
        assert "hush" not in real.text, real.text
        for table, held in before.items():
            assert [row for row in held if row not in after[table]] == [], table
    else:
        assert after == before
        unreal = ask(http, BOB, case.document, **filled(case.variables, gone))
        assert seen(real, world) == seen(unreal, gone)
        assert rows(parts) == before
    _owner_may(http, case, world)


def _owner_may(http: TestClient, case: Case, world: World) -> None:
    answer = ask(http, ANN, case.document, **filled(case.variables, world))
    assert answer.status_code == 200, answer.text
    assert None not in answer.json()["data"].values(), answer.text


def test_neither_an_id_nor_a_hash_of_anothers_file_gives_its_bytes(guarded: Guarded) -> None:
    """A version of one's own cannot take in what another's project holds."""
    http, world = guarded.http, guarded.world

    def say(document: str, **values: Any) -> Any:
        return ask(http, BOB, document, i=values)

    create = """mutation C($i: CreateArtifactInput!) { createArtifact(input: $i) {
      artifact { id } } }"""
    where = {"entityName": "bob", "projectName": "mine"}
    made = say(create, **where, artifactTypeName="t", artifactCollectionName="c", digest="d")
    own = made.json()["data"]["createArtifact"]["artifact"]["id"]
    manifest = """mutation M($i: CreateArtifactManifestInput!) { createArtifactManifest(input: $i) {
      artifactManifest { file { uploadUrl } } } }"""
    based = say(
        manifest,
        **where,
        runName="r",
        artifactID=own,
        name="m",
        digest="",
        type="INCREMENTAL",
        baseArtifactID=world["artifact_id"],
    )
    assert based.status_code == 404
    announce = """mutation F($i: CreateArtifactFilesInput!) { createArtifactFiles(input: $i) {
      files { edges { node { uploadUrl } } } } }"""
    spec = {"artifactID": own, "name": "hush.bin", "md5": world["md5"]}
    [edge] = say(announce, artifactFiles=[spec]).json()["data"]["createArtifactFiles"]["files"][
        "edges"
    ]
    assert edge["node"]["uploadUrl"], "known by its hash: its bytes must be sent all the same"
    plain = say(manifest, **where, runName="r", artifactID=own, name="m", digest="")
    file = plain.json()["data"]["createArtifactManifest"]["artifactManifest"]["file"]
    entry = {"digest": world["md5"], "size": 9, "birthArtifactID": world["artifact_id"]}
    text = json.dumps({"version": 1, "contents": {"hush.bin": entry}})
    assert http.put(path_of(file["uploadUrl"]), content=text).status_code == 200
    commit = (
        "mutation C($i: CommitArtifactInput!) { commitArtifact(input: $i) { artifact { id } } }"
    )
    refused = say(commit, artifactID=own)
    assert refused.status_code == 400 and "never came" in refused.text
    digest = base64.b64decode(world["md5"]).hex()
    for entity, project in (("ann", world["project"]), ("bob", "mine")):
        path = f"/artifactsV2/default/{entity}/{project}/c/x/{digest}/hush.bin"
        assert http.get(path, auth=("api", BOB)).status_code == 404


def test_version_used_from_another_entity_stays_hidden_until_it_is_linked(
    parts: server.Parts,
) -> None:
    """ann uses a version of her own in a team of bob's: bob sees the run, and it when linked."""
    http = TestClient(server.make_app(parts), raise_server_exceptions=False)
    world = access_world.build(http, parts)
    parts.services.users.add_team("both", ["ann", "bob"])
    own = {"entityName": "both", "projectName": "open"}

    def say(document: str, key: str = ANN, **variables: Any) -> Any:
        answer = ask(http, key, document, **variables)
        assert answer.status_code == 200, answer.text
        [found] = answer.json()["data"].values()
        return found

    say(
        "mutation U($i: UpsertBucketInput!) { upsertBucket(input: $i) { bucket { id } } }",
        i={"entityName": "both", "modelName": "open", "name": "r", "config": "{}"},
    )
    use = "mutation U($i: UseArtifactInput!) { useArtifact(input: $i) { artifact { id } } }"
    say(use, i={**own, "runName": "r", "artifactID": world["artifact_id"]})
    read = """{ project(entityName: "both", name: "open") {
      run(name: "r") { inputArtifacts { edges { node { digest } } } }
      artifact(name: "reads:latest") { digest createdBy { __typename } }
      artifactCollectionMembership(name: "reads:latest") { artifact { digest } } } }"""
    assert json.dumps(say(read)).count("hush-artifact") == 1
    assert "hush" not in json.dumps(say(read, BOB))
    link = "mutation L($i: LinkArtifactInput!) { linkArtifact(input: $i) { versionIndex } }"
    say(
        link,
        i={
            **own,
            "artifactID": world["artifact_id"],
            "artifactPortfolioName": "reads",
            "aliases": [{"artifactCollectionName": "reads", "alias": "pick"}],
        },
    )
    assert json.dumps(say(read)).count("hush-artifact") == 3
    seen = say(read, BOB)
    assert json.dumps(seen).count("hush-artifact") == 3
    assert seen["artifact"]["createdBy"] is None  # the run stays hidden
    back = """query A($id: ID!) { artifact(id: $id) { usedBy { edges { node { name } } }
      artifactMemberships { edges { node { artifactCollection { name } } } }
      aliases { alias } } }"""
    whole = say(back, id=world["artifact_id"])
    assert [edge["node"]["name"] for edge in whole["usedBy"]["edges"]] == ["r"]
    parts.services.users.remove_member("both", "ann")
    rest = say(back, id=world["artifact_id"])
    assert rest["usedBy"]["edges"] == []
    places = [edge["node"]["artifactCollection"] for edge in rest["artifactMemberships"]["edges"]]
    assert {place["name"] for place in places} == {world["collection"], world["portfolio"]}
    assert "pick" not in {alias["alias"] for alias in rest["aliases"]}
