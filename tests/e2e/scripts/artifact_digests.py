"""Digests by XXH128: what the client makes of them, with the feature flag up or down.

Run by test_client_artifacts.py with the stock client; ends with `done` when every assertion held.
"""

import os
import sys
from pathlib import Path

import wandb

PROJECT, OFFERED = sys.argv[1], sys.argv[2] == "up"
HERE = f"{wandb.Api().default_entity}/{PROJECT}"


def artifact(name: str, *files: str, algorithm: str = "XXH128") -> wandb.Artifact:
    art = wandb.Artifact(name, "dataset", digest_algorithm=algorithm)
    for file in files:
        art.add_file(file)
    return art


def algorithms(art: wandb.Artifact) -> dict[str, str]:
    return {path: e.extra.get("alg", "MD5") for path, e in art.manifest.entries.items()}


def main() -> None:
    expected = "XXH128" if OFFERED else "MD5"
    Path("big").write_bytes(os.urandom(3 << 20))
    Path("small").write_text("small")
    with wandb.init(project=PROJECT, settings=wandb.Settings(console="off")) as run:
        first = run.log_artifact(artifact("fast", "big", "small")).wait()
        assert first.digest_algorithm.value == f"MANIFEST_{expected}", first.digest_algorithm
        assert set(algorithms(first).values()) == {expected}
        again = run.log_artifact(artifact("fast", "big", "small")).wait()
        assert again.version == "v0", again.version
        seen = wandb.Api().artifact(f"{HERE}/fast:v0")
        root = Path(seen.download("out", skip_cache=True, multipart=True))
        seen.verify(str(root))
        assert (root / "big").read_bytes() == Path("big").read_bytes()
        entry = seen.get_entry("big")
        entry._download_url = f"{wandb.Api().settings['base_url']}/-/blobs/expired/big"
        assert Path(entry.download("fallback", skip_cache=True)).stat().st_size == 3 << 20
        draft = seen.new_draft()
        draft.add_file("small", name="more")
        draft = run.log_artifact(draft).wait()
        assert set(algorithms(draft).values()) == {expected} and draft.version == "v1"
        run.log_artifact(artifact("slow", "small", algorithm="MD5")).wait()
        kept = run.log_artifact(artifact("slow", "big")).wait()
        assert kept.version == "v1" and algorithms(kept) == {"big": "MD5"}
        back = run.log_artifact(artifact("fast", "small", algorithm="MD5")).wait()
        assert back.version == "v2" and algorithms(back) == {"small": "MD5"}
    print("done")


main()
