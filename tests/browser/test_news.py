"""One stream of news for all pages of a browser, and only what changed sent to them."""

import json
import re
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from playwright.sync_api import Page, expect
from plots import counts, rows
from real_site import RealSite
from test_pages import open_ready

from sweepd.services.runs.runs import RunChange
from sweepd.store import schema

HIDE = """(is) => {
    Object.defineProperty(document, "hidden", { value: is, configurable: true });
    document.dispatchEvent(new Event("visibilitychange"));
}"""


def wait_for(page: Page, what: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not what():
        if time.monotonic() > deadline:
            pytest.fail("it did not come within 60 s")
        page.wait_for_timeout(20)  # lets the page's own work go on


def test_many_tabs_share_one_stream_and_all_hear(signed_in: Page, real: RealSite) -> None:
    before = real.n_streams()
    sweep_id, ids = real.sweep_with_runs("tabs8", 2)
    addresses = [f"{real.address}/ann/tabs8/sweeps/{sweep_id}"] * 5
    addresses += [f"{real.address}/ann/tabs8/runs/{run_id}" for run_id in ids * 2]
    pages = [signed_in, *(signed_in.context.new_page() for _ in addresses[1:])]
    for page, address in zip(pages, addresses, strict=True):
        open_ready(page, address)
    wait_for(signed_in, lambda: real.n_streams() == before + 1)
    real.run("tabs8", sweep_id, real.new_agent("tabs8", sweep_id), 0, 9)
    for page in pages[:5]:
        expect(counts(page)).to_have_text("3 runs")
    for page in pages[1:]:
        page.evaluate(HIDE, True)
    pages[0].evaluate(HIDE, True)
    wait_for(signed_in, lambda: real.n_streams() == before)
    real.run("tabs8", sweep_id, real.new_agent("tabs8", sweep_id), 0, 10)
    pages[0].evaluate(HIDE, False)
    expect(counts(pages[0])).to_have_text("4 runs")
    wait_for(signed_in, lambda: real.n_streams() == before + 1)
    for page in pages[1:]:
        page.close()
    pages[0].goto(f"{real.address}/ann/tabs8")
    wait_for(signed_in, lambda: real.n_streams() == before)


def test_without_shared_workers_a_page_has_its_own_stream(signed_in: Page, real: RealSite) -> None:
    sweep_id, _ = real.sweep_with_runs("alone", 1)
    signed_in.add_init_script("delete window.SharedWorker")
    with signed_in.expect_request(re.compile(r"/-/events\?topic=sweeps%2Fann%2Falone%2F")):
        open_ready(signed_in, f"{real.address}/ann/alone/sweeps/{sweep_id}")
    real.run("alone", sweep_id, real.new_agent("alone", sweep_id), 0, 9)
    expect(counts(signed_in)).to_have_text("2 runs")


def test_open_tabs_are_sent_only_what_changed(signed_in: Page, real: RealSite) -> None:
    sweep_id, ids = real.sweep_with_runs("parts", 6)
    page = signed_in
    answers: list[dict[str, Any]] = []
    page.on(
        "response",
        lambda r: answers.append(r.json()) if "since=" in r.url and r.status == 200 else None,
    )
    first, last = (
        real.services.runs.get(real.caller, "ann", "parts", run_id) for run_id in (ids[0], ids[-1])
    )
    real.services.runs.change(real.caller, last.pk, RunChange(tags=("old",)))
    real.parts.core.db.write(backdate)
    open_ready(page, f"{real.address}/ann/parts/runs")
    real.services.runs.change(real.caller, first.pk, RunChange(tags=("fresh",)))
    expect(rows(page).filter(has_text="fresh")).to_have_count(1)
    wait_for(page, lambda: bool(answers))  # the page may have shown it before
    assert {run["id"] for run in answers[-1]["changed"]} == {ids[0], ids[-1]}
    del answers[:]
    real.services.runs.delete(real.caller, first.pk)
    expect(rows(page)).to_have_count(5)
    wait_for(page, lambda: bool(answers))  # the page may have shown it before
    assert answers[-1]["gone"] == [ids[0]]
    real.services.runs.undelete(real.caller, first.pk)
    expect(rows(page)).to_have_count(6)
    open_ready(page, f"{real.address}/ann/parts/sweeps/{sweep_id}")
    del answers[:]
    new = real.run("parts", sweep_id, real.new_agent("parts", sweep_id), 0, 9)
    expect(counts(page)).to_have_text("7 runs")
    wait_for(page, lambda: bool(answers))  # the page may have shown it before
    assert {run["id"] for answer in answers for run in answer["changed"]} <= {new, ids[0]}


def backdate(connection: Any) -> None:
    """Each run was changed an hour before the next."""
    runs = schema.runs.c
    found = connection.execute(sa.select(runs.id, runs.updated_at).order_by(runs.id)).all()
    for k, (pk, at) in enumerate(found):
        earlier = at - timedelta(hours=len(found) - k)
        times = {"updated_at": earlier, "heartbeat_at": earlier}
        connection.execute(schema.runs.update().where(runs.id == pk).values(times))


def test_what_changes_elsewhere_comes_into_the_overview(signed_in: Page, real: RealSite) -> None:
    _, ids = real.sweep_with_runs("overview", 1)
    page = signed_in
    open_ready(page, f"{real.address}/ann/overview/runs/{ids[0]}#overview")
    run = real.services.runs.get(real.caller, "ann", "overview", ids[0])
    change = RunChange(
        notes="from elsewhere",
        group_name="a group",
        host="another-host",
        config=json.dumps({"epochs": {"value": 77}}),
        summary=json.dumps({"fresh": 12.5}),
    )
    real.services.runs.change(real.caller, run.pk, change)
    panel = page.get_by_role("tabpanel")
    for text in ("another-host", "a group", "fresh", "12.5", "77"):
        expect(panel).to_contain_text(text)
    expect(page.get_by_label("Notes")).to_have_value("from elsewhere")
    page.get_by_label("Notes").press("End")
    page.get_by_label("Notes").press_sequentially(" and here")
    real.services.runs.change(real.caller, run.pk, RunChange(summary=json.dumps({"fresh": 13.5})))
    expect(panel).to_contain_text("13.5")
    expect(page.get_by_label("Notes")).to_have_value(re.compile("from elsewhere and here"))
