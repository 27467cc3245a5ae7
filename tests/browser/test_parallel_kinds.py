"""Each kind of axis: how it is chosen, what it shows, how it is brushed."""

from canvases import backgrounds
from fixture_app import Site
from playwright.sync_api import Page, expect
from plots import axis, brush, counts, expect_rows, open_plot, place
from synthetic import by_hand, listed, number

METRICS = [0.1, 0.2, 0.3, 0.4]


def options(page: Page, name: str) -> None:
    """Open an axis' menu."""
    page.get_by_role("button", name=f"Options for {name}").click()


def kind_of(page: Page, name: str) -> str:
    """What the axis' menu says its scale is; one choice alone is not offered."""
    options(page, name)
    chosen = page.get_by_role("combobox", name="Scale")
    value = chosen.input_value() if chosen.count() else ""
    page.keyboard.press("Escape")
    return value


def test_kinds_follow_the_search_space(page: Page, site: Site) -> None:
    parameters = [
        number("uniform", 0, 1),
        number("rate", 1e-5, 0.1, "log"),
        listed("size", [32, 64, 128]),
        listed("shuffle", [True, False]),
        listed("layers", [[1], [2]]),
        number("spread", 1, 1),
    ]
    configs = [
        {
            "uniform": 0.1 * k,
            "rate": 10.0 ** (-k - 1),
            "size": 32 << (k % 3),
            "shuffle": k % 2 == 0,
            "layers": [1 + k % 2],
            "spread": 1,
        }
        for k in range(4)
    ]
    open_plot(page, site.add("kinds", by_hand(configs, METRICS, parameters)))
    kinds = {
        name: kind_of(page, name) for name in ("uniform", "rate", "size", "epoch/val_accuracy")
    }
    assert kinds == {
        "uniform": "linear",
        "rate": "log",
        "size": "categorical",
        "epoch/val_accuracy": "linear",
    }
    options(page, "shuffle")
    boxes = page.get_by_role("dialog").get_by_role("checkbox")
    assert [box.evaluate("b => b.parentElement.textContent") for box in boxes.all()] == [
        "false",
        "true",
    ]


def test_log_axis_gives_each_decade_the_same_room(page: Page, site: Site) -> None:
    rates = [1e-4, 1e-3, 1e-2, 1e-1]
    document = by_hand([{"lr": r} for r in rates], METRICS, [number("lr", 1e-4, 0.1, "log")])
    open_plot(page, site.add("decades", document))
    brush(page, "lr", 0.25, 0.75)
    expect(counts(page)).to_have_text("2 of 4 runs selected")
    expect_rows(page, "run-1", "run-2")


def test_percentile_axis_gives_each_run_the_same_room(page: Page, site: Site) -> None:
    document = by_hand([{"x": x} for x in (1, 2, 3, 1000)], METRICS, [number("x", 0, 1000)])
    open_plot(page, site.add("ranks", document) + "#scale.config.x=percentile")
    brush(page, "x", 0.5, 1)
    expect(counts(page)).to_have_text("2 of 4 runs selected")
    expect_rows(page, "run-2", "run-3")


def test_time_axis_is_brushed_by_pointer_and_by_keyboard(new_page: object, site: Site) -> None:
    page: Page = new_page(timezone_id="Europe/Berlin")  # type: ignore[operator]
    document = by_hand([{"x": k} for k in range(4)], METRICS, [number("x", 0, 3)])
    open_plot(page, site.add("times", document) + "#axes=run.created,config.x,metric")
    expect(axis(page, "created")).to_contain_text("time")
    expect(page.locator(".pc-marks")).to_contain_text("10:01")
    brush(page, "created", 0.5, 1)
    expect(counts(page)).to_have_text("2 of 4 runs selected")
    expect_rows(page, "run-2", "run-3")
    page.get_by_role("button", name="Clear brushes").click()
    options(page, "created")
    page.get_by_label("from", exact=True).fill("2026-11-20T10:03:00")
    page.get_by_label("from", exact=True).blur()
    expect(counts(page)).to_have_text("1 of 4 runs selected")
    page.keyboard.press("Escape")
    page.wait_for_function(
        "() => location.hash.includes(String(Date.parse('2026-11-20T09:03:00Z')))"
    )
    page.reload()
    expect(counts(page)).to_have_text("1 of 4 runs selected")


def test_names_of_a_list_keep_the_order_of_the_search_space(page: Page, site: Site) -> None:
    parameters = [listed("kind", ["zeta", "alpha", "mid"]), number("x", 0, 1)]
    names = ["mid", "alpha", "zeta", "zeta"]
    document = by_hand([{"kind": n, "x": 0.5} for n in names], METRICS, parameters)
    open_plot(page, site.add("order", document))
    page.mouse.click(*place(page, "kind", 0.16))
    expect(counts(page)).to_have_text("2 of 4 runs selected")
    expect_rows(page, "run-2", "run-3")


def test_constant_numbers_have_room_and_readable_marks(page: Page, site: Site) -> None:
    document = by_hand([{"lr": 0.001}] * 4, METRICS, [number("lr", 0.001, 0.001)])
    open_plot(page, site.add("constant", document) + "#axes=config.lr,metric")
    marks = page.locator("g.pc-axis-marks").first
    expect(marks).to_contain_text("0.001")
    texts = marks.locator("text").all_text_contents()
    assert len(set(texts)) == len(texts)


def test_the_view_below_the_plot_is_in_the_address(page: Page, site: Site) -> None:
    configs = [{"x": k / 4, "y": (k * 3 % 5) / 5, "z": k % 2} for k in range(6)]
    parameters = [number("x", 0, 1), number("y", 0, 1), number("z", 0, 1)]
    document = by_hand(configs, [0.1 * k for k in range(6)], parameters)
    open_plot(page, site.add("look", document))
    page.get_by_role("tab", name="Contour").click()
    page.get_by_label("Up", exact=True).select_option(label="z")
    page.wait_for_function("() => location.hash.includes('contour=config.x,config.z')")
    page.reload()
    expect(page.get_by_role("tab", name="Contour")).to_have_attribute("aria-selected", "true")
    expect(page.get_by_label("Up", exact=True)).to_have_value("config.z")


def test_crowded_values_are_coloured_by_rank_and_the_legend_says_so(page: Page, site: Site) -> None:
    metrics = [0.1] + [0.97 + 0.001 * k for k in range(9)]
    document = by_hand([{"x": k} for k in range(10)], metrics, [number("x", 0, 9)])
    open_plot(page, site.add("crowded", document))
    legend = page.locator('[data-part="legend"]')
    expect(legend).to_contain_text("by rank")
    assert len(set(backgrounds(page.locator("tbody .swatch")))) == 10
    page.goto("about:blank")
    open_plot(page, site.add("crowded", document) + "#scale.metric=linear")
    expect(legend).to_contain_text("epoch/val_accuracy")
    expect(legend).not_to_contain_text("by rank")
