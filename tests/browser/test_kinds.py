"""Each value as what it is: moments, times taken, sizes, media, a terminal's colours."""

import base64
import json
import re
from datetime import datetime

from playwright.sync_api import Page, expect
from plots import rows
from real_site import RealSite
from test_pages import open_ready

from sweepd.services.runs.runs import RunChange
from sweepd.services.runs.taking_in import Lines, StreamPost

PIXEL = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJg"
    "gg=="
)


def test_the_summary_shows_each_value_by_its_kind(signed_in: Page, real: RealSite) -> None:
    summary = {
        "_timestamp": 1.79e9,
        "_runtime": 3725,
        "system.gpu.0.powerWatts": 215.5,
        "n_samples": 60000,
        "model/bytes": 6_900_000,
        "seen": {"_type": "image-file", "path": "media/seen.png", "width": 1, "height": 1},
        "spread": {"_type": "histogram", "bins": [0, 1, 2], "values": [3, 5]},
    }
    real.services.runs.upsert(
        real.caller, "ann", "kinds", "k1", RunChange(summary=json.dumps(summary))
    )
    page = signed_in
    page.route("**/files/media/seen.png", lambda route: route.fulfill(body=PIXEL))
    open_ready(page, f"{real.address}/ann/kinds/runs/k1#overview")
    cells = page.get_by_role("region", name="Summary").get_by_role("row")
    for key, text in (
        ("_runtime", "1 h 02 min"),
        ("_timestamp", datetime.fromtimestamp(1.79e9).strftime("%H:%M")),
        ("system.gpu.0.powerWatts", "216 W"),
        ("n_samples", "60,000"),
        ("model/bytes", "6.9 MB"),
    ):
        expect(cells.filter(has_text=key)).to_contain_text(text)
    picture = cells.filter(has_text="seen").get_by_role("img")
    expect(picture).to_have_js_property("naturalWidth", 1)
    expect(cells.filter(has_text="spread").locator(".plot-container")).to_be_visible()
    before = picture.element_handle()
    run = real.services.runs.get(real.caller, "ann", "kinds", "k1")
    real.services.runs.change(
        real.caller, run.pk, RunChange(summary=json.dumps(summary | {"n_samples": 70000}))
    )
    expect(cells.filter(has_text="n_samples")).to_contain_text("70,000")
    assert before.evaluate("(element) => element.isConnected"), "it was loaded again"


def test_moments_say_how_long_ago_and_exactly_on_hover(signed_in: Page, real: RealSite) -> None:
    sweep_id, ids = real.sweep_with_runs("moments", 2)
    year = re.compile(str(datetime.now().year))
    page = signed_in
    for place in ("sweeps", f"sweeps/{sweep_id}", f"runs/{ids[0]}"):
        open_ready(page, f"{real.address}/ann/moments/{place}")
        moment = page.locator("time").first
        expect(moment).to_have_text(re.compile("just now|ago"))
        expect(moment).to_have_attribute("title", year)
    open_ready(page, f"{real.address}/ann/moments/runs")
    cell = rows(page).first.get_by_role("cell").last
    expect(cell).to_have_text(re.compile("just now|ago"))
    expect(cell).to_have_attribute("title", year)


def test_the_console_has_its_colours(signed_in: Page, real: RealSite) -> None:
    real.services.runs.upsert(real.caller, "ann", "colours", "c1", RunChange())
    texts = ["\x1b[31mred\x1b[0m plain", "\x1b[1;38;2;10;120;200mown\x1b[0m", "10%\r\x1b[32m100%"]
    lines = [f"2026-11-22T10:00:0{k}.000 {text}" for k, text in enumerate(texts)]
    post = StreamPost(console=[Lines(0, lines)])
    real.services.history.append(real.caller, "ann", "colours", "c1", post)
    page = signed_in
    open_ready(page, f"{real.address}/ann/colours/runs/c1#console")
    console = page.get_by_role("region", name="Console")
    expect(console).to_contain_text("red plain")
    red, own = console.get_by_text("red", exact=True), console.get_by_text("own")
    ink = "(element) => getComputedStyle(element).color"
    assert own.evaluate(ink) == "rgb(10, 120, 200)"
    assert red.evaluate(ink) != console.evaluate(ink)
    expect(own).to_have_css("font-weight", "700")
    expect(console.get_by_text("100%")).to_have_class("ansi-green")
    page.get_by_label("Find in the console").fill("red")
    expect(console.locator("mark")).to_have_text("red")
    expect(page.get_by_text("1 match")).to_be_visible()
