"""The security policy holds on every tab, in a window of its own and framed by another site.

On a Space the page stands in a frame of huggingface.co. Here ``localhost`` frames
``127.0.0.1``: for a browser these are two sites.
"""

import re
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from playwright.sync_api import Browser, Frame, Page, expect

from tests import serving

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


def test_a_framed_page_keeps_the_policy_and_works(
    served: serving.Served, browser: Browser, host: str
):
    violations: list[str] = []
    complaints: list[str] = []
    context = browser.new_context(viewport={"width": 1280, "height": 860}, reduced_motion="reduce")
    page = context.new_page()
    page.set_default_timeout(60_000)
    page.expose_function("violated", lambda what: violations.append(what))
    page.add_init_script(WATCH)
    page.on("console", lambda said: said.type == "error" and complaints.append(said.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(host)
    frame = page.wait_for_selector("iframe").content_frame()
    assert frame is not None
    frame.wait_for_selector(".is-ready:visible")
    assert frame.url.startswith(served.url)
    use_every_tab(frame)
    assert violations == []
    assert [said for said in complaints if "favicon" not in said] == []
    frame.evaluate("fetch('https://example.org/').catch(() => null)")  # and the policy is there
    page.wait_for_timeout(300)
    assert any("connect-src" in one for one in violations)
    context.close()
