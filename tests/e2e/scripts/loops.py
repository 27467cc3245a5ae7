"""Loops that delete or tag what they read, and files of odd names.

Run by test_client_api.py with the stock client; ends with `done` when every assertion held.
"""

import sys
from pathlib import Path

import wandb

PROJECT = sys.argv[1]
QUIET = wandb.Settings(console="off", x_disable_stats=True)
NAMES = [
    "line\nbreak",
    "t\tab",
    'quo"te',
    "p%41",
    "pl+us",
    "ha#sh",
    "#first",
    "wh?at",
    "b\\s",
    "ü ñ",
]


def runs_are_tagged_and_deleted() -> None:
    api = wandb.Api()
    for n in range(120):
        api.create_run(run_id=f"r{n:03}", project=PROJECT)
    where = f"{api.default_entity}/{PROJECT}"
    for run in api.runs(where, filters={"tags": {"$nin": ["seen"]}}):
        run.tags.append("seen")
        run.update()
    assert len(wandb.Api().runs(where, filters={"tags": "seen"})) == 120
    for run in wandb.Api().runs(where, order="-created_at"):
        run.delete()
    assert len(wandb.Api().runs(where)) == 0


def files_keep_their_names() -> None:
    folder = Path("odd")
    folder.mkdir()
    for name in NAMES:
        (folder / name).write_text(name)
    with wandb.init(project=PROJECT, settings=QUIET) as run:
        artifact = wandb.Artifact("odd", "data")
        artifact.add_dir(str(folder))
        run.log_artifact(artifact)
        for name in NAMES:
            run.save(str(folder / name), base_path=str(folder), policy="now")
    back = Path(run_path := f"{run.entity}/{PROJECT}/{run.id}").name
    used = wandb.Api().artifact(f"{run.entity}/{PROJECT}/odd:latest")
    assert {str(file.name) for file in used.files()} == set(NAMES)
    to = Path(used.download(root="down"))
    assert {path.name: path.read_text() for path in to.iterdir()} == {n: n for n in NAMES}
    found = {file.name: file for file in wandb.Api().run(run_path).files()}
    assert set(NAMES) <= set(found), set(NAMES) - set(found)
    for name in NAMES:
        assert Path(found[name].download(root=back, replace=True).name).read_text() == name


def versions_and_collections_are_deleted() -> None:
    with wandb.init(project=PROJECT, settings=QUIET) as run:
        for n in range(60):
            artifact = wandb.Artifact("many", "sort", metadata={"n": n})
            with artifact.new_file("n") as file:
                file.write(str(n))
            run.log_artifact(artifact)
    api = wandb.Api()
    path = f"{run.entity}/{PROJECT}/many"
    for version in api.artifacts("sort", path, per_page=20):
        version.delete(delete_aliases=True)
    assert list(wandb.Api().artifacts("sort", path)) == []


runs_are_tagged_and_deleted()
files_keep_their_names()
versions_and_collections_are_deleted()
print("done")
