"""One project with something of everything, and the address of every page and tab that shows it."""

import base64
import json
from collections.abc import AsyncIterator
from typing import Any

from playwright.sync_api import Page, expect
from real_site import RealSite
from test_artifact_page import in_thread, log_artifact, new_run
from test_reports import blocks

from sweepd.domain.automations import ActionType, EventType, IntegrationKind, ScopeType
from sweepd.services.automations.automations import AutomationChange
from sweepd.services.runs.runs import RunChange
from sweepd.services.runs.taking_in import Lines, StreamPost
from sweepd.services.workspaces.views import ViewChange

LONG = "a-name-as-scripts-make-them_with_lr_0.00012345_batch_256_optimizer_adamw_and_more"
FILES = {
    "config.yaml": b"lr: {value: 0.1}\n",
    "output.log": b"a line that goes on and on " * 20,
    "code/train/models/deeply/nested/model_definition.py": b"print('model')\n",
    "checkpoints/epoch_0001/weights_of_the_whole_network.safetensors": b"\0" * 4096,
    "media/table/test/confusion_matrix_table_290_00d1632107c35f71a7ea.table.json": b"{}",
    "table with spaces.csv": b"a,b\n1,2\n",
}


def put_files(real: RealSite, run: Any, files: dict[str, bytes]) -> None:
    """Files of a run, as its client uploads them."""

    async def chunks(body: bytes) -> AsyncIterator[bytes]:
        yield body

    for path, body in files.items():
        in_thread(
            lambda path=path, body=body: real.services.files.put_run_file(
                run.pk, path, chunks(body), "", 1 << 20
            )
        )


def build(real: RealSite, project: str) -> dict[str, str]:
    """Make the project; returns each page's address by a name for it."""
    sweep_id, runs = real.sweep_with_runs(project, 4)
    base = f"{real.address}/ann/{project}"
    run = real.services.runs.get(real.caller, "ann", project, runs[0])
    real.services.runs.change(
        real.caller,
        run.pk,
        RunChange(
            display_name=LONG,
            tags=("paper", "a-long-tag-of-a-run-that-somebody-gave-to-it"),
            notes="https://example.org/" + "long/" * 40,
        ),
    )
    put_files(real, run, FILES)
    events = [{"_timestamp": 1.79e9 + 15 * k, "system.cpu": 10.0 + k} for k in range(4)]
    lines = [f"2026-11-22T10:01:00.000 {'word ' * 80}{'x' * 300}"]
    post = StreamPost(
        events=Lines(0, [json.dumps(row) for row in events]), console=[Lines(50, lines)]
    )
    real.services.history.append(real.caller, "ann", project, run.run_id, post)
    place = real.services.automations.add_integration(
        real.caller, "ann", IntegrationKind.CHAT, f"{project}-{LONG}", "http://127.0.0.1:9/" + LONG
    )
    change = AutomationChange(
        name=LONG,
        description="word " * 60,
        scope=(ScopeType.PROJECT, run.project_pk),
        event=EventType.RUN_ALERT,
        action=(ActionType.NOTIFICATION, place.pk, {}),
    )
    real.services.automations.create(real.caller, change)
    real.services.notices.alert(run, "Loss went up", "It is " + "very " * 60 + "high", "WARN", 0)
    for k in range(3):
        log_artifact(
            real,
            run,
            f"{project}-{LONG}"[:100],
            {"weights.bin": bytes([k]) * 100, f"notes/{LONG}-{k}.txt": b"text"},
            metadata={"accuracy": 0.9 + k / 100, "layers": {"conv": k, LONG: 1}},
        )
    new_run(real, project, "alone")
    report = _add_report(real, project)
    _delete_some(real, project)
    real.services.projects.ensure(real.caller, "ann", f"{project}-empty", None)
    version = f"{base}/artifacts/model/{project}-{LONG}"[: len(f"{base}/artifacts/model/") + 100]
    pages = {
        "projects": real.address,
        "entity": f"{real.address}/ann",
        "workspace": base,
        "project": f"{base}/runs",
        "sweeps": f"{base}/sweeps",
        "empty project": f"{base}-empty",
        "sweep": f"{base}/sweeps/{sweep_id}",
        "new sweep": f"{base}/sweeps/new",
        "compare": f"{base}/compare?runs={','.join(runs)}",
        "account": f"{real.address}/-/account",
        "reports": f"{base}/reports",
        "report": report,
        "registries": f"{real.address}/{real.services.registries.organization().name}",
        "workspace of its own": f"{base}/workspace",
        "automations": f"{base}/automations",
        "artifacts": f"{base}/artifacts",
        "artifact": f"{version}/v2",
        "no artifacts": f"{base}-empty/artifacts",
        "not found": f"{real.address}/ann/none/runs/none",
    }
    for tab in ("charts", "overview", "console", "system", "files", "artifacts", "alerts"):
        pages[f"run {tab}"] = f"{base}/runs/{run.run_id}#{tab}"
    return pages


def _add_report(real: RealSite, project: str) -> str:
    """A report with a block of every kind; its address."""
    spec = {"version": 5, "blocks": blocks(project), "width": "fixed"}
    change = ViewChange("runs", None, f"A report {LONG}", "of all runs", json.dumps(spec))
    made, _ = real.services.views.save(real.caller, "ann", project, change)
    node = base64.b64encode(f"View:{made.pk}".encode()).decode().rstrip("=")
    return f"{real.address}/ann/{project}/reports/A-report--{node}"


def _delete_some(real: RealSite, project: str) -> None:
    """A run, a sweep and a project that can be brought back."""
    run = new_run(real, project, f"gone-{LONG}"[:60])
    real.services.runs.delete(real.caller, run.pk)
    sweep = real.services.sweeps.get(
        real.caller, "ann", project, real.new_sweep(project, name=LONG)
    )
    real.services.sweeps.delete(real.caller, sweep.pk)
    other, _ = real.services.projects.ensure(real.caller, "ann", f"{project}-{LONG}"[:100], None)
    real.services.projects.delete(real.caller, other.pk)


def visit(page: Page, address: str) -> None:
    """Open a page anew and wait until its scripts are done."""
    page.goto("about:blank")
    page.goto(address)
    if page.locator("main [data-page]").count():
        expect(page.locator("[data-ready]")).to_have_count(1)
