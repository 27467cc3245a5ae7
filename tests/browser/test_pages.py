"""The pages around the plot, against a whole server with real runs."""

import csv
import io
import json
import re
from collections.abc import Callable
from pathlib import Path

import httpx
from playwright.sync_api import Page, expect
from plots import counts, row_names, rows
from real_site import KEY, RealSite

from sweepd.services.runs.runs import RunChange


def open_ready(page: Page, address: str) -> None:
    """Open a page and wait until its script has finished."""
    page.emulate_media(reduced_motion="reduce")
    page.goto(address)
    expect(page.locator("[data-ready]")).to_have_count(1)


def test_unsigned_visitors_sign_in_and_land_where_they_wanted(
    new_page: Callable[..., Page], real: RealSite
) -> None:
    sweep_id, _ = real.sweep_with_runs("sign-in", 2)
    page = new_page()
    answer = page.goto(f"{real.address}/ann/sign-in/sweeps/{sweep_id}")
    assert answer and answer.status == 401
    page.get_by_label("API key").fill("x" * 40)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert")).to_contain_text("belongs to nobody")
    page.goto(f"{real.address}/ann/sign-in/sweeps/{sweep_id}")
    page.get_by_label("API key").fill(KEY)
    page.get_by_role("button", name="Sign in").click()
    expect(page).to_have_url(f"{real.address}/ann/sign-in/sweeps/{sweep_id}")
    expect(page.get_by_role("heading", level=1)).to_contain_text("sweep of sign-in")


def test_sign_in_link_works_once(new_page: Callable[..., Page], real: RealSite) -> None:
    link = f"{real.address}/authorize?token={real.services.sessions.create_link('ann')}"
    page = new_page()
    page.goto(link)
    expect(page.get_by_role("link", name="ann", exact=True).first).to_be_visible()
    other = new_page()
    other.goto(link)
    expect(other.get_by_role("alert")).to_contain_text("already used")


def test_changes_need_the_token_of_a_page(real: RealSite) -> None:
    sweep_id, _ = real.sweep_with_runs("csrf", 1)
    actions = f"{real.address}/-/sweeps/ann/csrf/{sweep_id}/actions"
    with httpx.Client() as client:
        assert client.post(actions, json={"action": "pause"}).status_code == 401
        token = real.services.sessions.create_link("ann")
        client.get(f"{real.address}/authorize", params={"token": token})
        assert client.post(actions, json={"action": "pause"}).status_code == 403
        foreign = {"Origin": "http://evil.example", "X-CSRF-Token": "x"}
        answer = client.post(actions, json={"action": "pause"}, headers=foreign)
        assert answer.status_code == 403
    sweep = real.services.sweeps.get(real.caller, "ann", "csrf", sweep_id)
    assert sweep.state == "RUNNING"


def test_what_belongs_to_others_does_not_exist(
    new_page: Callable[..., Page], real: RealSite
) -> None:
    real.sweep_with_runs("private", 1)
    real.services.users.add_user("eve")
    page = new_page()
    token = real.services.sessions.create_link("eve")
    page.goto(f"{real.address}/authorize?token={token}")
    expect(page.get_by_text("private")).to_have_count(0)
    answer = page.goto(f"{real.address}/ann/private")
    assert answer and answer.status == 404


def test_empty_server_says_what_to_type(new_page: Callable[..., Page], real: RealSite) -> None:
    real.services.users.add_user("newcomer")
    page = new_page()
    token = real.services.sessions.create_link("newcomer")
    page.goto(f"{real.address}/authorize?token={token}")
    expect(page.get_by_text(f"wandb login --host {real.address}")).to_be_visible()
    expect(page.get_by_text(re.compile(r"wandb sweep .*sweep\.yaml"))).to_be_visible()


def test_sweep_page_shows_plot_best_run_agents_and_file(signed_in: Page, real: RealSite) -> None:
    sweep_id, _ = real.sweep_with_runs("whole", 8)
    open_ready(signed_in, f"{real.address}/ann/whole/sweeps/{sweep_id}")
    expect(counts(signed_in)).to_have_text("8 runs")
    sweep = real.services.sweeps.get(real.caller, "ann", "whole", sweep_id)
    best = real.services.sweeps.best_run(sweep)
    card = signed_in.get_by_role("region", name="Best run")
    expect(card).to_contain_text(best.display_name)
    expect(card).to_contain_text(f"sweepd best ann/whole/{sweep_id}")
    assert row_names(signed_in)[0] == best.display_name
    expect(signed_in.get_by_role("region", name="Agents").first).to_contain_text("gpu-01")
    expect(signed_in.get_by_role("region", name="Sweep file")).to_contain_text("log_uniform_values")
    for tab in ("Contour", "Curves", "Timeline", "Slices"):
        signed_in.get_by_role("tab", name=tab).click()
        expect(signed_in.get_by_role("tabpanel").get_by_role("img").first).to_be_visible()


def test_running_runs_come_live(signed_in: Page, real: RealSite) -> None:
    sweep_id, _ = real.sweep_with_runs("live", 3)
    open_ready(signed_in, f"{real.address}/ann/live/sweeps/{sweep_id}")
    expect(counts(signed_in)).to_have_text("3 runs")
    real.run("live", sweep_id, real.new_agent("live", sweep_id), 0, 9)
    expect(counts(signed_in)).to_have_text("4 runs", timeout=10_000)


def test_controls_pause_resume_and_ask_before_they_hurt(signed_in: Page, real: RealSite) -> None:
    sweep_id, _ = real.sweep_with_runs("controls", 3)
    open_ready(signed_in, f"{real.address}/ann/controls/sweeps/{sweep_id}")
    state = signed_in.locator('[data-part="state"]')
    signed_in.get_by_role("button", name="Pause").click()
    expect(state).to_have_text("paused")
    signed_in.get_by_role("button", name="Resume").click()
    expect(state).to_have_text("running")
    signed_in.get_by_role("button", name="Cancel").click()
    signed_in.get_by_role("button", name="Leave it").click()
    expect(state).to_have_text("running")
    signed_in.get_by_role("button", name="Cancel").click()
    signed_in.get_by_role("button", name="Kill the running runs").click()
    expect(state).to_have_text("canceled")


def test_failed_runs_are_retried_the_cap_raised_and_a_config_queued(
    signed_in: Page, real: RealSite
) -> None:
    sweep_id, _ = real.sweep_with_runs("more", 4)
    open_ready(signed_in, f"{real.address}/ann/more/sweeps/{sweep_id}")
    signed_in.get_by_role("button", name="More").click()
    dialog = signed_in.get_by_role("dialog")
    dialog.get_by_role("button", name="Retry 1 failed run").click()
    expect(dialog.get_by_role("status")).to_contain_text("1 configs will be handed out again")
    dialog.get_by_label("Most runs in all").fill("300")
    dialog.get_by_role("button", name="Change").click()
    expect(dialog.get_by_role("status")).to_contain_text("At most 300 runs")
    config = {
        "epochs": 3,
        "batch_size": 64,
        "dropout": 0.2,
        "learning_rate": 0.01,
        "optimizer": "adam",
    }
    dialog.get_by_label("Config to queue").fill(json.dumps(config))
    dialog.get_by_role("button", name="Queue").click()
    expect(dialog.get_by_role("status")).to_contain_text("Queued")
    sweep = real.services.sweeps.get(real.caller, "ann", "more", sweep_id)
    assert sweep.run_cap == 300


def test_run_page_shows_curves_console_and_config(signed_in: Page, real: RealSite) -> None:
    _, runs = real.sweep_with_runs("runs", 3)
    open_ready(signed_in, f"{real.address}/ann/runs/runs/{runs[0]}")
    chart = signed_in.get_by_role("region", name="epoch/val_accuracy")
    expect(chart.locator(".plot")).to_have_attribute("data-lines", "1")
    signed_in.get_by_label("Lay another run beside this one").select_option(index=1)
    expect(chart.locator(".plot")).to_have_attribute("data-lines", "2")
    signed_in.get_by_label("Log axis").check()
    signed_in.evaluate("location.hash = '#files'")  # as an address that is pasted
    expect(signed_in.get_by_role("tab", name="Files", selected=True)).to_be_visible()
    expect(signed_in.get_by_label("Find a file")).to_be_visible()
    signed_in.get_by_role("tab", name="Console").click()
    console = signed_in.get_by_role("region", name="Console")
    expect(console).to_contain_text("line 49 <script>")
    signed_in.get_by_label("Find in the console").fill("line 7")
    expect(console.locator("mark")).to_have_count(1)
    signed_in.get_by_role("tab", name="Overview").click()
    signed_in.get_by_label("Find a key").fill("val_acc")
    expect(signed_in.get_by_role("region", name="Summary")).to_contain_text("epoch/val_accuracy")
    expect(signed_in.get_by_role("region", name="Config")).not_to_contain_text("dropout")


def test_run_is_renamed_tagged_and_stopped(signed_in: Page, real: RealSite) -> None:
    _, runs = real.sweep_with_runs("change", 2)
    open_ready(signed_in, f"{real.address}/ann/change/runs/{runs[-1]}")
    signed_in.get_by_role("button", name="Rename").click()
    signed_in.get_by_label("Name of the run").fill("my best <b>")
    signed_in.get_by_role("button", name="Save").click()
    expect(signed_in.get_by_role("heading", level=1)).to_contain_text("my best <b>")
    signed_in.get_by_label("Add a tag").fill("keeper")
    signed_in.get_by_label("Add a tag").press("Enter")
    expect(signed_in.get_by_role("button", name="Remove tag keeper")).to_be_visible()
    signed_in.get_by_role("button", name="Stop this run").click()
    signed_in.get_by_role("button", name="Stop it").click()
    expect(signed_in.get_by_text("asked to stop", exact=True)).to_be_visible()
    assert real.services.runs.get(real.caller, "ann", "change", runs[-1]).stop_requested


def test_runs_table_filters_groups_and_exports(signed_in: Page, real: RealSite) -> None:
    _, runs = real.sweep_with_runs("table", 8)
    noted = real.services.runs.get(real.caller, "ann", "table", runs[0])
    real.services.runs.change(real.caller, noted.pk, RunChange(notes="this one"))
    open_ready(signed_in, f"{real.address}/ann/table/runs")
    expect(rows(signed_in)).to_have_count(8)
    signed_in.get_by_role("button", name="Add a filter").click()
    signed_in.get_by_label("Column").select_option(label="state")
    signed_in.get_by_label("Value").fill("finished")
    signed_in.get_by_role("button", name="Add", exact=True).click()
    expect(rows(signed_in)).to_have_count(6)
    signed_in.keyboard.press("Escape")
    with signed_in.expect_download() as waiting:
        signed_in.get_by_role("button", name="Export CSV").click()
    table = list(csv.DictReader(io.StringIO(Path(waiting.value.path()).read_text())))
    assert len(table) == 6 and {line["run.state"] for line in table} == {"finished"}
    signed_in.get_by_role("button", name="Remove the filter state finished").click()
    expect(rows(signed_in)).to_have_count(8)
    signed_in.get_by_role("button", name="Add a filter").click()
    signed_in.get_by_label("Column").select_option(label="notes")
    signed_in.get_by_label("Comparison").select_option("has no value")
    signed_in.get_by_role("button", name="Add", exact=True).click()
    expect(rows(signed_in)).to_have_count(7)
    signed_in.keyboard.press("Escape")
    signed_in.get_by_role("button", name="Remove the filter notes no value or NaN").click()
    signed_in.get_by_label("Group by").select_option(label="optimizer")
    expect(signed_in.locator(".group-row").first).to_be_visible()
    expect(signed_in.locator(".group-row").first).to_contain_text("±")


def test_runs_are_compared_deleted_and_brought_back(signed_in: Page, real: RealSite) -> None:
    real.sweep_with_runs("bulk", 4)
    open_ready(signed_in, f"{real.address}/ann/bulk/runs")
    for k in range(2):
        rows(signed_in).nth(k).get_by_role("checkbox").check()
    signed_in.get_by_role("button", name="Delete", exact=True).click()
    signed_in.get_by_role("dialog").get_by_role("button", name="Delete").click()
    expect(rows(signed_in)).to_have_count(2)
    signed_in.get_by_role("button", name="Undo").click()
    expect(rows(signed_in)).to_have_count(4)
    for k in range(2):
        rows(signed_in).nth(k).get_by_role("checkbox").check()
    signed_in.get_by_role("link", name="Compare").click()
    expect(signed_in.get_by_role("heading", level=1)).to_have_text("Compare 2 runs")
    expect(signed_in.get_by_role("row").filter(has_text="dropout")).to_be_visible()
    signed_in.get_by_label("Find a key").fill("no such key")
    expect(signed_in.get_by_text("do not differ")).to_be_visible()


def test_sweep_is_created_from_a_page(signed_in: Page, real: RealSite) -> None:
    real.sweep_with_runs("create", 1)
    signed_in.goto(f"{real.address}/ann/create/sweeps/new")
    editor = signed_in.get_by_label("Sweep file")
    editor.fill("method: grid\nparameters:\n  x: {values: []}\n")
    expect(signed_in.get_by_role("button", name="Create the sweep")).to_be_disabled()
    editor.fill(
        "program: a.py\nmethod: grid\n"
        "parameters:\n  x: {values: [1, 2, 3]}\n  y: {values: [a, b]}\n"
    )
    expect(signed_in.get_by_role("status")).to_contain_text("6 runs")
    signed_in.get_by_role("button", name="Create the sweep").click()
    expect(signed_in.locator("[data-ready]")).to_have_count(1)
    expect(counts(signed_in)).to_have_text("0 runs")
    expect(signed_in.get_by_text("Done 0 of 6")).to_be_visible()


def test_keys_are_made_and_one_signs_out(signed_in: Page, real: RealSite) -> None:
    signed_in.goto(f"{real.address}/-/account")
    signed_in.get_by_label("What the key is for").fill("laptop")
    signed_in.get_by_role("button", name="Create a key").click()
    signed_in.get_by_role("button", name="Show").click()
    secret = signed_in.locator('[data-part="secret"] code').inner_text()
    assert real.services.users.sign_in(secret).name == "ann"
    expect(signed_in.get_by_role("row", name=f"…{secret[-4:]} laptop")).to_be_visible()
    signed_in.get_by_role("button", name="Sign out").click()
    expect(signed_in.get_by_label("API key")).to_be_visible()


def test_whoever_the_client_sends_for_a_key_lands_where_keys_are_made(
    new_page: Callable[..., Page], real: RealSite
) -> None:
    page = new_page()
    page.goto(f"{real.address}/authorize?signup=true&ref=models")
    expect(page.get_by_text("ask whoever runs this server to add you")).to_be_visible()
    page.get_by_label("API key").fill(KEY)
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("button", name="Create a key").click()
    expect(page.get_by_text("it is not shown again")).to_have_count(1)
    page.reload()
    expect(page.get_by_text("it is not shown again")).to_have_count(0)
    page.goto(f"{real.address}/authorize?ref=models")  # signed in already: no form
    expect(page.get_by_role("button", name="Create a key")).to_be_visible()


def test_addresses_the_client_prints_all_open(signed_in: Page, real: RealSite) -> None:
    sweep_id, runs = real.sweep_with_runs("addresses", 1)
    base = "/ann/addresses"
    paths = [
        "/ann",
        base,
        f"{base}/workspace",
        f"{base}/sweeps/{sweep_id}",
        f"{base}/runs/{runs[0]}",
        f"{base}/runs/{runs[0]}?jupyter=true",
        "/authorize?ref=models",
    ]
    for path in paths:
        answer = signed_in.goto(real.address + path)
        assert answer and answer.status == 200, path
