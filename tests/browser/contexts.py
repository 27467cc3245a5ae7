"""How pages of tests behave: when their scripts hear, and how what holds them is closed."""

import contextlib

from playwright.sync_api import BrowserContext, Error, Page, expect


def ready(page: Page) -> None:
    """Wait until the script of the page that has come hears.

    One reached by a link, or that comes anew by itself, is seen before.
    """
    expect(page.locator("[data-page]:not([data-ready])")).to_have_count(0)


def close(context: BrowserContext) -> None:
    """Close what holds pages: one whose worker is just beginning may never close."""
    for page in context.pages:
        with contextlib.suppress(Error):
            page.goto("about:blank")
    context.close()
