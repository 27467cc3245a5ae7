"""Registries with the stock client: published, found, used, changed, taken back.

Run by test_registries.py; takes a project's name, which also makes the registries' names, and the
name of a second user. Ends with `done` when every assertion held.
"""

import sys
from pathlib import Path

import wandb
from refusing import refused

PROJECT, OTHER = sys.argv[1:3]
OPEN, CLOSED, MOVED = f"open-{PROJECT}", f"closed-{PROJECT}", f"moved-{PROJECT}"
ENTITY = wandb.Api().default_entity
SETTINGS = wandb.Settings(console="off")


def log(run: wandb.Run, name: str, kind: str, text: str, **metadata: float) -> wandb.Artifact:
    art = wandb.Artifact(name, kind, metadata=metadata)
    with art.new_file("f.txt") as file:
        file.write(text)
    return run.log_artifact(art).wait()


def organization() -> None:
    api = wandb.Api()
    found = api.organization()
    assert found.name == found.org_entity.name == "organization"
    assert api.organization("organization") == found
    refused(lambda: api.organization("nowhere"), "not found")
    assert {"model", "dataset"} <= {r.name for r in api.registries()}
    model = api.registry("model")
    assert (model.visibility, list(model.artifact_types)) == ("organization", ["model"])
    assert not model.allow_all_artifact_types and model.organization == "organization"
    assert [p.name for p in api.projects("organization") if p.name == model.full_name]


def create() -> None:
    api = wandb.Api()
    made = api.create_registry(OPEN, "organization", description="for all")
    assert made.allow_all_artifact_types and list(made.artifact_types) == []
    assert made.full_name == f"wandb-registry-{OPEN}" and made.entity == "organization"
    refused(lambda: api.create_registry(OPEN, "restricted"), "already exists")
    refused(lambda: api.create_registry("x", "public"), "Invalid visibility")
    refused(lambda: api.registry("no-such"), "Failed to load registry")
    made.description = "for everybody"
    made.save()
    assert api.registry(OPEN).description == "for everybody"
    assert api.registry(OPEN).updated_at >= made.created_at
    closed = api.create_registry(CLOSED, "restricted", artifact_types=["model"])
    closed.artifact_types.append("dataset")
    closed.save()
    closed.load()
    assert closed.visibility == "restricted"
    assert sorted(closed.artifact_types) == ["dataset", "model"]
    refused(lambda: closed.artifact_types.remove("model"), "has been saved")


def publish(run: wandb.Run) -> None:
    source = log(run, f"net-{PROJECT}", "model", "weights", accuracy=0.5)
    path = f"wandb-registry-model/cnn-{PROJECT}"
    linked = run.link_artifact(source, path, aliases=["prod"])
    assert linked.qualified_name == f"organization/{path}:v0" and linked.is_link
    assert sorted(linked.aliases) == ["latest", "prod"]
    assert linked.source_qualified_name == source.qualified_name
    assert (
        f"/orgs/organization/registry/model?selectionPath=organization%2F{path[:8]}" in linked.url
    )
    second = log(run, f"net-{PROJECT}", "model", "better weights", accuracy=0.9)
    assert second.link(path).version == "v1"
    assert second.link(f"organization/wandb-registry-{OPEN}/best").version == "v0"
    draft = wandb.Artifact(f"drafted-{PROJECT}", "model")
    with draft.new_file("f.txt") as file:
        file.write("drafted")
    assert run.link_artifact(draft, f"wandb-registry-{OPEN}/drafted").version == "v0"
    refused(lambda: second.link(f"elsewhere/{path}"), "elsewhere", "organization")
    refused(lambda: second.link("wandb-registry-no-such/x"), "no registry")
    table = log(run, f"table-{PROJECT}", "dataset", "rows")
    refused(lambda: table.link(path), "takes artifacts of type model, not 'dataset'")
    table.link(f"wandb-registry-{CLOSED}/rows")
    refused(lambda: table.link(f"wandb-registry-{OPEN}/best"), "is linked to a portfolio of its")


def use(run: wandb.Run) -> None:
    path = f"wandb-registry-model/cnn-{PROJECT}"
    used = run.use_artifact(f"{path}:prod", type="model")
    assert (
        used.version == "v0" and Path(used.download("out/used"), "f.txt").read_text() == "weights"
    )
    assert run.use_artifact(f"organization/{path}:latest").version == "v1"
    assert Path(run.use_model(f"{path}:latest")).read_text() == "better weights"
    api = wandb.Api()
    assert api.artifact(f"{path}:v1").source_version == "v1"
    assert api.artifact_exists(f"{path}:v0") and not api.artifact_exists(f"{path}:v7")
    assert api.artifact_collection_exists(path, "model")
    assert [a.version for a in api.artifacts("model", path)] == ["v1", "v0"]
    assert path.split("/")[1] in {
        c.name for c in api.artifact_type("model", "wandb-registry-model").collections()
    }
    assert run.id in {r.id for r in api.artifact(f"{path}:v0").used_by()}


def change() -> None:
    path = f"wandb-registry-model/cnn-{PROJECT}"
    api = wandb.Api()
    first = api.artifact(f"{path}:v0")
    first.aliases.remove("prod")
    first.aliases.append("old")
    first.save()
    assert wandb.Api().artifact(f"{path}:v0").aliases == ["old"]
    source = wandb.Api().artifact(f"{ENTITY}/{PROJECT}/net-{PROJECT}:v0")
    assert "old" not in source.aliases and len(source.linked_artifacts) == 1
    found = api.artifact_collection("model", path)
    found.description, found.tags = "to use", ["good", PROJECT]
    found.save()
    assert sorted(wandb.Api().artifact_collection("model", path).tags) == sorted(["good", PROJECT])
    refused(lambda: found.change_type("dataset"), "")
    newest = wandb.Api().artifact(f"{path}:v1")
    newest.tags = ["fast"]
    newest.save()
    renamed = api.registry(OPEN)
    renamed.name = MOVED
    renamed.save()
    assert renamed.name == MOVED and api.registry(MOVED).description == "for everybody"
    refused(lambda: api.registry(OPEN), "Failed to load registry")
    assert api.artifact(f"wandb-registry-{MOVED}/best:v0").source_version == "v1"
    renamed.name = "model"
    refused(renamed.save, "has a registry")


def search() -> None:
    api, cnn = wandb.Api(), f"cnn-{PROJECT}"
    mine = {"$or": [{"name": MOVED}, {"name": CLOSED}]}
    assert {r.name for r in api.registries(filter=mine)} == {MOVED, CLOSED}
    assert [r.name for r in api.registries(filter=mine, order="-name")] == [MOVED, CLOSED]
    assert [r.name for r in api.registries(filter={"name": {"$regex": MOVED}})] == [MOVED]
    assert [r.name for r in api.registries(filter={"description": "for everybody"})] == [MOVED]
    assert len(list(api.registries(per_page=1))) == len(list(api.registries())) >= 4
    registries = api.registries(filter=mine)
    assert {c.name for c in registries.collections()} == {"best", "drafted", "rows"}
    assert [c.name for c in registries.collections(order="-name")] == ["rows", "drafted", "best"]
    assert len(registries.collections(filter={"name": "rows"})) == 1
    tagged = api.registries().collections(filter={"tag": PROJECT})
    assert [(c.name, c.description) for c in tagged] == [(cnn, "to use")]
    assert [v.name for v in tagged.versions(filter={"alias": "latest"})] == [f"{cnn}:v1"]
    model = api.registry("model")
    assert [c.name for c in model.collections(filter={"name": cnn})] == [cnn]
    of_cnn = api.registries(filter={"name": "model"}).collections(filter={"name": cnn})

    def versions(**given: object) -> list[str]:
        return [v.version for v in of_cnn.versions(**given)]

    assert versions() == ["v1", "v0"] and versions(per_page=1) == ["v1", "v0"]
    assert versions(order="created_at") == ["v0", "v1"]
    assert versions(order="-linked_at") == ["v1", "v0"]
    assert versions(filter={"tag": "fast"}) == versions(filter={"version": "v1"}) == ["v1"]
    assert versions(filter={"metadata.accuracy": {"$gt": 0.7}}) == ["v1"]
    assert versions(filter={"$or": [{"alias": "old"}, {"tag": "fast"}]}) == ["v1", "v0"]
    assert versions(filter={"created_at": {"$gte": "2000-01-01T00:00:00"}}) == ["v1", "v0"]
    assert versions(filter={"created_at": {"$gte": "2999-01-01T00:00:00"}}) == []
    assert [v.name for v in api.registry(MOVED).versions(filter={"alias": "latest"})] != []
    whole = api.registries(filter=mine, order="name").collections().versions(order="created_at")
    assert {v.name for v in whole} == {"best:v0", "drafted:v0", "rows:v0"}
    refused(lambda: list(model.versions(filter={"colour": 1})), "Invalid filter fields")
    refused(lambda: list(api.registries("nowhere")), "nowhere")


def members() -> None:
    api = wandb.Api()
    closed, other = api.registry(CLOSED), api.user(OTHER)
    assert [(m.user.name, m.role) for m in closed.user_members()] == [(ENTITY, "admin")]
    closed.add_members(other)
    assert {m.user.name: m.role for m in closed.members()} == {ENTITY: "admin", OTHER: "member"}
    closed.update_member(other, "viewer")
    refused(
        lambda: closed.update_member(other, "restricted_viewer"), "one of viewer, member, admin"
    )
    refused(lambda: closed.remove_members(api.user(ENTITY)), "without an admin")
    team = api.create_team(f"team-{PROJECT}")
    closed.add_members(team)
    assert [(m.team.name, m.role) for m in closed.team_members()] == [(team.name, "member")]
    assert closed.team_members()[0].team.members[0]["username"] == ENTITY
    closed.update_member(team, "admin").remove_members(closed.team_members()[0])
    assert closed.team_members() == []
    assert {m.user.name: m.role for m in closed.members()} == {ENTITY: "admin", OTHER: "viewer"}


def take_back() -> None:
    api = wandb.Api()
    first = api.artifact(f"wandb-registry-model/cnn-{PROJECT}:v0")
    first.unlink()
    assert not api.artifact_exists(f"wandb-registry-model/cnn-{PROJECT}:v0")
    assert wandb.Api().artifact_exists(f"{ENTITY}/{PROJECT}/net-{PROJECT}:v0")
    moved = api.registry(MOVED)
    next(iter(moved.collections(filter={"name": "drafted"}))).delete()
    assert [c.name for c in api.registry(MOVED).collections()] == ["best"]
    moved.delete()
    refused(lambda: api.registry(MOVED), "Failed to load registry")
    assert wandb.Api().artifact_exists(f"{ENTITY}/{PROJECT}/net-{PROJECT}:v1")


organization()
create()
with wandb.init(project=PROJECT, settings=SETTINGS) as writer:
    publish(writer)
    use(writer)
change()
search()
members()
take_back()
print("done")
