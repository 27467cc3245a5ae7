"""What a client says of files, told as JSON: a run's uploaded ones, and an artifact's counted."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import wandb

LONG = "x" * 200 + ".txt"  # of the length that a flag of older clients is about


def attempt(work: Callable[[], Any]) -> Any:
    try:
        return work()
    except Exception as error:
        return f"{type(error).__name__}: {error}"


def main() -> None:
    Path("later.txt").write_text("later")
    Path(LONG).write_text("long")
    settings = wandb.Settings(console="off", x_disable_stats=True)
    with wandb.init(project="file-flags", settings=settings) as run:
        run.save(LONG)
        artifact = wandb.Artifact(f"{run.id}-held", "dataset")
        for name in ("a.txt", "b.txt"):
            with artifact.new_file(name) as file:
                file.write(name)
        run.log_artifact(artifact)
    seen = wandb.Api().run(f"file-flags/{run.id}")
    seen.upload_file("later.txt")
    files = wandb.Api().artifact(f"file-flags/{run.id}-held:v0").files()
    told = {
        "uploaded": attempt(lambda: seen.file("later.txt").download(root="got").read()),
        "long": attempt(lambda: seen.file(LONG).download(root="got").read()),
        "names": sorted(file.name for file in files),
        "shown": repr(files),
        "length": attempt(lambda: len(files)),
    }
    print(json.dumps(told))


main()
