"""The Restoration tab where something else is wanted before an answer is there, and by keys."""

import io
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Page, Request, Route, expect

from tests import serving
from tests.browser.restoring import expect_done, pixels, upload
from tests.browser.waiting import wait_until

RED, BLUE = (200, 40, 40), (40, 40, 200)

# The next calls of a method wait for `held.NAME.go()`.
HOLD = """([owner, name]) => {
    const on = owner.split(".").reduce((at, part) => at[part], window), real = on[name];
    window.held ??= {};
    const gate = (held[name] = { calls: 0 });
    const open = new Promise((go) => (gate.go = go));
    on[name] = async function (...given) {
        gate.calls += 1;
        await open;
        return real.apply(this, given);
    };
    gate.restore = () => (on[name] = real);
}"""


@pytest.fixture
def served(restoration_alone: serving.Served) -> serving.Served:
    return restoration_alone


def plain(colour: tuple[int, int, int], size: tuple[int, int] = (240, 200)) -> Image.Image:
    return Image.new("RGB", size, colour)


def hold(page: Page, owner: str, name: str) -> None:
    page.evaluate(HOLD, [owner, name])


def wait_held(page: Page, name: str) -> None:
    page.wait_for_function("(name) => held[name].calls > 0", arg=name)


def let_go(page: Page, name: str) -> None:
    """Let the held calls go on, and what follows from them happen."""
    page.evaluate("(name) => { held[name].restore(); held[name].go(); }", name)
    page.evaluate("() => new Promise((done) => setTimeout(done, 300))")


def hold_requests(page: Page, pattern: str, times: int | None = None) -> list[Route]:
    """Those that the page sends from now on, or the first ones of them."""
    held: list[Route] = []
    page.route(pattern, lambda route: held.append(route), times=times)
    return held


def wait_for(page: Page, held: list[Route]) -> Route:
    wait_until(page, lambda: held)
    return held.pop()


@contextmanager
def answered(page: Page) -> Iterator[None]:
    """Leave the block when all is answered that the page asks in it.

    Answers come by a stream, which lasts as long as any is awaited: what is asked after the
    block has one of its own.
    """
    begun: list[Request] = []
    ended: list[Request] = []

    def note(request: Request, where: list[Request]) -> None:
        if "queue/data" in request.url:
            where.append(request)

    listeners = {
        "request": lambda request: note(request, begun),
        "requestfinished": lambda request: note(request, ended),
        "requestfailed": lambda request: note(request, ended),
    }
    for event, listener in listeners.items():
        page.on(event, listener)
    yield
    wait_until(page, lambda: begun and len(begun) == len(ended))
    for event, listener in listeners.items():
        page.remove_listener(event, listener)


def let_answer(page: Page, held: Route) -> None:
    """Let an answer through, and the page make of it what it will."""
    ended: list[Request] = []

    def note(request: Request) -> None:
        if "queue/data" in request.url:
            ended.append(request)

    page.on("requestfinished", note)
    page.on("requestfailed", note)
    held.continue_()
    wait_until(page, lambda: ended)
    page.wait_for_timeout(300)


def expect_state(page: Page, name: str) -> None:
    expect(page.locator(".restoration")).to_have_attribute("data-state", name)


def state(page: Page) -> str | None:
    return page.locator(".restoration").get_attribute("data-state")


def colour(page: Page, image: str) -> np.ndarray:
    return pixels(page, image).reshape(-1, 3).mean(0)


# ------------------------------------------------------------------------- another picture


def test_a_late_answer_never_lands_on_the_next_picture(page: Page):
    """The first is a TIFF: its answer brings what the left side shows, too."""
    answers = hold_requests(page, "**/gradio_api/queue/data*", times=1)
    buffer = io.BytesIO()
    plain(RED).save(buffer, "TIFF")
    file = {"name": "first.tif", "mimeType": "image/tiff", "buffer": buffer.getvalue()}
    page.set_input_files(".rs-file", file)
    answer = wait_for(page, answers)
    uploads = hold_requests(page, "**/gradio_api/upload*")
    upload(page, plain(BLUE, (260, 220)), "second.png")
    sent = wait_for(page, uploads)
    let_answer(page, answer)
    assert state(page) == "working"
    expect(page.locator(".rs-download")).to_be_disabled()
    assert pixels(page, ".rs-before").shape == (220, 260, 3)
    sent.continue_()
    expect_done(page)
    for image in (".rs-before", ".rs-after"):
        assert np.abs(colour(page, image) - BLUE).max() < 25
    with page.expect_download() as download:
        page.locator(".rs-download").click()
    assert download.value.suggested_filename == "second-restored.png"


def test_a_picture_that_the_browser_cannot_show_takes_the_place_of_the_last_one(page: Page):
    upload(page, plain(RED), "first.png")
    expect_done(page)
    uploads = hold_requests(page, "**/gradio_api/upload*")
    buffer = io.BytesIO()
    plain(BLUE).save(buffer, "TIFF")
    file = {"name": "second.tif", "mimeType": "image/tiff", "buffer": buffer.getvalue()}
    page.set_input_files(".rs-file", file)
    sent = wait_for(page, uploads)
    assert pixels(page, ".rs-before").shape == (1, 1, 3)
    sent.continue_()
    expect_done(page)
    assert np.abs(colour(page, ".rs-before") - BLUE).max() < 25


def test_late_crops_never_stand_beside_the_next_picture(page: Page):
    with answered(page):
        upload(page, plain(RED), "first.png")
        expect_done(page)
    answers = hold_requests(page, "**/gradio_api/queue/data*", times=1)
    page.locator(".rs-side summary").click()
    answer = wait_for(page, answers)
    uploads = hold_requests(page, "**/gradio_api/upload*")
    upload(page, plain(BLUE), "second.png")
    sent = wait_for(page, uploads)
    let_answer(page, answer)
    expect(page.locator(".rs-tile")).to_have_count(0)
    sent.continue_()
    expect(page.locator(".rs-tile")).to_have_count(5)
    assert np.abs(colour(page, ".rs-tile img") - BLUE).max() < 25


@pytest.mark.parametrize("change", ["picture", "recipe"])
def test_a_result_that_is_still_being_decoded_is_not_the_answer_to_what_came_next(
    page: Page, change: str
):
    hold(page, "HTMLImageElement.prototype", "decode")
    upload(page, plain(RED), "first.png")
    wait_held(page, "decode")
    if change == "picture":
        requests = hold_requests(page, "**/gradio_api/upload*")
        upload(page, plain(BLUE), "second.png")
    else:
        requests = hold_requests(page, "**/gradio_api/queue/join*")
        page.locator("input[value=pixel]").check()
    request = wait_for(page, requests)
    let_go(page, "decode")
    assert state(page) == "working"
    expect(page.locator(".rs-cancel")).to_be_visible()
    expect(page.locator(".rs-download")).to_be_disabled()
    request.continue_()
    page.unroute_all()
    expect_done(page)
    expect(page.locator(".rs-said")).to_contain_text("Pixel" if change == "recipe" else "Best")


def test_a_result_that_cannot_be_shown_is_said_and_may_be_asked_for_again(page: Page):
    page.evaluate("""() => {
        const all = HTMLImageElement.prototype, real = all.decode;
        all.decode = function () {
            if (this.isConnected) return real.call(this); // what is on the left
            all.decode = real;
            return Promise.reject(new Error("lost on its way"));
        };
    }""")
    upload(page, plain(RED), "first.png")
    expect(page.locator(".rs-toast")).to_contain_text("could not be loaded")
    expect_state(page, "stopped")
    page.locator(".rs-again").click()
    expect_done(page)
    expect(page.locator(".rs-toast")).to_be_hidden()


@pytest.mark.refuses
def test_a_failed_upload_is_tried_again(page: Page):
    uploads = hold_requests(page, "**/gradio_api/upload*")
    upload(page, plain(RED), "first.png")
    wait_for(page, uploads).fulfill(status=503, body="{}")
    expect(page.locator(".rs-toast")).to_contain_text("could not be uploaded")
    page.unroute_all()
    page.locator(".rs-again").click()
    expect_done(page)


def test_the_inside_never_shows_a_recipe_that_was_left_again(page: Page):
    with answered(page):
        page.locator(".rs-inside summary").click()
        expect(page.locator(".rs-sights li")).to_have_count(4)
        expect(page.locator(".rs-story img")).to_be_visible()
    restored = page.get_by_alt_text("The photograph, restored")
    shown = restored.get_attribute("src")
    answers = hold_requests(page, "**/gradio_api/queue/data*", times=1)
    page.locator("input[value=pixel]").check()
    answer = wait_for(page, answers)
    page.locator("input[value=best]").check()
    let_answer(page, answer)
    assert restored.get_attribute("src") == shown


# ------------------------------------------------------------------------- while it is read


def test_what_is_cancelled_while_it_is_read_is_not_restored(page: Page):
    hold(page, "window", "createImageBitmap")
    upload(page, plain(RED))
    wait_held(page, "createImageBitmap")
    uploads = hold_requests(page, "**/gradio_api/upload*")
    page.locator(".rs-cancel").click()
    expect_state(page, "empty")
    let_go(page, "createImageBitmap")
    assert state(page) == "empty"
    assert uploads == []


def test_cancelling_what_is_read_leaves_the_last_result(page: Page):
    upload(page, plain(RED), "first.png")
    expect_done(page)
    hold(page, "window", "createImageBitmap")
    upload(page, plain(BLUE), "second.png")
    wait_held(page, "createImageBitmap")
    page.locator(".rs-cancel").click()
    let_go(page, "createImageBitmap")
    assert state(page) == "done"
    with page.expect_download() as download:
        page.locator(".rs-download").click()
    assert download.value.suggested_filename == "first-restored.png"


def test_of_two_quick_choices_the_later_one_counts(page: Page):
    hold(page, "window", "createImageBitmap")
    upload(page, plain(RED, (300, 200)), "slow.png")
    wait_held(page, "createImageBitmap")
    page.evaluate("() => void held.createImageBitmap.restore()")
    upload(page, plain(BLUE, (240, 210)), "quick.png")
    expect_done(page)
    let_go(page, "createImageBitmap")
    assert state(page) == "done"
    assert pixels(page, ".rs-before").shape == (210, 240, 3)


# ------------------------------------------------------------------------------ by keys


def test_the_keys_go_on_where_something_can_be_done(page: Page):
    hold_requests(page, "**/gradio_api/queue/join*")
    upload(page, plain(RED))
    page.locator(".rs-cancel").press("Enter")
    expect(page.locator(".rs-again")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator(".rs-cancel")).to_be_focused()
    page.keyboard.press("Enter")
    page.unroute_all()
    page.keyboard.press("Enter")
    expect_done(page)
    expect(page.locator(".rs-handle")).to_be_focused()


def test_the_keys_are_not_lost_with_a_camera_or_a_message(page: Page):
    page.locator(".rs-photo").press("Enter")
    page.wait_for_function("document.querySelector('.rs-camera video').videoWidth > 0")
    expect(page.locator(".rs-shoot")).to_be_focused()
    page.keyboard.press("Enter")
    expect_done(page)
    expect(page.locator(".rs-handle")).to_be_focused()
    file = {"name": "letter.jpg", "mimeType": "image/jpeg", "buffer": b"Dear Sir or Madam,"}
    page.set_input_files(".rs-file", file)
    page.get_by_role("button", name="Close this message").press("Enter")
    expect(page.locator(".rs-upload")).to_be_focused()
