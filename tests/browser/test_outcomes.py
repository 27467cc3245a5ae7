"""A run's outcome reads the same wherever it stands: its page, the table, the comparison."""

from playwright.sync_api import Page, expect
from plots import rows
from real_site import RealSite
from test_pages import open_ready

from sweepd.domain.runs import RunState, StopOrigin
from sweepd.store import runs as store

CASES = {
    "crashed": (RunState.CRASHED, None, "no word from its client for 300 s"),
    "failed": (RunState.FAILED, None, "never started: the script ended first"),
    "preempted": (RunState.PREEMPTED, None, "its machine went away"),
    "stopped": (RunState.KILLED, StopOrigin.PERSON, "stopped by ann"),
    "stopped early": (RunState.KILLED, StopOrigin.RULE, "hyperband: below the best third"),
    "canceled": (RunState.KILLED, StopOrigin.SWEEP, "sweep canceled"),
}


def test_each_way_to_end_is_named_alike_on_every_page(signed_in: Page, real: RealSite) -> None:
    sweep_id, ids = real.sweep_with_runs("outcomes", len(CASES))
    for run_id, (state, origin, reason) in zip(ids, CASES.values(), strict=True):
        run = real.services.runs.get(real.caller, "ann", "outcomes", run_id)
        values = {"state": state, "stop_origin": origin, "stop_reason": reason}
        real.parts.core.db.write(lambda c, pk=run.pk, v=values: store.update_run(c, pk, v))
    for run_id, (word, (_, _, reason)) in zip(ids, CASES.items(), strict=True):
        open_ready(signed_in, f"{real.address}/ann/outcomes/runs/{run_id}")
        expect(signed_in.locator('[data-part="state"]')).to_have_text(word)
        expect(signed_in.get_by_role("main")).to_contain_text(reason)
    for place in ("runs", f"sweeps/{sweep_id}"):
        open_ready(signed_in, f"{real.address}/ann/outcomes/{place}")
        words = rows(signed_in).locator(".state").all_inner_texts()
        assert sorted(words) == sorted(CASES)
    open_ready(signed_in, f"{real.address}/ann/outcomes/compare?runs={','.join(ids)}")
    row = signed_in.get_by_role("region", name="Comparison").get_by_role("row")
    for word in CASES:
        expect(row.filter(has_text="state")).to_contain_text(word)


def test_a_best_value_that_is_not_the_last_says_so(signed_in: Page, real: RealSite) -> None:
    sweep_id, [run_id] = real.sweep_with_runs("peaks", 1)
    run = real.services.runs.get(real.caller, "ann", "peaks", run_id)
    values = {"metric_last": 0.5, "metric_min": 0.1, "metric_max": 0.9}
    card = signed_in.get_by_role("region", name="Best run")
    for last, note in ((0.9, 0), (0.5, 1)):
        real.parts.core.db.write(
            lambda c, v=values | {"metric_last": last}: store.update_run(c, run.pk, v)
        )
        open_ready(signed_in, f"{real.address}/ann/peaks/sweeps/{sweep_id}")
        expect(card.locator(".best-number")).to_contain_text("0.9")
        expect(card.get_by_text("the best it had; its last is 0.5")).to_have_count(note)


def test_the_page_of_a_run_calls_its_sweep_by_its_name(signed_in: Page, real: RealSite) -> None:
    _, [run_id] = real.sweep_with_runs("named", 1)
    open_ready(signed_in, f"{real.address}/ann/named/runs/{run_id}")
    expect(signed_in.locator(".crumbs")).to_contain_text("sweep of named")
    facts = signed_in.get_by_role("main").get_by_role("link", name="sweep of named")
    expect(facts.first).to_be_visible()
