"""How pages of tests behave: they wait for their scripts, and what holds them can be closed."""

import contextlib

from playwright.sync_api import BrowserContext, Error, Page


def wait_for_scripts(page: Page) -> None:
    """Let presses, words and expectations wait until the script of whatever page came is ready.

    A page reached by a link, or that comes anew by itself, is seen before its script hears.
    """
    unready = page.locator("[data-page]:not([data-ready])").first
    page.add_locator_handler(unready, lambda _: None)  # Playwright waits until it is gone


def close(context: BrowserContext) -> None:
    """Close what holds pages: one whose worker is just beginning may never close."""
    for page in context.pages:
        with contextlib.suppress(Error):
            page.goto("about:blank")
    context.close()
