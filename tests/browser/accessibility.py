"""What would be in somebody's way on a page: axe's complaints, and what the window cuts off.

complaints      what axe finds, but for what is Gradio's own
sticking_out    what reaches beyond the window's right edge
"""

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

# What axe finds in Gradio's own markup, which we cannot mend: (rule, where). Never ours.
GRADIOS_OWN = {("image-redundant-alt", 'img[alt="Settings"]')}  # the footer


def complaints(page: Page) -> set[tuple[str, str]]:
    """(rule, where) of all that axe finds in the page as it is now, in our own markup."""
    found = {
        (violation["id"], node["target"][0])
        for violation in Axe().run(page).response["violations"]
        for node in violation["nodes"]
    }
    return found - GRADIOS_OWN


def sticking_out(page: Page, elements: str, besides: str = "", slack: float = 0) -> list[str]:
    """The classes of what is drawn beyond the window's right edge.

    Args:
        page: as it is now.
        elements: a selector of what to look at.
        besides: a selector of what may be wider than it is shown, with all in it.
        slack: so many pixels do not count; fractions come from rounding.
    """
    return page.evaluate(
        """([elements, besides, slack]) => [...document.querySelectorAll(elements)]
            .filter((one) => !(besides && one.closest(besides)) && one.getClientRects().length
                && one.getBoundingClientRect().right > innerWidth + slack)
            .map((one) => one.className)""",
        [elements, besides, slack],
    )
