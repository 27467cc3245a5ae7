"""Pages while things change behind them, and while the server cannot be reached."""

import json
import re
from datetime import timedelta
from typing import Any

from playwright.sync_api import Page, Route, expect
from plots import counts
from real_site import RealSite
from test_pages import open_ready

from sweepd.services.runs.runs import RunChange
from sweepd.services.runs.taking_in import Lines, StreamPost
from sweepd.store import schema


def abort(route: Route) -> None:
    """As if the server were gone."""
    route.abort()


def test_a_lost_connection_is_said_and_forgotten_when_it_is_back(
    signed_in: Page, real: RealSite
) -> None:
    sweep_id, _ = real.sweep_with_runs("lost", 2)
    open_ready(signed_in, f"{real.address}/ann/lost/sweeps/{sweep_id}")
    signed_in.route("**/points*", abort)
    refresh = "document.dispatchEvent(new CustomEvent('sweepd:refresh'))"
    signed_in.evaluate(refresh)
    expect(signed_in.get_by_text("Connection lost. Trying again")).to_be_visible()
    expect(counts(signed_in)).to_have_text("2 runs")
    signed_in.unroute("**/points*")
    signed_in.evaluate(refresh)
    expect(signed_in.get_by_text("Connection lost")).to_be_hidden()


def test_without_events_the_page_polls(signed_in: Page, real: RealSite) -> None:
    sweep_id, _ = real.sweep_with_runs("polled", 2)
    signed_in.add_init_script("delete window.SharedWorker")
    signed_in.route("**/events?*", abort)
    open_ready(signed_in, f"{real.address}/ann/polled/sweeps/{sweep_id}")
    expect(counts(signed_in)).to_have_text("2 runs")
    real.run("polled", sweep_id, real.new_agent("polled", sweep_id), 0, 9)
    expect(counts(signed_in)).to_have_text("3 runs")


def log(real: RealSite, run: Any, first: int, rows: list[dict[str, Any]], **post: Any) -> None:
    """History rows of a run, as its client streams them."""
    lines = Lines(first, [json.dumps(row) for row in rows]) if rows else None
    real.services.history.append(
        real.caller, "ann", run.project, run.run_id, StreamPost(history=lines, **post)
    )


def test_curves_and_console_of_a_running_run_grow(signed_in: Page, real: RealSite) -> None:
    run, _ = real.services.runs.upsert(
        real.caller, "ann", "growing", "g1", RunChange(display_name="growing")
    )
    log(real, run, 0, [{"_step": k, "loss": 1 / (k + 1)} for k in range(3)])
    open_ready(signed_in, f"{real.address}/ann/growing/runs/g1")
    plot = signed_in.get_by_role("region", name="loss").locator(".plot")
    expect(plot).to_have_attribute("data-points", "3")
    log(real, run, 3, [{"_step": k, "loss": 1 / (k + 1)} for k in range(3, 8)])
    expect(plot).to_have_attribute("data-points", "8")
    signed_in.get_by_role("tab", name="Console").click()
    expect(signed_in.get_by_text("Nothing printed yet.")).to_be_visible()
    line = "2026-11-22T10:00:00.000 epoch 9"
    log(real, run, 8, [], console=[Lines(0, [line])])
    expect(signed_in.get_by_role("region", name="Console")).to_contain_text("epoch 9")
    log(real, run, 8, [], is_complete=True, exitcode=1)
    expect(signed_in.locator('[data-part="state"]')).to_have_text("failed")


def test_system_metrics_are_drawn_over_time(signed_in: Page, real: RealSite) -> None:
    run, _ = real.services.runs.upsert(real.caller, "ann", "machine", "m1", RunChange())
    rows = [
        json.dumps({"_timestamp": 1.79e9 + 15 * k, "_runtime": 15.0 * k, "system.cpu": 10.0 + k})
        for k in range(4)
    ]
    post = StreamPost(events=Lines(0, rows))
    real.services.history.append(real.caller, "ann", "machine", run.run_id, post)
    open_ready(signed_in, f"{real.address}/ann/machine/runs/m1#system")
    chart = signed_in.get_by_role("region", name="system.cpu")
    expect(chart.locator(".plot")).to_have_attribute("data-points", "4")
    expect(signed_in.get_by_label("Across")).to_have_value("time")


STOPPING = """\
method: random
metric: {name: loss, goal: minimize}
parameters:
  x: {min: 0.0, max: 1.0}
early_terminate: {type: hyperband, min_iter: 2, eta: 2}
run_cap: 20
"""


def test_a_stopped_run_says_why_on_its_page_and_under_the_curves(
    signed_in: Page, real: RealSite
) -> None:
    sweep_id = real.new_sweep("stopping", STOPPING)
    runs = []
    for k in range(6):
        agent = real.new_agent("stopping", sweep_id)
        run_id = real.hand_out(agent)
        change = RunChange(host="h", program="p", sweep_id=sweep_id)
        run = real.services.runs.upsert(real.caller, "ann", "stopping", run_id, change)[0]
        log(real, run, 0, [{"_step": s, "loss": k + 1.0 / (s + 1)} for s in range(4)])
        runs.append(run)
    found = {
        r.run_id: real.services.runs.get(real.caller, "ann", "stopping", r.run_id).stop_reason
        for r in runs
    }
    [stopped, *_] = [run_id for run_id, reason in found.items() if reason]
    log(real, runs[[r.run_id for r in runs].index(stopped)], 4, [], is_complete=True, exitcode=0)
    open_ready(signed_in, f"{real.address}/ann/stopping/runs/{stopped}")
    reason = found[stopped]
    assert reason
    expect(signed_in.get_by_role("main")).to_contain_text(f"Stopped early: {reason}")
    open_ready(signed_in, f"{real.address}/ann/stopping/sweeps/{sweep_id}#look=curves")
    expect(signed_in.locator(".reasons")).to_contain_text(f"was stopped early: {reason}")
    standing = signed_in.get_by_role("group", name="Runs shown by state")
    expect(standing.get_by_role("button", name="stopped")).to_be_visible()


def test_few_runs_get_no_ranking_of_parameters(signed_in: Page, real: RealSite) -> None:
    sweep_id, _ = real.sweep_with_runs("guard", 4)
    open_ready(signed_in, f"{real.address}/ann/guard/sweeps/{sweep_id}")
    card = signed_in.get_by_role("region", name="What matters")
    expect(card).to_contain_text("any ranking would be noise")
    expect(card.get_by_role("table")).to_have_count(0)


def test_silence_of_an_agent_is_shown(signed_in: Page, real: RealSite) -> None:
    """By the server's clock and patience; the browser's only says for how long."""
    sweep_id, _ = real.sweep_with_runs("agents", 2)
    sweep = real.services.sweeps.get(real.caller, "ann", "agents", sweep_id)
    long_ago = real.parts.core.now() - timedelta(minutes=10, seconds=20)
    for agent in real.services.sweeps.agents(sweep):
        heard = (
            schema.agents.update()
            .where(schema.agents.c.id == agent.pk)
            .values(heartbeat_at=long_ago, created_at=long_ago)
        )
        real.parts.core.db.write(lambda c, heard=heard: c.execute(heard))
    real.parts.core.listening.since = long_ago
    signed_in.goto(f"{real.address}/ann/agents/sweeps/{sweep_id}")
    agents = signed_in.get_by_role("region", name="Agents").first
    expect(agents).to_contain_text(re.compile("silent for 1[0-9] min"))
