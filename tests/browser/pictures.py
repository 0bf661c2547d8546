"""Pictures of every tab, to be looked at: three widths, two themes, four states.

Usage:

    python -m tests.browser.pictures FOLDER [--tab digits] [--width 390] [--theme dark]
        [--state error] [--lang zh]

Each option may be given several times; without it, all are taken (of languages: English).
Files are named ``restoration-390-dark-busy.png``. Put FOLDER where it is not committed, as
``runs/pictures``. What is busy is held there: the question to the server is not let through.
"""

import argparse
import itertools
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Page, Route, sync_playwright

from tests import serving
from tests.bedrooms import stand_ins
from tests.browser import five_tabs
from tests.browser.conftest import CHROMIUM, SWITCHES

WIDTHS = (390, 820, 1440)
THEMES = ("light", "dark")
STATES = ("empty", "busy", "done", "error")

# Each tab: what is pressed to have it work, how it is seen that it is busy, done, in error.
_Tab = tuple[str, str, str, str]
TABS: dict[str, _Tab] = {
    "digits": (
        ".pad-examples button",
        ".digits",
        ".network-says:not(:empty)",
        ".digits[data-state=none]",
    ),
    "restoration": (
        ".rs-examples button",
        "[data-state=working]",
        ".restoration[data-state=done]",
        ".rs-toast:not([hidden])",
    ),
    "bedrooms": (
        ".br-go",
        ".bedrooms[data-state=busy]",
        ".bedrooms[data-state=drawn]",
        ".br-error:not(:empty)",
    ),
    "human-numbers": (
        ".hn-go",
        ".counting.is-busy",
        ".counting[data-state=right]:not(.is-busy)",
        ".hn-error:not(:empty)",
    ),
    "lesson": (".ls-open", ".lesson", ".lc-plot svg", ".lesson"),
}


def take(page: Page, url: str, tab: str, state: str, path: Path) -> None:
    """One tab in one state, from its top to its bottom."""
    go, busy, done, error = TABS[tab]
    held: list[Route] = []
    if state in ("busy", "error"):
        page.route("**/gradio_api/queue/join*", lambda route: held.append(route))
    page.goto(url)
    page.wait_for_selector(f"#tab-{tab} .is-ready")
    if state != "empty":
        page.locator(go).first.click()
    if state in ("busy", "error") and tab != "lesson":
        while not held:
            page.wait_for_timeout(50)
        if state == "error":
            held.pop().fulfill(status=503, content_type="application/json", body="{}")
    wanted = {"empty": f"#tab-{tab}", "busy": busy, "done": done, "error": error}[state]
    page.locator(wanted).first.wait_for(timeout=120_000)
    page.wait_for_timeout(400)
    page.screenshot(path=path, full_page=True)


@contextmanager
def five_tabs_with_stand_ins() -> Iterator[serving.Served]:
    """The app with all its tabs, on weights that are made for it and removed afterwards."""
    with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryDirectory() as bedrooms:
        stand_ins.ship(Path(bedrooms))
        with five_tabs.served(Path(folder), Path(bedrooms)) as app:
            yield app


def main() -> None:
    """Take what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--tab", action="append", choices=list(TABS))
    parser.add_argument("--width", action="append", type=int)
    parser.add_argument("--theme", action="append", choices=THEMES)
    parser.add_argument("--state", action="append", choices=STATES)
    parser.add_argument("--lang", action="append", choices=["en", "zh"])
    asked = parser.parse_args()
    asked.folder.mkdir(parents=True, exist_ok=True)
    with (
        five_tabs_with_stand_ins() as app,
        sync_playwright() as playwright,
    ):
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=SWITCHES)
        for width in asked.width or WIDTHS:
            context = chromium.new_context(
                viewport={"width": width, "height": 900}, reduced_motion="reduce"
            )
            for theme, tab, state, lang in itertools.product(
                asked.theme or THEMES,
                asked.tab or TABS,
                asked.state or STATES,
                asked.lang or ["en"],
            ):
                page = context.new_page()
                address = f"{app.url}/?__theme={theme}&lang={lang}&tab={tab}"
                name = f"{tab}-{width}-{theme}-{state}{'' if lang == 'en' else '-' + lang}.png"
                take(page, address, tab, state, asked.folder / name)
                page.close()
            context.close()
        chromium.close()


if __name__ == "__main__":
    main()
