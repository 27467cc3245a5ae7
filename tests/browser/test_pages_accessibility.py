"""axe-core finds nothing serious on any page of a whole server, in light and dark."""

import pytest
from playwright.sync_api import Page, expect
from real_site import RealSite
from test_accessibility import serious

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_pages_have_no_serious_findings(signed_in: Page, real: RealSite, scheme: str) -> None:
    project = f"axe-{scheme}"
    sweep_id, runs = real.sweep_with_runs(project, 4)
    signed_in.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    base = f"{real.address}/ann/{project}"
    addresses = [
        real.address,
        base,
        f"{base}/sweeps/{sweep_id}",
        f"{base}/sweeps/new",
        f"{base}/runs/{runs[0]}",
        f"{base}/runs/{runs[0]}#console",
        f"{base}/runs/{runs[0]}#files",
        f"{base}/runs/{runs[0]}#overview",
        f"{base}/compare?runs={runs[0]},{runs[1]}",
        f"{real.address}/-/account",
        f"{base}/artifacts",
    ]
    findings = []
    for address in addresses:
        signed_in.goto("about:blank")
        signed_in.goto(address)
        if signed_in.locator('[data-page="run"], [data-page="sweep"]').count():
            expect(signed_in.locator("[data-ready]")).to_have_count(1)
        findings += [f"{address}: {finding}" for finding in serious(signed_in)]
    assert findings == []
