"""Reports: listed, read, written in place; what the client wrote stays as it was."""

import base64
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from canvases import colours_on
from contexts import ready
from playwright.sync_api import Page, expect
from real_site import RealSite
from test_pages import open_ready
from test_workspace import make_runs

from sweepd.services.workspaces.views import ViewChange
from tests.conftest import wait_until


def text(words: str) -> list[dict[str, str]]:
    return [{"text": words}]


def grid(entity: str, project: str) -> dict[str, Any]:
    panels = [
        {
            "viewType": "Run History Line Plot",
            "layout": {"x": 0, "y": 0, "w": 12, "h": 8},
            "config": {"metrics": ["val/loss"]},
        },
        {"viewType": "Weave", "layout": {"x": 12, "y": 0, "w": 12, "h": 8}, "config": {}},
    ]
    runs = {
        "name": "Those",
        "project": {"entityName": entity, "name": project},
        "filters": {
            "filterFormat": "filterV2",
            "filters": [{"key": {"section": "config", "name": "depth"}, "op": ">=", "value": 1}],
        },
        "selections": {"root": 1, "tree": ["r2"]},
    }
    metadata = {
        "openRunSet": 0,
        "runSets": [runs],
        "panelBankSectionConfig": {"panels": panels},
        "customRunColors": {"r1": "#ff0000"},
    }
    return {"type": "panel-grid", "children": text(""), "metadata": metadata}


def blocks(project: str) -> list[dict[str, Any]]:
    return [
        {"type": "paragraph", "children": text("")},
        {"type": "table-of-contents", "children": text("")},
        {"type": "heading", "level": 1, "children": text("What we tried")},
        {
            "type": "paragraph",
            "children": [
                {"text": "see "},
                {"type": "link", "url": "https://example.org", "children": text("there")},
                {"type": "link", "url": "javascript:alert(1)", "children": text("not there")},
                {"type": "latex", "content": "e=mc^2", "children": text("")},
            ],
        },
        {
            "type": "list",
            "ordered": True,
            "children": [{"type": "list-item", "children": text("a")}],
        },
        {"type": "block-quote", "children": text("quoted")},
        {"type": "code-block", "children": [{"type": "code-line", "children": text("x = 1")}]},
        {"type": "markdown-block", "content": "*soft* `code`", "children": text("")},
        {"type": "image", "url": "https://example.org/i.png", "children": text("far away")},
        {"type": "callout-block", "children": [{"type": "callout-line", "children": text("mind")}]},
        {"type": "horizontal-rule", "children": text("")},
        grid("ann", project),
        {"type": "weave-panel", "config": {"x": 1}, "children": text("")},
    ]


def make_report(real: RealSite, project: str) -> tuple[int, dict[str, Any], str]:
    make_runs(real, project, 4)
    spec = {"version": 5, "blocks": blocks(project), "width": "fixed", "later": [1]}
    change = ViewChange("runs", None, "A report: ours", "of all runs", json.dumps(spec))
    made, _ = real.services.views.save(real.caller, "ann", project, change)
    return made.pk, spec, f"{real.address}/ann/{project}/reports"


def test_a_report_is_listed_and_read(signed_in: Page, real: RealSite) -> None:
    _, _, address = make_report(real, "read-report")
    page = signed_in
    open_ready(page, address)
    expect(page.get_by_role("link", name="Reports")).to_have_attribute("aria-current", "page")
    page.get_by_role("link", name="A report: ours").click()
    expect(page.locator("[data-ready]")).to_have_count(1)
    expect(page.get_by_role("heading", name="What we tried")).to_be_visible()
    expect(page.locator(".report-contents a")).to_have_text(["What we tried"])
    expect(page.get_by_role("link", name="there", exact=True)).to_have_attribute(
        "href", "https://example.org"
    )
    assert page.locator('[href^="javascript"]').count() == 0
    for shown in ("quoted", "x = 1", "soft", "mind", "Image: far away"):
        expect(page.get_by_text(shown).first).to_be_visible()
    plot = page.locator(".report-panel .plot").first
    plot.scroll_into_view_if_needed()
    expect(plot).to_have_attribute("data-lines", "2")
    expect(page.get_by_text("Those: 2 of 4 runs")).to_be_visible()
    expect(page.get_by_text("Weave panels are kept in the view")).to_be_visible()
    expect(page.get_by_text("A block of the kind weave-panel is kept")).to_be_visible()


def test_a_report_is_written_in_place(signed_in: Page, real: RealSite) -> None:
    pk, spec, address = make_report(real, "write-report")
    page = signed_in
    open_ready(page, address)
    page.get_by_role("link", name="A report: ours").click()
    expect(page.get_by_role("heading", name="What we tried")).to_be_visible()
    ready(page)
    page.get_by_role("button", name="Edit").click()
    page.get_by_label("Markdown").fill("## New words")
    page.get_by_role("button", name="Add text").click()
    page.get_by_label("Markdown").last.fill("- and more")
    page.get_by_role("button", name="Done").click()
    expect(page.get_by_role("heading", name="New words")).to_be_visible()
    expect(page.locator("li", has_text="and more")).to_be_visible()
    found = json.loads(real.services.views.get(real.caller, pk).spec)
    assert found["blocks"].pop()["content"] == "- and more"
    [changed] = [one for one in found["blocks"] if one["type"] == "markdown-block"]
    assert changed["content"] == "## New words"
    changed["content"] = "*soft* `code`"
    assert found == spec


def test_a_new_report_is_made_from_the_list(signed_in: Page, real: RealSite) -> None:
    make_runs(real, "new-report", 1)
    open_ready(signed_in, f"{real.address}/ann/new-report/reports")
    signed_in.get_by_label("Title of the new report").fill("First look")
    signed_in.get_by_role("button", name="New report").click()
    signed_in.wait_for_url("**/reports/First-look--*")
    expect(signed_in.get_by_text("This report is empty.")).to_be_visible()
    project = real.services.projects.get(real.caller, "ann", "new-report")
    assert [t.display_name for t in real.services.views.titles(project, "runs", 9)] == [
        "First look"
    ]


def exported(page: Page, kind: str) -> str:
    """What the report's Export saves."""
    page.get_by_role("button", name="Export").click()
    with page.expect_download() as download:
        page.get_by_role("button", name=kind).click()
    return str(download.value.path())


def test_a_report_is_one_file_that_needs_no_server(
    real: RealSite, new_page: Callable[..., Page]
) -> None:
    """Also what was never in sight: the window is too small for the panels."""
    pk, spec, address = make_report(real, "export-report")
    colour = '#0f0"><script>alert(1)</script>'
    for block in spec["blocks"]:
        if block["type"] == "panel-grid":
            block["metadata"]["customRunColors"]["r3"] = colour
    spec["blocks"].insert(3, {"type": "paragraph", "children": text("<b>not</b> bold")})
    change = ViewChange(spec=json.dumps(spec))
    real.services.views.save(real.caller, None, None, change, pk)
    page = new_page(viewport={"width": 900, "height": 300})
    page.goto(f"{real.address}/authorize?token={real.services.sessions.create_link('ann')}")
    open_ready(page, address)
    page.get_by_role("link", name="A report: ours").click()
    expect(page.locator(".report-panel").first).to_be_attached()
    path = exported(page, "HTML, one file")
    alone = new_page()
    asked: list[str] = []
    alone.on("request", lambda request: asked.append(request.url))
    copy = Path(path).with_suffix(".html")
    copy.write_bytes(Path(path).read_bytes())
    alone.goto(copy.as_uri())
    assert asked == [copy.as_uri()]
    expect(alone.get_by_role("heading", name="A report: ours")).to_be_visible()
    expect(alone.get_by_text("<b>not</b> bold")).to_be_visible()
    lines = alone.locator('.report-panel[aria-label="val/loss"] svg g path[d*="L"]')
    expect(lines).to_have_count(2)
    assert {lines.nth(k).locator("title").text_content() for k in range(2)} == {"run-1", "run-3"}
    assert colour in {lines.nth(k).get_attribute("stroke") for k in range(2)}
    assert alone.locator("script, button, canvas, iframe").count() == 0
    expect(alone.get_by_text("Weave panels are kept in the view")).to_be_visible()
    box = lines.first.bounding_box()
    assert box and box["width"] > 200 and box["height"] > 20


def test_a_report_is_written_as_markdown(signed_in: Page, real: RealSite) -> None:
    _, _, address = make_report(real, "markdown-report")
    open_ready(signed_in, address)
    signed_in.get_by_role("link", name="A report: ours").click()
    expect(signed_in.locator(".report-panel").first).to_be_attached()
    written = Path(exported(signed_in, "Markdown")).read_text()
    picture = re.search(r"!\[val/loss\]\(data:image/svg\+xml;base64,([^)]+)\)", written)
    assert picture
    shapes = base64.b64decode(picture[1]).decode()
    assert shapes.count("<title>") == 2 and shapes.startswith("<svg ")
    for part in (
        "# A report: ours\n",
        "of all runs\n",
        "## What we tried\n",
        "see [there](<https://example.org>)",
        "$e=mc^2$",
        "1. a\n",
        "> quoted\n",
        "```\nx = 1\n```\n",
        "*soft* `code`\n",
        "![far away](<https://example.org/i.png>)",
        "> mind\n",
        "---\n",
        "Weave panels are kept in the view",
        "A block of the kind weave-panel is kept",
    ):
        assert part in written, part


def test_paper_is_light_and_whole(real: RealSite, new_page: Callable[..., Page]) -> None:
    _, _, address = make_report(real, "paper-report")
    page = new_page(viewport={"width": 900, "height": 300}, color_scheme="dark")
    page.goto(f"{real.address}/authorize?token={real.services.sessions.create_link('ann')}")
    open_ready(page, address)
    page.get_by_role("link", name="A report: ours").click()
    plot = page.locator(".report-panel .plot").first
    expect(page.get_by_text("Those: 2 of 4 runs")).to_be_attached()
    page.evaluate("window.print = () => window.dispatchEvent(new Event('beforeprint'))")
    page.get_by_role("button", name="Print").click()
    page.emulate_media(media="print")
    expect(page.locator("html")).to_have_attribute("data-theme", "light")
    expect(page.locator("header.site")).to_be_hidden()
    expect(page.get_by_role("button", name="Print")).to_be_hidden()
    wait_until(lambda: colours_on(plot.locator(".plot-lines")), 60, lambda: "no line is drawn")
    page.evaluate("window.dispatchEvent(new Event('afterprint'))")
    expect(page.locator("html")).not_to_have_attribute("data-theme", "light")
