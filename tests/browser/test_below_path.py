"""The pages below a path of a proxy that cuts the path off.

The proxy answers nothing outside its path, as a machine's other services would not.
"""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect
from real_site import RealSite, RunningSite

# Collected here again, and run with the `real` below.
from test_custom_charts import (  # noqa: F401
    test_charts_and_media_of_a_run_are_drawn,
    test_vega_specs_are_drawn_in_a_sandbox,
)
from test_pages import (  # noqa: F401
    open_ready,
    test_keys_are_made_and_one_signs_out,
    test_running_runs_come_live,
    test_runs_are_compared_deleted_and_brought_back,
    test_sweep_is_created_from_a_page,
    test_unsigned_visitors_sign_in_and_land_where_they_wanted,
)

from tests.proxy import Proxy


@pytest.fixture(scope="module")
def proxy() -> Iterator[Proxy]:
    """Passes on what is below /tools/sweepd."""
    with Proxy("/tools/sweepd", cuts_path=True) as running:
        yield running


@pytest.fixture(scope="module")
def real(proxy: Proxy, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealSite]:
    """A server that knows the address people use."""
    running = RunningSite(tmp_path_factory.mktemp("below"), public_url=proxy.url)
    proxy.behind = [running.port]
    yield running.site
    running.stop()
    assert set(proxy.refused) <= {"/favicon.ico"}, proxy.refused


def test_links_cookie_and_commands_stay_below_the_path(
    signed_in: Page, real: RealSite, proxy: Proxy
) -> None:
    sweep_id, _ = real.sweep_with_runs("below", 2)
    open_ready(signed_in, f"{real.address}/ann/below/sweeps/{sweep_id}")
    [cookie] = signed_in.context.cookies()
    assert cookie.get("path") == "/tools/sweepd"
    signed_in.get_by_role("button", name="Start an agent").click()
    expect(signed_in.get_by_text(f"sweepd login {proxy.url}", exact=True)).to_be_visible()
    seen: set[str] = set()
    waiting = [real.address]
    while waiting:
        page = waiting.pop()
        answer = signed_in.goto(page)
        assert answer is not None and answer.status == 200, page
        links = signed_in.eval_on_selector_all("a[href]", "all => all.map(a => a.href)")
        found = {link.partition("#")[0] for link in links} - seen
        assert all(link.startswith(real.address) for link in found), found
        seen |= found
        waiting += [link for link in found if "/below" in link or "/-/" in link]
    assert len(seen) > 8, seen
