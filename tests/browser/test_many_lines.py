"""Many lines are drawn beside the page, so that a brush is answered at once; or by the page."""

from collections.abc import Callable

import pytest
from fixture_app import Site
from playwright.sync_api import Locator, Page, expect
from plots import brush, counts, open_plot, place

N = 1000
INK = """canvas => {
  const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
  let n = 0;
  for (let i = 3; i < data.length; i += 4) n += data[i] > 0 ? 1 : 0;
  return n;
}"""


def layers(page: Page) -> tuple[Locator, Locator]:
    """The canvas of all runs in grey, and that of those selected."""
    canvases = page.locator(".pc-canvas")
    return canvases.nth(0), canvases.nth(1)


def drawn(page: Page, n: int | None = None) -> int:
    """How many lines the plot shows, once all are there (or once it is so many)."""
    said = "() => document.querySelector('.pc').dataset.drawn"
    page.wait_for_function(f"n => {{ const d = ({said})(); return d && (n ?? d) == d; }}", arg=n)
    return int(page.evaluate(said))


@pytest.mark.parametrize("has_workers", [True, False], ids=["beside", "alone"])
def test_all_lines_are_drawn_and_a_brush_leaves_the_rest_in_grey(
    new_page: Callable[..., Page], site: Site, has_workers: bool
) -> None:
    page = new_page()
    if not has_workers:
        page.add_init_script("delete window.Worker")
    open_plot(page, f"{site.address}/sweep/{N}")
    assert drawn(page, N) == N
    assert len(page.workers) == int(has_workers)
    back, front = layers(page)
    expect(back).to_be_hidden()
    all_ink = front.evaluate(INK)
    brush(page, "learning_rate", 0.4, 0.6)
    n = int(counts(page).inner_text().split()[0].replace(",", ""))
    assert 0 < n < N and drawn(page, n) == n
    expect(back).to_be_visible()
    assert 0 < front.evaluate(INK) < all_ink
    page.wait_for_function(  # the grey ones are all there, too
        f"ink => ({INK})(document.querySelector('.pc-canvas')) > ink", arg=0.9 * all_ink
    )
    page.get_by_role("button", name="Clear brushes").click()
    expect(back).to_be_hidden()
    assert drawn(page, N) == N


def test_a_worker_that_fails_leaves_the_drawing_to_the_page(
    new_page: Callable[..., Page], site: Site
) -> None:
    page = new_page()
    page.route("**/lines_worker.js", lambda route: route.abort())
    open_plot(page, f"{site.address}/sweep/{N}")
    assert drawn(page, N) == N


def test_nothing_new_comes_under_a_brush_that_is_pulled(
    new_page: Callable[..., Page], site: Site
) -> None:
    page = new_page()
    page.clock.install()
    open_plot(page, f"{site.address}/sweep/30")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.mouse.move(*place(page, "learning_rate", 0.2))
    page.mouse.down()
    page.mouse.move(*place(page, "learning_rate", 0.5), steps=3)
    page.evaluate("document.dispatchEvent(new CustomEvent('sweepd:refresh'))")
    page.clock.run_for(6000)
    page.evaluate("fetch('/points/30?witness')")
    assert [url.split("/")[-1] for url in asked if "/points/" in url] == ["30?witness"]
    with page.expect_request(lambda request: request.url.endswith("/points/30")):
        page.mouse.up()
        page.clock.run_for(3000)
