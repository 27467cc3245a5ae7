"""The commands of an empty project name it and work as they are pasted, with the real client."""

import os
import subprocess
import sys
from pathlib import Path

from contexts import ready
from playwright.sync_api import Page, expect
from plots import rows
from real_site import KEY, RealSite


def paste(command: str, home: Path) -> str:
    """Run a command in a shell of somebody who has the client and has signed in to nothing."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith("WANDB_")}
    environment = kept | {
        "HOME": str(home),
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "WANDB_ERROR_REPORTING": "false",
    }
    done = subprocess.run(
        ["bash", "-c", command], cwd=home, env=environment, capture_output=True, timeout=240
    )
    text = (done.stdout + done.stderr).decode(errors="replace")
    assert done.returncode == 0, text[-3000:]
    return text


def test_the_first_commands_work_as_pasted(signed_in: Page, real: RealSite, tmp_path: Path) -> None:
    project = "it's first"
    real.services.projects.ensure(real.caller, "ann", project, None)
    page = signed_in
    address = f"{real.address}/ann/it's%20first"
    page.goto(address)
    expect(page.get_by_text("Nothing here yet")).to_be_visible()
    login = page.get_by_label("Sign in").inner_text()
    run = page.get_by_label("Log a run").inner_text()
    sweep = page.get_by_label("Search").inner_text()
    assert login.startswith(f"wandb login --host {real.address} ")
    paste(login.replace("•" * 8, KEY), tmp_path)
    paste(run, tmp_path)
    expect(rows(page)).to_have_count(1)
    expect(page.get_by_text("Nothing here yet")).to_be_hidden()
    assert "wandb agent" in paste(sweep, tmp_path)
    page.goto(f"{address}/sweeps")
    page.get_by_role("region", name="Sweeps").get_by_role("link").click()
    page.wait_for_url("**/sweeps/*")
    ready(page)
    page.get_by_role("button", name="Start an agent").click()
    lines = page.get_by_role("dialog", name="Start an agent").locator("code").all_inner_texts()
    agent = next(line for line in lines if line.startswith("wandb agent"))
    paste(agent.replace("wandb agent", "wandb agent --count 1"), tmp_path)
    found = real.services.projects.get(real.caller, "ann", project)
    runs = real.services.runs.list_all(found)
    assert [str(run.state) for run in runs] == ["finished", "finished"]
    assert runs[1].sweep_id
