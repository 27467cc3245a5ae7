"""What another user sees of a registry: what was linked, and nothing else of where it came from.

Run by test_registries.py after registries.py, with the other user's key; takes its project, the
first user's name, and the key of a third, who has no role anywhere. Ends with `done` when every
assertion held.
"""

import sys
from pathlib import Path

import wandb
from refusing import refused

PROJECT, OWNER, NOBODYS_KEY = sys.argv[1:4]
CLOSED = f"closed-{PROJECT}"
PATH = f"wandb-registry-model/cnn-{PROJECT}"


def use() -> None:
    with wandb.init(project="mine", settings=wandb.Settings(console="off")) as run:
        used = run.use_artifact(f"{PATH}:latest")
        assert used.is_link and used.source_project == used.source_entity == ""
        assert Path(used.download("out"), "f.txt").read_text() == "better weights"
        assert used.metadata == {"accuracy": 0.9} and used.tags == ["fast"]
        assert used.linked_artifacts == [] and used.logged_by() is None
        assert [r.id for r in used.used_by()] == [run.id]
        refused(lambda: run.use_artifact(f"{OWNER}/{PROJECT}/net-{PROJECT}:v1"), "not found")
    assert list(wandb.Api().run(run.path).used_artifacts()) == []  # the client leaves these out


def change() -> None:
    seen = wandb.Api().artifact(f"{PATH}:v1")
    seen.aliases.append("tried")
    seen.description = "mine"
    seen.save()  # the client sends the aliases only: the source is none of ours
    seen = wandb.Api().artifact(f"{PATH}:v1")
    assert "tried" in seen.aliases and seen.description is None
    refused(lambda: seen.link("wandb-registry-model/again"), "Entity name is required")
    model = wandb.Api().registry("model")
    model.description = "mine"
    refused(model.save, "takes the role admin in the registry 'model', yours is member")
    refused(model.delete, "takes the role admin")
    refused(lambda: model.add_members(wandb.Api().viewer), "takes the role admin")


def as_viewer() -> None:
    closed = wandb.Api().registry(CLOSED)
    assert [v.name for v in closed.versions()] == ["rows:v0"]
    rows = wandb.Api().artifact(f"wandb-registry-{CLOSED}/rows:v0")
    assert Path(rows.download("rows"), "f.txt").read_text() == "rows"
    rows.aliases.append("x")
    refused(rows.save, "takes the role member")
    refused(rows.unlink, "takes the role member")
    refused(rows.collection.delete, "takes the role member")
    with wandb.init(project="mine", settings=wandb.Settings(console="off")) as run:
        own = wandb.Artifact("own", "model")
        with own.new_file("f.txt") as file:
            file.write("own")
        run.log_artifact(own).wait()
        refused(lambda: own.link(f"wandb-registry-{CLOSED}/own"), "takes the role member")
        assert own.link(f"wandb-registry-model/own-{PROJECT}").version == "v0"


def as_nobody() -> None:
    api = wandb.Api(api_key=NOBODYS_KEY)
    refused(lambda: api.registry(CLOSED), "Failed to load registry")
    assert CLOSED not in {r.name for r in api.registries()}
    refused(lambda: api.artifact(f"wandb-registry-{CLOSED}/rows:v0"), "not found")
    assert not list(api.registries(filter={"name": CLOSED}).versions())
    refused(lambda: api.create_registry(CLOSED, "organization"), "is taken")


use()
change()
as_viewer()
as_nobody()
print("done")
