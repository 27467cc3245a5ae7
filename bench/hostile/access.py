"""Items 2, 3, 4 and 8: access that has ended, and a folder that others reach into."""

import shutil
import stat
import subprocess
import sys

from bench.hostile.queries import RUN
from bench.hostile.target import ATTACKER, PROJECT, Attack, Target, told
from bench.hostile.uploads import FILES
from bench.load import ROOT, free_port


def signed_out(target: Target) -> str:
    """A copy of a session's cookie, used after its owner signed out."""
    session = target.sign_in()
    before = target.send("GET", "/-/account", headers=session)[0]
    target.send("POST", "/-/sign-out", b"", session)
    return f"{before} before, {target.send('GET', '/-/account', headers=session)[0]} after"


def removed(target: Target) -> str:
    """A session and a key of a user who was removed and made anew."""
    session = target.sign_in()
    target.command("users", "remove", ATTACKER)
    target.command("users", "add", ATTACKER)
    page = target.send("GET", "/-/account", headers=session)[0]
    return f"session {page}, key {told(*target.ask('{ viewer { username } }'))[:3]}"


def others(target: Target) -> str:
    """A project of the honest user's, by its name."""
    document = '{ project(entityName: "root", name: "load") { runs { totalCount } } }'
    status, answer = target.ask(document)
    return told(status, answer if isinstance(answer, str) else str(answer.get("project")))


def modes(target: Target) -> str:
    """What other users of the machine may read of the data folder."""
    open_to_others = [
        str(path.relative_to(target.data))
        for path in [target.data, *target.data.rglob("*")]
        if not path.is_symlink() and path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO)
    ]
    is_shut = not target.data.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO)
    return f"folder {'shut' if is_shut else 'open'}, {len(open_to_others)} open in it"


def lost_database(target: Target) -> str:
    """A copy of the folder whose database is gone: does a server start on it, as if it were new?"""
    copy = target.data.parent / "copy"
    shutil.copytree(target.data, copy)
    for path in copy.glob("sweepd.db*"):
        path.unlink()
    words = [
        sys.executable,
        "-m",
        "sweepd",
        "serve",
        "--data",
        str(copy),
        "--port",
        str(free_port()),
    ]
    try:
        done = subprocess.run(
            words, cwd=ROOT, capture_output=True, text=True, timeout=25, check=False
        )
    except subprocess.TimeoutExpired:
        return "it starts"
    return "refused: " + " ".join(done.stderr.split())[:60]


def flipped_byte(target: Target) -> str:
    """One byte of one file is damaged: what do a backup and its restoration say?"""
    target.ask(RUN, name="r", project=PROJECT, config="{}")
    _, made = target.ask(FILES, p=PROJECT, f=["a.txt", "b.txt"])
    for number, file in enumerate(made["createRunFiles"]["files"]):
        path = "/" + file["uploadUrl"].split("/", 3)[3]
        target.send("PUT", path, f"content {number}".encode() * 1_000)
    [blob, *_] = [p for p in (target.data / "blobs").rglob("*") if len(p.name) == 62]
    text = bytearray(blob.read_bytes())
    text[5] ^= 1
    blob.write_bytes(text)
    archive, back = target.data.parent / "backup.tar", target.data.parent / "back"
    saved = target.command("backup", str(archive))
    restored = subprocess.run(
        [sys.executable, "-m", "sweepd", "restore", str(archive), "--data", str(back)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    is_named = saved.returncode == 1 and any(name in saved.stderr for name in ("a.txt", "b.txt"))
    names = "names it" if is_named else "is silent"
    is_back = restored.returncode == 1 and (back / "sweepd.db").exists()
    return f"backup {names}, restore {'brings back the rest' if is_back else 'fails'}"


ATTACKS = [
    Attack(2, "the database is gone", lost_database),
    Attack(3, "one byte of a file flipped", flipped_byte),
    Attack(4, "another user of the machine", modes),
    Attack(8, "a session after its sign-out", signed_out),
    Attack(8, "after removal, a user of that name", removed),
    Attack(8, "another's project", others),
]
