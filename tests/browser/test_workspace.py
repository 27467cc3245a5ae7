"""The workspace of a project, driven as people do, over a whole server."""

import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from canvases import colours_in, colours_on, shades_in
from playwright.sync_api import Locator, Page, expect
from real_site import RealSite
from test_pages import open_ready

from sweepd.domain.views import own_name
from sweepd.services.runs.runs import RunChange
from sweepd.services.runs.taking_in import Lines, StreamPost
from tests.conftest import wait_until

N_STEPS = 40


def log(real: RealSite, project: str, run_id: str, first: int, n: int, **more: Any) -> None:
    """Rows of a run whose curves go down by its number."""
    rank = int(run_id[1:])
    rows: list[dict[str, Any]] = [
        {
            "_step": s,
            "_timestamp": 1.79e9 + s,
            "train/loss": rank + 1 / (s + 1),
            "val/loss": rank + 2 / (s + 1),
            "val/h2": s,
            "val/h10": s,
            "epoch": s // 10,
        }
        for s in range(first, first + n)
    ]
    summary = {k: v for k, v in rows[-1].items() if not k.startswith("_")} | {"best": rank * 1.0}
    post = StreamPost(
        history=Lines(first, [json.dumps(row) for row in rows]),
        summary=json.dumps(summary),
        **more,
    )
    real.services.history.append(real.caller, "ann", project, run_id, post)


def make_runs(real: RealSite, project: str, n: int) -> list[str]:
    """Runs r0 … of which the last goes on."""
    ids = [f"r{k}" for k in range(n)]
    for k, run_id in enumerate(ids):
        config = json.dumps({"lr": {"value": 0.1 * (k % 2 + 1)}, "depth": {"value": k}})
        change = RunChange(display_name=f"run-{k}", config=config)
        real.services.runs.upsert(real.caller, "ann", project, run_id, change)
        ends = {"is_complete": True, "exitcode": 0} if k < n - 1 else {}
        log(real, project, run_id, 0, N_STEPS, **ends)
    return ids


def panel(page: Page, name: str) -> Locator:
    return page.locator(f'.ws-panel[aria-label="{name}"]')


def lines(page: Page, name: str, n: int) -> None:
    expect(panel(page, name).locator(".plot")).to_have_attribute("data-lines", str(n))


def row(page: Page, run_id: str) -> Locator:
    return page.locator(f'.ws-row[data-run="{run_id}"]')


def drag(page: Page, place: Locator, start: float, end: float) -> None:
    """Drag across a plot, from one share of its width to another."""
    place.scroll_into_view_if_needed()
    box = place.bounding_box()
    assert box
    y = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + box["width"] * start, y)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * (start + end) / 2, y, steps=3)
    page.mouse.move(box["x"] + box["width"] * end, y, steps=3)
    page.mouse.up()


def shown_range(page: Page, name: str) -> tuple[float, float]:
    text = panel(page, name).locator(".plot").get_attribute("data-range")
    assert text
    low, high = text.split(" ")
    return float(low), float(high)


def own_spec(real: RealSite, project: str) -> dict[str, Any]:
    found = real.services.projects.get(real.caller, "ann", project)
    view = real.services.views.find(found, "project-view", own_name("ann"))
    spec: dict[str, Any] = json.loads(view.spec)
    return spec


@pytest.fixture
def opened(signed_in: Page, real: RealSite, request: pytest.FixtureRequest) -> tuple[Page, str]:
    """A project of four runs, its workspace open, by the name of the test."""
    project = re.sub(r"\W", "-", request.node.name)[:60]
    make_runs(real, project, 4)
    open_ready(signed_in, f"{real.address}/ann/{project}")
    return signed_in, project


def saved(page: Page) -> None:
    """Wait until what was changed is on the server."""
    expect(page.locator("[data-saved]")).to_have_attribute("data-saved", "true")


def test_it_opens_first_with_sections_in_their_order(opened: tuple[Page, str]) -> None:
    page, _ = opened
    expect(page.get_by_role("link", name="Workspace")).to_have_attribute("aria-current", "page")
    names = page.locator(".ws-section h2")
    expect(names).to_have_text(["val", "train", "Charts"])
    titles = page.locator('[data-section="val"] h3')
    expect(titles).to_have_text(["val/h2", "val/h10", "val/loss"])
    lines(page, "val/loss", 4)
    expect(page.locator(".ws-count")).to_have_text("4 of 4 runs shown")


def test_a_project_without_curves_begins_with_its_lists(signed_in: Page, real: RealSite) -> None:
    real.new_sweep("no-curves-yet")
    signed_in.goto(f"{real.address}/ann/no-curves-yet")
    expect(signed_in.locator("#sweeps-title")).to_be_visible()
    signed_in.get_by_role("link", name="Workspace").click()
    expect(signed_in.get_by_text("No run has logged a number yet.")).to_be_visible()


def test_eyes_hide_runs_one_by_one_and_in_ranges(opened: tuple[Page, str], real: RealSite) -> None:
    page, project = opened
    row(page, "r1").get_by_role("button", name="Show run-1").click()
    lines(page, "val/loss", 3)
    row(page, "r3").get_by_role("button", name="Show run-3").click()
    row(page, "r0").get_by_role("button", name="Show run-0").click(modifiers=["Shift"])
    lines(page, "val/loss", 0)
    expect(page.locator(".ws-count")).to_have_text("0 of 4 runs shown")
    page.get_by_role("button", name="Show", exact=True).click()
    page.get_by_role("button", name="Show all").click()
    lines(page, "val/loss", 4)
    saved(page)
    assert own_spec(real, project)["section"]["runSets"][0]["selections"]["tree"] == []


def test_the_best_by_a_metric_are_shown_alone(opened: tuple[Page, str]) -> None:
    page, _ = opened
    page.get_by_role("button", name="Show", exact=True).click()
    page.get_by_label("How many").fill("2")
    page.get_by_label("Metric").select_option("summary:best")
    page.get_by_label("Best is").select_option("max")
    page.locator(".ws-best button").click()
    lines(page, "val/loss", 2)
    expect(page.locator(".ws-row:not(.is-shut) a")).to_have_text(["run-3", "run-2"])


def test_search_filter_sort_and_pin_change_the_list(opened: tuple[Page, str]) -> None:
    page, _ = opened
    page.get_by_label("Search runs").fill("run-2")
    expect(page.locator(".ws-row")).to_have_count(1)
    lines(page, "val/loss", 1)
    page.get_by_label("Search runs").fill("run-[12]")
    page.get_by_role("button", name="Regular expression").click()
    expect(page.locator(".ws-row")).to_have_count(2)
    page.get_by_label("Search runs").fill("")
    expect(page.locator(".ws-row")).to_have_count(4)
    page.get_by_role("button", name="Filter", exact=True).click()
    page.get_by_label("Key", exact=True).select_option("config:lr")
    page.get_by_label("Comparison").select_option(">=")
    page.get_by_label("Value").fill("0.2")
    page.get_by_role("button", name="Add", exact=True).click()
    expect(page.locator(".ws-row a")).to_have_text(["run-3", "run-1"])
    page.get_by_role("button", name="Remove the filter lr ≥ 0.2").click()
    page.get_by_role("button", name="Sort", exact=True).click()
    page.get_by_label("Sort by").select_option("summary:best")
    page.get_by_label("Direction").select_option("up")
    page.keyboard.press("Escape")
    expect(page.locator(".ws-row a")).to_have_text(["run-0", "run-1", "run-2", "run-3"])
    row(page, "r2").hover()
    row(page, "r2").get_by_role("button", name="Pin run-2").click()
    expect(page.locator(".ws-row a").first).to_have_text("run-2")


def test_groups_are_drawn_as_means_with_bands(opened: tuple[Page, str]) -> None:
    page, _ = opened
    page.get_by_role("button", name="Group", exact=True).click()
    page.get_by_label("Group by", exact=True).select_option("config:lr")
    lines(page, "val/loss", 2)
    expect(page.locator(".ws-row.is-group")).to_have_count(2)
    plot = panel(page, "val/loss").locator(".plot-over")
    page.keyboard.press("Escape")
    plot.hover(position={"x": 120, "y": 80})
    card = page.locator(".plot-card")
    expect(card).to_contain_text("lr: 0.1")
    expect(card).to_contain_text(" to ")


def test_a_run_has_one_colour_which_a_view_may_change(
    opened: tuple[Page, str], real: RealSite
) -> None:
    page, project = opened
    page.get_by_label("Colour of run-1").fill("#ff0000")
    saved(page)
    assert own_spec(real, project)["section"]["customRunColors"] == {"r1": "#ff0000"}


def test_dragging_zooms_and_no_update_of_a_live_run_undoes_it(
    opened: tuple[Page, str], real: RealSite
) -> None:
    page, project = opened
    over = panel(page, "val/loss").locator(".plot-over")
    expect(panel(page, "val/loss").locator(".plot")).to_have_attribute("data-points", str(N_STEPS))
    assert shown_range(page, "val/loss") == (0, N_STEPS - 1)
    drag(page, over, 0.4, 0.7)
    expect(panel(page, "val/loss").locator(".plot")).not_to_have_attribute(
        "data-range", f"0 {N_STEPS - 1}"
    )
    low, high = shown_range(page, "val/loss")
    assert 5 < low < high < 35
    over.focus()
    log(real, project, "r3", N_STEPS, 30)
    other = panel(page, "train/loss").locator(".plot")
    expect(other).to_have_attribute("data-points", str(N_STEPS + 30))
    assert shown_range(page, "val/loss") == (low, high)
    expect(over).to_be_focused()
    over.dblclick()
    expect(panel(page, "val/loss").locator(".plot")).to_have_attribute(
        "data-range", f"0 {N_STEPS + 29}"
    )


def test_the_crosshair_shows_sorted_values_and_a_press_opens_the_run(
    opened: tuple[Page, str],
) -> None:
    page, _ = opened
    lines(page, "train/loss", 4)
    over = panel(page, "train/loss").locator(".plot-over")
    over.scroll_into_view_if_needed()
    box = over.bounding_box()
    assert box
    y = {"x": box["width"] / 2, "y": box["height"] * 0.2}
    over.hover(position={"x": y["x"], "y": y["y"]})
    expect(page.locator(".plot-card-name")).to_have_text(["run-3", "run-2", "run-1", "run-0"])
    over.focus()
    page.keyboard.press("ArrowRight")
    expect(page.locator(".plot-card")).to_be_visible()


def test_the_crosshair_stands_in_all_plots_of_the_same_axis(opened: tuple[Page, str]) -> None:
    page, _ = opened
    for name in ("train/loss", "val/loss"):
        lines(page, name, 4)
    over = panel(page, "val/loss").locator(".plot-over")
    over.scroll_into_view_if_needed()
    over.hover(position={"x": 150, "y": 60})
    pointed, other = (panel(page, name).locator(".plot") for name in ("val/loss", "train/loss"))
    expect(pointed.locator(".plot-cross")).to_have_attribute("data-rings", "4")
    expect(other.locator(".plot-cross")).to_have_attribute("data-rings", "1")
    expect(pointed).to_have_attribute("data-marked", re.compile(".+:val/loss"))
    run = str(pointed.get_attribute("data-marked")).split(":")[0]
    expect(other).to_have_attribute("data-marked", f"{run}:train/loss")
    for plot in (pointed, other):
        middle = plot.evaluate("""(plot) => {
          const cross = plot.querySelector('.plot-cross').getBoundingClientRect();
          return cross.left + cross.width / 2 - plot.getBoundingClientRect().left;
        }""")
        at = plot.evaluate("(plot) => plot.plot.x(plot.plot.at)")
        assert abs(middle - at) <= 1
    assert abs(pointed.evaluate("(plot) => plot.plot.x(plot.plot.at)") - 150) <= 2
    page.mouse.move(2, 2)
    for plot in (pointed, other):
        expect(plot.locator(".plot-cross")).to_be_hidden()
        expect(plot).to_have_attribute("data-marked", "")


def test_sections_fold_are_named_moved_and_removed(
    opened: tuple[Page, str], real: RealSite
) -> None:
    page, project = opened
    page.get_by_role("button", name="val 3 panels").click()
    expect(panel(page, "val/loss")).to_have_count(0)
    page.get_by_role("button", name="val 3 panels").click()
    page.get_by_role("button", name="Menu of section val").click()
    page.get_by_label("Name of the section").fill("validation")
    page.get_by_role("button", name="Rename").click()
    expect(page.locator(".ws-section h2")).to_have_text(["validation", "train", "Charts"])
    lines(page, "val/loss", 4)
    page.get_by_role("button", name="Menu of section train").click()
    page.get_by_role("button", name="Move up").click()
    expect(page.locator(".ws-section h2")).to_have_text(["train", "validation", "Charts"])
    page.get_by_role("button", name="Menu of section Charts").click()
    page.get_by_role("button", name="Remove section").click()
    expect(page.locator(".ws-section h2")).to_have_text(["train", "validation"])
    saved(page)
    page.reload()
    expect(page.locator(".ws-section h2")).to_have_text(["train", "validation"])
    sections = own_spec(real, project)["section"]["panelBankConfig"]["sections"]
    assert [(one["name"], one["defaultName"]) for one in sections] == [("validation", "val")]


def test_panels_are_found_by_text_and_by_regex(opened: tuple[Page, str]) -> None:
    page, _ = opened
    page.get_by_label("Find panels").fill("LOSS")
    expect(page.locator(".ws-panel h3")).to_have_text(["val/loss", "train/loss"])
    page.get_by_label("Find panels").fill("h(2|3)$")
    expect(page.locator(".ws-panel h3")).to_have_text(["val/h2"])
    page.get_by_label("Find panels").fill("nothing")
    expect(page.get_by_text("No panel of that name.")).to_be_visible()


def test_panels_are_edited_moved_copied_and_removed(
    opened: tuple[Page, str], real: RealSite
) -> None:
    page, project = opened

    def menu(name: str, act: str) -> None:
        page.get_by_role("button", name=f"Menu of {name}", exact=True).click()
        page.get_by_role("button", name=act, exact=True).click()

    menu("val/loss", "Edit")
    page.get_by_label("Title").fill("both losses")
    page.get_by_role("checkbox", name="train/loss").check()
    page.get_by_label("Log y").check()
    page.get_by_role("button", name="Apply").click()
    lines(page, "both losses", 8)
    menu("val/h10", "Earlier")
    titles = page.locator('[data-section="val"] h3')
    expect(titles).to_have_text(["val/h10", "val/h2", "both losses"])
    menu("val/h2", "Remove")
    expect(panel(page, "val/h2")).to_have_count(0)
    menu("train/loss", "Copy")
    expect(panel(page, "train/loss")).to_have_count(2)
    saved(page)
    spec = own_spec(real, project)
    [val, train] = spec["section"]["panelBankConfig"]["sections"]
    assert val["panels"][0]["config"] == {
        "metrics": ["val/loss", "train/loss"],
        "chartTitle": "both losses",
        "yLogScale": True,
    }
    assert val["panels"][0]["viewType"] == "Run History Line Plot"
    assert [p["config"]["metrics"] for p in train["panels"]] == [["train/loss"]] * 2


ADDED: list[tuple[str, Callable[[Page], None], str]] = [
    ("Bar Chart", lambda p: p.get_by_role("checkbox", name="best").check(), ".ws-bars tr"),
    ("Histogram", lambda p: p.get_by_label("Key").select_option("best"), ".ws-histogram span"),
    ("Scalar Chart", lambda p: p.get_by_label("Key").select_option("best"), ".ws-scalar b"),
    ("Run Comparer", lambda p: None, ".ws-compare tr"),
    ("Parameter Importance", lambda p: p.get_by_label("respect").select_option("best"), ".ws-bars"),
    ("Parallel Coordinates Plot", lambda p: None, '.pc[data-drawn]:not([data-drawn=""])'),
    ("Markdown Panel", lambda p: p.get_by_label("Markdown").fill("# Hi\n- **a**"), "li strong"),
]


@pytest.mark.parametrize(("kind", "fill", "shows"), ADDED, ids=[kind for kind, _, _ in ADDED])
def test_panels_of_every_kind_are_added(
    opened: tuple[Page, str], kind: str, fill: Callable[[Page], None], shows: str
) -> None:
    page, _ = opened
    page.get_by_role("button", name="Add panel").click()
    page.get_by_label("Kind of panel").select_option(kind)
    page.get_by_label("Title").fill("mine")
    fill(page)
    page.get_by_role("button", name="Add", exact=True).click()
    panel(page, "mine").scroll_into_view_if_needed()
    expect(panel(page, "mine").locator(shows).first).to_be_visible()
    card = panel(page, "mine").locator(".ws-panel-body")
    foot = "(e) => e.getBoundingClientRect().bottom"
    drawings = (
        f"e => [...e.querySelectorAll('canvas')].map({foot}).every(y => y <= ({foot})(e) + 1)"
    )
    assert card.evaluate(drawings)  # all of it is seen
    shapes, picture = (as_file(page, "mine", form) for form in ("SVG", "PNG"))
    assert shapes.startswith(b"<svg ") and b"http://www.w3.org/2000/svg" in shapes
    assert len(shades_in(picture)) > 10  # letters have soft edges: something is written there


def as_file(page: Page, name: str, form: str) -> bytes:
    """What a panel's menu saves."""
    page.get_by_role("button", name=f"Menu of {name}", exact=True).click()
    with page.expect_download() as download:
        page.get_by_role("button", name=form, exact=True).click()
    return download.value.path().read_bytes()


def test_scatter_shows_each_run(opened: tuple[Page, str]) -> None:
    page, _ = opened
    page.get_by_role("button", name="Add panel").click()
    page.get_by_label("Kind of panel").select_option("Scatter Plot")
    page.get_by_label("X", exact=True).select_option("config:depth.value")
    page.get_by_label("Y", exact=True).select_option("summary:best")
    page.get_by_role("button", name="Add", exact=True).click()
    plot = panel(page, "best over depth").locator(".plot")
    plot.scroll_into_view_if_needed()
    expect(plot).to_have_attribute("data-points", "4")


def test_smoothing_and_x_axis_hold_for_all_panels(opened: tuple[Page, str], real: RealSite) -> None:
    page, project = opened
    page.get_by_label("X axis").select_option("epoch")
    expect(panel(page, "val/loss").locator(".plot")).to_have_attribute("data-range", "0 3")
    page.get_by_label("Kind of smoothing").select_option("gaussian")
    saved(page)
    settings = own_spec(real, project)["section"]["settings"]
    assert settings["xAxis"] == "epoch" and settings["smoothingType"] == "gaussian"
    assert isinstance(settings["smoothingWeight"], int)


def test_undo_redo_and_back_go_through_changes(opened: tuple[Page, str]) -> None:
    page, _ = opened
    undo = page.get_by_role("button", name="Undo")
    expect(undo).to_be_disabled()
    row(page, "r1").get_by_role("button", name="Show run-1").click()
    row(page, "r2").get_by_role("button", name="Show run-2").click()
    lines(page, "val/loss", 2)
    undo.click()
    lines(page, "val/loss", 3)
    page.get_by_role("button", name="Redo").click()
    lines(page, "val/loss", 2)
    page.keyboard.press("Control+z")
    lines(page, "val/loss", 3)
    page.go_back()
    lines(page, "val/loss", 2)


def test_a_named_view_is_shared_by_its_address(
    opened: tuple[Page, str], real: RealSite, new_page: Callable[..., Page]
) -> None:
    page, _ = opened
    row(page, "r1").get_by_role("button", name="Show run-1").click()
    page.get_by_role("button", name="My workspace").click()
    page.get_by_label("Name of the new view").fill("three of four")
    page.get_by_role("button", name="Save as a view").click()
    page.wait_for_url(re.compile(r"nw="))
    lines(page, "val/loss", 3)
    row(page, "r0").get_by_role("button", name="Show run-0").click()
    lines(page, "val/loss", 2)
    save = page.get_by_role("button", name="Save for all")
    save.click()
    saved(page)
    expect(save).to_be_hidden()
    address = page.url
    other = new_page()
    other.goto(f"{real.address}/authorize?token={real.services.sessions.create_link('ann')}")
    open_ready(other, address)
    lines(other, "val/loss", 2)
    other.get_by_role("link", name="Workspace").click()
    lines(other, "val/loss", 3)


def test_what_a_panel_shows_is_saved_as_csv_and_svg(opened: tuple[Page, str]) -> None:
    page, _ = opened
    lines(page, "val/loss", 4)

    def get(act: str) -> str:
        page.get_by_role("button", name="Menu of val/loss", exact=True).click()
        with page.expect_download() as download:
            page.get_by_role("button", name=act, exact=True).click()
        return download.value.path().read_text(errors="replace")

    rows = get("CSV").splitlines()
    assert rows[0] == "line,_step,value" and len(rows) == 1 + 4 * N_STEPS
    assert get("SVG").count("<title>") == 4
    page.get_by_role("button", name="Menu of val/loss", exact=True).click()
    with page.expect_download() as download:
        page.get_by_role("button", name="PNG", exact=True).click()
    picture = colours_in(download.value.path().read_bytes())
    on_page = colours_on(panel(page, "val/loss").locator(".plot-lines"))
    assert len(on_page) >= 2 and on_page <= picture


def test_what_the_client_wrote_is_drawn_and_left_as_it_was(signed_in: Page, real: RealSite) -> None:
    make_runs(real, "from-client", 2)
    weave = {"viewType": "Weave", "config": {"panel2Config": {"x": 1}}, "__id__": "w"}
    line = {"viewType": "Run History Line Plot", "config": {"metrics": ["val/loss"]}, "later": 7}
    section = {"name": "theirs", "isOpen": True, "panels": [weave, line], "unknown": {"a": 1}}
    spec = {
        "section": {
            "panelBankConfig": {"sections": [section]},
            "settings": {"shouldAutoGeneratePanels": False},
            "runSets": [{"selections": {"root": 1, "tree": ["r0"]}, "extra": True}],
        },
        "newer": [1],
    }
    from sweepd.services.workspaces.views import ViewChange

    change = ViewChange("project-view", "nw-theirs-v", "theirs", "", json.dumps(spec))
    made, _ = real.services.views.save(real.caller, "ann", "from-client", change)
    open_ready(signed_in, f"{real.address}/ann/from-client?nw=theirs")
    lines(signed_in, "val/loss", 1)
    expect(signed_in.get_by_text("Weave panels are kept in the view but not drawn")).to_be_visible()
    row(signed_in, "r0").get_by_role("button", name="Show run-0").click()
    signed_in.get_by_role("button", name="Save for all").click()
    saved(signed_in)
    found = json.loads(real.services.views.get(real.caller, made.pk).spec)
    assert found["section"]["runSets"][0]["selections"]["tree"] == []
    found["section"]["runSets"][0]["selections"]["tree"] = ["r0"]
    assert found == spec


def test_ten_thousand_runs_scroll_as_a_few_do(signed_in: Page, real: RealSite) -> None:
    def answer(route: Any) -> None:
        document = route.fetch().json()
        [one] = document["runs"]
        runs = [one | {"id": f"n{k}", "number": k, "name": f"many-{k}"} for k in range(10_000)]
        route.fulfill(json=document | {"runs": runs})

    make_runs(real, "many-runs", 1)
    signed_in.route("**/projects/ann/many-runs/runs", answer)
    open_ready(signed_in, f"{real.address}/ann/many-runs/workspace")
    expect(signed_in.locator(".ws-count")).to_contain_text("10,000 of 10,000 runs shown")
    assert signed_in.locator(".ws-row").count() < 120
    signed_in.locator(".ws-rows").evaluate("list => { list.scrollTop = 5000 * 30 }")
    expect(signed_in.get_by_role("link", name="many-4999", exact=True)).to_be_visible()


def test_on_a_phone_the_runs_are_a_drawer(real: RealSite, new_page: Callable[..., Page]) -> None:
    make_runs(real, "phone-ws", 2)
    page = new_page(viewport={"width": 390, "height": 844})
    page.goto(f"{real.address}/authorize?token={real.services.sessions.create_link('ann')}")
    open_ready(page, f"{real.address}/ann/phone-ws/workspace")
    expect(row(page, "r0")).to_be_hidden()
    page.get_by_role("button", name="Runs", exact=True).click()
    row(page, "r0").get_by_role("button", name="Show run-0").click()
    page.get_by_role("button", name="Close the list of runs").click()
    panel(page, "val/loss").scroll_into_view_if_needed()
    lines(page, "val/loss", 1)
    assert page.evaluate("document.documentElement.scrollWidth") == 390


def test_a_panel_is_moved_into_another_section(opened: tuple[Page, str], real: RealSite) -> None:
    page, project = opened
    sections = page.locator(".ws-section")
    order = [name.get_attribute("data-section") for name in sections.all()]
    assert order[:2] == ["val", "train"]
    val, train = (page.locator(f'[data-section="{name}"] h3') for name in ("val", "train"))
    lines(page, "val/loss", 4)
    whole = shown_range(page, "val/loss")
    drag(page, panel(page, "val/loss").locator(".plot-over"), 0.4, 0.7)
    wait_until(lambda: shown_range(page, "val/loss") != whole, 60, lambda: str(whole))
    zoom = shown_range(page, "val/loss")
    panel(page, "val/loss").hover()
    panel(page, "val/loss").locator(".ws-grip").drag_to(panel(page, "train/loss"))
    expect(train).to_have_text(["val/loss", "train/loss"])
    expect(val).to_have_text(["val/h2", "val/h10"])
    assert shown_range(page, "val/loss") == zoom  # the same panel, as it was left
    assert [name.get_attribute("data-section") for name in sections.all()] == order
    panel(page, "val/h2").hover()
    heading = page.locator('[data-section="train"] > header')
    panel(page, "val/h2").locator(".ws-grip").drag_to(heading)
    expect(train).to_have_text(["val/loss", "train/loss", "val/h2"])
    page.get_by_role("button", name="Undo").click()
    expect(train).to_have_text(["val/loss", "train/loss"])
    saved(page)
    page.reload()
    expect(train).to_have_text(["val/loss", "train/loss"])
    expect(val).to_have_text(["val/h2", "val/h10"])
    [held] = own_spec(real, project)["section"]["panelBankConfig"]["sections"]
    assert [item["config"]["metrics"] for item in held["panels"]] == [["val/loss"]]


def test_a_panel_is_moved_by_keyboard_and_by_its_menu(opened: tuple[Page, str]) -> None:
    page, _ = opened
    val, train = (page.locator(f'[data-section="{name}"] h3') for name in ("val", "train"))
    expect(val).to_have_text(["val/h2", "val/h10", "val/loss"])
    page.get_by_role("button", name="Move val/h10: 2 of 3 in val").focus()
    page.keyboard.press("ArrowLeft")
    expect(val).to_have_text(["val/h10", "val/h2", "val/loss"])
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowDown")
    expect(train).to_have_text(["val/h10", "train/loss"])
    moved = page.get_by_role("button", name="Move val/h10: 1 of 2 in train")
    expect(moved).to_be_focused()
    page.keyboard.press("ArrowUp")
    expect(val).to_have_text(["val/h2", "val/loss", "val/h10"])
    page.get_by_role("button", name="Menu of val/loss", exact=True).click()
    page.get_by_label("Move to section").select_option(label="train")
    expect(train).to_have_text(["train/loss", "val/loss"])
    expect(val).to_have_text(["val/h2", "val/h10"])


def test_a_section_stays_where_it_is_when_it_is_folded(opened: tuple[Page, str]) -> None:
    page, _ = opened
    sections = page.locator(".ws-section")
    names = [one.get_attribute("data-section") for one in sections.all()]
    assert len(names) >= 3
    fold = page.locator(f'[data-section="{names[1]}"] .ws-section-name')
    fold.click()
    expect(fold).to_have_attribute("aria-expanded", "false")
    assert [one.get_attribute("data-section") for one in sections.all()] == names


def test_a_panel_is_dragged_to_another_place(opened: tuple[Page, str]) -> None:
    page, _ = opened
    titles = page.locator('[data-section="val"] h3')
    expect(titles).to_have_text(["val/h2", "val/h10", "val/loss"])
    lines(page, "val/loss", 4)
    panel(page, "val/loss").hover()
    panel(page, "val/loss").locator(".ws-grip").drag_to(panel(page, "val/h2"))
    expect(titles).to_have_text(["val/loss", "val/h2", "val/h10"])
    page.get_by_role("button", name="Undo").click()
    expect(titles).to_have_text(["val/h2", "val/h10", "val/loss"])
    page.go_back()
    expect(titles).to_have_text(["val/loss", "val/h2", "val/h10"])


def test_panels_are_resized_by_their_corner(opened: tuple[Page, str], real: RealSite) -> None:
    page, project = opened
    lines(page, "val/loss", 4)
    one = panel(page, "val/h2")
    corner = one.locator(".ws-resize")
    one.hover()
    before, grip = one.bounding_box(), corner.bounding_box()
    assert before and grip
    x, y = grip["x"] + grip["width"] / 2, grip["y"] + grip["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 60, y + 50, steps=4)
    page.mouse.move(x + before["width"] * 0.6, y + 120, steps=4)
    page.mouse.up()
    saved(page)
    after = one.bounding_box()
    assert after and after["height"] == pytest.approx(before["height"] + 120, abs=3)
    assert after["width"] > before["width"] * 1.3
    [section] = own_spec(real, project)["section"]["panelBankConfig"]["sections"]
    assert section["flowConfig"]["columnsPerPage"] == 2
    lines(page, "val/loss", 4)
    corner.focus()
    page.keyboard.press("ArrowLeft")
    saved(page)
    [section] = own_spec(real, project)["section"]["panelBankConfig"]["sections"]
    assert section["flowConfig"]["columnsPerPage"] == 3
    page.get_by_role("button", name="Undo").click()
    page.get_by_role("button", name="Undo").click()
    expect(one).to_have_js_property("offsetHeight", round(before["height"]))


def test_a_panel_fills_the_screen_and_comes_back(opened: tuple[Page, str]) -> None:
    page, _ = opened
    lines(page, "val/loss", 4)
    plot = panel(page, "val/loss").locator(".plot")
    before = plot.bounding_box()
    page.get_by_role("button", name="Menu of val/loss", exact=True).click()
    page.get_by_role("button", name="Full screen").click()
    page.wait_for_function("() => document.fullscreenElement !== null")
    page.wait_for_function(
        "() => document.fullscreenElement.querySelector('.plot').offsetHeight > innerHeight * 0.7"
    )
    page.evaluate("document.exitFullscreen()")
    page.wait_for_function("() => document.fullscreenElement === null")
    assert before
    expect(plot).to_have_js_property("offsetHeight", round(before["height"]))
    lines(page, "val/loss", 4)


def test_what_a_parallel_panel_keeps_belongs_to_the_view(
    opened: tuple[Page, str], real: RealSite
) -> None:
    page, project = opened
    page.get_by_role("button", name="Add panel").click()
    page.get_by_label("Kind of panel").select_option("Parallel Coordinates Plot")
    page.get_by_label("Title").fill("mine")
    page.get_by_role("button", name="Add", exact=True).click()
    mine = panel(page, "mine")
    mine.scroll_into_view_if_needed()
    track = mine.locator(".pc-track").first
    box = track.bounding_box()
    assert box
    x = box["x"] + box["width"] / 2
    page.mouse.move(x, box["y"] + 2)
    page.mouse.down()
    page.mouse.move(x, box["y"] + box["height"] / 2, steps=4)
    page.mouse.up()
    status, restore = mine.get_by_role("status").first, mine.get_by_role("button", name="Restore")
    expect(status).to_have_text(re.compile("[1-3] of 4 runs"))
    mine.get_by_role("button", name="Exclude").click()
    expect(restore).to_be_enabled()
    left = status.inner_text()
    assert left in ("1 run", "2 runs", "3 runs")

    def kept() -> list[str]:
        found = real.services.projects.get(real.caller, "ann", project)
        view = real.services.views.find(found, "project-view", own_name("ann"))
        spec = json.loads(view.spec) if view else {}
        return list(spec.get("sweepd", {}).get("parallel", {}).values())

    wait_until(lambda: [text[:6] for text in kept()] == ["drop0."], 60, lambda: str(kept()))
    page.reload()
    mine.scroll_into_view_if_needed()
    expect(status).to_have_text(left)
    restore.click()
    expect(status).to_have_text("4 runs")
    expect(page.get_by_role("button", name="Undo")).to_be_enabled()
    page.get_by_role("button", name="Undo").click()
    expect(status).to_have_text(left)
