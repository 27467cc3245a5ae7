"""What a panel lacks is said at its field and in place of a drawing; nothing blank is made."""

import json
from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect
from real_site import RealSite
from test_accessibility import serious
from test_pages import open_ready
from test_workspace import make_runs, own_spec, panel, saved

from sweepd.domain.views import own_name
from sweepd.services.workspaces.views import ViewChange


def choose_key(dialog: Locator) -> None:
    dialog.get_by_role("group", name="Keys").get_by_label("val/loss", exact=True).check()


def choose_one(dialog: Locator) -> None:
    dialog.get_by_label("Key", exact=True).select_option("val/loss")


def choose_both(dialog: Locator) -> None:
    dialog.get_by_label("X", exact=True).select_option("config:depth.value")
    dialog.get_by_label("Y", exact=True).select_option("summary:val/loss")


# Of each kind: what is said of an empty one, how it is mended, and the title of what is made.
KINDS: dict[str, tuple[list[str], Callable[[Locator], None], str]] = {
    "Line plot": (["Choose at least one key."], choose_key, "val/loss"),
    "Bar chart": (["Choose at least one key."], choose_key, "val/loss"),
    "Scatter plot": (
        ["Choose what lies along X.", "Choose what lies along Y."],
        choose_both,
        "val/loss over depth",
    ),
    "Histogram": (["Choose a key."], choose_one, "val/loss"),
    "Scalar": (["Choose a key."], choose_one, "val/loss"),
    "Parallel coordinates": ([], choose_key, "Parallel coordinates"),
    "Parameter importance": (
        ["Choose a key: no sweep here has a metric."],
        lambda dialog: dialog.get_by_label("With respect to").select_option("val/loss") and None,
        "What matters for val/loss",
    ),
    "Run comparer": ([], choose_key, "Run comparer"),
    "Media": (["No run has logged media yet."], choose_key, ""),
    "Text": (
        ["Write something."],
        lambda dialog: dialog.get_by_label("Markdown").fill("Words"),
        "Text",
    ),
}


def test_an_empty_panel_of_no_kind_is_made(signed_in: Page, real: RealSite) -> None:
    make_runs(real, "needs", 2)
    open_ready(signed_in, f"{real.address}/ann/needs")
    page, dialog = signed_in, signed_in.get_by_role("dialog", name="Add a panel")
    page.get_by_role("button", name="Add panel").click()
    kinds = dialog.get_by_label("Kind of panel").locator("option").all_inner_texts()
    dialog.get_by_role("button", name="Cancel").click()
    assert sorted(kinds) == sorted(KINDS)
    for kind, (said, mend, title) in KINDS.items():
        page.get_by_role("button", name="Add panel").click()
        dialog.get_by_label("Kind of panel").select_option(label=kind)
        dialog.get_by_label("Title").press("Enter")
        expect(dialog.locator(".ws-refusal")).to_have_text(said)
        if said:
            field = dialog.locator(":focus")
            expect(field).to_have_accessible_description(said[0])
            if kind in ("Scatter plot", "Line plot"):
                assert serious(page) == []
        if not title:
            page.keyboard.press("Escape")
            expect(dialog).to_have_count(0)
            continue
        if said:
            mend(dialog)
            expect(dialog.locator(".ws-refusal")).to_have_count(0)
            page.keyboard.press("Tab")
            dialog.get_by_role("button", name="Add", exact=True).click()
        expect(dialog).to_have_count(0)
        made = panel(page, title).last
        made.scroll_into_view_if_needed()
        expect(made.locator(".ws-lack")).to_have_count(0)
    saved(page)
    sections = own_spec(real, "needs")["section"]["panelBankConfig"]["sections"]
    assert sum(len(one["panels"]) for one in sections) == len(KINDS) - 1


def test_a_document_with_an_empty_panel_says_what_it_lacks(signed_in: Page, real: RealSite) -> None:
    make_runs(real, "lacking", 2)
    page = signed_in
    open_ready(page, f"{real.address}/ann/lacking")
    page.get_by_role("button", name="Add panel").click()
    page.get_by_label("Kind of panel").select_option(label="Text")
    page.get_by_label("Markdown").fill("Words")
    page.get_by_role("button", name="Add", exact=True).click()
    expect(panel(page, "Text")).to_be_visible()
    saved(page)
    spec = own_spec(real, "lacking")
    for section in spec["section"]["panelBankConfig"]["sections"]:
        section["panels"] = [{"__id__": "p1", "viewType": "Scatter Plot", "config": {}}]
    change = ViewChange("project-view", own_name("ann"), None, None, json.dumps(spec))
    real.services.views.save(real.caller, "ann", "lacking", change)
    open_ready(page, f"{real.address}/ann/lacking")
    made = panel(page, "Scatter plot")
    made.scroll_into_view_if_needed()
    expect(made).to_contain_text("Nothing to draw. Choose what lies along X.")
    made.get_by_role("button", name="Edit the panel").press("Enter")
    dialog = page.get_by_role("dialog", name="Edit the panel")
    choose_both(dialog)
    dialog.get_by_role("button", name="Apply").click()
    drawn = panel(page, "val/loss over depth")
    expect(drawn.locator("[data-points]")).to_have_attribute("data-points", "2")
    expect(drawn.locator(".ws-lack")).to_have_count(0)


@pytest.mark.parametrize(
    ("path", "open_by", "field", "send"),
    [
        ("", "My workspace", "Name of the new view", "Save as a view"),
        ("", "Menu of section val", "Name of the section", "Rename"),
        ("/reports", "", "Title of the new report", "New report"),
        ("/automations", "", "Name of the place", "Add"),
    ],
)
def test_nothing_is_made_of_blanks(
    signed_in: Page, real: RealSite, path: str, open_by: str, field: str, send: str
) -> None:
    make_runs(real, "blanks", 2)
    page = signed_in
    open_ready(page, f"{real.address}/ann/blanks{path}")
    if open_by:
        page.get_by_role("button", name=open_by).click()
    for blank in ("", "   "):
        page.get_by_label(field).fill(blank)
        page.get_by_role("button", name=send, exact=True).click()
        expect(page.get_by_label(field)).to_be_focused()
        assert not page.get_by_label(field).evaluate("(e) => e.validity.valid")
    page.get_by_label(field).fill("a name")
    assert page.get_by_label(field).evaluate("(e) => e.validity.valid")


def test_a_filter_says_what_it_needs(signed_in: Page, real: RealSite) -> None:
    make_runs(real, "filtered", 2)
    page = signed_in
    open_ready(page, f"{real.address}/ann/filtered")
    page.get_by_role("button", name="Filter", exact=True).click()
    page.get_by_label("Comparison").select_option(">=")
    page.get_by_role("dialog", name="Add a filter").get_by_role("button", name="Add").click()
    expect(page.get_by_role("alert")).to_have_text("At least and at most need a value.")
    expect(page.get_by_label("Value")).to_be_focused()
