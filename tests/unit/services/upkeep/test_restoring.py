"""Backups damaged, cut off or made by somebody else: what is whole comes back, or nothing."""

import io
import json
import random
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest

from sweepd import server
from sweepd.domain.errors import BadInput, SweepdError
from sweepd.services.upkeep import backup, backup_files, restoring
from sweepd.settings import Settings
from sweepd.store.blobs import Blobs
from tests.conftest import FakeClock
from tests.unit.services.logging_versions import log

N_FILES = 4
BODIES = [b"body of file %d" % number * 50 for number in range(N_FILES)]


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A backup of a server with some versions."""
    folder = tmp_path_factory.mktemp("whole")
    parts = server.build(Settings(data=folder / "data"), FakeClock())
    parts.services.users.add_user("ann")
    ann = parts.services.users.get_caller("ann")
    for number, body in enumerate(BODIES):
        log(parts, ann, body, f"m{number}")
    (folder / "data/local.key").write_text('{"user": "ann", "key": "k"}')
    url, at = parts.settings.database_url, parts.core.now()
    backup.write(url, parts.blobs, folder / "b.tar", at, "1", folder / "data/local.key")
    parts.core.db.close()
    return (folder / "b.tar").read_bytes()


def restore(folder: Path, body: bytes) -> restoring.Restored:
    (folder / "b.tar").write_bytes(body)
    data = folder / "new"
    return restoring.restore(folder / "b.tar", data, lambda: Blobs.open(str(data / "blobs")))


def entries(body: bytes) -> list[tuple[tarfile.TarInfo, bytes]]:
    with tarfile.open(fileobj=io.BytesIO(body)) as opened:
        return [(entry, (opened.extractfile(entry) or io.BytesIO()).read()) for entry in opened]


def pack(parts: list[tuple[tarfile.TarInfo, bytes]]) -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as opened:
        for entry, body in parts:
            opened.addfile(entry, io.BytesIO(body))
    return packed.getvalue()


def entry(
    name: str, size: int = 0, kind: bytes = tarfile.REGTYPE, **more: object
) -> tarfile.TarInfo:
    made = tarfile.TarInfo(name)
    made.size, made.type = size, kind
    for key, value in more.items():
        setattr(made, key, value)
    return made


@pytest.mark.slow
def test_everything_comes_back_and_only_for_its_owner(tmp_path: Path, archive: bytes) -> None:
    came = restore(tmp_path, archive)
    assert (came.n_files, came.faults) == (2 * N_FILES, ())
    assert sorted(path.name for path in (tmp_path / "new").iterdir()) == [
        "blobs",
        "local.key",
        "sweepd.db",
    ]
    modes = {path.name: path.stat().st_mode & 0o777 for path in (tmp_path / "new").iterdir()}
    assert modes["local.key"] == modes["sweepd.db"] == 0o600
    server.build(Settings(data=tmp_path / "new"), FakeClock()).core.db.close()


@pytest.mark.slow
def test_any_one_damaged_byte_costs_what_it_lies_in_and_is_named(
    tmp_path: Path, archive: bytes
) -> None:
    """Every part of the archive in turn: headers and bodies of files, of the rest."""
    rng = random.Random(7)
    with tarfile.open(fileobj=io.BytesIO(archive)) as opened:
        places = [(e.name, e.offset, e.offset_data, e.size) for e in opened]
    database = next(place for place in places if place[0] == "sweepd.db")
    spots = [offset + rng.randrange(100) for _, offset, _, _ in places]  # of a header
    spots += [first + rng.randrange(size) for _, _, first, size in places]
    spots += [rng.randrange(database[2], database[2] + database[3]) for _ in range(5)]
    assert len(spots) > 15
    for number, at in enumerate(spots):
        body = bytearray(archive)
        body[at] ^= 0x41
        [name] = [n for n, offset, first, size in places if offset <= at < first + size]
        folder = tmp_path / str(number)
        folder.mkdir()
        try:
            came = restore(folder, bytes(body))
        except BadInput as error:
            assert name in ("sweepd.db", "backup.json"), (name, at, error)
            assert not (folder / "new").exists()
            continue
        assert came.faults, (name, at)
        assert came.n_files >= 2 * N_FILES - 1
        if name.startswith("blobs/"):
            assert any(name[6:18] in fault and "ann/p/m" in fault for fault in came.faults)


@pytest.mark.slow
def test_backup_that_was_cut_off_is_refused_and_the_folder_is_as_it_was(
    tmp_path: Path, archive: bytes
) -> None:
    with tarfile.open(fileobj=io.BytesIO(archive)) as opened:
        end = max(e.offset_data for e in opened if e.name == "sweepd.db") + 4096
    (tmp_path / "new").mkdir()
    (tmp_path / "new").chmod(0o750)
    for size in [0, 100, 512, *range(2000, end, end // 7)]:
        with pytest.raises(BadInput, match=r"not a whole|too early"):
            restore(tmp_path, archive[:size])
        assert list((tmp_path / "new").iterdir()) == []
    assert (tmp_path / "new").stat().st_mode & 0o777 == 0o750


SPARSE = {"GNU.sparse.major": "1", "GNU.sparse.minor": "0", "GNU.sparse.name": "sweepd.db"}
CRAFTED: dict[str, list[tuple[tarfile.TarInfo, bytes]]] = {
    "link": [(entry("local.key", kind=tarfile.SYMTYPE, linkname="/etc/shadow"), b"")],
    "hard link": [(entry("sweepd.db", kind=tarfile.LNKTYPE, linkname="backup.json"), b"")],
    "folder": [(entry("blobs", kind=tarfile.DIRTYPE), b"")],
    "device": [(entry("local.key", kind=tarfile.CHRTYPE), b"")],
    "pipe": [(entry("local.key", kind=tarfile.FIFOTYPE), b"")],
    "absolute path": [(entry("/etc/cron.d/x", 1), b"x")],
    "path upwards": [(entry("blobs/../../x", 1), b"x")],
    "no hash": [(entry("blobs/" + "z" * 64, 1), b"x")],
    "name with control characters": [(entry("blobs/\x1b[2J\n", 1), b"x")],
    "key twice": [(entry("local.key", 2), b"{}"), (entry("local.key", 2), b"{}")],
    "file twice": [(entry("blobs/" + "a" * 64, 1), b"x"), (entry("blobs/" + "a" * 64, 1), b"x")],
    "long key": [(entry("local.key", 2 << 20), b"x" * (2 << 20))],
    "sparse": [(entry("sweepd.db", 512, pax_headers=SPARSE), b"1\n0\n9\n".ljust(512, b"\0"))],
    "size of a header": [(entry("local.key", 2, pax_headers={"size": "-5"}), b"{}")],
    "huge size": [(entry("local.key", 2, pax_headers={"size": "99999999999999"}), b"{}")],
}


@pytest.mark.parametrize("what", CRAFTED)
@pytest.mark.parametrize("is_first", [True, False])
def test_crafted_archives_get_one_clear_line(
    tmp_path: Path, archive: bytes, what: str, is_first: bool
) -> None:
    whole = [
        (e, body)
        for e, body in entries(archive)
        if e.name not in {c.name for c, _ in CRAFTED[what]}
    ]
    at = 1 if is_first else len(whole)
    body = pack([*whole[:at], *CRAFTED[what], *whole[at:]])
    with pytest.raises(BadInput) as refused:
        restore(tmp_path, body)
    told = str(refused.value)
    assert "is not a whole sweepd backup: " in told and "\n" not in told and "\x1b" not in told
    assert sorted(path.name for path in tmp_path.iterdir()) == ["b.tar"]


def _claim(kind: bytes, size: int) -> Callable[[bytes], bytes]:
    def change(archive: bytes) -> bytes:
        made = entry("././@PaxHeader", size, kind)
        return made.tobuf(tarfile.GNU_FORMAT) + archive

    return change


WRONG: dict[str, Callable[[bytes], bytes]] = {
    "text": lambda _: b"x" * 20_000,
    "zeros": lambda _: bytes(20_000),
    "compressed": lambda archive: __import__("gzip").compress(archive),
    "other format": lambda archive: pack(
        [
            (entry("backup.json", 14), b'{"format": 99}'),
            *entries(archive)[1:],
        ]
    ),
    "other tar": lambda _: pack([(entry("notes.txt", 1), b"x")]),
    "long header": _claim(b"x", 8 << 30),
    "long name": _claim(b"L", 8 << 30),
    "negative header": _claim(b"x", -512),
    "headers in headers": lambda archive: (
        entry("h", 0, b"x").tobuf(tarfile.GNU_FORMAT) * 3000 + archive
    ),
}  # nothing of these may cost memory or a traceback


@pytest.mark.parametrize("what", WRONG)
def test_what_is_no_backup_gets_one_clear_line(tmp_path: Path, archive: bytes, what: str) -> None:
    with pytest.raises(BadInput) as refused:
        restore(tmp_path, WRONG[what](archive))
    assert "b.tar" in str(refused.value) and "\n" not in str(refused.value)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["b.tar"]


@pytest.mark.slow
def test_random_damage_never_ends_in_anything_but_a_line(tmp_path: Path, archive: bytes) -> None:
    rng = random.Random(3)
    for number in range(40):
        body = bytearray(archive)
        for _ in range(rng.randrange(1, 200)):
            body[rng.randrange(len(body))] = rng.randrange(256)
        folder = tmp_path / str(number)
        folder.mkdir()
        try:
            came = restore(folder, bytes(body))
        except SweepdError as error:
            assert "\n" not in str(error)
            assert not (folder / "new").exists()
        else:
            assert came.faults


def test_failed_restore_takes_out_of_a_store_only_what_it_put_there(
    tmp_path: Path, archive: bytes
) -> None:
    blobs = Blobs.open(str(tmp_path / "files"))
    kept = blobs.put_bytes(BODIES[0]).hash
    (tmp_path / "b.tar").write_bytes(archive[: archive.index(b"SQLite format 3")])
    with pytest.raises(BadInput):
        restoring.restore(tmp_path / "b.tar", tmp_path / "new", lambda: blobs)
    assert [name for name, _ in blobs.list()] == [kept]


def test_restore_cut_off_by_a_kill_can_be_begun_again(tmp_path: Path, archive: bytes) -> None:
    data = tmp_path / "new"
    (data / "blobs/ab").mkdir(parents=True)
    (data / restoring.MARK).touch()
    (data / "sweepd.db.part").write_bytes(b"half")
    assert restore(tmp_path, archive).faults == ()
    with pytest.raises(BadInput, match="not empty"):
        restore(tmp_path, archive)


@pytest.mark.slow
def test_restored_server_has_no_session_of_before(tmp_path: Path) -> None:
    settings = Settings(data=tmp_path / "data")
    parts = server.build(settings, FakeClock())
    parts.services.users.add_user("ann", "k" * 40)
    token = parts.services.sessions.begin("k" * 40)
    key_file = tmp_path / "none"
    backup.write(
        settings.database_url, parts.blobs, tmp_path / "b.tar", parts.core.now(), "1", key_file
    )
    parts.core.db.close()
    restore(tmp_path, (tmp_path / "b.tar").read_bytes())
    again = server.build(Settings(data=tmp_path / "new"), FakeClock())
    with pytest.raises(SweepdError, match="has ended"):
        again.services.sessions.find(token)
    again.core.db.close()


def test_single_files_come_out_of_a_backup(tmp_path: Path, archive: bytes) -> None:
    (tmp_path / "b.tar").write_bytes(archive)
    held = backup_files.BackupFiles(tmp_path / "b.tar")
    blobs = Blobs.open(str(tmp_path / "files"))
    names = [e.name[6:] for e, _ in entries(archive) if e.name.startswith("blobs/")]
    assert all(held.put_back(blobs, name) for name in names)
    assert sorted(name for name, _ in blobs.list()) == sorted(names)
    assert not held.put_back(blobs, "a" * 64)
    assert json.loads(next(body for e, body in entries(archive) if e.name == "checks.json"))
