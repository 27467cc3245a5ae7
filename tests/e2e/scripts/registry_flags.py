"""What the client does about registries as the server's flags say; prints one line of JSON."""

import json
import sys
from collections.abc import Callable

import wandb

NAME = sys.argv[1]


def told(deed: Callable[[], object]) -> object:
    try:
        return deed()
    except Exception as error:
        return f"{type(error).__name__}: {error}"


api = wandb.Api()
said = {
    "listed": told(lambda: sorted(r.name for r in api.registries())[:1] != []),
    "loaded": told(lambda: api.registry("model").name),
    "made": told(lambda: api.create_registry(NAME, "organization").name),
}
with wandb.init(project=NAME, settings=wandb.Settings(console="off")) as run:
    art = wandb.Artifact("net", "model")
    with art.new_file("f.txt") as file:
        file.write("weights")
    linked = run.link_artifact(art, f"wandb-registry-model/{NAME}")
    said["linked"] = linked.qualified_name
said["ordered"] = told(
    lambda: [v.version for v in api.registry("model").versions({"alias": "latest"}, "-created_at")]
)
print(json.dumps(said))
