"""Projects are found, ordered and described; sweeps are renamed and described."""

from playwright.sync_api import Page, expect
from real_site import RealSite
from test_pages import open_ready


def test_projects_are_found_and_put_in_order(signed_in: Page, real: RealSite) -> None:
    for name in ("zz-list-1", "zz-list-10", "zz-list-2"):
        real.services.projects.ensure(real.caller, "ann", name, f"about {name}")
    page = signed_in
    open_ready(page, real.address)
    cards = page.locator(".project-card:visible")
    page.get_by_label("Find a project").fill("zz-list")
    expect(cards).to_have_count(3)
    page.get_by_label("Order").select_option("name")
    names = cards.locator("strong").all_inner_texts()
    assert names == ["zz-list-1", "zz-list-2", "zz-list-10"]
    page.get_by_label("Find a project").fill("no such")
    expect(page.get_by_text("No project of that name.")).to_be_visible()


def test_projects_and_sweeps_are_described_and_sweeps_renamed(
    signed_in: Page, real: RealSite
) -> None:
    sweep_id, _ = real.sweep_with_runs("described", 1)
    page = signed_in
    page.goto(f"{real.address}/ann/described/runs")
    page.get_by_role("button", name="Describe").click()
    page.get_by_label("Description of the project").fill("what it is for")
    page.get_by_role("button", name="Save").click()
    expect(page.locator('[data-part="description"]')).to_have_text("what it is for")
    project = real.services.projects.get(real.caller, "ann", "described")
    assert project.description == "what it is for"
    open_ready(page, f"{real.address}/ann/described/sweeps/{sweep_id}")
    page.get_by_role("button", name="More").click()
    page.get_by_label("Name of the sweep").fill(" ")
    page.get_by_role("button", name="Rename").click()
    expect(page.get_by_text("a sweep's name cannot be empty")).to_be_visible()
    page.get_by_label("Name of the sweep").fill("a better name")
    page.get_by_role("button", name="Rename").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("a better name")
    page.get_by_label("Description of the sweep").fill("second try")
    page.get_by_role("button", name="Describe").click()
    expect(page.locator('[data-part="facts"]')).to_contain_text("second try")
    sweep = real.services.sweeps.get(real.caller, "ann", "described", sweep_id)
    assert (sweep.display_name, sweep.description) == ("a better name", "second try")


def test_a_project_is_renamed_deleted_and_brought_back(signed_in: Page, real: RealSite) -> None:
    sweep_id, _ = real.sweep_with_runs("before-it", 1)
    page = signed_in
    page.goto(f"{real.address}/ann/before-it/runs")
    page.get_by_role("button", name="Rename project").click()
    page.get_by_label("Name of the project").fill("a/b")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("alert").filter(has_text="a/b")).to_be_visible()
    page.get_by_label("Name of the project").fill("after-it")
    page.keyboard.press("Enter")
    page.wait_for_url(f"{real.address}/ann/after-it")
    page.goto(f"{real.address}/ann/before-it/sweeps/{sweep_id}?x=1#v")
    assert page.url == f"{real.address}/ann/after-it/sweeps/{sweep_id}?x=1#v"
    page.goto(f"{real.address}/ann/after-it/runs")
    page.get_by_role("button", name="Delete project").click()
    expect(page.get_by_text("It can be brought back for 30 days")).to_be_visible()
    page.get_by_role("button", name="Delete it").click()
    page.wait_for_url(f"{real.address}/")
    expect(page.locator('[data-name="ann/after-it"]')).to_have_count(0)
    assert page.goto(f"{real.address}/ann/before-it").status == 404  # type: ignore[union-attr]
    open_ready(page, real.address)
    page.get_by_role("button", name="Deleted projects").click()
    expect(page.get_by_text("Kept for 30 days")).to_be_visible()
    page.get_by_role("button", name="Bring back ann/after-it").click()
    expect(page.locator('[data-name="ann/after-it"]')).to_be_visible()
    assert real.services.projects.find(real.caller, "ann", "before-it").name == "after-it"


def test_a_sweep_is_deleted_with_its_runs_and_brought_back(signed_in: Page, real: RealSite) -> None:
    sweep_id, runs = real.sweep_with_runs("sweeps-gone", 3)
    page = signed_in
    open_ready(page, f"{real.address}/ann/sweeps-gone/sweeps/{sweep_id}")
    page.get_by_role("button", name="More").click()
    page.get_by_label("its runs too").check()
    page.get_by_role("button", name="Delete", exact=True).click()
    page.wait_for_url(f"{real.address}/ann/sweeps-gone/sweeps")
    expect(page.get_by_text("No sweep yet.")).to_be_visible()
    project = real.services.projects.get(real.caller, "ann", "sweeps-gone")
    assert real.services.runs.list_all(project) == []
    page.get_by_role("button", name="Deleted sweeps").click()
    page.get_by_role("button", name="Bring back").click()
    expect(page.get_by_role("link", name="sweep of sweeps-gone")).to_be_visible()
    assert len(real.services.runs.list_all(project)) == len(runs)
