"""What pages of tests promise: nothing is pressed before the page's script can hear it."""

from playwright.sync_api import Page, expect

LATE = """() => setTimeout(() => {
  document.querySelector("button").onclick = () => document.querySelector("p").append("heard");
  document.querySelector("main").dataset.ready = "true";
}, 2000)"""


def test_a_press_waits_for_the_script_of_its_page(page: Page) -> None:
    page.set_content('<main data-page="late"><button>Go</button><p></p></main>')
    page.evaluate(LATE)
    page.get_by_role("button", name="Go").click()
    expect(page.locator("p")).to_have_text("heard")
