"""What the client does otherwise when the feature flags for artifacts are up or down.

Run by test_client_artifacts.py with the stock client; ends with `done` when every assertion held.
"""

import os
import sys
from pathlib import Path
from typing import Any

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


def expired(art: wandb.Artifact, path: str) -> Any:
    """A file whose signed address no longer works: the client turns to its digest's address."""
    entry = art.get_entry(path)
    entry._download_url = f"{wandb.Api().settings['base_url']}/-/blobs/expired/{path}"
    return entry


def links(run: wandb.Run) -> None:
    """The answer to a link holds it, or it is looked up; its files are found by digest."""
    first = run.log_artifact(artifact("linked", "small", algorithm="MD5")).wait()
    link = first.link(f"{PROJECT}-shown/linked", aliases=["prod"])
    assert (link.name, link.is_link, link.version) == ("linked:v0", True, "v0")
    assert set(link.aliases) == {"latest", "prod"}, link.aliases
    link.aliases.append("more")
    link.save()
    assert "more" not in wandb.Api().artifact(first.qualified_name).aliases
    assert "more" in wandb.Api().artifact(link.qualified_name).aliases
    assert Path(expired(link, "small").download("link", skip_cache=True)).read_text() == "small"
    with wandb.init(project=f"{PROJECT}-shown", reinit="create_new") as other:
        used = other.use_artifact("linked:prod")
        assert used.logged_by().id == run.id
    assert [user.id for user in first.used_by()] == [other.id]


def lists() -> None:
    """Counts and filters are asked for only where they are offered."""
    seen = wandb.Api().artifact(f"{HERE}/fast:v0")
    assert sorted(file.name for file in seen.files(per_page=1)) == ["big", "small"]
    found = wandb.Api().artifact_type("dataset", HERE)
    assert {c.name for c in found.collections()} == {"fast", "linked", "slow"}
    if OFFERED:
        assert len(seen.files()) == 2
        assert [c.name for c in found.collections(order="name", filters={"name": "slow"})] == [
            "slow"
        ]
    else:
        try:
            found.collections(order="name")
        except wandb.errors.UnsupportedError:
            return
        raise AssertionError("an order was taken though none is offered")


def digests(run: wandb.Run) -> None:
    expected = "XXH128" if OFFERED else "MD5"
    Path("big").write_bytes(os.urandom(3 << 20))
    Path("small").write_text("small")
    first = run.log_artifact(artifact("fast", "big", "small")).wait()
    assert first.digest_algorithm.value == f"MANIFEST_{expected}", first.digest_algorithm
    assert set(algorithms(first).values()) == {expected}
    again = run.log_artifact(artifact("fast", "big", "small")).wait()
    assert again.version == "v0", again.version
    seen = wandb.Api().artifact(f"{HERE}/fast:v0")
    root = Path(seen.download("out", skip_cache=True, multipart=True))
    seen.verify(str(root))
    assert (root / "big").read_bytes() == Path("big").read_bytes()
    path = expired(seen, "big").download("fallback", skip_cache=True)
    assert Path(path).read_bytes() == Path("big").read_bytes()
    draft = seen.new_draft()
    draft.add_file("small", name="more")
    draft = run.log_artifact(draft).wait()
    assert set(algorithms(draft).values()) == {expected} and draft.version == "v1"
    run.log_artifact(artifact("slow", "small", algorithm="MD5")).wait()
    kept = run.log_artifact(artifact("slow", "big")).wait()
    assert kept.version == "v1" and algorithms(kept) == {"big": "MD5"}
    back = run.log_artifact(artifact("fast", "small", algorithm="MD5")).wait()
    assert back.version == "v2" and algorithms(back) == {"small": "MD5"}


def main() -> None:
    with wandb.init(project=PROJECT, settings=wandb.Settings(console="off")) as run:
        digests(run)
        links(run)
        lists()
    print("done")


main()
