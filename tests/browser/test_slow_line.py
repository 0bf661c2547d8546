"""Every question is answered over a line that takes a second for a megabyte."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests import serving
from tests.browser.restoring import choose
from tests.browser.slow_line import slowed

PATIENCE = 30_000  # ms; a question that nobody listens for is given up after three minutes


@pytest.fixture
def page(usual: BrowserContext, restoration_alone: serving.Served) -> Iterator[Page]:
    """The Restoration tab, far away."""
    with slowed(restoration_alone.url, 1_000_000) as url:
        page = usual.new_page()
        page.goto(url)
        expect(page.locator(".restoration.is-ready")).to_be_visible()
        yield page
        page.close()


def test_one_question_after_another_is_answered(page: Page):
    page.locator(".rs-lab summary").click()
    page.locator(".rs-inside summary").click()
    for name in ("Blur", "Sensor noise"):
        score = page.locator(".rs-bad .rs-score b").text_content() or ""
        page.get_by_role("switch", name=name).check()
        expect(page.locator(".rs-bad .rs-score b")).not_to_have_text(score, timeout=PATIENCE)
    expect(page.locator(".rs-inside")).not_to_contain_text("Looking…", timeout=PATIENCE)
    page.set_default_timeout(PATIENCE)
    choose(page)
