"""Artifact pages: versions, aliases, files, metadata, lineage, how to download."""

import base64
import hashlib
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import anyio
from contexts import ready
from playwright.sync_api import Page, expect
from real_site import RealSite
from test_accessibility import serious

from sweepd.domain.artifacts import Digest
from sweepd.services.artifacts import lineage
from sweepd.services.artifacts.uploads import NewArtifact
from sweepd.services.runs.runs import RunChange

LIMIT = 1 << 20


def in_thread(work: Callable[[], Awaitable[object]]) -> None:
    """Run async work in a thread of its own: Playwright keeps a loop running in this one."""
    with ThreadPoolExecutor(1) as pool:
        pool.submit(anyio.run, work).result()


def log_artifact(
    real: RealSite,
    run: Any,
    name: str,
    files: dict[str, bytes],
    kind: str = "model",
    metadata: dict[str, Any] | None = None,
    aliases: list[str] | None = None,
) -> Any:
    """What the client does for `run.log_artifact`: announce, upload, commit."""
    uploads = real.services.artifacts.uploads

    def digest(body: bytes) -> str:
        return base64.b64encode(hashlib.md5(body, usedforsecurity=False).digest()).decode()

    async def chunks(body: bytes) -> AsyncIterator[bytes]:
        yield body

    contents = {path: {"digest": digest(b), "size": len(b)} for path, b in files.items()}
    manifest = json.dumps({"version": 1, "contents": contents}).encode()
    new = NewArtifact(
        run.entity,
        run.project,
        run.run_id,
        kind,
        name,
        hashlib.md5(manifest).hexdigest(),
        aliases=aliases or [],
        metadata=json.dumps(metadata or {}),
    )
    pending = uploads.create(real.caller, new)
    for path, body in files.items():
        if uploads.announce_files(real.caller, [(pending.pk, path, Digest(digest(body)))]) == [
            True
        ]:
            in_thread(
                lambda path=path, body=body: uploads.put_file(
                    pending.pk, path, chunks(body), LIMIT, Digest(digest(body))
                )
            )
    in_thread(lambda: uploads.manifests.put(pending.pk, chunks(manifest), digest(manifest)))
    return uploads.commit(real.caller, pending.pk, lambda _: pending.pk)


def new_run(real: RealSite, project: str, run_id: str) -> Any:
    """A run that is not of a sweep."""
    change = RunChange(display_name=f"run {run_id}")
    return real.services.runs.upsert(real.caller, "ann", project, run_id, change)[0]


def chain(real: RealSite, project: str) -> tuple[Any, Any]:
    """digits → (train) → two versions of cnn → (judge) → report."""
    prepare, train, judge = (new_run(real, project, x) for x in ("prepare", "train", "judge"))
    digits = log_artifact(real, prepare, "digits", {"x.npy": b"1234"}, kind="dataset")
    real.services.artifacts.use(real.caller, train, digits.pk, None)
    first = log_artifact(real, train, "cnn", {"model.keras": b"a" * 2000})
    second = log_artifact(
        real,
        train,
        "cnn",
        {"model.keras": b"b" * 3000, "logs/<b>.txt": b"hello"},
        metadata={"accuracy": 0.93, "layers": [32, 64]},
        aliases=["best"],
    )
    real.services.artifacts.use(real.caller, judge, second.pk, None)
    log_artifact(real, judge, "report", {"report.txt": b"good"}, kind="report")
    return first, second


def test_a_version_shows_files_metadata_versions_and_how_to_get_it(
    signed_in: Page, real: RealSite
) -> None:
    chain(real, "artifact")
    signed_in.goto(f"{real.address}/ann/artifact/artifacts")
    row = signed_in.get_by_role("row").filter(has_text="cnn")
    expect(row).to_contain_text("v1")
    row.get_by_role("link", name="cnn").click()
    expect(signed_in.get_by_role("heading", level=1)).to_have_text("cnn:v1")
    main = signed_in.get_by_role("main")
    expect(main).to_contain_text('wandb.Api().artifact("ann/artifact/cnn:v1", type="model")')
    expect(main).to_contain_text("accuracy")
    files = signed_in.get_by_role("region", name="Files")
    expect(files).to_contain_text("logs/<b>.txt")
    with signed_in.expect_download() as waiting:
        files.get_by_role("link", name="model.keras").click()
    assert waiting.value.path().read_bytes() == b"b" * 3000
    signed_in.get_by_role("link", name="v0", exact=True).click()
    expect(signed_in.get_by_role("heading", level=1)).to_have_text("cnn:v0")
    for address in ("cnn", "cnn/latest", "cnn/best"):
        signed_in.goto(f"{real.address}/ann/artifact/artifacts/model/{address}")
        expect(signed_in.get_by_role("heading", level=1)).to_have_text("cnn:v1")
    assert serious(signed_in) == []


def test_lineage_is_drawn_and_leads_on(signed_in: Page, real: RealSite) -> None:
    chain(real, "lineage")
    signed_in.goto(f"{real.address}/ann/lineage/artifacts/model/cnn/v1")
    graph = signed_in.get_by_role("region", name="Lineage")
    names = [
        "dataset digits:v0",
        "run run train",
        "model cnn:v1",
        "run run judge",
        "report report:v0",
    ]
    places = []
    for name in names:
        box = graph.get_by_role("link", name=name, exact=True).bounding_box()
        assert box
        places.append(box["x"])
    assert places == sorted(places) and len(set(places)) == len(names)
    expect(graph.locator(".lineage-arrow")).to_have_count(5)
    graph.get_by_role("link", name="run run judge").click()
    expect(signed_in.get_by_role("heading", level=1)).to_contain_text("run judge")


def test_lineage_fits_its_words_and_shows_more_by_steps(signed_in: Page, real: RealSite) -> None:
    run = new_run(real, "long", "R" * 60)
    name = "W" * 60
    version = log_artifact(real, run, name, {"a": b"1"})
    for k in range(lineage.NODES + 5):
        user = new_run(real, "long", f"user-{k}")
        real.services.artifacts.use(real.caller, user, version.pk, None)
    signed_in.goto(f"{real.address}/ann/long/artifacts/model/{name}/v0")
    graph = signed_in.get_by_role("region", name="Lineage")
    nodes = graph.locator(".lineage-node")
    assert nodes.count() == lineage.NODES
    outside = """(nodes) => nodes.filter((node) => {
        const box = node.querySelector("rect").getBoundingClientRect();
        return [...node.querySelectorAll("div")].some((div) => {
            const own = div.getBoundingClientRect();
            return own.left < box.left || own.right > box.right || own.bottom > box.bottom;
        });
    }).length"""
    assert nodes.evaluate_all(outside) == 0
    signed_in.get_by_role("link", name="show more").click()
    expect(nodes).to_have_count(lineage.NODES + 7)
    expect(signed_in.get_by_role("link", name="show more")).to_have_count(0)


def test_versions_are_compared_and_their_numbers_drawn(signed_in: Page, real: RealSite) -> None:
    run = new_run(real, "diff", "train")
    kept = {"kept.txt": b"same"}
    steps = (
        ({"old.bin": b"1", "changed.txt": b"a"}, {"accuracy": 0.5, "by": "ann", "gone": 1}),
        ({"new.bin": b"1" * 2000, "changed.txt": b"bb"}, {"accuracy": 0.75, "by": "bob"}),
        ({"other.bin": b"3"}, {"accuracy": 0.9, "by": "ann"}),
    )
    for files, metadata in steps:
        log_artifact(real, run, "net", kept | files, metadata=metadata)
    page = signed_in
    page.goto(f"{real.address}/ann/diff/artifacts/model/net/v1")
    page.get_by_label("from").select_option("v0")
    page.get_by_role("button", name="Compare").click()
    card = page.get_by_role("region", name="What changed")
    for text in ("1 file added", "1 file removed", "1 file changed"):
        expect(card).to_contain_text(text)
    lines = card.get_by_role("region", name="Files that differ").get_by_role("row")
    expect(lines).to_have_count(4)
    for path, change in (
        ("new.bin", "added 2.0 kB"),
        ("old.bin", "removed 1 B"),
        ("changed.txt", "changed 1 B 2 B"),
    ):
        told = lines.filter(has_text=path).inner_text().split()
        assert told == [path, *change.split()]
    differs = card.get_by_role("region", name="Metadata that differs").get_by_role("row")
    assert [line.split() for line in differs.all_inner_texts()[1:]] == [
        ["accuracy", "0.5", "0.75"],
        ["by", "ann", "bob"],
        ["gone", "1", "\N{EN DASH}"],
    ]
    plot = page.get_by_role("region", name="accuracy over versions")
    expect(plot.locator(".scatterlayer .point")).to_have_count(3)
    assert serious(page) == []
    page.goto(f"{real.address}/ann/diff/artifacts/model/net/v1?with=v9")
    expect(page.get_by_text("no version 'v9'")).to_be_visible()


def test_aliases_move_between_versions_and_a_version_is_described_and_deleted(
    signed_in: Page, real: RealSite
) -> None:
    chain(real, "aliases")
    base = f"{real.address}/ann/aliases/artifacts/model/cnn"
    signed_in.goto(f"{base}/v0")
    signed_in.get_by_label("Add an alias").fill("best")
    signed_in.get_by_label("Add an alias").press("Enter")
    expect(signed_in.get_by_role("button", name="Take the alias best away")).to_be_visible()
    signed_in.goto(f"{base}/best")
    expect(signed_in.get_by_role("heading", level=1)).to_have_text("cnn:v0")
    signed_in.get_by_label("Add an alias").fill("v7")
    signed_in.get_by_label("Add an alias").press("Enter")
    expect(signed_in.get_by_role("status")).to_contain_text("a version's own number")
    signed_in.get_by_label("Description").fill("the small one")
    signed_in.get_by_label("Description").blur()
    expect(signed_in.get_by_role("status")).to_have_text("Saved.")
    ready(signed_in)
    signed_in.get_by_role("button", name="Take the alias best away").click()
    expect(signed_in.get_by_role("button", name="Take the alias best away")).to_have_count(0)
    expect(signed_in.get_by_label("Description")).to_have_value("the small one")
    ready(signed_in)
    signed_in.get_by_role("button", name="Delete").click()
    signed_in.get_by_role("button", name="Delete it").click()
    expect(signed_in.get_by_role("heading", level=1)).to_have_text("Artifacts")
    answer = signed_in.goto(f"{base}/v0")
    assert answer and answer.status == 404


def test_lineage_ends_where_the_reader_has_no_access(
    new_page: Callable[..., Page], real: RealSite
) -> None:
    """A version shared with a team shows nothing of runs that only their owner may see."""
    real.services.users.add_user("other")
    real.services.users.add_team("others", ["ann", "other"])
    real.caller = real.services.users.get_caller("ann")
    change = RunChange(display_name="shared")
    run = real.services.runs.upsert(real.caller, "others", "p", "shared", change)[0]
    done = log_artifact(real, run, "ours", {"f": b"1"})
    secret = new_run(real, "private-user", "secret")
    real.services.artifacts.use(real.caller, secret, done.pk, None)
    page = new_page()
    page.goto(f"{real.address}/authorize?token={real.services.sessions.create_link('other')}")
    page.goto(f"{real.address}/others/p/artifacts/model/ours/v0")
    expect(page.get_by_role("region", name="Lineage")).to_contain_text("shared")
    expect(page.get_by_role("main")).not_to_contain_text("secret")


def test_the_address_the_client_tells_of_a_linked_model_leads_to_it(
    signed_in: Page, real: RealSite
) -> None:
    first, _ = chain(real, "linked")
    collections = real.services.artifacts.collections
    collections.link(real.caller, first.pk, "ann", "model-registry", "shown", [])
    path = "ann%2Fmodel-registry%2Fshown&view=membership&version=v0"
    signed_in.goto(f"{real.address}/ann/registry/model?selectionPath={path}")
    expect(signed_in.get_by_role("heading", level=1)).to_have_text("shown:v0")
    signed_in.goto(f"{real.address}/ann/registry/model?selectionPath=bob%2Fp%2Fshown")
    expect(signed_in.get_by_role("heading", level=1)).to_have_text("Not found")
