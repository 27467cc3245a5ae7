"""One version by several writers, thousands of files, downloads by digest.

Run by test_client_artifacts.py with the stock client; ends with `done` when every assertion held.
"""

import sys
from pathlib import Path

import wandb

PROJECT = sys.argv[1]
HERE = f"{wandb.Api().default_entity}/{PROJECT}"
QUIET = wandb.Settings(console="off", x_disable_stats=True)
N_FILES = 1000


def shared_writers() -> None:
    for name in ("w1", "w2", "w3"):
        with wandb.init(project=PROJECT, group="writers", settings=QUIET) as run:
            art = wandb.Artifact("shards", "dataset")
            with art.new_file(f"{name}.txt") as file:
                file.write(name)
            run.upsert_artifact(art, distributed_id="epoch-1")
    assert not wandb.Api().artifact_exists(f"{HERE}/shards:latest")
    with wandb.init(project=PROJECT, group="writers", settings=QUIET) as run:
        run.finish_artifact(wandb.Artifact("shards", "dataset"), distributed_id="epoch-1")
    art = wandb.Api().artifact(f"{HERE}/shards:v0")
    assert sorted(art.manifest.entries) == ["w1.txt", "w2.txt", "w3.txt"], art.manifest.entries
    assert (Path(art.download("shards")) / "w2.txt").read_text() == "w2"


def many_files() -> None:
    folder = Path("many")
    for i in range(N_FILES):
        path = folder / f"{i % 20}" / f"{i}.txt"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(str(i))
    with wandb.init(project=PROJECT, settings=QUIET) as run:
        art = wandb.Artifact("many", "dataset")
        art.add_dir("many")
        assert run.log_artifact(art).wait().file_count == N_FILES
        (folder / "0" / "0.txt").write_text("changed")
        art = wandb.Artifact("many", "dataset")
        art.add_dir("many")
        assert run.log_artifact(art).wait().version == "v1"
    art = wandb.Api().artifact(f"{HERE}/many:v1")
    assert len(art.files()) == N_FILES
    root = Path(art.download("got", skip_cache=True))
    assert sum(1 for path in root.rglob("*.txt")) == N_FILES
    assert (root / "0" / "0.txt").read_text() == "changed"
    assert (root / "19" / "999.txt").read_text() == "999"


def by_digest() -> None:
    entry = wandb.Api().artifact(f"{HERE}/many:v0").get_entry("0/0.txt")
    entry._download_url = f"{wandb.Api().settings['base_url']}/-/blobs/expired/0.txt"
    assert Path(entry.download("fallback", skip_cache=True)).read_text() == "0"


def main() -> None:
    shared_writers()
    many_files()
    by_digest()
    print("done")


main()
