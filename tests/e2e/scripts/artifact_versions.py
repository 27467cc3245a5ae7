"""Versions, names, drafts, references, lineage: what a user does with `wandb.Artifact`.

Run by test_client_artifacts.py with the stock client; ends with `done` when every assertion held.
"""

import json
import sys
from datetime import timedelta
from pathlib import Path

import wandb

PROJECT = sys.argv[1]
api = wandb.Api()
ENTITY = api.default_entity
HERE = f"{ENTITY}/{PROJECT}"


def write(path: str, text: str) -> str:
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    Path(path).write_text(text)
    return path


def versions_aliases_tags(run: wandb.Run) -> None:
    for text in ("one", "two", "two"):
        art = wandb.Artifact("data", "dataset", description="first", metadata={"rows": 3})
        art.add_file(write("in/a.txt", text), name="a.txt")
        art.add_file(write("in/same.txt", "same"), name="dir/same.txt")
        art.ttl = timedelta(days=3)
        art = run.log_artifact(art, aliases=["nightly"], tags=["raw", "small"]).wait()
    assert art.version == "v1", art.version
    same = wandb.Artifact("data", "dataset")
    same.add_file("in/a.txt", name="a.txt")
    same.add_file("in/same.txt", name="dir/same.txt")
    same = run.log_artifact(same, tags=["again"]).wait()
    assert same.version == "v1" and sorted(same.tags) == ["again", "raw", "small"], same.tags
    same.tags = ["raw", "small"]
    same.save()
    assert run.use_artifact(f"data:{same.digest}").version == "v1"
    seen = wandb.Api().artifact(f"{HERE}/data:nightly", type="dataset")
    assert seen.version == "v1" and set(seen.aliases) == {"latest", "nightly"}, seen.aliases
    assert sorted(seen.tags) == ["raw", "small"], seen.tags
    assert seen.ttl == timedelta(days=3) and seen.description == "first"
    assert seen.metadata == {"rows": 3} and seen.size == 7 and seen.file_count == 2
    assert seen.state == "COMMITTED" and seen.digest and seen.commit_hash and seen.url
    assert wandb.Api().artifact(f"{HERE}/data:v0").aliases == []
    seen.description, seen.metadata["rows"], seen.ttl = "second", 4, None
    seen.tags = ["raw", "checked"]
    seen.aliases.append("good")
    seen.aliases.remove("nightly")
    seen.save()
    again = wandb.Api().artifact(f"{HERE}/data:good")
    assert (again.description, again.metadata, again.ttl) == ("second", {"rows": 4}, None)
    assert sorted(again.tags) == ["checked", "raw"] and set(again.aliases) == {"latest", "good"}
    again.ttl = wandb.ArtifactTTL.INHERIT
    again.save()
    assert wandb.Api().artifact(f"{HERE}/data:good").ttl is None
    for missing in ("data:nightly", "data:v7", "nothing:latest"):
        try:
            wandb.Api().artifact(f"{HERE}/{missing}")
        except wandb.errors.CommError:
            continue
        raise AssertionError(missing)
    assert wandb.Api().artifact_exists(f"{HERE}/data:v1")
    assert not wandb.Api().artifact_exists(f"{HERE}/data:v9")
    assert wandb.Api().artifact_collection_exists(f"{HERE}/data", "dataset")


def downloads() -> None:
    art = wandb.Api().artifact(f"{HERE}/data:v1")
    root = Path(art.download("out/all"))
    assert (root / "a.txt").read_text() == "two"
    assert (root / "dir/same.txt").read_text() == "same"
    art.verify(str(root))
    part = Path(art.download("out/part", path_prefix="dir/"))
    assert [p.name for p in part.rglob("*") if p.is_file()] == ["same.txt"]
    assert Path(art.get_entry("a.txt").download("out/one")).read_text() == "two"
    assert Path(wandb.Api().artifact(f"{HERE}/data:v0").get_path("a.txt").download()).is_file()
    write("out/all/extra", "x")
    art.checkout("out/all")
    assert not Path("out/all/extra").exists()
    assert Path(art.download("out/cold", skip_cache=True) + "/a.txt").read_text() == "two"
    names = sorted(file.name for file in art.files())
    assert names == ["a.txt", "dir/same.txt"], names
    assert art.files(names=["a.txt"])[0].size == 3
    assert len(art.files()) == 2
    assert all(file.storage_path.startswith("wandb_artifacts/") for file in art.files())


def regions(run: wandb.Run) -> None:
    """What lies elsewhere is refused with the reason, not stored here instead."""
    run.log_artifact(wandb.Artifact("here", "dataset", storage_region="default")).wait()
    elsewhere = wandb.Artifact("elsewhere", "dataset", storage_region="coreweave-us")
    try:
        run.log_artifact(elsewhere).wait()
    except Exception as error:
        assert "storage region" in str(error), error
    else:
        raise AssertionError("a storage region that does not exist was taken")


def drafts(run: wandb.Run) -> None:
    draft = run.use_artifact("data:v1").new_draft()
    draft.add_file(write("in/b.txt", "more"), name="b.txt")
    draft.remove("a.txt")
    logged = run.log_artifact(draft).wait()
    assert logged.version == "v2" and sorted(logged.manifest.entries) == ["b.txt", "dir/same.txt"]
    root = Path(logged.download("out/draft"))
    assert sorted(p.name for p in root.rglob("*") if p.is_file()) == ["b.txt", "same.txt"]
    for name in ("p1", "p2", "p3"):
        art = wandb.Artifact("grown", "dataset", incremental=True)
        art.add_file(write(f"in/{name}", name), name=name)
        grown = run.log_artifact(art).wait()
    whole = wandb.Api().artifact(grown.qualified_name)
    told = whole.digest
    assert sorted(whole.manifest.entries) == ["p1", "p2", "p3"]
    assert told == whole.manifest.digest() and whole.size == 6
    same = whole.new_draft()
    assert run.log_artifact(same).wait().version == grown.version
    root = Path(wandb.Api().artifact(grown.qualified_name).download("out/grown"))
    assert (root / "p1").read_text() == "p1" and (root / "p2").read_text() == "p2"


def references(run: wandb.Run) -> None:
    write("outside/r1.txt", "reference one")
    write("outside/r2.txt", "reference two")
    art = wandb.Artifact("refs", "dataset")
    art.add_reference(f"file://{Path('outside').resolve()}")
    art.add_reference("store://bucket/key", name="elsewhere")
    art.add_reference(wandb.Api().artifact(f"{HERE}/data:v1").get_entry("a.txt"), name="inner")
    logged = run.log_artifact(art).wait()
    seen = wandb.Api().artifact(logged.qualified_name)
    assert seen.manifest.entries["elsewhere"].ref == "store://bucket/key"
    for name in ("r1.txt", "inner"):
        path = seen.get_entry(name).download("out/refs")
        assert Path(path).read_text() in ("reference one", "two"), path
    assert len(seen.files()) == 4
    local = wandb.Artifact("local-refs", "dataset")
    local.add_reference(f"file://{Path('outside').resolve()}", checksum=True)
    root = Path(run.log_artifact(local).wait().download("out/local"))
    assert (root / "r2.txt").read_text() == "reference two"


def lineage(run: wandb.Run) -> None:
    with wandb.init(project=PROJECT, job_type="consume", reinit="create_new") as other:
        used = other.use_artifact(f"{HERE}/data:v1", use_as="input")
        made = wandb.Artifact("derived", "dataset")
        with made.new_file("note.txt") as file:
            file.write("derived from data")
        logged = other.log_artifact(made).wait()
        assert logged.logged_by().id == other.id
    api = wandb.Api()
    assert [r.id for r in api.artifact(f"{HERE}/data:v1").used_by()].count(other.id) == 1
    assert used.logged_by().id == run.id
    seen = api.run(f"{HERE}/{other.id}")
    assert [a.name for a in seen.used_artifacts()] == ["data:v1"]
    assert [a.name for a in seen.logged_artifacts()] == ["derived:v0"]
    again = seen.use_artifact(api.artifact(f"{HERE}/grown:latest"))
    assert again.name.startswith("grown:")
    seen.log_artifact(api.artifact(f"{HERE}/refs:latest"), aliases=["seen"])
    assert "seen" in wandb.Api().artifact(f"{HERE}/refs:v0").aliases
    seen.log_artifact(api.artifact(f"{HERE}/data:v0"), aliases=["older"], tags=["kept"])
    older = wandb.Api().artifact(f"{HERE}/data:older")
    assert older.version == "v0" and "kept" in older.tags, older.tags
    logged = {a.name for a in wandb.Api().run(f"{HERE}/{other.id}").logged_artifacts()}
    assert logged == {"derived:v0", "refs:v0", "data:v0"}, logged
    refused = wandb.Artifact("refused", "dataset")
    try:
        run.log_artifact(refused, aliases=["v3"]).wait()
    except ValueError as error:
        assert "choose another alias" in str(error), error
    else:
        raise AssertionError("an alias that is a version's number was taken")


def main() -> None:
    with wandb.init(project=PROJECT, job_type="produce") as run:
        versions_aliases_tags(run)
        downloads()
        regions(run)
        drafts(run)
        references(run)
        lineage(run)
    print(json.dumps({"run": run.id}), "done")


main()
