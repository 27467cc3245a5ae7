"""Pages of registries: the list, one of them, a linked version, and what strangers do not see."""

from collections.abc import Callable

from contexts import ready
from playwright.sync_api import Page, expect
from real_site import RealSite
from test_accessibility import serious
from test_artifact_page import log_artifact, new_run

from sweepd.domain.registries import Role
from sweepd.services.people.registries import RegistryChange


def publish(real: RealSite, registry: str, collection: str, text: bytes) -> None:
    """A version of ann's, linked."""
    run = new_run(real, "published", collection)
    done = log_artifact(real, run, f"{collection}-source", {"model.keras": text})
    link = real.services.artifacts.collections.link
    link(real.caller, done.pk, "organization", registry, collection, ["prod"])


def test_registries_lead_to_linked_versions_that_can_be_taken_back(
    signed_in: Page, real: RealSite
) -> None:
    change = RegistryChange(description="what runs in production", type_names=["model"])
    upsert = real.services.registries.upsert
    project, _ = upsert(real.caller, "wandb-registry-prod", change)
    publish(real, project.name, "cnn", b"prod")
    signed_in.goto(real.address)
    signed_in.get_by_role("link", name="Registries").click()
    expect(signed_in.get_by_role("heading", level=1)).to_have_text("Registries")
    expect(signed_in.get_by_role("main")).to_contain_text("dataset")
    assert serious(signed_in) == []
    signed_in.get_by_role("link", name="prod").click()
    expect(signed_in.get_by_role("heading", level=1)).to_have_text("Registry prod")
    expect(signed_in.get_by_role("main")).to_contain_text("what runs in production")
    expect(signed_in.get_by_role("main")).to_contain_text("You are admin")
    assert serious(signed_in) == []
    signed_in.get_by_role("link", name="cnn").click()
    expect(signed_in.get_by_role("heading", level=1)).to_have_text("cnn:v0")
    expect(signed_in.get_by_role("main")).to_contain_text("wandb-registry-prod/cnn:v0")
    expect(signed_in.get_by_role("region", name="Lineage")).to_contain_text("cnn-source:v0")
    ready(signed_in)
    signed_in.get_by_label("Add an alias").fill("best")
    signed_in.get_by_label("Add an alias").press("Enter")
    expect(signed_in.get_by_role("button", name="Take the alias best away")).to_be_visible()
    ready(signed_in)
    signed_in.get_by_role("button", name="Unlink").click()
    signed_in.get_by_role("button", name="Unlink it").click()
    expect(signed_in.get_by_role("heading", level=1)).to_have_text("Registry prod")
    signed_in.goto(f"{real.address}/ann/published/artifacts/model/cnn-source/v0")
    expect(signed_in.get_by_role("heading", level=1)).to_have_text("cnn-source:v0")


def test_addresses_that_the_client_prints_lead_to_the_pages(
    signed_in: Page, real: RealSite
) -> None:
    publish(real, "wandb-registry-model", "printed", b"printed")
    selection = "selectionPath=organization%2Fwandb-registry-model%2Fprinted&view=membership"
    heading = signed_in.get_by_role("heading", level=1)
    for path, title in (
        (f"orgs/organization/registry/model?{selection}&version=v0", "printed:v0"),
        (f"organization/registry/model?{selection}&version=v0", "printed:v0"),
        ("orgs/organization/registry/model", "Registry model"),
        ("orgs/organization/registry", "Registries"),
        ("organization/wandb-registry-model", "Registry model"),
        ("organization/wandb-registry-dataset/artifacts", "Registry dataset"),
    ):
        signed_in.goto(f"{real.address}/{path}")
        expect(heading).to_have_text(title)
    expect(signed_in.get_by_role("main")).to_contain_text("Nothing linked yet")
    for path in ("orgs/nowhere/registry/model", f"orgs/organization/registry/model?{selection}x/y"):
        answer = signed_in.goto(f"{real.address}/{path}")
        assert answer and answer.status in (200, 404)


def test_viewer_reads_and_a_stranger_sees_nothing(
    new_page: Callable[..., Page], signed_in: Page, real: RealSite
) -> None:
    services = real.services
    for name in ("viewer", "stranger"):
        services.users.add_user(name)
    closed = RegistryChange(is_restricted=True, description="not for all")
    project, _ = services.registries.upsert(real.caller, "wandb-registry-closed", closed)
    viewer = services.users.get_caller("viewer")
    services.registries.members.set_roles(
        real.caller, project.pk, [viewer.user_pk], [], Role.VIEWER
    )
    publish(real, project.name, "hidden", b"hidden")
    at = f"{real.address}/organization/{project.name}/artifacts/model/hidden/v0"
    page = new_page()
    page.goto(f"{real.address}/authorize?token={services.sessions.create_link('viewer')}")
    page.goto(at)
    expect(page.get_by_role("heading", level=1)).to_have_text("hidden:v0")
    expect(page.get_by_role("button", name="Unlink")).to_have_count(0)
    expect(page.get_by_label("Add an alias")).to_have_count(0)
    expect(page.get_by_label("Description")).not_to_be_editable()
    expect(page.get_by_role("main")).not_to_contain_text("hidden-source")
    expect(page.get_by_role("main")).not_to_contain_text("ann")
    with page.expect_download() as download:
        page.get_by_role("link", name="model.keras").click()
    assert download.value.path().read_bytes() == b"hidden"
    page = new_page()
    page.goto(f"{real.address}/authorize?token={services.sessions.create_link('stranger')}")
    for path in (at, f"{real.address}/organization/{project.name}"):
        answer = page.goto(path)
        assert answer and answer.status == 404
    page.goto(f"{real.address}/organization")
    expect(page.get_by_role("main")).not_to_contain_text("closed")
