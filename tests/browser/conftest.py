"""One app and one Chromium for all browser tests; every page is watched while it is used.

A test that gets a page fails if the page logs an error, throws, or asks any host but ours.
A missing Chromium is an error too: nothing here is skipped.
"""

import os
import shutil
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests import serving
from tests.browser import five_tabs

CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium") or "/usr/bin/chromium"
SWITCHES = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--use-fake-device-for-media-stream",  # a camera that shows a moving pattern
    "--use-fake-ui-for-media-stream",
]

# How far things were pushed about, in the browser's own measure (CLS): all of it, and what did
# not follow a key or a click at once. Gradio's own curtain, which says "Loading" before there is a
# page, moves by itself and hides nothing of ours: up to .016, at every start.
WATCH_SHIFTS = """
window.shifts = { all: 0, unasked: 0, what: [] };
const isCurtain = ({ node }) => node?.matches?.(".wrap.default.full, .wrap.default.full *");
new PerformanceObserver((list) => {
  for (const one of list.getEntries()) {
    if (one.sources.length && one.sources.every(isCurtain)) continue;
    shifts.all += one.value;
    if (!one.hadRecentInput) shifts.unasked += one.value;
    for (const { node } of one.sources) shifts.what.push(node?.className || node?.nodeName);
  }
}).observe({ type: "layout-shift", buffered: true });
"""

PATIENCE = 60_000  # ms; nothing here measures speed
expect.set_options(timeout=PATIENCE)


@pytest.fixture(scope="session")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[serving.Served]:
    """The app; it may not have reached for the network by the time the tests are over."""
    with serving.app(tmp_path_factory.mktemp("app")) as app:
        yield app
        assert app.refused_hosts == []
        assert "Traceback" not in app.log.read_text(), app.log.read_text()


@pytest.fixture(scope="session")
def five(tmp_path_factory: pytest.TempPathFactory) -> Iterator[serving.Served]:
    """The app with all five tabs, the Bedrooms on stand-ins."""
    with five_tabs.served(tmp_path_factory.mktemp("five")) as app:
        yield app


@pytest.fixture(scope="session")
def restoration_alone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[serving.Served]:
    """The Restoration tab alone, with the shipped networks."""
    with serving.app(tmp_path_factory.mktemp("alone"), "-m", "lesson7.ui.restoration") as app:
        yield app
        assert app.refused_hosts == []
        assert "Traceback" not in app.log.read_text(), app.log.read_text()


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=SWITCHES)
        yield chromium
        chromium.close()


@pytest.fixture
def open_page(served: serving.Served, browser: Browser) -> Iterator[Callable[..., Page]]:
    """Open the app: ``open_page(path="/?__theme=dark", width=320, height=800, **context)``."""
    contexts, complaints, hosts = [], [], set()

    def complain(text: str) -> None:
        if "status of 503" not in text:  # a test's own: the queue is full
            complaints.append(text)

    def opened(path: str = "/?__theme=light", width: int = 1280, height: int = 860, **options):
        options = {"reduced_motion": "reduce", **options}
        context = browser.new_context(viewport={"width": width, "height": height}, **options)
        contexts.append(context)
        context.add_init_script(WATCH_SHIFTS)
        page = context.new_page()
        page.set_default_timeout(PATIENCE)
        page.on("console", lambda said: said.type == "error" and complain(said.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on(
            "request", lambda sent: hosts.add(sent.url.split("/")[2] if "//" in sent.url else "")
        )
        page.goto(served.url + path)
        page.wait_for_selector(".is-ready:visible")
        return page

    yield opened
    for context in contexts:
        context.close()
    assert complaints == []
    assert hosts - {""} == {served.url.removeprefix("http://")}  # "" is of data: and blob:


@pytest.fixture
def page(open_page: Callable[..., Page]) -> Page:
    """The app in a window of usual size, light, without animations."""
    return open_page()
