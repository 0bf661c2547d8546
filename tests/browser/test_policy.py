"""The security policy holds on every tab, in a window of its own and framed by another site.

On a Space the page stands in a frame of huggingface.co. Here ``localhost`` frames
``127.0.0.1``: for a browser these are two sites.
"""

import re
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from playwright.sync_api import Browser, BrowserContext, Frame, Page, Route, expect

from tests import serving
from tests.browser.waiting import wait_until

SPACE = "someone-lesson7.hf.space"

# How huggingface.co frames a Space, as far as it matters here.
FRAME = f"""<!doctype html>
<iframe src="https://{SPACE}/?__theme=dark&__sign=pass" width="1200" height="800"
    sandbox="allow-downloads allow-forms allow-modals allow-popups allow-same-origin allow-scripts"
    allow="clipboard-read; clipboard-write"></iframe>"""

WATCH = """
document.addEventListener("securitypolicyviolation", (event) =>
    violated(`${event.violatedDirective} of ${event.blockedURI} by ${event.sourceFile}`));
"""


@pytest.fixture
def host(served: serving.Served) -> Iterator[str]:
    """Another site, which shows nothing but the app in a frame, as a Space does."""
    frame = f'<iframe src="{served.url}/?__theme=light" allow="camera; clipboard-write" '
    body = f'<!doctype html><title>Host</title>{frame}width="1200" height="800"></iframe>'.encode()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(body if self.path == "/" else b"")

        def log_message(self, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    yield f"http://localhost:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()


def use_every_tab(page: Page | Frame) -> None:
    """Have each tab shown, and the first one answer."""
    page.get_by_role("button", name="Example: a 7").click()
    expect(page.locator(".answer-digit")).to_have_text("7")
    names = page.get_by_role("tab").all_text_contents()
    assert len(names) >= 4
    for name in names:
        page.get_by_role("tab", name=re.compile(f"^{re.escape(name.strip())}$")).click()
        expect(page.locator(".is-ready:visible").first).to_be_visible()


def test_a_page_of_its_own_keeps_the_policy(open_page: Callable[..., Page]):
    violations: list[str] = []
    page = open_page()
    page.expose_function("violated", lambda what: violations.append(what))
    page.add_init_script(WATCH)
    page.reload()
    page.wait_for_selector(".is-ready:visible")
    use_every_tab(page)
    assert violations == []


def watched(context: BrowserContext) -> tuple[Page, list[str], list[str]]:
    """A new page, what it does against the policy, and what it complains of, as it goes on."""
    violations: list[str] = []
    complaints: list[str] = []
    page = context.new_page()
    page.set_default_timeout(60_000)
    page.expose_function("violated", lambda what: violations.append(what))
    page.add_init_script(WATCH)
    page.on("console", lambda said: said.type == "error" and complaints.append(said.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    return page, violations, complaints


def test_a_framed_page_keeps_the_policy_and_works(
    served: serving.Served, browser: Browser, host: str
):
    context = browser.new_context(viewport={"width": 1280, "height": 860}, reduced_motion="reduce")
    page, violations, complaints = watched(context)
    page.goto(host)
    frame = page.wait_for_selector("iframe").content_frame()
    assert frame is not None
    frame.wait_for_selector(".is-ready:visible")
    assert frame.url.startswith(served.url)
    use_every_tab(frame)
    assert violations == []
    assert [said for said in complaints if "favicon" not in said] == []
    frame.evaluate("fetch('https://example.org/').catch(() => null)")  # and the policy is there
    wait_until(page, lambda: any("connect-src" in one for one in violations))
    context.close()


def test_on_a_space_the_page_works_and_a_link_to_it_is_no_pass(
    served: serving.Served, browser: Browser
):
    """Over HTTPS under the Space's own name, framed by huggingface.co, behind its proxy.

    Nothing leaves this machine: what the browser asks for is carried to the app, with what the
    proxy adds.
    """
    context = browser.new_context(
        viewport={"width": 1280, "height": 860}, reduced_motion="reduce",
        permissions=["clipboard-read", "clipboard-write"],
    )  # fmt: skip
    added = {"host": SPACE, "x-forwarded-host": SPACE, "x-forwarded-proto": "https"}

    def proxy(route: Route) -> None:
        sent = route.request
        if "/heartbeat/" not in sent.url:  # which is open as long as the page is
            there = sent.url.replace(f"https://{SPACE}", served.url)
            got = route.fetch(url=there, headers={**sent.all_headers(), **added}, timeout=60_000)
            route.fulfill(response=got)

    def host(route: Route) -> None:
        route.fulfill(status=200, content_type="text/html", body=FRAME)

    context.route(f"https://{SPACE}/**", proxy)
    context.route("https://huggingface.co/**", host)
    page, violations, complaints = watched(context)
    page.goto("https://huggingface.co/spaces/someone/lesson7")
    frame = page.frame_locator("iframe")
    expect(frame.locator("body.dark .is-ready:visible")).to_be_visible()
    frame.get_by_role("button", name="Example: a 7").click()
    expect(frame.locator(".answer-digit")).to_have_text("7")
    frame.get_by_role("button", name="Copy the link to this view").click()
    expect(frame.locator(".l7-copied")).to_have_text("The link is copied.")
    link = page.frames[1].evaluate("navigator.clipboard.readText()")
    assert link == f"https://{SPACE}/?__theme=dark"
    frame.get_by_role("tab", name="Restoration").click()
    frame.locator(".rs-examples button").first.click()
    expect(frame.locator(".rs-download")).to_be_enabled()
    with page.expect_download() as downloading:  # its content does not come by way of the proxy
        frame.locator(".rs-download").click()
    address = downloading.value.url
    assert address.startswith(f"https://{SPACE}/gradio_api/file=")
    assert downloading.value.suggested_filename.endswith(".png")
    status, _, picture = serving.request(address.replace(f"https://{SPACE}", served.url))
    assert (status, picture[:4]) == (200, b"\x89PNG")
    ours = [one for one in violations + complaints if "https://huggingface.co/api" not in one]
    assert ours == []  # those may pass where SPACE_ID says that this is a Space
    context.close()
