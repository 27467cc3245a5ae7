"""Project list, runs table, comparison, and the people behind them, against a whole server."""

import csv
import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, Response, expect
from plots import counts, rows
from real_site import RealSite
from test_pages import open_ready

from sweepd.services.runs.runs import RunChange


def test_projects_are_listed_with_their_counts_last_changed_first(
    signed_in: Page, real: RealSite
) -> None:
    real.sweep_with_runs("older-one", 3)
    real.sweep_with_runs("newer-one", 2)
    signed_in.goto(f"{real.address}/ann")
    cards = signed_in.get_by_role("main").get_by_role("link")
    expect(cards.first).to_contain_text("newer-one")
    older = cards.filter(has_text="older-one")
    expect(older).to_contain_text("1 sweep")
    expect(older).to_contain_text("3 runs")
    expect(older).to_contain_text("1 running")


def test_csv_holds_the_columns_shown_in_the_order_shown(signed_in: Page, real: RealSite) -> None:
    _, runs = real.sweep_with_runs("csv", 4)
    odd = RunChange(display_name='=HYPERLINK("x")', notes="two\nlines, and a comma")
    run = real.services.runs.get(real.caller, "ann", "csv", runs[0])
    real.services.runs.change(real.caller, run.pk, odd)
    open_ready(
        signed_in, f"{real.address}/ann/csv/runs#columns=config.epochs,run.notes,run.duration"
    )
    signed_in.get_by_role("columnheader", name="epochs").get_by_role("button").click()
    with signed_in.expect_download() as waiting:
        signed_in.get_by_role("button", name="Export CSV").click()
    assert waiting.value.suggested_filename == "csv-runs.csv"
    text = Path(waiting.value.path()).read_text()
    table = list(csv.DictReader(io.StringIO(text)))
    assert list(table[0]) == [
        "run",
        "name",
        "run.state",
        "config.epochs",
        "run.notes",
        "run.duration",
    ]
    epochs = [int(line["config.epochs"]) for line in table]
    assert epochs == sorted(epochs) and len(epochs) == 4
    [changed] = [line for line in table if line["run"] == runs[0]]
    assert changed["name"] == '\'=HYPERLINK("x")'
    assert changed["run.notes"] == "two\nlines, and a comma"
    assert float(changed["run.duration"]) >= 0


def test_csv_needs_the_token_of_a_page(signed_in: Page, real: RealSite) -> None:
    real.sweep_with_runs("csv-token", 1)
    address = f"{real.address}/-/projects/ann/csv-token/runs.csv"
    answer = signed_in.request.post(address, form={"wanted": "{}", "csrf": "wrong"})
    assert answer.status == 403


def test_one_run_is_renamed_and_noted_in_the_table(signed_in: Page, real: RealSite) -> None:
    _, runs = real.sweep_with_runs("note", 3)
    open_ready(signed_in, f"{real.address}/ann/note/runs")
    rows(signed_in).first.get_by_role("checkbox").check()
    signed_in.get_by_role("button", name="Rename", exact=True).click()
    signed_in.get_by_label("Name of the run").fill("the one")
    signed_in.get_by_role("button", name="Save").click()
    named = rows(signed_in).filter(has_text="the one")
    expect(named).to_have_count(1)
    named.get_by_role("checkbox").check()
    signed_in.get_by_role("button", name="Note").click()
    signed_in.get_by_role("textbox", name="Note").fill("look at this")
    signed_in.get_by_role("button", name="Save").click()
    expect(signed_in.get_by_role("status").filter(has_text="1 run changed.")).to_have_count(1)
    found = [real.services.runs.get(real.caller, "ann", "note", run) for run in runs]
    assert [(r.display_name, r.notes) for r in found if r.notes] == [("the one", "look at this")]


def test_deleted_runs_come_back_later_too(signed_in: Page, real: RealSite) -> None:
    _, runs = real.sweep_with_runs("back", 3)
    run = real.services.runs.get(real.caller, "ann", "back", runs[0])
    real.services.runs.delete(real.caller, run.pk)
    open_ready(signed_in, f"{real.address}/ann/back/runs")
    expect(rows(signed_in)).to_have_count(2)
    signed_in.get_by_role("button", name="Deleted runs").click()
    signed_in.get_by_role("button", name=f"Bring back {run.display_name}").click()
    expect(rows(signed_in)).to_have_count(3)
    expect(signed_in.get_by_text("No run is deleted")).to_be_visible()


def test_compared_runs_show_what_differs_and_their_curves(signed_in: Page, real: RealSite) -> None:
    _, runs = real.sweep_with_runs("side", 3)
    open_ready(signed_in, f"{real.address}/ann/side/compare?runs={','.join(runs)}")
    table = signed_in.get_by_role("region", name="Comparison")
    expect(table.get_by_role("row").filter(has_text="dropout")).to_be_visible()
    machine = table.get_by_role("row").filter(has_text="machine")
    expect(machine).to_be_hidden()
    signed_in.get_by_label("Differences only").uncheck()
    expect(machine).to_be_visible()
    chart = signed_in.get_by_role("region", name="epoch/val_accuracy")
    expect(chart.locator(".plot")).to_have_attribute("data-lines", "3")


def test_a_run_page_s_view_is_in_its_address(signed_in: Page, real: RealSite) -> None:
    _, runs = real.sweep_with_runs("shared-view", 3)
    open_ready(signed_in, f"{real.address}/ann/shared-view/runs/{runs[2]}")
    beside = signed_in.get_by_label("Lay another run beside this one")
    beside.select_option(runs[0])
    beside.select_option(runs[1])
    chart = signed_in.get_by_role("region", name="epoch/val_accuracy")
    expect(chart.locator(".plot")).to_have_attribute("data-lines", "3")
    signed_in.get_by_label("Across").select_option("time")
    signed_in.reload()
    expect(chart.locator(".plot")).to_have_attribute("data-lines", "3")
    expect(signed_in.get_by_label("Across")).to_have_value("time")
    first = real.services.runs.get(real.caller, "ann", "shared-view", runs[0]).display_name
    signed_in.get_by_role("button", name=f"Take {first} away").click()
    expect(chart.locator(".plot")).to_have_attribute("data-lines", "2")


def test_people_and_teams_are_kept_from_the_account_page(
    new_page: Callable[..., Page], signed_in: Page, real: RealSite
) -> None:
    page = signed_in
    page.goto(f"{real.address}/-/account")
    page.get_by_label("New user's name").fill("zoe")
    page.get_by_role("button", name="Add user").click()
    page.get_by_role("button", name="Show").click()
    secret = page.locator('[data-part="secret"] code').inner_text()
    assert real.services.users.sign_in(secret).name == "zoe"
    people = page.get_by_role("region", name="People")
    expect(people.get_by_role("button", name="New key for zoe")).to_be_visible()
    expect(people.get_by_label("New user's name")).to_have_value("")
    people.get_by_role("button", name="New key for zoe").click()
    page.get_by_role("button", name="Show").click()
    assert page.locator('[data-part="secret"] code').inner_text() != secret
    page.get_by_label("New team's name").fill("lab")
    page.get_by_label("Members").fill("ann")
    page.get_by_role("button", name="Add team").click()
    team = page.get_by_role("group", name="Team lab")
    team.get_by_label("Add to lab").select_option("zoe")
    team.get_by_role("button", name="Add").click()
    expect(team.get_by_role("button", name="Take zoe out of lab")).to_be_visible()
    expect(page.locator("[data-ready]")).to_have_count(1)  # the page has come anew
    assert "lab" in real.services.users.sign_in(secret).entities
    team.get_by_role("button", name="Take zoe out of lab").click()
    expect(team.get_by_role("button", name="Take zoe out of lab")).to_have_count(0)
    assert "lab" not in real.services.users.get_caller("zoe").entities
    expect(page.locator("[data-ready]")).to_have_count(1)  # the page has come anew
    page.get_by_role("button", name="Remove zoe").click()
    page.get_by_role("button", name="Remove for good?").click()
    expect(page.get_by_role("row").filter(has_text="zoe")).to_have_count(0)
    assert "zoe" not in [user.name for user in real.services.users.list_users()]


def test_what_is_being_written_stays_while_the_lists_are_read_anew(
    signed_in: Page, real: RealSite
) -> None:
    page, held = signed_in, []
    page.goto(f"{real.address}/-/account")
    expect(page.locator("[data-ready]")).to_have_count(1)
    page.route("**/-/account", lambda route: held.append(route))
    page.get_by_label("New user's name").fill("yves")
    with page.expect_request("**/-/account"):
        page.get_by_role("button", name="Add user").click()
    page.get_by_label("New team's name").fill("la")
    held[0].continue_()
    people = page.get_by_role("region", name="People")
    expect(people.get_by_role("button", name="New key for yves")).to_be_visible()
    expect(people.get_by_label("New user's name")).to_have_value("")
    expect(page.get_by_label("New team's name")).to_have_value("la")


def test_a_reason_of_many_lines_is_shown_whole(signed_in: Page, real: RealSite) -> None:
    sweep_id, _ = real.sweep_with_runs("reason", 2)
    sweep = real.services.sweeps.get(real.caller, "ann", "reason", sweep_id)
    from sweepd.store import sweeps

    reason = "paused: 5 runs failed alike\nTraceback:\n  ValueError: <b>shape</b>"
    real.parts.core.db.write(lambda c: sweeps.update_sweep(c, sweep.pk, {"state_reason": reason}))
    open_ready(signed_in, f"{real.address}/ann/reason/sweeps/{sweep_id}")
    notice = signed_in.get_by_role("status").filter(has_text="5 runs failed alike")
    expect(notice).to_contain_text("ValueError: <b>shape</b>")


def test_a_large_project_and_its_sweep_are_told_in_columns_and_then_by_what_changed(
    signed_in: Page, real: RealSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    sweep_id, _ = real.sweep_with_runs("many", 3)
    real.services.runs.upsert(
        real.caller, "ann", "many", "odd", RunChange(config='{"odd": {"value": [1, {"a": 2}]}}')
    )
    monkeypatch.setattr(real.services.tables, "_large", 1)
    told: list[Any] = []

    def hear(response: Response) -> None:
        if response.url.partition("?")[0].endswith(("/runs", "/points")) and response.ok:
            told.append(response.json())

    signed_in.on("response", hear)
    open_ready(signed_in, f"{real.address}/ann/many/runs")
    expect(rows(signed_in)).to_have_count(4)
    real.services.runs.upsert(real.caller, "ann", "many", "odd", RunChange(notes="seen later"))
    real.services.runs.upsert(real.caller, "ann", "many", "new", RunChange())
    expect(rows(signed_in)).to_have_count(5)
    open_ready(signed_in, f"{real.address}/ann/many/sweeps/{sweep_id}")
    expect(counts(signed_in)).to_have_text("3 runs")
    real.run("many", sweep_id, real.new_agent("many", sweep_id), 0, 9)
    expect(counts(signed_in)).to_have_text("4 runs")
    kinds = ["table" if "table" in one else "changed" for one in told]
    assert {"table", "changed"} == set(kinds), kinds
    assert {"odd", "new"} <= {run["id"] for one in told for run in one.get("changed", [])}
