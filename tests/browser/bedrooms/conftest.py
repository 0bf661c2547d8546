"""The Bedrooms tab alone, as the tests beside this file find it."""

import pytest
from playwright.sync_api import Page

from tests import serving
from tests.browser.bedding import drawn


@pytest.fixture
def served(bedrooms_alone: serving.Served) -> serving.Served:
    return bedrooms_alone


@pytest.fixture
def tab(page: Page) -> Page:
    """The tab with its first sixteen rooms."""
    return drawn(page)
