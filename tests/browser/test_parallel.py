"""Every interaction of the parallel-coordinates view, as a person does it."""

from fixture_app import Site
from playwright.sync_api import Page, expect
from plots import (
    axis,
    axis_names,
    brush,
    counts,
    drag,
    expect_rows,
    label,
    open_plot,
    place,
    row_names,
    rows,
)
from synthetic import by_hand, number, points, six


def test_brush_selects_runs_and_table_follows(plot: Page) -> None:
    brush(plot, "x", 0.3, 0.7)
    expect(counts(plot)).to_have_text("2 of 6 runs selected")
    expect_rows(plot, "run-3", "run-2")


def test_count_is_live_while_the_brush_moves(plot: Page) -> None:
    x, foot = place(plot, "x", 0.1)
    plot.mouse.move(x, foot)
    plot.mouse.down()
    plot.mouse.move(*place(plot, "x", 0.5), steps=4)
    expect(counts(plot)).to_have_text("2 of 6 runs selected")
    expect(axis(plot, "x").locator("output")).to_have_text("2")
    plot.mouse.move(*place(plot, "x", 0.9), steps=4)
    expect(counts(plot)).to_have_text("4 of 6 runs selected")
    plot.mouse.up()


def test_several_brushes_intersect(plot: Page) -> None:
    brush(plot, "x", 0.3, 1)
    brush(plot, "y", 0.3, 1)
    expect(counts(plot)).to_have_text("2 of 6 runs selected")


def test_shift_adds_a_second_brush_on_the_same_axis(plot: Page) -> None:
    brush(plot, "x", 0.1, 0.3)
    plot.keyboard.down("Shift")
    brush(plot, "x", 0.7, 0.9)
    plot.keyboard.up("Shift")
    expect(counts(plot)).to_have_text("2 of 6 runs selected")
    assert axis(plot, "x").locator(".pc-brush").count() == 2


def test_brush_moves_widens_and_clears(plot: Page) -> None:
    brush(plot, "x", 0.15, 0.45)
    expect(counts(plot)).to_have_text("2 of 6 runs selected")
    drag(plot, place(plot, "x", 0.3), place(plot, "x", 0.7))
    expect(counts(plot)).to_have_text("2 of 6 runs selected")
    expect(rows(plot).first).to_contain_text("run-4")
    drag(plot, place(plot, "x", 0.55), place(plot, "x", 0.15))
    expect(counts(plot)).to_have_text("4 of 6 runs selected")
    plot.mouse.click(*place(plot, "x", 0.5))
    expect(counts(plot)).to_have_text("6 runs")


def test_clear_brushes_clears_all(plot: Page) -> None:
    brush(plot, "x", 0.3, 1)
    brush(plot, "y", 0.3, 1)
    plot.get_by_role("button", name="Clear brushes").click()
    expect(counts(plot)).to_have_text("6 runs")


def test_label_drags_to_another_place(plot: Page) -> None:
    assert axis_names(plot) == ["x", "kind", "y", "epoch/val_accuracy"]
    box = label(plot, "x").bounding_box()
    target = label(plot, "y").bounding_box()
    assert box and target
    drag(plot, (box["x"] + 5, box["y"] + 8), (target["x"] + 60, box["y"] + 8))
    plot.wait_for_function("() => document.querySelector('.pc-axis .pc-label').textContent !== 'x'")
    assert axis_names(plot) == ["kind", "y", "x", "epoch/val_accuracy"]


def test_label_dragged_away_hides_the_axis_and_the_menu_brings_it_back(plot: Page) -> None:
    box = label(plot, "y").bounding_box()
    assert box
    drag(plot, (box["x"] + 5, box["y"] + 8), (box["x"] + 30, box["y"] + 180))
    expect(label(plot, "y")).to_have_count(0)
    plot.get_by_role("button", name="Axes", exact=True).click()
    plot.get_by_role("checkbox", name="y", exact=True).check()
    plot.keyboard.press("Escape")
    expect(label(plot, "y")).to_be_visible()


def test_click_on_label_turns_the_axis_round(plot: Page) -> None:
    label(plot, "x").click()
    expect(label(plot, "x")).to_have_accessible_name("x, inverted")
    brush(plot, "x", 0.75, 1)
    expect(counts(plot)).to_have_text("2 of 6 runs selected")
    expect_rows(plot, "run-0", "run-1")


def test_names_are_brushed_by_dragging_and_by_clicking(plot: Page) -> None:
    brush(plot, "kind", 0.55, 0.95)
    expect(counts(plot)).to_have_text("3 of 6 runs selected")
    expect_rows(plot, "run-1", "run-3", "run-5")
    plot.mouse.click(*place(plot, "kind", 0.5))
    expect(counts(plot)).to_have_text("6 runs")
    plot.mouse.click(*place(plot, "kind", 0.25))
    expect(counts(plot)).to_have_text("3 of 6 runs selected")


def test_scale_is_chosen_per_axis(plot: Page) -> None:
    plot.get_by_role("button", name="Options for y").click()
    plot.get_by_role("combobox", name="Scale").select_option("percentile")
    expect(axis(plot, "y")).to_contain_text("percentile")
    plot.get_by_role("combobox", name="Scale").select_option("log")
    expect(axis(plot, "y")).to_contain_text("log")
    expect(plot.locator(".pc-marks")).to_contain_text("≤ 0")
    plot.get_by_role("combobox", name="Scale").select_option("categorical")
    plot.keyboard.press("Escape")
    brush(plot, "y", 0, 0.1)
    expect(counts(plot)).to_have_text("1 of 6 runs selected")


def test_scales_are_chosen_well_from_the_search_space(page: Page, site: Site) -> None:
    open_plot(page, site.add("thirty", points(30)))
    expect(axis(page, "learning_rate")).to_contain_text("log")
    expect(axis(page, "dropout")).not_to_contain_text("log")
    page.get_by_role("button", name="Options for augment").click()
    expect(page.get_by_role("checkbox", name="true")).to_be_visible()


def test_missing_nan_and_infinite_have_a_band_that_can_be_brushed(page: Page, site: Site) -> None:
    document = by_hand(
        [{"x": 0.1}, {"x": 0.5}, {"x": 0.9}, {"x": 1.0}],
        [0.5, None, "NaN", "-Infinity"],
        [number("x", 0, 1)],
    )
    open_plot(page, site.add("band", document))
    marks = page.locator(".pc-marks")
    for text in ("no value", "NaN", "\N{MINUS SIGN}\N{INFINITY}"):
        expect(marks).to_contain_text(text)
    box = axis(page, "epoch/val_accuracy").locator(".pc-track").bounding_box()
    assert box
    foot = box["y"] + box["height"]
    page.mouse.click(box["x"] + box["width"] / 2, foot - 6 - 50)
    expect(counts(page)).to_have_text("1 of 4 runs selected")
    expect_rows(page, "run-1")
    page.mouse.click(box["x"] + box["width"] / 2, foot - 6 - 30)
    expect(counts(page)).to_have_text("2 of 4 runs selected")


def test_colour_by_any_column_with_its_legend(plot: Page) -> None:
    plot.get_by_label("Colour by").select_option(label="kind")
    legend = plot.locator('[data-part="legend"]')
    expect(legend).to_contain_text("kind")
    expect(legend.locator(".legend-name")).to_have_count(2)
    plot.get_by_label("Colour by").select_option(label="y")
    expect(legend.get_by_role("img", name="Colour scale")).to_be_visible()


def test_hovering_a_line_shows_its_run_and_marks_its_row(plot: Page) -> None:
    x, y = place(plot, "x", 0.4)
    plot.mouse.move(x + 40, y - 5)
    left = place(plot, "x", 1.0)
    plot.mouse.move(left[0] + 18, left[1] + 3, steps=3)
    expect(plot.locator(".pc-card")).to_be_visible()
    name = plot.locator(".pc-card strong").inner_text()
    expect(plot.locator("tr.is-hovered")).to_contain_text(name)


def test_hovering_a_row_marks_its_line(plot: Page) -> None:
    before = plot.locator(".pc-canvas").nth(2).evaluate("c => c.toDataURL()")
    rows(plot).nth(3).hover()
    expect(plot.locator("tr.is-hovered")).to_have_count(1)
    plot.wait_for_function(
        "old => document.querySelectorAll('.pc-canvas')[2].toDataURL() !== old", arg=before
    )


def test_keep_exclude_and_restore(plot: Page) -> None:
    brush(plot, "x", 0.3, 1)
    plot.get_by_role("button", name="Keep", exact=True).click()
    expect(counts(plot)).to_have_text("4 runs, 2 runs put aside")
    plot.mouse.click(*place(plot, "kind", 0.25))
    plot.get_by_role("button", name="Exclude").click()
    expect(counts(plot)).to_have_text("2 runs, 4 runs put aside")
    plot.get_by_role("button", name="Restore").click()
    expect(counts(plot)).to_have_text("6 runs")


def test_states_are_told_apart_and_can_be_left_out(page: Page, site: Site) -> None:
    document = six()
    document["runs"][0] |= {
        "state": "killed",
        "outcome": "stopped early",
        "stop_reason": "hyperband: below the rest at step 3",
    }
    document["runs"][1] |= {"state": "failed", "outcome": "failed"}
    document["runs"][2] |= {"state": "running", "outcome": "running", "ended_at": None}
    open_plot(page, site.add("states", document))
    page.get_by_role("button", name="failed 1").click()
    expect(counts(page)).to_have_text("5 runs, 1 run put aside")
    page.get_by_role("button", name="stopped 1").click()
    expect(counts(page)).to_have_text("4 runs, 2 runs put aside")
    page.get_by_role("button", name="failed 1").click()
    expect(counts(page)).to_have_text("5 runs, 1 run put aside")


def test_running_runs_appear_and_brushes_stay(page: Page, site: Site) -> None:
    open_plot(page, site.add("live", six()))
    brush(page, "x", 0.5, 1)
    expect(counts(page)).to_have_text("3 of 6 runs selected")
    grown = six()
    extra = {**grown["runs"][5], "id": "new", "name": "newcomer", "state": "running"}
    grown["runs"].append({**extra, "config": {"x": 0.9, "kind": "a", "y": 0.1}})
    site.add("live", grown)
    page.evaluate("document.dispatchEvent(new CustomEvent('sweepd:refresh'))")
    expect(counts(page)).to_have_text("4 of 7 runs selected")
    expect(rows(page).filter(has_text="newcomer")).to_have_count(1)


def test_table_sorts_and_finds(plot: Page) -> None:
    plot.get_by_role("columnheader", name="x").get_by_role("button").click()
    assert row_names(plot)[0] == "run-0"
    plot.get_by_role("columnheader", name="x").get_by_role("button").click()
    assert row_names(plot)[0] == "run-5"
    plot.get_by_label("Find runs").fill("run-2")
    expect(rows(plot)).to_have_count(1)
