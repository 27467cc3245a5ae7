"""Filters over lists, names that say where they are from, edits that answer, and many runs at once.

The numbers in the names are those of the list of faults that these tests keep away.
"""

import json
import re
from datetime import timedelta
from typing import Any

from playwright.sync_api import Page, expect
from plots import rows
from real_site import RealSite
from test_pages import open_ready

from sweepd.services.runs.runs import RunChange
from sweepd.store import schema, sweep_events


def change(real: RealSite, project: str, run_id: str, what: RunChange) -> None:
    run = real.services.runs.get(real.caller, "ann", project, run_id)
    real.services.runs.change(real.caller, run.pk, what)


def value_of(item: Any) -> Any:
    """A config's value without the client's wrapper."""
    return item["value"] if isinstance(item, dict) else item


def add_filter(page: Page, column: str, comparison: str, value: str, either: bool = False) -> None:
    page.get_by_role("button", name="Add a filter").click()
    page.get_by_label("Column").select_option(label=column)
    page.get_by_label("Comparison").select_option(comparison)
    page.get_by_label("Value").fill(value)
    if either:
        page.get_by_label("or the last one").check()
    page.get_by_role("button", name="Add", exact=True).click()
    page.keyboard.press("Escape")


def test_lists_are_sets_in_filters_groups_and_search(signed_in: Page, real: RealSite) -> None:
    _, ids = real.sweep_with_runs("sets", 5)
    tags = [("paper", "base"), ("base", "paper", "old"), ("papers",), ("old",), ()]
    for run_id, own in zip(ids, tags, strict=True):
        change(real, "sets", run_id, RunChange(tags=own))
    page = signed_in
    open_ready(page, f"{real.address}/ann/sets/runs")
    for comparison, value, n in (
        ("is", "paper", 2),
        ("is", "paper, old", 3),
        ("is not", "paper", 3),
        ("contains", "pap", 3),
        ("matches (regex)", "^papers?$", 3),
    ):
        add_filter(page, "tags", comparison, value)
        expect(rows(page)).to_have_count(n)
        page.get_by_role("button", name=re.compile("^Remove the filter")).click()
        expect(rows(page)).to_have_count(5)
    add_filter(page, "tags", "is", "papers")
    add_filter(page, "tags", "is", "old", either=True)
    expect(rows(page)).to_have_count(3)
    expect(page).to_have_url(re.compile("anykeep0"))
    page.reload()
    expect(rows(page)).to_have_count(3)
    page.get_by_role("button", name=re.compile("^Remove the filter")).click()
    page.get_by_label("Group by").select_option(label="tags")
    heads = page.locator(".group-row")
    for name in ("paper", "base"):
        head = heads.filter(has=page.get_by_role("button", name=re.compile(f" {name}$")))
        expect(head).to_contain_text("2 runs")


def test_between_and_either_of_two_columns(signed_in: Page, real: RealSite) -> None:
    _, ids = real.sweep_with_runs("between", 6)
    epochs = {}
    for run_id in ids:
        run = real.services.runs.get(real.caller, "ann", "between", run_id)
        epochs[run_id] = json.loads(run.config)["epochs"]
    page = signed_in
    open_ready(page, f"{real.address}/ann/between/runs")
    add_filter(page, "epochs", "between", "3, 6")
    expect(page.get_by_role("button", name="Remove the filter epochs 3 to 6")).to_be_visible()
    inside = {run_id for run_id in ids if 3 <= value_of(epochs[run_id]) <= 6}
    expect(rows(page)).to_have_count(len(inside))
    add_filter(page, "state", "is", "failed", either=True)
    expect(rows(page).filter(has_text="failed")).to_have_count(1)
    expect(rows(page)).to_have_count(len(inside | {ids[1]}))


def test_a_name_in_config_and_summary_says_which(signed_in: Page, real: RealSite) -> None:
    _, ids = real.sweep_with_runs("twins", 2)
    for run_id in ids:
        change(real, "twins", run_id, RunChange(summary='{"optimizer": "logged", "only": 1}'))
    page = signed_in
    open_ready(page, f"{real.address}/ann/twins/runs")
    labels = page.get_by_label("Group by").locator("option").all_inner_texts()
    assert "optimizer (config)" in labels and "optimizer (summary)" in labels
    assert "only" in labels and "dropout" in labels
    assert len(labels) == len(set(labels))


def test_a_run_is_renamed_by_enter_and_not_to_nothing(signed_in: Page, real: RealSite) -> None:
    _, ids = real.sweep_with_runs("rename", 1)
    page = signed_in
    open_ready(page, f"{real.address}/ann/rename/runs/{ids[0]}")
    page.get_by_role("button", name="Rename").click()
    field = page.get_by_label("Name of the run")
    field.fill("  ")
    field.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("A run needs a name")
    field.fill("by enter")
    field.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text("by enter")
    expect(field).to_have_count(0)


def test_tags_come_and_go_on_the_screen(signed_in: Page, real: RealSite) -> None:
    _, ids = real.sweep_with_runs("tags", 1)
    page = signed_in
    open_ready(page, f"{real.address}/ann/tags/runs/{ids[0]}")
    for tag in ("one", "two"):
        page.get_by_label("Add a tag").fill(tag)
        page.get_by_label("Add a tag").press("Enter")
        expect(page.get_by_role("button", name=f"Remove tag {tag}")).to_be_visible()
        expect(page.get_by_label("Add a tag")).to_be_focused()  # whoever types the next is there
    page.get_by_role("button", name="Remove tag one").click()
    expect(page.get_by_role("button", name="Remove tag one")).to_have_count(0)
    assert real.services.runs.get(real.caller, "ann", "tags", ids[0]).tags == ("two",)


def test_notes_are_saved_as_typed_and_say_so(signed_in: Page, real: RealSite) -> None:
    _, ids = real.sweep_with_runs("notes", 1)
    page = signed_in
    open_ready(page, f"{real.address}/ann/notes/runs/{ids[0]}")
    page.get_by_role("tab", name="Overview").click()
    page.get_by_label("Notes").fill("seen")
    expect(page.get_by_text("Saved", exact=True)).to_be_visible()
    assert real.services.runs.get(real.caller, "ann", "notes", ids[0]).notes == "seen"


def test_refused_edits_and_lost_connections_are_said(signed_in: Page, real: RealSite) -> None:
    _, ids = real.sweep_with_runs("refused", 2)
    page = signed_in
    open_ready(page, f"{real.address}/ann/refused/runs/{ids[0]}")
    real.services.runs.delete(
        real.caller, real.services.runs.get(real.caller, "ann", "refused", ids[0]).pk
    )
    page.get_by_label("Add a tag").fill("late")
    page.get_by_label("Add a tag").press("Enter")
    expect(page.get_by_role("alert")).to_be_visible()
    open_ready(page, f"{real.address}/ann/refused/runs/{ids[1]}")
    page.context.set_offline(True)
    try:
        page.get_by_label("Add a tag").fill("lost")
        page.get_by_label("Add a tag").press("Enter")
        said = page.get_by_role("alert").filter(has_text="nothing was changed")  # curves say theirs
        expect(said).to_contain_text("cannot be reached")
    finally:
        page.context.set_offline(False)


def test_a_sweep_s_runs_are_chosen_by_ranges_and_stay_chosen(
    signed_in: Page, real: RealSite
) -> None:
    sweep_id, _ = real.sweep_with_runs("choose", 6)
    page = signed_in
    open_ready(page, f"{real.address}/ann/choose/sweeps/{sweep_id}")
    boxes = rows(page).get_by_role("checkbox")
    boxes.first.check()
    top = rows(page).first.bounding_box()
    boxes.nth(3).click(modifiers=["Shift"])
    expect(page.get_by_text("4 runs chosen")).to_be_visible()
    assert rows(page).first.bounding_box() == top
    for size in ((1280, 400), (390, 844)):
        page.set_viewport_size({"width": size[0], "height": size[1]})
        expect(page.get_by_role("button", name="Delete")).to_be_in_viewport(ratio=1)
    page.get_by_role("link", name="Compare").click()
    expect(page.get_by_role("region", name="Comparison")).to_be_visible()
    page.go_back()
    expect(page.get_by_text("4 runs chosen")).to_be_visible()
    expect(rows(page).get_by_role("checkbox", checked=True)).to_have_count(4)
    page.get_by_label("Add a tag to the chosen runs").fill("four")
    page.get_by_label("Add a tag to the chosen runs").press("Enter")
    expect(page.get_by_text("4 runs changed.")).to_be_visible()
    project = real.services.projects.get(real.caller, "ann", "choose")
    tagged = [run for run in real.services.runs.list_all(project) if run.tags == ("four",)]
    assert len(tagged) == 4


def test_scripts_that_are_loaded_ahead_are_there(signed_in: Page, real: RealSite) -> None:
    sweep_id, _ = real.sweep_with_runs("preload", 1)
    missing: list[str] = []
    signed_in.on("response", lambda r: missing.append(r.url) if r.status == 404 else None)
    open_ready(signed_in, f"{real.address}/ann/preload/sweeps/{sweep_id}")
    assert not missing


def test_warnings_of_one_kind_are_one_line_and_move_nothing(
    signed_in: Page, real: RealSite
) -> None:
    sweep_id, ids = real.sweep_with_runs("warned", 4)
    page = signed_in
    open_ready(page, f"{real.address}/ann/warned/sweeps/{sweep_id}")
    plot = page.get_by_role("region", name="Parallel coordinates")
    before = plot.bounding_box()
    sweep = real.services.sweeps.get(real.caller, "ann", "warned", sweep_id)
    at = real.parts.core.now()
    for run_id in ids[:3]:
        message = f"run {run_id} logged 'x' after {len(run_id)} s"
        real.parts.core.db.write(
            lambda c, m=message: sweep_events.append_event(c, sweep.pk, at, "", "warning", m)
        )
    page.reload()
    button = page.get_by_role("button", name="1 warning", exact=True)
    expect(button).to_be_visible()
    assert plot.bounding_box() == before
    button.click()
    listed = page.get_by_role("dialog", name="Warnings")
    expect(listed).to_contain_text("3 times")
    expect(listed.get_by_role("link", name=ids[0])).to_be_visible()
    listed.get_by_role("button", name="Dismiss this warning").click()
    expect(button).to_have_count(0)
    page.reload()
    expect(page.get_by_role("button", name="Start an agent")).to_be_visible()
    expect(button).to_have_count(0)


def test_a_sweep_that_waits_for_nobody_says_how_to_start_an_agent(
    signed_in: Page, real: RealSite
) -> None:
    sweep_id, _ = real.sweep_with_runs("waiting", 2)
    agents = real.services.sweeps.agents(
        real.services.sweeps.get(real.caller, "ann", "waiting", sweep_id)
    )
    long_ago = real.parts.core.now() - timedelta(hours=2)
    for agent in agents:
        real.parts.core.db.write(
            lambda c, pk=agent.pk: c.execute(
                schema.agents.update()
                .where(schema.agents.c.id == pk)
                .values(heartbeat_at=long_ago, created_at=long_ago)
            )
        )
    real.parts.core.listening.since = long_ago
    open_ready(signed_in, f"{real.address}/ann/waiting/sweeps/{sweep_id}")
    signed_in.get_by_role("button", name="No agent is alive: start one").click()
    dialog = signed_in.get_by_role("dialog", name="Start an agent")
    expect(dialog).to_contain_text(f"wandb agent ann/waiting/{sweep_id}")
