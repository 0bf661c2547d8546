"""The app is killed in the middle of work, or asked to stop: the page goes on when it is back."""

import contextlib
import signal
import threading
import time
from http.client import HTTPException
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests import serving

COMMAND = ("-m", "tests.hostile.faulty")
EXAMPLES = serving.ROOT / "lesson7/ui/assets/mnist/examples"
SEVEN = serving.image((EXAMPLES / "7-0075.png").read_bytes())


@pytest.mark.slow  # starts the app twice
def test_the_page_goes_on_after_the_app_was_killed_and_a_stop_waits_for_no_work(
    browser: Browser, tmp_path: Path
):
    fault = tmp_path / "fault"
    folders = [tmp_path / "first", tmp_path / "second"]
    for folder in folders:
        folder.mkdir()
    port = serving.free_port()
    context = browser.new_context(reduced_motion="reduce")
    page = context.new_page()
    page.set_default_timeout(60_000)
    with serving.app(folders[0], *COMMAND, port=port, FAULT=str(fault)) as first:
        page.goto(first.url)
        page.wait_for_selector(".is-ready:visible")
        page.get_by_role("button", name="Example: a 7").click()
        expect(page.locator(".answer-digit")).to_have_text("7")
        page.evaluate("document.querySelector('.answer-digit').dataset.before = 'the kill'")
        fault.write_text("slow")
        page.get_by_role("button", name="Example: a 3").click()
        page.wait_for_timeout(300)  # it is at work now
        first.process.send_signal(signal.SIGKILL)
        first.process.wait(10)
    fault.write_text("")
    with serving.app(folders[1], *COMMAND, port=port, FAULT=str(fault)) as second:
        # Gradio finds that the app is back, and draws the page anew: what is clicked before is lost
        page.wait_for_selector(".answer-digit:not([data-before])")
        page.wait_for_selector(".is-ready:visible")
        page.get_by_role("button", name="Example: a 8").click()
        expect(page.locator(".answer-digit")).to_have_text("8")
        context.close()

        fault.write_text("slow")
        asked = threading.Thread(target=_ask, args=(second.url,), daemon=True)
        asked.start()
        time.sleep(1)
        assert asked.is_alive(), "it was to be at work now"
        start = time.monotonic()
        second.process.terminate()
        second.process.wait(30)
        assert time.monotonic() - start < 5
        asked.join(30)


def _ask(url: str) -> None:
    """A question that takes some seconds, whose answer nobody gets."""
    with contextlib.suppress(OSError, HTTPException, IndexError, ValueError):  # cut off
        serving.call(url, "classify", SEVEN, "best")
