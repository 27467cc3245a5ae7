"""Collections, types, portfolios, models, tables: where versions live and how they are found.

Run by test_client_artifacts.py with the stock client; ends with `done` when every assertion held.
"""

import sys
from pathlib import Path

import wandb

PROJECT = sys.argv[1]
ENTITY = wandb.Api().default_entity
HERE = f"{ENTITY}/{PROJECT}"


def log(run: wandb.Run, name: str, kind: str, text: str) -> wandb.Artifact:
    art = wandb.Artifact(name, kind)
    with art.new_file("f.txt") as file:
        file.write(text)
    return run.log_artifact(art).wait()


def collections(run: wandb.Run) -> None:
    for name, kind in (("zoo", "dataset"), ("apple", "dataset"), ("net", "model")):
        log(run, name, kind, name)
    for text in ("2", "3"):
        log(run, "zoo", "dataset", text)
    api = wandb.Api()
    kinds = {kind.name for kind in api.artifact_types(HERE)}
    assert {"dataset", "model"} <= kinds, kinds
    kind = api.artifact_type("dataset", HERE)

    def names(**given: object) -> list[str]:
        return [c.name for c in kind.collections(**given)]

    assert set(names()) == {"zoo", "apple"} and len(kind.collections()) == 2
    assert names(order="name") == ["apple", "zoo"] and names(order="-name") == ["zoo", "apple"]
    assert names(order="created_at") == ["zoo", "apple"]
    assert names(order="-createdAt") == ["apple", "zoo"]
    assert names(filters={"name": "zoo"}) == ["zoo"]
    assert names(filters={"name": {"$regex": "^app"}}) == ["apple"]
    assert names(filters={"name": {"$in": ["apple", "none"]}}) == ["apple"]
    found = kind.collection("zoo")
    found.name, found.description = "zoos", "animals"
    found.tags = ["big", "wild"]
    found.save()
    found = wandb.Api().artifact_collection("dataset", f"{HERE}/zoos")
    assert (found.description, sorted(found.tags)) == ("animals", ["big", "wild"])
    assert names(filters={"tags": "wild"}) == ["zoos"], names(filters={"tags": "wild"})
    assert [a.version for a in found.artifacts()] == ["v2", "v1", "v0"]
    found.tags = ["wild"]
    found.save()
    assert list(wandb.Api().artifact_collection("dataset", f"{HERE}/zoos").tags) == ["wild"]
    assert wandb.Api().artifact(f"{HERE}/zoos:v1").name == "zoos:v1"
    versions = wandb.Api().artifacts("dataset", f"{HERE}/zoos", per_page=2)
    assert len(versions) == 3 and [a.version for a in versions] == ["v2", "v1", "v0"]
    first = wandb.Api().artifact(f"{HERE}/zoos:v0")
    first.tags = ["old"]
    first.save()
    assert [a.version for a in wandb.Api().artifacts("dataset", f"{HERE}/zoos", tags=["old"])] == [
        "v0"
    ]
    found = wandb.Api().artifact_collection("dataset", f"{HERE}/apple")
    found.change_type("fruit")
    assert wandb.Api().artifact(f"{HERE}/apple:v0").type == "fruit"
    assert wandb.Api().artifact_collections(HERE, "fruit")[0].name == "apple"


def deletions(run: wandb.Run) -> None:
    for text in ("1", "2", "3"):
        log(run, "gone", "dataset", text)
    newest = wandb.Api().artifact(f"{HERE}/gone:latest")
    try:
        newest.delete()
    except wandb.errors.CommError as error:
        assert "aliases" in str(error), error
    else:
        raise AssertionError("a version with an alias was deleted")
    wandb.Api().artifact(f"{HERE}/gone:v0").delete()
    newest.delete(delete_aliases=True)
    left = wandb.Api().artifacts("dataset", f"{HERE}/gone")
    assert [a.version for a in left] == ["v1"]
    assert log(run, "gone", "dataset", "4").version == "v3"
    wandb.Api().artifact_collection("dataset", f"{HERE}/gone").delete()
    assert not wandb.Api().artifact_collection_exists(f"{HERE}/gone", "dataset")
    assert log(run, "gone", "dataset", "5").version == "v0"


def portfolios(run: wandb.Run) -> None:
    source = log(run, "net", "model", "weights")
    linked = run.link_artifact(source, f"{PROJECT}/shown", aliases=["prod"])
    assert linked is not None and linked.name == "shown:v0", linked
    seen = wandb.Api().artifact(f"{HERE}/shown:prod")
    assert seen.is_link and seen.source_qualified_name == source.qualified_name
    assert seen.source_artifact.id == source.id and not source.is_link
    assert [a.name for a in wandb.Api().artifact(source.qualified_name).linked_artifacts] == [
        "shown:v0"
    ]
    seen.aliases.append("extra")
    seen.save()
    assert "extra" in wandb.Api().artifact(f"{HERE}/shown:v0").aliases
    assert "extra" not in wandb.Api().artifact(source.qualified_name).aliases
    seen = wandb.Api().artifact(f"{HERE}/shown:prod")  # the client forgets the link's number
    other = log(run, "net", "model", "more weights")
    other.link(f"{ENTITY}/portfolios/shown", aliases=["prod"])
    assert wandb.Api().artifact(f"{ENTITY}/portfolios/shown:prod").source_name == other.name
    assert (Path(seen.download("out/link")) / "f.txt").read_text() == "weights"
    seen.unlink()
    assert not wandb.Api().artifact_exists(f"{HERE}/shown:v0")
    assert wandb.Api().artifact_exists(source.qualified_name)
    portfolio = wandb.Api().artifact_collection("model", f"{ENTITY}/portfolios/shown")
    assert not portfolio.is_sequence()
    portfolio.description = "the best"
    portfolio.save()
    portfolio.delete()
    assert wandb.Api().artifact_exists(other.qualified_name)


def models(run: wandb.Run) -> None:
    Path("model.bin").write_bytes(b"\x01" * 2048)
    run.log_model("model.bin", name="brain", aliases=["best"])
    run.link_model("model.bin", "registered", name="brain-two", aliases=["staging"])
    run.finish()
    with wandb.init(project=PROJECT, settings=wandb.Settings(console="off")) as reader:
        path = reader.use_model("brain:best")
        assert Path(path).read_bytes() == b"\x01" * 2048
    assert wandb.Api().artifact(f"{ENTITY}/model-registry/registered:staging").type == "model"


def tables() -> None:
    with wandb.init(project=PROJECT, settings=wandb.Settings(console="off")) as run:
        left = wandb.Table(columns=["id", "x"], data=[[1, 0.5], [2, 1.5]])
        right = wandb.Table(columns=["id", "y"], data=[[1, "a"], [2, "b"]])
        for name, table in (("left", left), ("right", right)):
            art = wandb.Artifact(f"table-{name}", "dataset")
            art.add(table, name)
            run.log_artifact(art).wait()
        first = run.use_artifact("table-left:latest")
        second = run.use_artifact("table-right:latest")
        joined = wandb.JoinedTable(first.get("left"), second.get("right"), "id")
        art = wandb.Artifact("joined", "dataset")
        art.add(joined, "both")
        run.log_artifact(art).wait()
        run.log({"table": left, "points": wandb.plot.scatter(left, "id", "x")})
    with wandb.init(project=PROJECT, settings=wandb.Settings(console="off")) as run:
        both = run.use_artifact("joined:latest").get("both")
        assert both._table1.data == [[1, 0.5], [2, 1.5]], both._table1.data
        assert both._table2.get_column("y") == ["a", "b"]


def main() -> None:
    run = wandb.init(project=PROJECT, settings=wandb.Settings(console="off"))
    collections(run)
    deletions(run)
    portfolios(run)
    models(run)
    tables()
    print("done")


main()
