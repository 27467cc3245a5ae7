"""A sweep with several metrics: its Pareto front is listed, drawn, and follows what ends."""

import json

from playwright.sync_api import Page, expect
from real_site import RealSite

from sweepd.services.runs.runs import RunChange
from sweepd.services.streams.lines import Lines, StreamPost

TEXT = """
method: bayes
program: train.py
metrics: [{name: loss, goal: minimize}, {name: speed, goal: maximize}]
parameters: {width: {values: [1, 2, 3, 4]}, depth: {values: [1, 2]}}
"""


def work(real: RealSite, project: str, sweep_id: str, width: int, loss: float, speed: float) -> str:
    """One queued run that ends with these values."""
    sweep = real.services.sweeps.get(real.caller, "ann", project, sweep_id)
    real.services.sweeps.enqueue(real.caller, sweep.pk, {"width": width, "depth": 1})
    run_id = real.hand_out(real.new_agent(project, sweep_id))
    values = {"loss": loss, "speed": speed}
    real.services.runs.upsert(real.caller, "ann", project, run_id, RunChange(host="here"))
    history = Lines(0, [json.dumps({"_step": 0, **values})])
    post = StreamPost(history=history, summary=json.dumps(values), exitcode=0, is_complete=True)
    real.services.history.append(real.caller, "ann", project, run_id, post)
    return run_id


def test_the_front_is_listed_drawn_and_follows_what_ends(signed_in: Page, real: RealSite) -> None:
    project = "front"
    sweep = real.new_sweep(project, TEXT)
    work(real, project, sweep, 1, 0.3, 9.0)
    work(real, project, sweep, 2, 0.2, 4.0)
    work(real, project, sweep, 3, 0.4, 5.0)  # beaten by the first
    signed_in.goto(f"{real.address}/ann/{project}/sweeps/{sweep}")
    card = signed_in.locator("section.card:has(#front-title)")
    rows = card.locator("tbody tr")
    expect(rows).to_have_count(2)
    expect(card.locator("thead")).to_contain_text("loss ↓")
    expect(card.locator("thead")).to_contain_text("speed ↑")
    expect(rows.nth(0)).to_contain_text("0.2")  # best by the first metric first
    expect(rows.nth(1)).to_contain_text("9")
    plot = signed_in.locator("[data-part=parallel]")
    expect(plot).to_have_attribute("data-front", "2")
    expect(signed_in.locator(".legend-front")).to_have_text("Bold: Pareto front, 2 runs")
    marked = signed_in.locator("[data-part=table] .best-mark", has_text="front")
    expect(marked).to_have_count(2)
    card.locator("canvas").scroll_into_view_if_needed()
    expect(card.locator("canvas")).to_have_attribute("data-front", "2")
    # every metric has an axis of its own
    for name in ("loss", "speed"):
        expect(plot.locator(".pc-head", has_text=name)).to_have_count(1)

    third = work(real, project, sweep, 4, 0.1, 2.0)
    expect(rows).to_have_count(3)
    expect(plot).to_have_attribute("data-front", "3")
    rows.nth(0).locator("a").click()
    signed_in.wait_for_url(f"**/{project}/runs/{third}")


def test_a_sweep_with_one_metric_has_no_such_card(signed_in: Page, real: RealSite) -> None:
    sweep, _ = real.sweep_with_runs("no-front", 3)
    signed_in.goto(f"{real.address}/ann/no-front/sweeps/{sweep}")
    expect(signed_in.locator("[data-page=sweep]")).to_have_attribute("data-ready", "true")
    expect(signed_in.locator("#front-title")).to_be_hidden()
    expect(signed_in.locator("[data-part=parallel]")).to_have_attribute("data-front", "0")
