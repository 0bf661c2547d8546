"""One app and one Chromium for all browser tests; every page is watched while it is used.

A test that gets a page fails if the page logs an error, throws, or asks any host but ours. One
that refuses questions itself, with a 503, is marked ``refuses``: only there are they forgiven.
A missing Chromium is an error too: nothing here is skipped.
"""

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import gradio as gr
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from tests import serving
from tests.browser import five_tabs
from tests.browser.staged import Stage

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
CALM = {"reduced_motion": "reduce"}


def pytest_configure(config: pytest.Config) -> None:
    """Name the mark of these tests."""
    config.addinivalue_line("markers", "refuses: answers questions of its page with a 503 itself")


@pytest.fixture(scope="session")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[serving.Served]:
    """The app; it may not have reached for the network by the time the tests are over."""
    with serving.app(tmp_path_factory.mktemp("app")) as app:
        yield app
        assert app.refused_hosts == []
        assert "Traceback" not in app.log.read_text(), app.log.read_text()


@pytest.fixture(scope="session")
def five(
    tmp_path_factory: pytest.TempPathFactory, stand_in_bedrooms: Path
) -> Iterator[serving.Served]:
    """The app with all five tabs, the Bedrooms on stand-ins."""
    with five_tabs.served(tmp_path_factory.mktemp("five"), stand_in_bedrooms) as app:
        yield app


@pytest.fixture(scope="session")
def restoration_alone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[serving.Served]:
    """The Restoration tab alone, with the shipped networks."""
    with serving.app(tmp_path_factory.mktemp("alone"), "-m", "lesson7.ui.restoration") as app:
        yield app
        assert app.refused_hosts == []
        assert "Traceback" not in app.log.read_text(), app.log.read_text()


@pytest.fixture(scope="session")
def bedrooms_alone(
    tmp_path_factory: pytest.TempPathFactory, stand_in_bedrooms: Path
) -> Iterator[serving.Served]:
    """The Bedrooms tab alone, with small random networks: what is drawn are clouds of colour."""
    command, folder = ("-m", "lesson7.ui.bedrooms"), tmp_path_factory.mktemp("bedrooms")
    with serving.app(folder, *command, LESSON7_WEIGHTS=str(stand_in_bedrooms)) as app:
        yield app
        assert app.refused_hosts == []
        assert "Traceback" not in app.log.read_text(), app.log.read_text()


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=SWITCHES)
        yield chromium
        chromium.close()


@pytest.fixture(scope="session")
def usual(browser: Browser) -> Iterator[BrowserContext]:
    """Where most pages are opened: Gradio's scripts are fetched and compiled once for all."""
    context = browser.new_context(**CALM)
    context.add_init_script(WATCH_SHIFTS)
    yield context
    context.close()


def without_memories(page: Page, url: str) -> Page:
    """A blank page that will find nothing of what others left for the app at ``url``."""
    devtools = page.context.new_cdp_session(page)
    devtools.send("Storage.clearDataForOrigin", {"origin": url, "storageTypes": "all"})
    devtools.detach()
    page.context.clear_cookies()
    return page


@pytest.fixture
def open_page(
    served: serving.Served, browser: Browser, usual: BrowserContext, request: pytest.FixtureRequest
) -> Iterator[Callable[..., Page]]:
    """Open the app: ``open_page(path="/?__theme=dark", width=320, height=800, **context)``.

    No page knows of another, nor of an earlier test's: nothing is remembered. With options the
    page has a context of its own, and ``first_visit=True`` gives it one without: there its
    scripts come late, as for somebody who was never here.
    """
    contexts, complaints, refused, hosts = [], [], [], set()
    refuses = request.node.get_closest_marker("refuses") is not None

    def complain(text: str) -> None:
        its_own = refuses and "status of 503" in text
        (refused if its_own else complaints).append(text)

    def opened(
        path: str = "/?__theme=light",
        width: int = 1280,
        height: int = 860,
        *,
        first_visit: bool = False,
        **options,
    ):
        size = {"width": width, "height": height}
        if options or first_visit:
            context = browser.new_context(viewport=size, **{**CALM, **options})
            contexts.append(context)
            context.add_init_script(WATCH_SHIFTS)
            page = context.new_page()
        else:
            page = without_memories(usual.new_page(), served.url)
            page.set_viewport_size(size)
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
    for page in usual.pages:
        page.close()
    assert complaints == []
    assert refused or not refuses, "this test is marked as one that refuses, and refused nothing"
    assert hosts - {""} == {served.url.removeprefix("http://")}  # "" is of data: and blob:


@pytest.fixture
def page(open_page: Callable[..., Page]) -> Page:
    """The app in a window of usual size, light, without animations."""
    return open_page()


@pytest.fixture
def stage(browser: Browser) -> Iterator[Callable[..., Stage]]:
    """Put a tab's page and script on without a server: ``stage(build, name, packed=True)``."""
    stages: list[Stage] = []

    def put_on(build: Callable[[], gr.Blocks], name: str, *, packed: bool = True) -> Stage:
        stages.append(Stage(browser, build(), name, packed=packed))
        return stages[-1]

    yield put_on
    for one in stages:
        one.context.close()
