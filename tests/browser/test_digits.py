"""The Digits tab in a browser: a digit is drawn, the bars say which it is, and the tools work."""

import math
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, Route, expect

from lesson7.ui import components
from tests.browser.drawing import ONE, SEVEN, THREE, ZERO, Strokes, draw, expect_answer, is_blank

# ------------------------------------------------------------------------------ ways to draw


@pytest.mark.parametrize(("digit", "strokes"), [(0, ZERO), (1, ONE), (3, THREE), (7, SEVEN)])
def test_a_digit_drawn_with_the_mouse_is_read(page: Page, digit: int, strokes: Strokes):
    expect(page.locator(".pad-hint")).to_be_visible()
    draw(page, strokes)
    expect(page.locator(".pad-hint")).to_be_hidden()
    expect_answer(page, digit)


def test_the_bars_move_while_the_pen_is_down(page: Page):
    box = page.locator(".pad-canvas").bounding_box()
    assert box
    page.mouse.move(box["x"] + 0.5 * box["width"], box["y"] + 0.2 * box["height"])
    page.mouse.down()
    page.mouse.move(box["x"] + 0.5 * box["width"], box["y"] + 0.8 * box["height"], steps=10)
    page.wait_for_function("[...document.querySelectorAll('.bar')].some(b => +b.ariaValueNow > 0)")
    page.mouse.up()


def test_a_tap_is_no_digit(page: Page):
    draw(page, [[(140, 140)]])
    expect(page.locator(".answer-said")).to_contain_text("does not look like one digit")
    expect(page.locator(".answer-digit")).to_have_text("–")
    expect(page.locator(".answer-else")).to_be_empty()


def test_a_zero_that_hugs_the_edge_of_the_pad_is_a_zero(page: Page):
    """Its inside is the larger part of the paper, and of the border there is little to be seen."""
    angles = [2 * math.pi * i / 60 for i in range(62)]
    squarish = [
        tuple(
            140 + 132 * math.copysign(abs(side) ** (1 / 2), side)
            for side in (math.cos(a), math.sin(a))
        )
        for a in angles
    ]
    draw(page, [squarish])
    expect_answer(page, 0)


def test_a_finger_draws_and_does_not_scroll_the_page(open_page: Callable[..., Page]):
    page = open_page(width=390, height=600, has_touch=True, is_mobile=True)
    box = page.locator(".pad-canvas").bounding_box()
    assert box
    unit = box["width"] / 280
    touch = page.context.new_cdp_session(page)

    def send(kind: str, *points: tuple[float, float]) -> None:
        places = [{"x": box["x"] + x * unit, "y": box["y"] + y * unit} for x, y in points]
        touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": places})

    for first, *others in [[(140, 60 + 8 * i) for i in range(21)]]:  # a one: straight down
        send("touchStart", first)
        for point in others:
            send("touchMove", point)
        send("touchEnd")
    expect_answer(page, 1)
    assert page.evaluate("window.scrollY") == 0
    expect(page.locator(".pad-photo")).to_be_visible()


def test_a_digit_drawn_with_the_keyboard_is_read(page: Page):
    page.locator(".pad-canvas").focus()
    for _ in range(8):
        page.keyboard.press("ArrowUp")
    page.keyboard.press("Space")
    for _ in range(16):
        page.keyboard.press("ArrowDown")
    page.keyboard.press("Space")
    expect_answer(page, 1)
    expect(page.locator(".pad-note")).to_contain_text("Pen up")
    page.keyboard.press("Control+z")
    expect(page.locator(".digits")).to_have_attribute("data-state", "empty")


def test_the_pad_is_reached_and_left_by_the_tab_key(page: Page):
    tabs = page.get_by_role("tab").count()  # each is a stop on the way
    page.locator(".l7-theme").focus()
    reached = []
    for _ in range(tabs + 6):
        page.keyboard.press("Tab")
        reached.append(page.evaluate("document.activeElement.className"))
    assert "pad-canvas" in reached[: tabs + 1]
    assert reached[-1] != "pad-canvas"
    expect(page.locator(".pad.by-keyboard")).to_have_count(0)


# ------------------------------------------------------------------------------- the tools


def test_undo_takes_back_one_stroke_and_clear_all_of_them(page: Page):
    undo, clear = page.locator(".pad-undo"), page.locator(".pad-clear")
    expect(undo).to_be_disabled()
    expect(clear).to_be_disabled()
    draw(page, ONE)
    expect_answer(page, 1)
    draw(page, [[(100, 60), (180, 60)], [(70, 220), (210, 220)]])
    undo.click()
    undo.click()
    expect_answer(page, 1)
    clear.click()
    expect(page.locator(".digits")).to_have_attribute("data-state", "empty")
    expect(page.locator(".pad-hint")).to_be_visible()
    assert is_blank(page)
    assert all(bar.get_attribute("aria-valuenow") == "0.0" for bar in page.locator(".bar").all())
    undo.click()
    expect_answer(page, 1)


def test_the_brush_has_the_size_that_was_chosen(page: Page):
    def ink() -> int:
        return page.locator(".pad-canvas").evaluate(
            "c => c.getContext('2d').getImageData(0, 0, c.width, c.height).data"
            ".filter((v, i) => i % 4 === 3 && v > 0).length"
        )

    page.locator(".pad-brush input").fill("8")
    draw(page, ONE)
    expect_answer(page, 1)
    thin = ink()
    page.locator(".pad-clear").click()
    page.locator(".pad-brush input").fill("32")
    draw(page, ONE)
    expect_answer(page, 1)
    assert ink() > 2.5 * thin


FENCE: Strokes = [[(100, 40), (100, 240)], [(180, 40), (180, 240)],
                  [(40, 100), (240, 100)], [(40, 180), (240, 180)]]  # fmt: skip
TWO: Strokes = [[(x / 2 + 0, y / 2 + 70) for x, y in ZERO[0]],
                [(x / 2 + 130, y / 2 + 70) for x, y in SEVEN[0]]]  # fmt: skip


@pytest.mark.parametrize("strokes", [FENCE, TWO], ids=["fence", "two digits"])
def test_what_is_no_digit_gets_words_and_no_answer(page: Page, strokes: Strokes):
    draw(page, strokes)
    expect(page.locator(".answer-said")).to_contain_text("does not look like one digit")
    expect(page.locator(".digits")).to_have_attribute("data-state", "none")
    expect(page.locator(".bar.wins")).to_have_count(0)


# ---------------------------------------------------------------- which network, and inside


def test_another_network_reads_the_same_drawing(page: Page):
    draw(page, SEVEN)
    expect_answer(page, 7)
    expect(page.locator(".network-says").first).to_contain_text("reads")
    with page.expect_request(lambda sent: '"model":"cnn"' in (sent.post_data or "")):
        page.get_by_role("radio", name="The lesson’s CNN").check()
    expect_answer(page, 7)


def test_each_network_says_what_it_reads_and_how_good_it_is(page: Page):
    draw(page, SEVEN)
    cards = page.locator(".networks .l7-choice")
    expect(cards).to_have_count(3)
    for card in cards.all():
        expect(card).to_contain_text("parameters")
        expect(card).to_contain_text("% right")
        expect(card.locator(".network-says")).to_contain_text("reads 7")
    page.locator(".pad-clear").click()
    expect(cards.first.locator(".network-says")).to_have_text("")


def test_the_inside_follows_the_drawing(page: Page):
    draw(page, SEVEN)
    expect_answer(page, 7)
    assert page.locator(".layers canvas").count() == 0  # nothing is computed while it is closed
    page.get_by_text("Look inside").click()
    layers = page.locator(".layers li")
    expect(layers.nth(4)).to_be_visible()
    expect(page.locator(".evidence-for")).to_contain_text("speaks for 7")
    for canvas in page.locator(".inside canvas").all():
        colours = canvas.evaluate(
            "c => new Set(new Uint32Array("
            "c.getContext('2d').getImageData(0, 0, c.width, c.height).data.buffer)).size"
        )
        assert colours > 2
        assert canvas.get_attribute("aria-label")
    page.locator(".pad-clear").click()
    expect(page.locator(".inside-empty")).to_be_visible()
    draw(page, ONE)
    expect(page.locator(".evidence-for")).to_contain_text("speaks for 1")


@pytest.mark.refuses
def test_a_lost_answer_is_said_in_words(page: Page):
    page.route("**/queue/join*", lambda route: route.fulfill(status=503, json={"detail": "full"}))
    page.locator(".digits").evaluate("d => d.addEventListener('digits-failed', () => d.lost = 1)")
    draw(page, ONE)
    expect(page.locator(".answer-sure")).to_contain_text("No answer came back")
    page.unroute("**/queue/join*")
    draw(page, ONE)
    expect_answer(page, 1)


@pytest.mark.refuses
def test_a_pad_that_was_cleared_does_not_wait_for_its_answer(page: Page):
    """The answer to what is gone comes late, and says nothing about the empty pad."""
    held: list[Route] = []
    page.route("**/queue/join*", lambda route: held.append(route))
    draw(page, ONE)
    page.locator(".pad-clear").click()
    page.wait_for_timeout(1_000)  # more than after which a wait is put into words
    expect(page.locator(".answer-else")).to_have_text("Draw one, or choose an example.")
    for route in held:
        route.fulfill(status=503, json={"detail": "full"})
    page.unroute("**/queue/join*")
    page.wait_for_timeout(500)
    expect(page.locator(".answer-sure")).to_have_text("Waiting for a digit")
    draw(page, ONE)
    expect_answer(page, 1)


def test_a_picture_lifts_the_pen_of_the_keyboard(page: Page):
    page.locator(".pad-canvas").focus()
    page.keyboard.press("Space")
    page.set_input_files(".pad-file", components.ASSETS / "mnist/examples/5-0015.png")
    expect_answer(page, 5)
    page.keyboard.press("ArrowDown")  # an error of the page would fail this test
    expect_answer(page, 5)
