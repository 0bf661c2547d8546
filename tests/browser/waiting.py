"""Waiting for what Python is told of a page, where Playwright's ``expect`` cannot look."""

from collections.abc import Callable

from playwright.sync_api import Page

from tests.browser.conftest import PATIENCE


def wait_until(page: Page, happened: Callable[[], object]) -> None:
    """Let the page go on until ``happened`` says so."""
    for _ in range(PATIENCE // 20):
        if happened():
            return
        page.wait_for_timeout(20)
    raise AssertionError("nothing came")
