"""Everything the stock client draws, logs and calls out, seen on the pages of its runs."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect
from real_site import KEY, RealSite
from test_pages import open_ready

pytestmark = pytest.mark.e2e
PATIENCE_MS = 60_000  # two dozen charts are drawn at once, by a browser without a graphics card


@pytest.fixture(scope="module")
def drawn(real: RealSite, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The address of the project where the stock client logged one of everything."""
    pytest.importorskip("wandb")
    pytest.importorskip("vl_convert")
    folder = tmp_path_factory.mktemp("drawn")
    # Nothing of other tests': the client leaves the address of its own process there.
    kept = {name: value for name, value in os.environ.items() if not name.startswith("WANDB_")}
    environment = kept | {
        "WANDB_BASE_URL": real.address,
        "WANDB_API_KEY": KEY,
        "WANDB_DIR": str(folder),
        "WANDB_ERROR_REPORTING": "false",
        "WANDB_SILENT": "true",
        "WANDB_CACHE_DIR": str(folder),
        "WANDB_DATA_DIR": str(folder),
        "WANDB_CONFIG_DIR": str(folder),
    }
    script = Path(__file__).parent / "drawn_script.py"
    done = subprocess.run(
        [sys.executable, str(script)],
        env=environment,
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=180,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return f"{real.address}/ann/drawn"


def card(page: Page, title: str) -> Locator:
    return page.get_by_role("region", name=title, exact=True)


def points(chart: Locator) -> list[int]:
    """How many points each trace of a chart has."""
    plot = chart.locator(".js-plotly-plot")
    expect(plot.locator(".main-svg").first).to_be_attached(timeout=PATIENCE_MS)
    count = "e => e._fullData.map((t) => (t.x ?? []).filter((v) => v !== null).length)"
    found: list[int] = plot.evaluate(count)
    return found


def test_every_chart_of_the_client_is_drawn(signed_in: Page, drawn: str) -> None:
    signed_in.set_viewport_size({"width": 1400, "height": 4000})
    open_ready(signed_in, f"{drawn}/runs/charts")
    for title, n_points in (
        ("a line", [3]),
        ("strokes", [1, 1, 1]),
        ("a bar", [3]),
        ("a scatter", [3]),
        ("a histogram", [3]),
        ("a series", [3, 3]),
        ("a matrix", [2]),
        ("weights", [64]),
        ("visualized", [1]),
        ("class_proportions", [3, 3]),
        ("confusion_matrix", [3]),
        ("feature_importances", [4]),
        ("learning_curve", [5, 5]),
        ("summary_metrics", [4]),
        ("outlier_candidates", [150]),
        ("elbow_curve", [3]),
    ):
        assert points(card(signed_in, title)) == n_points, title
    for title, n_traces in (
        ("a roc", 2),
        ("a pr", 2),
        ("residuals", 2),
        ("calibration_curve", 4),
        ("silhouette_plot", 3),
    ):
        found = points(card(signed_in, title))
        assert len(found) == n_traces and min(found) > 1, (title, found)
    own = card(signed_in, "an own").frame_locator("iframe")
    expect(own.locator("canvas, svg").first).to_be_visible()
    expect(card(signed_in, "a lost")).to_contain_text("No drawing is known for ann/nothing")
    signed_in.get_by_label("Find a chart").fill("roc")
    expect(card(signed_in, "a roc")).to_be_visible()
    expect(card(signed_in, "a pr")).to_have_count(0)
    expect(card(signed_in, "weights")).to_have_count(0)


def test_images_have_steps_captions_boxes_and_masks(signed_in: Page, drawn: str) -> None:
    signed_in.set_viewport_size({"width": 1400, "height": 5000})
    open_ready(signed_in, f"{drawn}/runs/media")
    one = card(signed_in, "seen/one")
    expect(one).to_contain_text("step 2")
    expect(one).to_contain_text("at 2")
    one.get_by_label("Step of seen/one").fill("0")
    expect(one).to_contain_text("step 0")
    expect(one.get_by_role("img", name="at 0")).to_be_visible()
    several = card(signed_in, "seen/several")
    expect(several.get_by_role("img")).to_have_count(5)
    several.get_by_role("button", name="Enlarge no 4").click()
    large = signed_in.get_by_role("dialog", name="Image")
    expect(large).to_contain_text("5 of 5")
    signed_in.keyboard.press("ArrowRight")
    expect(large.get_by_role("img", name="no 0")).to_be_visible()
    signed_in.keyboard.press("Escape")
    expect(large).to_have_count(0)
    marked = card(signed_in, "marked")
    expect(marked.locator("rect")).to_have_count(1)
    expect(marked.locator(".media-layer canvas")).to_have_count(1)
    marked.get_by_role("button", name="dog found").click()
    expect(marked.locator("rect")).to_have_count(0)
    marked.get_by_role("button", name="cat truth").click()
    expect(marked.locator(".media-layer canvas")).to_have_count(0)
    expect(card(signed_in, "by hand").get_by_role("img", name="by hand")).to_be_visible()


def test_sounds_films_pages_figures_and_scenes_are_shown(signed_in: Page, drawn: str) -> None:
    signed_in.set_viewport_size({"width": 1400, "height": 5000})
    open_ready(signed_in, f"{drawn}/runs/media")
    sound = card(signed_in, "sound")
    expect(sound).to_contain_text("a tone")
    expect(sound.locator("audio")).to_have_js_property("duration", 0.5, timeout=PATIENCE_MS)
    expect(card(signed_in, "film").get_by_role("img", name="a clip")).to_be_visible()
    film = card(signed_in, "clip").locator("video").evaluate("e => e.src")
    answer = signed_in.request.get(film, headers={"Range": "bytes=10-19"})
    assert (answer.status, answer.headers["content-type"]) == (206, "video/mp4")
    assert answer.headers["content-range"] == "bytes 10-19/100" and len(answer.body()) == 10
    page = card(signed_in, "page")
    expect(page.frame_locator("iframe").get_by_text("bold")).to_be_visible()
    assert page.frame_locator("iframe").locator("html").evaluate("() => document.title") == "null"
    expect(page).not_to_contain_text("other machines")
    far = card(signed_in, "far")
    expect(far).to_contain_text("parts on other machines")
    far.get_by_role("button", name="Load it").click()
    expect(far.locator("iframe")).to_have_attribute("src", re.compile(r"\?frame=open$"))
    assert points(card(signed_in, "figure")) == [2]
    for key in ("cloud", "mesh"):
        expect(card(signed_in, key).locator(".js-plotly-plot, .quiet")).to_be_attached()
    for key, kind in (("thing", "3D object"), ("molecule", "molecule")):
        link = card(signed_in, key).get_by_role("link", name=f"Download the {kind}")
        assert signed_in.request.get(link.evaluate("e => e.href")).ok


def test_tables_are_paged_sorted_and_hold_their_media(signed_in: Page, drawn: str) -> None:
    signed_in.set_viewport_size({"width": 1400, "height": 5000})
    open_ready(signed_in, f"{drawn}/runs/media")
    mixed = card(signed_in, "tables/mixed")
    expect(mixed).to_contain_text("of 60 rows")
    expect(mixed.get_by_role("table").get_by_role("img")).to_have_count(3)
    mixed.get_by_role("button", name="More").click()
    expect(mixed.get_by_role("cell", name="row 25", exact=True)).to_be_visible()
    order = mixed.get_by_role("columnheader").get_by_role("button", name="n", exact=True)
    order.click()
    order.click()
    expect(mixed.get_by_role("row").nth(1)).to_contain_text("row 59")
    mixed.get_by_label("Find rows").fill("row 3")
    expect(mixed).to_contain_text("11 rows")
    growing = card(signed_in, "tables/growing")
    expect(growing.get_by_role("row")).to_have_count(4)
    growing.get_by_label("Step of tables/growing").fill("0")
    expect(growing.get_by_role("row")).to_have_count(2)
    joined = card(signed_in, "tables/joined")
    expect(joined.get_by_role("row").nth(1)).to_contain_text("left one")
    expect(joined.get_by_role("row").nth(1)).to_contain_text("right one")
    expect(card(signed_in, "tables/odd").get_by_role("row")).to_have_count(3)


def test_alerts_are_listed_on_the_pages_of_run_and_project(signed_in: Page, drawn: str) -> None:
    open_ready(signed_in, f"{drawn}/runs/media")
    signed_in.get_by_role("button", name="2 alerts").click()
    panel = signed_in.get_by_role("tabpanel", name="Alerts")
    expect(panel.get_by_role("listitem")).to_have_count(2)  # the repeated one came once
    newest = panel.get_by_role("listitem").first
    expect(newest).to_contain_text("error")
    expect(newest).to_contain_text("<b>all</b> is lost")
    open_ready(signed_in, f"{drawn}/runs")
    alerts = card(signed_in, "Alerts").get_by_role("listitem")
    expect(alerts).to_have_count(2)
    expect(alerts.nth(1)).to_contain_text("loss is high")
    alerts.nth(1).get_by_role("link").click()
    expect(signed_in.get_by_role("tab", name="Alerts")).to_have_attribute("aria-selected", "true")
