"""What a notebook's kernel puts out is put into pages as renderers do: it shows ours where the
operator said so, else a few words and the way there; who frames a page learns nothing from it."""

import os
from collections.abc import Callable, Iterator

import pytest
import renderers
from contexts import close
from playwright.sync_api import Browser, FrameLocator, Page, expect
from real_site import KEY, RealSite, RunningSite
from renderers import OPAQUE, WEBVIEW, Renderers

from tests import kernel

JUPYTER, SWEEPD = "jupyter.lab.localhost", "sweepd.lab.localhost"  # two hosts of one site
EDITOR, INNER = "editor.desk.localhost", "inner.view.localhost"  # of sites of their own
CELLS = {  # by what is called in a cell
    "run.to_html": "IPython.display.HTML(run.to_html())",
    "run.display": "api.run('framed/framed').display(height=500)",
    "sweep.to_html": "IPython.display.HTML(api.sweep(SWEEP).to_html())",
    "%wandb RUN": "%wandb ann/framed/runs/framed",
    "%wandb SWEEP": "%wandb {SWEEP}",
}
SWEEP_TITLE, RUN_TITLE = "sweep of framed", "a run to frame"
Framing = tuple[RealSite, dict[str, str]]


def title_of(called: str) -> str:
    """What stands on the page that is shown."""
    return SWEEP_TITLE if "sweep" in called.lower() else RUN_TITLE


@pytest.fixture(scope="module")
def notebook() -> Iterator[Renderers]:
    """Pages on another port of this machine."""
    with renderers.serving() as found:
        yield found


@pytest.fixture(scope="module")
def framing(notebook: Renderers, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Framing]:
    """A server whose operator named the notebook's page, and what a kernel put out."""
    folder = tmp_path_factory.mktemp("framing")
    origins = f"{notebook.address}, {named(notebook.address, JUPYTER)}"
    running = RunningSite(folder / "data", frame_origins=origins)
    site = running.site
    sweep_id, _ = site.sweep_with_runs("framed", 3)
    kept = {name: value for name, value in os.environ.items() if not name.startswith("WANDB_")}
    client = {"WANDB_BASE_URL": site.address, "WANDB_API_KEY": KEY, "HOME": str(folder)}
    quiet = {"WANDB_ERROR_REPORTING": "false", "PYTHONWARNINGS": "ignore"}
    with kernel.started(folder, kept | client | quiet) as cells:
        cells.run(
            "import IPython.display, wandb\n"
            "run = wandb.init(project='framed', id='framed', name='a run to frame')\n"
            f"run.log({{'loss': 0.25}}); SWEEP = 'ann/framed/sweeps/{sweep_id}'"
        )
        frames = {"run.to_html": cells.run(CELLS["run.to_html"]).html[-1]}
        cells.run("run.finish(); api = wandb.Api()")
        for called in CELLS:
            frames.setdefault(called, cells.run(CELLS[called]).html[-1])
    yield site, frames
    running.stop()


def named(address: str, host: str) -> str:
    """An address of this machine under another name: Chromium looks such names up nowhere."""
    return address.replace("127.0.0.1", host)


def sign_in(page: Page, site: RealSite, host: str = "127.0.0.1") -> None:
    token = site.services.sessions.create_link("ann")
    page.goto(f"{named(site.address, host)}/authorize?token={token}")


READ = """() => {
    const frame = document.querySelector("iframe");
    const tries = [
        () => frame.contentWindow.document.cookie,
        () => frame.contentWindow.location.href,
        () => frame.contentWindow.localStorage.length,
    ];
    const open = tries.map(read => { try { return String(read()); } catch { return ""; } });
    let cookie = "";
    try { cookie = document.cookie; } catch { /* an origin like no other has none */ }
    return {open, cookie, inner: frame.contentDocument === null};
}"""
NOTHING = {"open": ["", "", ""], "cookie": "", "inner": True}


def listen(page: Page) -> list[str]:
    """What is sent to the page around a frame, as it comes."""
    told: list[str] = []
    page.expose_function("told", lambda text: told.append(text))
    page.add_init_script("addEventListener('message', e => told(JSON.stringify(e.data)))")
    return told


@pytest.mark.parametrize("called", CELLS)
def test_a_page_is_shown_and_tells_nothing(
    new_page: Callable[..., Page], notebook: Renderers, framing: Framing, called: str
) -> None:
    site, frames = framing
    html = notebook.html = frames[called]
    assert KEY not in html and "token" not in html
    page = new_page()
    sign_in(page, site)
    told = listen(page)
    page.goto(f"{notebook.address}/{called.split()[0].lstrip('%')}")
    expect(page.frame_locator("iframe").get_by_text(title_of(called)).first).to_be_visible()
    assert page.evaluate(READ) == NOTHING
    assert told == [] and not any(KEY in address for address in notebook.asked)


def test_the_server_of_the_page_around_gets_no_cookie_on_a_host_of_its_own(
    new_page: Callable[..., Page], notebook: Renderers, framing: Framing
) -> None:
    site, frames = framing
    notebook.html = named(frames["run.display"], SWEEPD)
    notebook.asked.clear()
    page = new_page()
    sign_in(page, site, SWEEPD)
    page.goto(f"{named(notebook.address, JUPYTER)}/own-host")
    expect(page.frame_locator("iframe").get_by_text("a run to frame").first).to_be_visible()
    assert notebook.asked and all(said.endswith(" ") for said in notebook.asked), notebook.asked


def expect_the_way_there(frame: FrameLocator, why: str, address: str) -> None:
    """A frame that says why it shows no page, and where that is; nothing of the page itself."""
    expect(frame.get_by_text("opens in a tab of its own")).to_be_visible()
    expect(frame.get_by_text(why)).to_be_visible()
    expect(frame.get_by_text(address, exact=True)).to_be_visible()
    assert frame.locator("script, form, input, meta[name=csrf]").count() == 0


def follow(frame: FrameLocator, page: Page) -> Page:
    """The tab that a frame's link opens."""
    with page.context.expect_page() as opened:
        frame.get_by_role("link", name="Open it").click()
    assert opened.value.evaluate("window.opener") is None
    return opened.value


def source_of(html: str) -> str:
    """The address of the page in a frame."""
    return html.partition("<iframe src='")[2].partition("?jupyter=true")[0]


@pytest.mark.parametrize("sandbox", [WEBVIEW, OPAQUE])
def test_an_editors_renderer_leads_to_the_page(
    new_page: Callable[..., Page], notebook: Renderers, framing: Framing, sandbox: str
) -> None:
    """Its webview is of another site, so no session comes into the frame."""
    site, frames = framing
    html = notebook.html = frames["%wandb SWEEP"]
    notebook.asked.clear()
    page = new_page()
    sign_in(page, site)
    told = listen(page)
    inner = f"{named(notebook.address, INNER)}/webview"
    page.goto(f"{named(notebook.address, EDITOR)}/editor?sandbox={sandbox}&webview={inner}")
    frame = page.frame_locator("#webview").frame_locator("iframe")
    expect_the_way_there(frame, "a browser sends no session into such a frame", source_of(html))
    webview = next(frame for frame in page.frames if frame.url == inner)
    assert webview.evaluate(READ) == NOTHING and page.evaluate(READ) == NOTHING
    assert told == [] and all(said.endswith(" ") for said in notebook.asked), notebook.asked
    assert not any(KEY in said for said in notebook.asked)
    if "allow-popups" in sandbox:
        expect(follow(frame, page).get_by_text(SWEEP_TITLE).first).to_be_visible()


def test_whoever_is_not_signed_in_is_led_to_the_form(
    new_page: Callable[..., Page], notebook: Renderers, framing: Framing
) -> None:
    """Which is in no frame."""
    html = notebook.html = framing[1]["run.display"]
    page = new_page()
    page.goto(f"{notebook.address}/stranger")
    frame = page.frame_locator("iframe")
    expect_the_way_there(frame, "You are not signed in here", source_of(html))
    tab = follow(frame, page)
    tab.get_by_label("API key").fill(KEY)
    tab.get_by_role("button", name="Sign in").click()
    expect(tab.get_by_text(RUN_TITLE).first).to_be_visible()
    page.reload()  # now the frame shows it
    expect(page.frame_locator("iframe").get_by_text(RUN_TITLE).first).to_be_visible()


def test_a_notebook_that_nobody_named_is_told_so(
    new_page: Callable[..., Page], notebook: Renderers, real: RealSite
) -> None:
    _, runs = real.sweep_with_runs("unframed", 2)
    address = f"{real.address}/ann/unframed/runs/{runs[0]}"
    notebook.html = f"<iframe src='{address}?jupyter=true'></iframe>"
    page = new_page()
    sign_in(page, real)
    page.goto(f"{notebook.address}/unnamed")
    frame = page.frame_locator("iframe")
    expect_the_way_there(frame, f"naming {notebook.address} in SWEEPD_FRAME_ORIGINS", address)
    expect(follow(frame, page)).to_have_url(address)


@pytest.mark.parametrize("policy", ["no-referrer", "origin"])
def test_a_page_that_hides_where_it_is_shows_nothing(
    browser: Browser, notebook: Renderers, framing: Framing, policy: str
) -> None:
    """The browser holds to who was named, whatever the server could tell."""
    site, frames = framing
    source = source_of(frames["run.display"])
    notebook.html = f"<iframe referrerpolicy='{policy}' src='{source}'></iframe>"
    context = browser.new_context()
    page = context.new_page()
    sign_in(page, site, "127.0.0.1")
    asked = page.goto(named(notebook.address, "localhost"))
    assert asked is not None
    page.wait_for_load_state()
    frame = page.frames[1]
    assert RUN_TITLE not in frame.content()
    close(context)
