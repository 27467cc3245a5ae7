"""Charts of `wandb.plot`, media and files on the run page; Vega specs in their sandbox."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from real_site import RealSite
from test_pages import open_ready

from sweepd.services.runs.runs import RunChange
from sweepd.services.runs.taking_in import Lines, StreamPost
from sweepd.services.workspaces.views import ViewChange


def upload(real: RealSite, run: Any, path: str, body: bytes, mimetype: str) -> None:
    """Give a run a file, as its client would."""

    async def chunks() -> AsyncIterator[bytes]:
        yield body

    storing = real.services.files.put_run_file(run.pk, path, chunks(), mimetype, 1 << 20)
    with ThreadPoolExecutor(1) as thread:  # Playwright has an event loop running in this one
        thread.submit(asyncio.run, storing).result()


def chart(key: str, preset: str, fields: dict[str, str]) -> dict[str, Any]:
    """What the client writes into the config for one chart."""
    query = {"tableKey": f"{key}_table"}
    panel = {"panelDefId": preset, "fieldSettings": fields, "stringSettings": {"title": key}}
    return {"panel_type": "Vega2", "panel_config": {**panel, "userQuery": query}}


def run_with_charts(real: RealSite, project: str) -> Any:
    """A run that logged a confusion matrix, a curve, an image, a histogram and an HTML file."""
    visualize = {
        "matrix": chart(
            "matrix",
            "wandb/confusion_matrix/v1",
            {"Actual": "Actual", "Predicted": "Predicted", "nPredictions": "n"},
        ),
        "roc": chart(
            "roc", "wandb/area-under-curve/v0", {"x": "fpr", "y": "tpr", "class": "class"}
        ),
        "own": chart("own", "ann/own-chart", {}),
    }
    config = json.dumps({"_wandb": {"value": {"visualize": visualize}}})
    run, _ = real.services.runs.upsert(
        real.caller, "ann", project, None, RunChange(config=config, host="h", program="p")
    )
    tables = {
        "matrix": {
            "columns": ["Actual", "Predicted", "n"],
            "data": [["<b>cat</b>", "dog", 3], ["dog", "dog", 5]],
        },
        "roc": {"columns": ["fpr", "tpr", "class"], "data": [[0, 0, "a"], [1, 1, "a"]]},
    }
    summary = {}
    for key, table in tables.items():
        path = f"media/table/{key}_table.table.json"
        upload(real, run, path, json.dumps(table).encode(), "application/json")
        summary[f"{key}_table"] = {"_type": "table-file", "path": path}
    pixel = bytes.fromhex(
        "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c489"
        "0000000d49444154789c6360f8cf50070004050181ab0d5c6a0000000049454e44ae426082"
    )
    upload(real, run, "media/images/digit_0.png", pixel, "image/png")
    upload(real, run, "page.html", b"<script>top.broken = 1</script>", "text/html")
    upload(real, run, "notes/read me.txt", b"hello <script>", "text/plain")
    row = {
        "_step": 0,
        "loss": 1.0,
        "digit": {"_type": "image-file", "path": "media/images/digit_0.png", "width": 28},
        "weights": {"_type": "histogram", "values": [1, 2, 3], "bins": [0, 1, 2, 3]},
    }
    post = StreamPost(
        history=Lines(0, [json.dumps(row)]),
        summary=json.dumps(summary),
        is_complete=True,
        exitcode=0,
    )
    real.services.history.append(real.caller, "ann", project, run.run_id, post)
    return run


def test_charts_and_media_of_a_run_are_drawn(signed_in: Page, real: RealSite) -> None:
    run = run_with_charts(real, "charts")
    open_ready(signed_in, f"{real.address}/ann/charts/runs/{run.run_id}")
    matrix = signed_in.get_by_role("region", name="matrix", exact=True)
    expect(matrix.locator(".heatmaplayer")).to_have_count(1)
    expect(matrix).to_contain_text("predicted")
    roc = signed_in.get_by_role("region", name="roc", exact=True)
    expect(roc.locator(".scatterlayer .trace")).to_have_count(1)
    own = signed_in.get_by_role("region", name="own", exact=True)
    expect(own).to_contain_text("Not drawn")
    image = signed_in.get_by_role("img", name="logged image")
    expect(image).to_be_visible()
    image.scroll_into_view_if_needed()
    signed_in.wait_for_function("() => document.querySelector('.media img').naturalWidth === 1")
    histogram = signed_in.get_by_role("region", name="weights")
    expect(histogram.locator(".barlayer .point")).to_have_count(3)


def test_files_are_listed_shown_and_have_no_power(signed_in: Page, real: RealSite) -> None:
    run = run_with_charts(real, "files")
    open_ready(signed_in, f"{real.address}/ann/files/runs/{run.run_id}#files")
    signed_in.get_by_label("Find a file").fill("read me")
    signed_in.get_by_role("button", name="read me.txt").click()
    expect(signed_in.get_by_role("region", name="Preview")).to_contain_text("hello <script>")
    address = f"{real.address}/-/runs/ann/files/{run.run_id}/files/page.html"
    answer = signed_in.request.get(address)
    assert answer.headers["content-disposition"] == "attachment"
    assert "sandbox" in answer.headers["content-security-policy"]
    escaped = signed_in.request.get(address.replace("page.html", "..%2f..%2fsweepd.db"))
    assert escaped.status == 404


def with_vega(page: Page, real: RealSite) -> None:
    """The server has made its script, which takes a busy machine longer than a page waits."""
    pytest.importorskip("vl_convert")
    assert page.request.get(f"{real.address}/-/vendor/vega.js", timeout=120_000).ok


def test_vega_specs_are_drawn_in_a_sandbox(new_page: Callable[..., Page], real: RealSite) -> None:
    page = new_page()
    with_vega(page, real)
    page.goto(f"{real.address}/authorize")
    page.evaluate(
        """(address) => {
          const frame = document.createElement("iframe");
          frame.sandbox = "allow-scripts";
          frame.src = address;
          frame.title = "chart";
          frame.addEventListener("load", () => frame.contentWindow.postMessage({
            spec: { data: { name: "wandb" }, mark: "bar", encoding: {
              x: { field: "${field:x}", type: "nominal" },
              y: { field: "n", type: "quantitative" } } },
            rows: [{ a: "p", n: 1 }, { a: "q", n: 2 }], fields: { x: "a" }, strings: {} }, "*"));
          document.body.append(frame);
        }""",
        f"{real.address}/-/vega",
    )
    expect(page.frame_locator("iframe").locator("canvas, svg").first).to_be_visible()
    origin = page.frames[-1].evaluate("window.origin")
    assert origin == "null"


def test_a_chart_s_own_spec_is_found_by_its_name(signed_in: Page, real: RealSite) -> None:
    """`create_custom_chart` keeps a Vega spec; `wandb.plot_table` names it."""
    with_vega(signed_in, real)
    spec = {
        "data": {"name": "wandb"},
        "mark": "bar",
        "encoding": {
            "x": {"field": "${field:x}", "type": "nominal"},
            "y": {"field": "n", "type": "quantitative"},
        },
    }
    notices = real.services.notices
    notices.save_chart(real.caller, "ann", "my-bars", "My bars", json.dumps(spec))
    visualize = {
        "bars": chart("bars", "ann/my-bars", {"x": "a"}),
        "lost": chart("lost", "ann/nothing", {"x": "a"}),
    }
    config = {"_wandb": {"value": {"visualize": visualize}}}
    change = RunChange(config=json.dumps(config))
    run = real.services.runs.upsert(real.caller, "ann", "own-spec", "own", change)[0]
    table = {"columns": ["a", "n"], "data": [["p", 1], ["q", 2]]}
    summary = {}
    for key in visualize:
        path = f"media/table/{key}.table.json"
        upload(real, run, path, json.dumps(table).encode(), "application/json")
        summary[f"{key}_table"] = {"_type": "table-file", "path": path}
    post = StreamPost(summary=json.dumps(summary), is_complete=True, exitcode=0)
    real.services.history.append(real.caller, "ann", "own-spec", run.run_id, post)
    open_ready(signed_in, f"{real.address}/ann/own-spec/runs/own")
    bars = signed_in.get_by_role("region", name="bars", exact=True)
    expect(bars.frame_locator("iframe").locator("canvas, svg").first).to_be_visible()
    lost = signed_in.get_by_role("region", name="lost", exact=True)
    expect(lost).to_contain_text("No drawing is known for ann/nothing")


def saved(page: Page, name: str, kind: str) -> bytes:
    """What the menu of a panel saves."""
    page.get_by_role("button", name=f"Menu of {name}", exact=True).click()
    with page.expect_download() as download:
        page.get_by_role("button", name=kind, exact=True).click()
    return download.value.path().read_bytes()


def test_a_picture_from_a_frame_holds_nothing_that_runs(signed_in: Page, real: RealSite) -> None:
    """What draws there is a stranger's spec: the frame's answer is taken for shapes and words."""
    signed_in.goto(f"{real.address}/ann")
    module = f"{real.address}/-/static/workspace/picture.js"
    text = signed_in.evaluate(
        """async (module) => {
          const { shapesOf } = await import(module);
          return shapesOf(`<svg xmlns="http://www.w3.org/2000/svg" onrun="window.ran = 1">
            <script>window.ran = 2</script><foreignObject><p xmlns="http://www.w3.org/1999/xhtml">x</p></foreignObject>
            <a href="https://elsewhere.example"><path d="M0 0" onpress="x()"/></a>
            <image href="https://elsewhere.example/a.png"/><image href="data:image/png;base64,AA"/>
            <text>kept</text></svg>`);
        }""",
        module,
    )
    for bad in ("script", "onrun", "onpress", "foreignObject", "elsewhere", "<a"):
        assert bad not in text, bad
    for good in ("<path", "data:image/png", "kept"):
        assert good in text, good


def test_a_frame_that_gives_no_picture_is_not_waited_for_without_end(
    signed_in: Page, real: RealSite
) -> None:
    signed_in.clock.install()
    signed_in.goto(f"{real.address}/ann")
    signed_in.evaluate(
        """async (module) => {
          const { saveSvg } = await import(module);
          const body = document.body.appendChild(document.createElement("div"));
          body.innerHTML = '<iframe class="vega-frame" srcdoc="silent"></iframe>';
          window.said = "";
          saveSvg({ kind: {}, body, element: body }, "chart")
            .catch((error) => { window.said = error.message; });
        }""",
        f"{real.address}/-/static/workspace/picture.js",
    )
    signed_in.clock.run_for(19_000)
    assert signed_in.evaluate("window.said") == ""
    signed_in.clock.run_for(2_000)
    signed_in.wait_for_function("window.said.includes('did not answer within 20 seconds')")


def test_workspaces_and_views_draw_the_charts_and_media_of_their_runs(
    signed_in: Page, real: RealSite
) -> None:
    """By itself for what runs logged, and where a view of the client's names one."""
    with_vega(signed_in, real)
    spec = {"mark": "bar", "encoding": {"x": {"field": "${field:x}"}, "y": {"field": "tpr"}}}
    real.services.notices.save_chart(real.caller, "ann", "of-view", "Of view", json.dumps(spec))
    run_with_charts(real, "in-panels")
    query = {"name": "summaryTable", "args": [{"name": "tableKey", "value": "roc_table"}]}
    panels = [
        custom("ann/of-view", {"x": "fpr"}, query),
        custom("ann/lost", {"x": "fpr"}, query),
        {"viewType": "Media Browser", "config": {"mediaKeys": ["digit"]}},
        {"viewType": "Code Comparer", "config": {}},
    ]
    view = {
        "section": {
            "panelBankConfig": {"sections": [{"name": "theirs", "isOpen": True, "panels": panels}]},
            "runSets": [{}],
        }
    }
    change = ViewChange("project-view", "nw-charts-v", "charts", "", json.dumps(view))
    real.services.views.save(real.caller, "ann", "in-panels", change)
    signed_in.set_viewport_size({"width": 1400, "height": 2600})
    open_ready(signed_in, f"{real.address}/ann/in-panels?nw=charts")
    theirs = signed_in.locator('[data-section="theirs"]')
    own = theirs.get_by_role("region", name="ann/of-view", exact=True)
    expect(own.frame_locator("iframe").locator("canvas, svg").first).to_be_visible()
    drawing = saved(signed_in, "ann/of-view", "SVG").decode()
    assert drawing.startswith("<svg") and drawing.count("<path") > 2 and "fpr" in drawing
    assert saved(signed_in, "ann/of-view", "PNG").startswith(b"\x89PNG")
    lost = theirs.get_by_role("region", name="ann/lost", exact=True)
    expect(lost).to_contain_text("ann/lost is not drawn: no chart is kept under the name")
    expect(theirs.get_by_role("img", name="logged image")).to_be_visible()
    expect(theirs).to_contain_text("Code Comparer panels are kept in the view but not drawn here.")
    own_section = signed_in.locator('[data-section="Custom charts"]')
    roc = own_section.get_by_role("region", name="roc", exact=True)
    expect(roc.locator(".scatterlayer .trace")).to_have_count(1)
    expect(own_section.get_by_role("region", name="matrix").locator(".heatmaplayer")).to_have_count(
        1
    )


def test_a_chart_of_the_history_draws_the_rows_of_all_shown_runs(
    signed_in: Page, real: RealSite
) -> None:
    project, keys = "of-history", ["epoch/loss", "epoch/val_accuracy"]
    _, runs = real.sweep_with_runs(project, 3)
    query = {"name": "history", "args": [{"name": "keys", "value": keys}]}
    fields = {"x": keys[0], "y": keys[1]}
    missing = {"name": "history", "args": [{"name": "keys", "value": ["never"]}]}
    panels = [
        custom("wandb/line/v0", fields, query) | {"__id__": "a"},
        custom("wandb/scatter/v0", {"x": "never", "y": "never"}, missing) | {"__id__": "b"},
    ]
    view = {
        "section": {
            "panelBankConfig": {"sections": [{"name": "theirs", "isOpen": True, "panels": panels}]},
            "runSets": [{}],
        }
    }
    change = ViewChange("project-view", "nw-history-v", "charts", "", json.dumps(view))
    real.services.views.save(real.caller, "ann", project, change)
    signed_in.set_viewport_size({"width": 1400, "height": 1600})
    open_ready(signed_in, f"{real.address}/ann/{project}?nw=history")
    theirs = signed_in.locator('[data-section="theirs"]')
    drawn = theirs.locator(".ws-panel").nth(0)
    expect(drawn.locator(".scatterlayer .trace")).to_have_count(len(runs))
    expect(drawn).to_contain_text("3 of 3 shown runs")
    expect(theirs.locator(".ws-panel").nth(1)).to_contain_text(
        "wandb/scatter/v0 is not drawn: no shown run has logged what it draws"
    )


def custom(name: str, fields: dict[str, str], query: dict[str, Any]) -> dict[str, Any]:
    """A custom chart as `wandb-workspaces` writes it into a view."""
    whole = {"queryFields": [{"name": "runSets", "args": [], "fields": [{"name": "id"}, query]}]}
    config = {"panelDefId": name, "fieldSettings": fields, "stringSettings": {}, "userQuery": whole}
    return {"viewType": "Vega2", "config": config}
