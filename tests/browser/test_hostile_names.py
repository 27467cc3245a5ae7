"""Names and values that try to be something else are shown as the text they are."""

import json

import pytest
from fixture_app import Site
from playwright.sync_api import Page, expect
from plots import counts, label, open_plot, rows
from real_site import RealSite
from synthetic import by_hand, listed, number
from test_artifact_page import log_artifact

from sweepd.services.artifacts.artifacts import ArtifactChange
from sweepd.services.runs.runs import RunChange
from sweepd.services.runs.taking_in import Lines, StreamPost

HOSTILE = [
    "<script>window.broken=1</script>",
    '"><img src=x onerror="window.broken=1">',
    "\u202egnp.exe \u05e9\u05dc\u05d5\u05dd",
    "🦊🔥 émoji 漢字",
    "x" * 10_000,
    "javascript:alert(1)//%00/../../etc/passwd",
    "{{ 7*7 }} ${7*7} </textarea></title>",
]


@pytest.mark.parametrize("name", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_names_are_text_everywhere(page: Page, site: Site, name: str) -> None:
    document = by_hand(
        [{name: k, "choice": name} for k in range(3)],
        [0.1, 0.2, 0.3],
        [number(name, 0, 2), listed("choice", [name, "other"])],
        name=name,
        creator=name,
        yaml=name,
        state_reason=name,
        warnings=[{"message": name, "at": "2026-01-01T00:00:00Z"}],
        metric={"name": name + "-metric", "goal": "maximize", "target": None},
    )
    for run in document["runs"]:
        run |= {"name": name, "agent": name, "stop_reason": name, "summary": {name + "-s": 1}}
    open_plot(page, site.add("hostile", document) + "#colour=config.choice")
    expect(counts(page)).to_have_text("3 runs")
    expect(rows(page)).to_have_count(3)
    expect(page.get_by_role("heading", level=1)).to_contain_text(name[:20].strip())
    expect(label(page, "choice")).to_be_visible()
    assert page.evaluate("window.broken") is None
    assert page.locator("main script, main img[src=x]").count() == 0
    width = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
    assert width <= 0, f"the page is {width} px wider than the window"


def test_policy_forbids_inline_script(page: Page, site: Site) -> None:
    open_plot(page, site.add("policy", by_hand([{"x": 1}], [1], [number("x", 0, 2)])))
    blocked = page.evaluate(
        """() => new Promise((done) => {
          document.addEventListener("securitypolicyviolation", (e) => done(e.violatedDirective));
          const script = document.createElement("script");
          script.textContent = "window.broken = 1";
          document.body.append(script);
          setTimeout(() => done("nothing blocked"), 3000);
        })"""
    )
    assert blocked.startswith("script-src")
    assert page.evaluate("window.broken") is None


def test_hostile_names_are_text_on_every_other_page(signed_in: Page, real: RealSite) -> None:
    base = f"{real.address}/ann/hostile"
    for k, name in enumerate(HOSTILE):
        config = {name[:300]: {"value": name}, "lr": {"value": k}}
        change = RunChange(
            display_name=name,
            notes=name,
            tags=[name[:60]],
            config=json.dumps(config),
            host=name,
            group_name=name,
            program=name,
        )
        run, _ = real.services.runs.upsert(real.caller, "ann", "hostile", f"h{k}", change)
        post = StreamPost(
            history=Lines(0, [json.dumps({"_step": 0, name[:300]: 1.0})]),
            console=[Lines(0, [f"2026-11-22T10:00:00.000 {name}"])],
            summary=json.dumps({name[:300]: name}),
            is_complete=True,
            exitcode=0,
        )
        real.services.history.append(real.caller, "ann", "hostile", run.run_id, post)
    files = {f"{'x' * 200}/<b>.txt": b"1"}
    run = real.services.runs.get(real.caller, "ann", "hostile", "h0")
    made = log_artifact(real, run, "model", files, metadata={n[:200]: n for n in HOSTILE})
    real.services.artifacts.update(real.caller, made.pk, ArtifactChange(description=HOSTILE[1]))
    ids = ",".join(f"h{k}" for k in range(len(HOSTILE)))
    pages = [
        "",
        "/runs",
        "/reports",
        f"/compare?runs={ids}",
        "/artifacts",
        "/artifacts/model/model/v0",
    ]
    for k in range(len(HOSTILE)):
        pages += [f"/runs/h{k}#overview", f"/runs/h{k}#console"]
    for path in pages:
        signed_in.goto("about:blank")
        signed_in.goto(base + path)
        if signed_in.locator("[data-page]").count():
            expect(signed_in.locator("[data-ready]")).to_have_count(1)
        assert signed_in.evaluate("window.broken") is None, path
        assert signed_in.locator("main script, main img[src=x]").count() == 0, path
        width = signed_in.evaluate("document.documentElement.scrollWidth - window.innerWidth")
        assert width <= 0, f"{path} is {width} px wider than the window"
    signed_in.goto(f"{base}/runs")
    expect(rows(signed_in).filter(has_text=HOSTILE[0])).to_have_count(1)
