"""A sweep with `repeats` and a breaker: means, the traceback, and a choice when a run goes."""

import json
from collections.abc import Sequence

import pytest
from playwright.sync_api import Page, expect
from real_site import RealSite

from sweepd.domain.sweeps import SweepState
from sweepd.services.runs.runs import RunChange
from sweepd.services.streams.lines import Lines, StreamPost
from sweepd.services.sweeps.sweeps import SweepChange

TEXT = """
method: grid
program: train.py
metric: {name: loss, goal: minimize}
sweepd: {repeats: 3, repeat_as: seed, breaker: 3}
parameters: {lr: {values: [0.1, 0.2, 0.3]}}
"""
TRACEBACK = ["Traceback (most recent call last):", '  File "t.py", line 1', "KeyError: 'data'"]


def work(real: RealSite, project: str, losses: Sequence[float | None]) -> tuple[str, list[str]]:
    """One agent's runs, None for one that fails; the sweep's id and the runs'."""
    sweep = real.new_sweep(project, TEXT)
    agent = real.new_agent(project, sweep)
    ids = []
    for loss in losses:
        ids.append(real.hand_out(agent))
        real.services.runs.upsert(real.caller, "ann", project, ids[-1], RunChange(host="here"))
        block = Lines(0, [json.dumps({"_step": 0, "loss": loss})])
        said = Lines(0, [json.dumps({"level": "error", "content": line}) for line in TRACEBACK])
        post = (
            StreamPost(history=block, exitcode=0, is_complete=True)
            if loss is not None
            else StreamPost(console=[said], exitcode=1, is_complete=True)
        )
        real.services.history.append(real.caller, "ann", project, ids[-1], post)
    return sweep, ids


def test_means_with_intervals_and_the_traceback_of_a_paused_sweep(
    signed_in: Page, real: RealSite
) -> None:
    sweep, _ = work(real, "repeats", [1.0, 2.0, 3.0, 0.5, 0.6, 0.7, None, None, None])
    signed_in.goto(f"{real.address}/ann/repeats/sweeps/{sweep}")
    notice = signed_in.locator(".notice.reason")
    expect(notice).to_contain_text("3 runs in a row failed alike: KeyError: 'data'")
    expect(notice.locator("pre")).to_contain_text('File "t.py", line 1')
    rows = signed_in.locator("[data-part=repeats] tbody tr")
    expect(rows).to_have_count(3)
    expect(rows.nth(0)).to_contain_text("± 0.2484")  # Student's t over 0.5, 0.6, 0.7
    expect(rows.nth(1)).to_contain_text("± 2.484")
    expect(rows.nth(2)).to_contain_text("\u2013")  # no value yet


@pytest.mark.parametrize("keeps", [True, False])
def test_deleting_a_run_asks_whether_its_config_goes_out_again(
    signed_in: Page, real: RealSite, keeps: bool
) -> None:
    project = f"delete-{keeps}"
    sweep, ids = work(real, project, [1.0] * 9)
    signed_in.goto(f"{real.address}/ann/{project}/runs/{ids[0]}")
    signed_in.get_by_role("button", name="Delete", exact=True).click()
    if keeps:
        signed_in.get_by_label("Do not hand its config out again").check()
    signed_in.get_by_role("button", name="Delete it").click()
    signed_in.wait_for_url(f"{real.address}/ann/{project}")
    found = real.services.sweeps.get(real.caller, "ann", project, sweep)
    resumed, _ = real.services.sweeps.update(
        real.caller, found.pk, SweepChange(state=SweepState.RUNNING)
    )
    assert resumed.state == ("FINISHED" if keeps else "RUNNING")
