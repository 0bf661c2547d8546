"""What the tabs' scripts make of answers that come late, twice or never, and of odd hands.

No server runs: see ``staged``.
"""

import base64
import io
import json
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Browser, Page, expect

from lesson7.ui import bedrooms, human_numbers, mnist, restoration
from tests.browser.drawing import ONE, SEVEN, draw
from tests.browser.restoring import upload
from tests.browser.staged import Stage

TABS = {
    "digits": mnist.build,
    "human-numbers": human_numbers.build,
    "bedrooms": bedrooms.build,
    "restoration": restoration.build,
}
QUEUED = "You are number 2 in the queue."


@pytest.fixture
def stage(browser: Browser) -> Iterator[Callable[[str], Stage]]:
    stages = []

    def put_on(name: str) -> Stage:
        stages.append(Stage(browser, TABS[name](), name, packed=name != "restoration"))
        return stages[-1]

    yield put_on
    for one in stages:
        one.context.close()


def png(picture: Image.Image) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, "PNG")
    return buffer.getvalue()


# ------------------------------------------------------------------------------------ digits

SEVEN_SURE = {
    "digit": 7, "message": "", "notice": "", "probabilities": [0.0] * 7 + [1.0, 0.0, 0.0],
    "seen": base64.b64encode(bytes(784)).decode(),
}  # fmt: skip


@pytest.fixture
def digits(stage: Callable[[str], Stage]) -> Stage:
    return stage("digits")


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


# ------------------------------------------------------------------------------ human numbers


@pytest.fixture
def numbers(stage: Callable[[str], Stage]) -> Stage:
    return stage("human-numbers")


def replies(question: dict[str, Any]) -> list[dict[str, Any]]:
    """What the server says to it, all but its number."""
    event = SimpleNamespace(_data=question)
    every = [json.loads(reply) for reply in human_numbers.answer(event) if reply]
    return [{key: value for key, value in one.items() if key != "id"} for one in every]


def count(numbers: Stage, text: str = "one, two,") -> dict[str, Any]:
    """Type a text and have it counted on from; the question."""
    numbers.page.locator("#hn-text").fill(text)
    numbers.page.locator("#hn-text").press("Enter")
    return numbers.wait_for(len(numbers.asked("ask")) or 1, "ask")


def finish(numbers: Stage, question: dict[str, Any]) -> None:
    for reply in replies(question):
        numbers.answer(question["id"], **reply)
    expect(numbers.page.locator(".hn-stop")).to_be_disabled()


def test_an_answer_that_is_said_twice_is_taken_once(numbers: Stage):
    """While its words still stream in, as Gradio says the last value again at the end."""
    question = count(numbers)
    every = replies(question)
    reply = {**every[0], "words": [word for one in every for word in one["words"]], "done": True}
    first, rest = reply["words"][:5], reply["words"][5:]
    last = {**reply, "from": 5, "words": rest}
    numbers.page.evaluate(
        "(all) => all.forEach((one) => answer(JSON.stringify(one)))",
        [{"id": question["id"], **one}
         for one in ({**reply, "words": first, "done": False}, last, last, {"wait": QUEUED})],
    )  # fmt: skip
    expect(numbers.page.locator(".hn-text .hn-word:not(.is-given)")).to_have_count(
        len(reply["words"])
    )
    expect(numbers.page.locator(".hn-stop")).to_be_disabled()
    expect(numbers.page.locator("#hn-error, .hn-error")).to_have_text("")
    expect(numbers.page.locator(".hn-more")).not_to_contain_text("queue")
    assert len(numbers.asked("ask")) == 1


def test_what_failed_may_have_been_the_question_before(numbers: Stage):
    """A failure has no number; the newer question has two seconds to be heard of."""
    count(numbers, "one, two,")
    numbers.page.locator("#hn-text").fill("five, six,")
    numbers.page.locator("#hn-text").press("Enter")
    question = numbers.wait_for(2, "ask")
    stage = "document.querySelector('#stage')"
    numbers.page.evaluate(f"{stage}.dispatchEvent(new Event('counting-failed'))")
    finish(numbers, question)
    expect(numbers.page.locator(".hn-error")).to_have_text("")
    count(numbers, "seven,")
    numbers.page.evaluate(f"{stage}.dispatchEvent(new Event('counting-failed'))")
    expect(numbers.page.locator(".hn-error")).to_contain_text("No answer came back")


def test_who_stepped_back_to_the_typed_words_may_take_another(numbers: Stage):
    page = numbers.page
    finish(numbers, count(numbers))
    added = page.locator(".hn-text .hn-word:not(.is-given)")
    while added.count():
        page.locator(".hn-back").click()
    page.locator(".hn-bar").nth(1).click()
    taken = numbers.wait_for(2, "ask")["text"]
    assert taken.startswith("one, two, ")
    expect(page.locator(".hn-word.is-yours")).to_have_text(taken.removeprefix("one, two, "))


def test_the_keys_stay_on_step_while_it_works_and_press_nothing(numbers: Stage):
    page = numbers.page
    finish(numbers, count(numbers))
    step = page.locator(".hn-step")
    step.focus()
    step.press("Enter")
    question = numbers.wait_for(2, "ask")
    expect(step).to_be_disabled()
    expect(step).to_be_focused()
    page.keyboard.press("Enter")
    finish(numbers, question)
    expect(step).to_be_enabled()
    expect(step).to_be_focused()
    assert len(numbers.asked("ask")) == 2


def test_the_ladder_forgets_the_queue_once_it_is_there(numbers: Stage):
    numbers.page.locator(".hn-ladder summary").click()
    question = numbers.wait_for(1, "compare")
    numbers.answer(question["id"], wait=QUEUED)
    expect(numbers.page.locator(".hn-ladder-empty")).to_have_text(QUEUED)
    ladder = [{"model": "model0", "given": ["one", ","], "words": [], "broken": None}]
    numbers.answer(question["id"], ladder=ladder, vocabulary=[])
    numbers.answer(question["id"], wait="You are next.")
    expect(numbers.page.locator(".hn-ladder-empty")).to_contain_text("After “one,”")


# ----------------------------------------------------------------------------------- bedrooms


PIXEL = "data:image/gif;base64,R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7"


def test_enter_in_the_seeds_field_asks_for_its_rooms_once(stage: Callable[[str], Stage]):
    bedrooms = stage("bedrooms")
    drawn = {"rooms": [PIXEL] * 16, "directions": [], "notice": ""}
    bedrooms.answer(bedrooms.wait_for(1, "rooms")["id"], **drawn)
    for n, seed in ((2, "8"), (3, "8")):  # who asks for the same again may have them again
        bedrooms.page.locator("#br-seed").fill(seed)
        bedrooms.page.locator("#br-seed").press("Enter")
        question = bedrooms.wait_for(n, "rooms")
        assert question["room"]["seed"] == 8
        bedrooms.answer(question["id"], **drawn)
        assert len(bedrooms.asked("rooms")) == n


def test_of_the_queue_nothing_is_said_once_a_walk_is_there(stage: Callable[[str], Stage]):
    bedrooms = stage("bedrooms")
    page = bedrooms.page
    first = bedrooms.wait_for(1, "rooms")
    bedrooms.answer(first["id"], rooms=[PIXEL] * 16, directions=[], notice="")
    for place in (0, 1):
        page.locator(".br-room").nth(place).click()
    page.locator(".br-walk").click()
    walk = bedrooms.wait_for(1, "walk")
    bedrooms.answer(walk["id"], wait=QUEUED)
    expect(page.locator(".br-said")).to_have_text(QUEUED)
    film = {"film": [PIXEL], "frames": 2, "columns": 2, "size": 1, "fps": 12}
    bedrooms.answer(walk["id"], **film)
    expect(page.locator(".br-said")).not_to_contain_text("queue")


# -------------------------------------------------------------------------------- restoration

GREY = Image.new("RGB", (900, 700), (120, 130, 140))


@pytest.fixture
def photograph(stage: Callable[[str], Stage]) -> Stage:
    """The Restoration tab with a photograph that is being restored."""
    tab = stage("restoration")
    upload(tab.page, GREY, "grey.png")
    tab.wait_for(1, "ask")
    return tab


def done(photograph: Stage) -> None:
    result = {"url": "data:image/png;base64," + base64.b64encode(png(GREY)).decode()}
    number = photograph.asked("ask")[-1]["id"]
    photograph.answer(number, done=True, result=result, size=[900, 700], colourless=False)


def test_news_of_the_queue_leaves_the_bar_where_the_last_tile_left_it(photograph: Stage):
    bar, number = photograph.page.locator(".rs-bar"), photograph.asked("ask")[0]["id"]
    photograph.answer(number, done=False, fraction=0.5, words="Tile 2 of 4")
    photograph.answer(number, wait=QUEUED)
    expect(photograph.page.locator(".rs-doing")).to_have_text(QUEUED)
    expect(bar).to_have_attribute("aria-valuenow", "50")


def test_the_tiles_are_of_where_the_square_is(photograph: Stage):
    """It was moved to and fro before the tiles of the place between came."""
    page = photograph.page
    done(photograph)
    page.locator(".rs-side summary").click()
    first = photograph.wait_for(1, "crops")
    crops = {"input": "data:,", "pixel": "data:,first"}
    photograph.answer(first["id"], crops=crops)
    square, tile = page.locator(".rs-crop"), page.locator(".rs-tile[data-recipe=pixel] img")
    square.press("ArrowRight")
    between = photograph.wait_for(2, "crops")
    square.press("ArrowLeft")
    photograph.answer(between["id"], crops={"input": "data:,", "pixel": "data:,between"})
    expect(tile).to_have_attribute("src", "data:,first")
    expect(page.locator(".rs-tiles")).to_have_attribute("aria-busy", "false")


def test_a_camera_that_was_asked_for_twice_is_closed_once_and_for_all(
    stage: Callable[[str], Stage],
):
    page = stage("restoration").page
    page.evaluate(
        """() => {
          window.streams = [];
          const real = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
          navigator.mediaDevices.getUserMedia = async (wanted) => {
            const stream = await real(wanted);
            streams.push(stream);
            return stream;
          };
        }"""
    )
    page.locator(".rs-photo").evaluate("(button) => { button.click(); button.click(); }")
    page.wait_for_function("streams.length === 2")
    page.locator(".rs-close").click()
    live = "streams.flatMap((one) => one.getTracks()).filter((one) => one.readyState === 'live')"
    page.wait_for_function(f"{live}.length === 0")
