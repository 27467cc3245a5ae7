"""Files of runs: save policies, media, listing, download, deletion.

Run by test_client_artifacts.py with the stock client; ends with `done` when every assertion held.
"""

import base64
import hashlib
import subprocess
import sys
from pathlib import Path

import numpy
import wandb
from waiting import wait_until

PROJECT = sys.argv[1]
HERE = f"{wandb.Api().default_entity}/{PROJECT}"
QUIET = wandb.Settings(console="off", x_disable_stats=True)


def text_of(run_id: str, name: str) -> str | None:
    """A file as the server has it now; None when it has none of that name."""
    for file in wandb.Api().run(f"{HERE}/{run_id}").files([name]):
        return Path(file.download(root="seen", replace=True).name).read_text()
    return None


def wait_for(run_id: str, name: str, text: str) -> None:
    wait_until(lambda: text_of(run_id, name) == text, f"{name} is not {text!r}")


def policies() -> None:
    for name in ("now", "live", "end"):
        Path(f"{name}.txt").write_text(f"{name} 1")
    with wandb.init(project=PROJECT, settings=QUIET) as run:
        for name in ("now", "live", "end"):
            run.save(f"{name}.txt", policy=name)
        wait_for(run.id, "now.txt", "now 1")
        wait_for(run.id, "live.txt", "live 1")
        assert text_of(run.id, "end.txt") is None
        for name in ("now", "live", "end"):
            Path(f"{name}.txt").write_text(f"{name} 2")
    assert text_of(run.id, "now.txt") == "now 1"
    assert text_of(run.id, "live.txt") == "live 2"
    assert text_of(run.id, "end.txt") == "end 2"


def media_and_listing() -> None:
    Path("folder/deep").mkdir(parents=True)
    Path("folder/deep/x.bin").write_bytes(b"\x00" * 70_000)
    Path("empty.txt").write_text("")
    with wandb.init(project=PROJECT, settings=QUIET) as run:
        run.save("folder/deep/x.bin", base_path=".")
        run.save("empty.txt")
        rng = numpy.random.default_rng(0)
        run.log(
            {
                "image": wandb.Image(rng.integers(0, 255, (8, 8, 3), numpy.uint8), caption="noise"),
                "sound": wandb.Audio(rng.random(800), sample_rate=8000) if has_sound() else 0,
                "page": wandb.Html("<p>hello</p>"),
                "table": wandb.Table(columns=["a"], data=[[1]]),
                "points": wandb.Object3D(rng.random((5, 3))),
                "histogram": wandb.Histogram(rng.random(100)),
            }
        )
    seen = wandb.Api().run(f"{HERE}/{run.id}")
    files = seen.files()
    names = {file.name for file in files}
    assert {"folder/deep/x.bin", "empty.txt", "config.yaml", "wandb-summary.json"} <= names, names
    assert sum(name.startswith("media/images/image_0_") for name in names) == 1, names
    assert sum(name.startswith("media/html/page_0_") for name in names) == 1, names
    assert len(files) == len(names) == len(list(seen.files(per_page=2)))
    some = [file.name for file in seen.files(pattern="media/%")]
    assert len(some) >= 4 and all(name.startswith("media/") for name in some), some
    file = seen.file("folder/deep/x.bin")
    assert file.size == 70_000 and file.mimetype == "application/octet-stream", file.mimetype
    digest = hashlib.md5(b"\x00" * 70_000, usedforsecurity=False).digest()
    assert file.md5 == base64.b64encode(digest).decode(), file.md5
    assert Path(file.download(root="got").name).read_bytes() == b"\x00" * 70_000
    try:
        file.download(root="got")
    except wandb.errors.CommError as error:
        assert "exists" in str(error)
    else:
        raise AssertionError("a download replaced a file unasked")
    assert Path(seen.file("empty.txt").download(root="got").name).read_text() == ""
    file.delete()
    assert "folder/deep/x.bin" not in {f.name for f in wandb.Api().run(f"{HERE}/{run.id}").files()}
    Path("later.txt").write_text("later")
    seen.upload_file("later.txt")
    assert text_of(run.id, "later.txt") == "later"
    with wandb.init(project=PROJECT, settings=QUIET) as other:
        back = wandb.restore("later.txt", run_path=f"{HERE}/{run.id}", root="restored")
        assert back is not None and Path(back.name).read_text() == "later"
    assert other.id != run.id


NAMES = (
    "a b.txt",
    "ü日本.txt",
    "h#sh.txt",
    "per%cent.txt",
    "%41.txt",
    "pl+us.txt",
    "q?mark.txt",
    "am&p.txt",
    "semi;colon.txt",
    "quo'te.txt",
    'dq".txt',
    "back\\slash.txt",
    "de ep/ä%20.txt",
    "dot.",
    ".hidden",
    "con:colon.txt",
    "<lt>.txt",
    "pipe|.txt",
    "-dash.txt",
    "x" * 180 + ".txt",
)


def names_of_every_kind() -> None:
    folder = Path("odd")
    for name in NAMES:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(f"this is {name}")
    with wandb.init(project=PROJECT, settings=QUIET) as run:
        for name in NAMES:
            run.save(f"odd/{name}", base_path="odd", policy="now")
    files = wandb.Api().run(f"{HERE}/{run.id}").files(per_page=7)
    seen = {file.name: file for file in files}
    for name in NAMES:
        assert Path(seen[name].download(root="odd-got").name).read_text() == f"this is {name}"
        assert wandb.Api().run(f"{HERE}/{run.id}").file(name).size == len(
            f"this is {name}".encode()
        )


def deleted_while_listed() -> None:
    Path("many").mkdir()
    for k in range(120):
        Path(f"many/{k:03d}.txt").write_text(str(k))
    with wandb.init(project=PROJECT, settings=QUIET) as run:
        run.save("many/*", base_path=".")
    seen = wandb.Api().run(f"{HERE}/{run.id}")
    assert [file.name for file in seen.files(pattern="many/00_.txt")] == [
        f"many/00{k}.txt" for k in range(10)
    ]
    assert len(list(seen.files(names=["many/003.txt", "many/004.txt", "none"]))) == 2
    for file in seen.files(pattern="many/%", per_page=25):
        file.delete()
    assert list(seen.files(pattern="many/%")) == []
    got = seen.download_history_exports("exports")
    assert (got.paths, got.errors) == ([], {}), got


CODE = """
import sys, wandb
settings = wandb.Settings(console="off", x_disable_stats=True, save_code=sys.argv[2] == "yes")
with wandb.init(project=sys.argv[1], id="code-" + sys.argv[2], settings=settings) as run:
    run.log_code(".", name="chosen", include_fn=lambda path: path.endswith((".py", ".txt")),
                 exclude_fn=lambda path: "out." in path)
"""


def code() -> None:
    """The script is kept when its user says so; `log_code` keeps what it is told to."""
    for name in ("in.py", "out.py", "in.txt"):
        Path(name).write_text(name)
    Path("script.py").write_text(CODE)
    for word, kept in (("yes", ["code/script.py"]), ("no", [])):
        subprocess.run([sys.executable, "script.py", PROJECT, word], check=True)
        files = wandb.Api().run(f"{HERE}/code-{word}").files(pattern="code/%")
        assert [file.name for file in files] == kept, word
    chosen = wandb.Api().artifact(f"{HERE}/chosen:latest", type="code").manifest.entries
    assert {"in.py", "in.txt", "script.py"} <= set(chosen) and "out.py" not in chosen, chosen


def has_sound() -> bool:
    try:
        import soundfile  # noqa: F401
    except ImportError:
        return False
    return True


def main() -> None:
    policies()
    media_and_listing()
    names_of_every_kind()
    deleted_while_listed()
    code()
    print("done")


main()
