"""The page of automations: a place is added, an automation made, and what was told is shown."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect
from real_site import RealSite

from sweepd.services.runs.runs import RunChange
from sweepd.services.runs.taking_in import StreamPost
from tests.conftest import wait_until
from tests.receiver import Receiver


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    found = Receiver(answers=[410])
    yield found
    found.close()


def test_a_webhook_is_added_told_and_told_again(
    real: RealSite, signed_in: Page, receiver: Receiver
) -> None:
    page, project = signed_in, "told"
    run = real.services.runs.upsert(real.caller, "ann", project, "r", RunChange())[0]
    page.goto(f"{real.address}/ann/{project}/automations")
    expect(page.locator("[data-ready]")).to_be_visible()
    page.get_by_label("Name of the place").fill("<b>hook</b>")
    page.get_by_label("Address", exact=True).fill(receiver.url)
    page.get_by_role("button", name="Add", exact=True).click()
    expect(page.get_by_text("to check signatures")).to_be_visible()
    page.get_by_role("button", name="Show").click()
    secret = page.locator('[data-part="secret"] code').inner_text()
    page.reload()
    expect(page.locator("[data-ready]")).to_be_visible()
    page.get_by_label("Name of the automation").fill("ends well")
    page.get_by_label("When").select_option("a run finished")
    page.get_by_role("button", name="Make", exact=True).click()
    row = page.get_by_role("row", name="ends well")
    expect(row).to_contain_text("a run is finished")
    expect(row).to_contain_text("<b>hook</b>")
    post = StreamPost(exitcode=0, is_complete=True)
    real.services.history.append(real.caller, "ann", project, run.run_id, post)
    log = page.get_by_role("region", name="Deliveries")

    def shows(words: str) -> bool:
        page.reload()
        return words in log.inner_text() if log.count() else False

    wait_until(lambda: shows("HTTP 410"), 60, page.content)
    expect(log).to_contain_text("failed")
    with page.expect_event("load"):  # the page comes anew by itself; no reload of ours between
        log.get_by_role("button", name="Send again").click()
    wait_until(lambda: shows("HTTP 200"), 60, page.content)
    expect(log).to_contain_text("sent")
    assert len(receiver.got) == 2 and receiver.is_signed(secret)
    page.get_by_role("button", name="Turn ends well off").click()
    expect(page.get_by_role("button", name="Turn ends well on")).to_be_visible()
