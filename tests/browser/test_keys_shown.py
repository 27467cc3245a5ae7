"""What other runs of the project logged is no panel where they are not shown."""

import json
from typing import Any

from playwright.sync_api import Page, expect
from real_site import RealSite
from test_pages import open_ready

from sweepd.services.runs.runs import RunChange
from sweepd.services.runs.taking_in import Lines, StreamPost
from sweepd.web.reach import ALONE

METRIC = "epoch/val_accuracy"
IMAGE = {"_type": "image-file", "path": "media/images/digit.png"}


def log(real: RealSite, project: str, run_id: str, values: dict[str, Any]) -> None:
    """A run of no sweep with a number, a picture and a system metric of its own."""
    real.services.runs.upsert(
        real.caller, "ann", project, run_id, RunChange(config='{"kind": {"value": "other"}}')
    )
    post = StreamPost(
        history=Lines(0, [json.dumps({"_step": 0, **values})]),
        events=Lines(0, [json.dumps({"_timestamp": 1.79e9, "system.gpu.0.temp": 60.0})]),
        summary=json.dumps(values),
    )
    real.services.history.append(real.caller, "ann", project, run_id, post)


def sections(page: Page, *names: str) -> None:
    """Just these sections of panels, in this order."""
    place = page.locator('[data-part="workspace"], [data-page="workspace"]').first
    place.scroll_into_view_if_needed()
    expect(place.locator(".ws-section > header h2")).to_have_text(list(names))


def test_a_sweep_shows_panels_of_what_its_runs_logged(signed_in: Page, real: RealSite) -> None:
    sweep_id, runs = real.sweep_with_runs("scoped", 3)
    log(real, "scoped", "other", {"elsewhere": 1.0, "digit": IMAGE})
    open_ready(signed_in, f"{real.address}/ann/scoped/sweeps/{sweep_id}")
    sections(signed_in, "epoch")
    run = real.services.runs.get(real.caller, "ann", "scoped", runs[2])
    summary = {METRIC: 0.5, "picture": IMAGE}
    post = StreamPost(
        events=Lines(0, [json.dumps({"_timestamp": 1.79e9, "system.cpu": 1.0})]),
        summary=json.dumps(summary),
        is_complete=True,
        exitcode=0,
    )
    real.services.history.append(real.caller, "ann", "scoped", run.run_id, post)
    sections(signed_in, "epoch", "Media", "System")  # as soon as it has ended


def test_a_filter_takes_the_panels_along_that_only_others_fill(
    signed_in: Page, real: RealSite
) -> None:
    real.sweep_with_runs("narrowed", 2)
    log(real, "narrowed", "other", {"elsewhere": 1.0, "digit": IMAGE})
    page = signed_in
    page.goto(f"{real.address}/ann/narrowed/workspace")
    sections(page, "epoch", "Charts", "Media", "System")
    page.get_by_label("Search runs").fill("no such run")
    expect(page.locator(".ws-row")).to_have_count(0)
    sections(page, "epoch", "Charts", "Media", "System")  # nothing found is no reason to take all
    page.get_by_label("Search runs").fill("other")
    expect(page.locator(".ws-row")).to_have_count(1)
    sections(page, "Charts", "Media", "System")
    expect(page.locator(".ws-panel .media-card")).to_have_count(1)
    expect(page.locator(".ws-panel h2")).to_have_count(0)  # the panel's title is enough
    page.get_by_label("Search runs").fill("")
    sections(page, "epoch", "Charts", "Media", "System")


def test_a_server_for_its_own_machine_says_so_beside_the_commands(
    signed_in: Page, real: RealSite
) -> None:
    sweep_id = real.new_sweep("alone")
    open_ready(signed_in, f"{real.address}/ann/alone/sweeps/{sweep_id}")
    signed_in.get_by_role("button", name="Start an agent", exact=True).click()
    dialog = signed_in.get_by_role("dialog", name="Start an agent")
    expect(dialog.get_by_role("note")).to_have_text(ALONE)
    signed_in.goto(f"{real.address}/-/account")
    expect(signed_in.get_by_text(ALONE)).to_be_visible()


def test_agents_of_a_sweep_that_is_over_are_said_to_leave(signed_in: Page, real: RealSite) -> None:
    sweep_id = real.new_sweep("over")
    open_ready(signed_in, f"{real.address}/ann/over/sweeps/{sweep_id}")
    button = signed_in.get_by_role("button", name="Start an agent", exact=True)
    expect(button).to_have_class("primary")
    signed_in.get_by_role("button", name="Stop", exact=True).click()
    asked = signed_in.get_by_role("dialog", name="Stop the sweep?")
    asked.get_by_role("button", name="Stop the sweep").click()
    expect(button).not_to_have_class("primary")
    button.click()
    dialog = signed_in.get_by_role("dialog", name="Start an agent")
    expect(dialog.get_by_text("This sweep is finished: an agent leaves at once")).to_be_visible()
