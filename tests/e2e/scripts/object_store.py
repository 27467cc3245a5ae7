"""An artifact and a saved file up and down again, wherever the server keeps it."""

import sys
from pathlib import Path

import wandb

PROJECT = sys.argv[1]
BODY = bytes(range(256)) * 5_000

Path("model.bin").write_bytes(BODY)
Path("notes.txt").write_text("saved")
with wandb.init(project=PROJECT) as run:
    run.save("notes.txt")
    artifact = wandb.Artifact("model", "model")
    artifact.add_file("model.bin")
    run.log_artifact(artifact).wait()
with wandb.init(project=PROJECT) as reader:
    found = Path(reader.use_artifact("model:latest", type="model").download(root="fetched"))
assert (found / "model.bin").read_bytes() == BODY
api = wandb.Api()
[saved] = [f for f in api.run(f"{PROJECT}/{run.id}").files() if f.name == "notes.txt"]
with saved.download(root="files") as file:
    assert file.read() == "saved"
print("done")
