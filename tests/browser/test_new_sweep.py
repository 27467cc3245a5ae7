"""The editor of a sweep: nothing is created by one click that would search otherwise than meant."""

import pytest
from playwright.sync_api import Page, expect
from real_site import RealSite
from test_pages import open_ready

GOOD = """\
program: agent.py
method: random
metric: {name: loss, goal: minimize}
parameters:
  rate: {min: 0.1, max: 1.0}
"""


@pytest.mark.parametrize(
    "text",
    [
        GOOD + "run_cpa: 5\n",
        GOOD.replace("min: 0.1, max", "distribution: log_uniform, min: 0.1, max"),
        GOOD.replace("min: 0.1, max: 1.0", "min: 5.0, max: 1.0"),
        GOOD.replace("program: agent.py\n", ""),
    ],
)
def test_what_may_be_wrong_takes_a_second_look(signed_in: Page, real: RealSite, text: str) -> None:
    project = f"editor-{len(text)}"  # a page begins with the project's last file
    real.services.projects.ensure(real.caller, "ann", project, None)
    page = signed_in
    open_ready(page, f"{real.address}/ann/{project}/sweeps/new")
    create = page.get_by_role("button", name="Create the sweep")
    despite = page.get_by_label("Create it all the same")
    editor = page.get_by_label("Sweep file")
    expect(create).to_be_enabled()
    editor.fill(text)
    expect(create).to_be_disabled()  # at once: the new text is not checked yet
    expect(despite).to_be_visible()
    expect(create).to_be_disabled()
    despite.check()
    expect(create).to_be_enabled()
    editor.fill(GOOD)
    expect(create).to_be_enabled()
    expect(despite).to_be_hidden()
    editor.fill(text)
    expect(despite).not_to_be_checked()
    expect(create).to_be_disabled()
    despite.check()
    create.click()
    page.wait_for_url("**/sweeps/*")
    expect(page.locator("[data-ready]")).to_have_count(1)


def test_an_error_is_said_in_plain_words_with_its_line(signed_in: Page, real: RealSite) -> None:
    real.services.projects.ensure(real.caller, "ann", "wrong", None)
    page = signed_in
    open_ready(page, f"{real.address}/ann/wrong/sweeps/new")
    editor = page.get_by_label("Sweep file")
    for text, told in (
        (GOOD.replace("method: random", "method random"), "line 2 lacks a colon after its key"),
        (GOOD.replace("  rate", "\trate"), "a tab stands where YAML wants spaces"),
        (
            GOOD.replace("metric: {name: loss, goal: minimize}\n", "").replace("random", "bayes"),
            "got nothing; add metric: {name: …, goal: minimize}",
        ),
    ):
        editor.fill(text)
        expect(page.get_by_role("alert")).to_contain_text(told)
        expect(page.get_by_role("button", name="Create the sweep")).to_be_disabled()
    editor.fill(GOOD.replace("  rate", "\trate"))
    page.get_by_role("button", name="Go to line 5").click()
    chosen = "(e) => e.value.slice(e.selectionStart, e.selectionEnd)"
    assert editor.evaluate(chosen) == "\trate: {min: 0.1, max: 1.0}"
