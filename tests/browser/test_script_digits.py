"""What the Digits tab's script makes of answers that come late, twice or never, and of odd hands.

No server runs: see ``staged``.
"""

import base64
import io
from collections.abc import Callable

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from lesson7.ui import mnist
from tests.browser.drawing import ONE, SEVEN, draw
from tests.browser.staged import QUEUED, Stage, png

SEVEN_SURE = {
    "digit": 7, "message": "", "notice": "", "probabilities": [0.0] * 7 + [1.0, 0.0, 0.0],
    "seen": base64.b64encode(bytes(784)).decode(),
}  # fmt: skip


@pytest.fixture
def digits(stage: Callable[..., Stage]) -> Stage:
    return stage(mnist.build, "digits")


def read_a_seven(digits: Stage) -> int:
    """A seven is drawn and read; the number of the question after the reading."""
    draw(digits.page, SEVEN)
    for n in range(1, 50):  # of a stroke that is under way, and of the whole
        one = digits.wait_for(n, "reading")
        digits.answer(one["id"], **SEVEN_SURE)
        if digits.asked("comparison"):
            return digits.asked("comparison")[-1]["id"]
    raise AssertionError("nothing was compared")


def test_news_of_a_place_in_line_after_the_answer_is_old(digits: Stage):
    number = read_a_seven(digits)
    digits.answer(number, compared={})
    digits.answer(number, wait=QUEUED)
    expect(digits.page.locator(".answer-digit")).to_have_text("7")
    expect(digits.page.locator(".answer-else")).not_to_contain_text("queue")
    before = len(digits.asked("reading"))
    draw(digits.page, ONE)
    digits.wait_for(before + 1, "reading")


def test_a_comparison_that_waits_or_is_refused_leaves_the_answer_and_is_asked_once_more(
    digits: Stage,
):
    number = read_a_seven(digits)
    digits.answer(number, wait=QUEUED)
    expect(digits.page.locator(".answer-else")).not_to_contain_text("queue")
    digits.answer(number, error="The app is busy.")
    again = digits.wait_for(2, "comparison")
    digits.answer(again["id"], error="The app is busy.")
    expect(digits.page.locator(".answer-digit")).to_have_text("7")
    expect(digits.page.locator(".answer-sure")).to_have_text("> 99.9 % sure")
    assert len(digits.asked("comparison")) == 2


def test_what_is_drawn_after_a_lost_question_is_read(digits: Stage):
    page = digits.page
    draw(page, ONE)
    digits.wait_for(1, "reading")
    page.locator(".pad-clear").click()
    draw(page, SEVEN)
    assert len(digits.asked()) == 1
    page.evaluate("document.querySelector('#stage').dispatchEvent(new Event('digits-failed'))")
    digits.wait_for(2, "reading")


def pointer(page: Page, what: str, kind: str, number: int, x: float, y: float) -> None:
    page.evaluate(
        """([what, pointerType, pointerId, x, y]) => {
          const pad = document.querySelector(".pad-canvas"), box = pad.getBoundingClientRect();
          pad.setPointerCapture = () => {};
          pad.dispatchEvent(new PointerEvent(what, { pointerType, pointerId, isPrimary: true,
            button: 0, bubbles: true, cancelable: true,
            clientX: box.left + x * box.width, clientY: box.top + y * box.height }));
        }""",
        [what, kind, number, x, y],
    )


def inked(page: Page) -> tuple[float, float]:
    """How far the ink reaches across and down, as shares of the pad."""
    page.evaluate("() => new Promise((done) => requestAnimationFrame(() => setTimeout(done)))")
    seen = page.locator(".pad-canvas").evaluate(
        """(c) => {
          const ink = c.getContext("2d").getImageData(0, 0, c.width, c.height).data;
          const at = [...Array(c.width * c.height).keys()].filter((i) => ink[4 * i + 3] > 0);
          return [at.map((i) => i % c.width), at.map((i) => Math.floor(i / c.width))]
            .map((all) => all.length ? (Math.max(...all) - Math.min(...all)) / c.width : 0);
        }"""
    )
    return seen[0], seen[1]


@pytest.mark.parametrize("first", ["pen", "palm"])
def test_a_palm_beside_the_pen_draws_nothing_and_ends_nothing(digits: Stage, first: str):
    page = digits.page
    steps = [("pointerdown", "pen", 1, 0.2, 0.2), ("pointerdown", "touch", 2, 0.8, 0.9)]
    for step in steps if first == "pen" else reversed(steps):
        pointer(page, *step)
    pointer(page, "pointermove", "pen", 1, 0.2, 0.5)
    pointer(page, "pointerup", "touch", 2, 0.8, 0.9)
    pointer(page, "pointermove", "pen", 1, 0.2, 0.7)
    pointer(page, "pointerup", "pen", 1, 0.2, 0.7)
    across, down = inked(page)
    assert across < 0.2
    assert 0.5 < down < 0.7


def test_of_two_files_the_later_one_is_read(digits: Stage):
    page = digits.page
    page.evaluate(
        """() => {
          const real = createImageBitmap;
          window.waiting = [];
          window.createImageBitmap = async (file) => {
            await new Promise((go) => waiting.push(go));
            return real(file);
          };
        }"""
    )
    for number, grey in enumerate((0, 200), 1):
        flat = Image.new("RGB", (300, 300), (grey, grey, grey))
        file = {"name": f"{grey}.png", "mimeType": "image/png", "buffer": png(flat)}
        page.set_input_files(".pad-file", file)
        page.wait_for_function("(n) => waiting.length === n", arg=number)
    page.evaluate("waiting[0]()")
    page.wait_for_timeout(300)
    assert not digits.asked("reading")
    page.evaluate("waiting[1]()")
    question = digits.wait_for(1, "reading")
    with Image.open(io.BytesIO(base64.b64decode(question["image"].split(",")[1]))) as sent:
        assert sent.convert("L").getpixel((150, 150)) == 200


def test_a_file_that_is_read_slowly_does_not_land_on_a_drawing(digits: Stage):
    page = digits.page
    page.evaluate(
        """() => {
          const real = createImageBitmap;
          window.createImageBitmap = async (file) => {
            await new Promise((go) => (window.go = go));
            return real(file);
          };
        }"""
    )
    black = np.zeros((300, 300, 3), np.uint8)
    slow = {"name": "slow.png", "mimeType": "image/png", "buffer": png(Image.fromarray(black))}
    page.set_input_files(".pad-file", slow)
    page.wait_for_function("Boolean(window.go)")
    draw(page, ONE)
    page.evaluate("() => { go(); return new Promise((done) => setTimeout(done, 300)); }")
    assert inked(page)[0] < 0.2
