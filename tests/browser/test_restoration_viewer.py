"""Before and after in a browser: the line between them, and looking closer."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests import serving
from tests.browser.restoring import centre, choose, line


@pytest.fixture
def served(restoration_alone: serving.Served) -> serving.Served:
    return restoration_alone


def zoom(page: Page) -> int:
    return int((page.locator(".rs-zoom").text_content() or "").removesuffix(" %"))


def test_the_line_is_dragged(page: Page):
    choose(page)
    page.mouse.move(*centre(page, ".rs-handle i"))
    page.mouse.down()
    box = page.locator(".rs-surface").bounding_box()
    assert box
    page.mouse.move(box["x"] + box["width"] * 0.7, box["y"] + 50, steps=5)
    page.mouse.up()
    assert 60 < line(page) < 85
    clipped = page.locator(".rs-top").evaluate(
        "e => parseFloat(getComputedStyle(e).clipPath.split(' ').at(-1))"
    )
    assert clipped == pytest.approx(box["width"] * 0.7, abs=2)


def test_the_line_obeys_the_keyboard(page: Page):
    choose(page)
    handle = page.get_by_role("slider", name="Before and after")
    handle.focus()
    for key, place in (
        ("ArrowRight", 52), ("ArrowLeft", 50), ("ArrowUp", 52), ("PageDown", 42),
        ("Shift+ArrowRight", 52), ("Home", 0), ("ArrowLeft", 0), ("End", 100), ("PageUp", 100),
    ):  # fmt: skip
        page.keyboard.press(key)
        assert line(page) == place
    expect(handle).to_have_attribute(
        "aria-valuetext", "Line at 100 percent: damaged to the left of it, restored to the right"
    )
    outline = "getComputedStyle(document.querySelector('.rs-handle i')).outlineStyle"
    assert page.evaluate(outline) == "solid"


def test_both_halves_are_zoomed_together(page: Page):
    choose(page)
    fitting = zoom(page)
    places = """() => [".rs-before", ".rs-after"].map((one) => {
        const box = document.querySelector(one).getBoundingClientRect();
        return [box.x, box.y, box.width, box.height].map(Math.round) })"""
    page.get_by_role("button", name="Zoom in").click()
    assert zoom(page) == pytest.approx(1.5 * fitting, abs=2)
    before, after = page.evaluate(places)
    assert before == after
    page.get_by_role("button", name="1:1").click()
    assert zoom(page) == 100
    assert page.evaluate(places)[0][2:] == [323, 256]
    page.locator(".rs-handle").focus()
    for _ in range(6):
        page.keyboard.press("+")
    assert zoom(page) > 1000
    assert page.locator(".rs-after").evaluate("e => e.style.imageRendering") == "pixelated"
    start = page.evaluate(places)[0][0]
    page.locator(".rs-pan").focus()
    page.keyboard.press("ArrowRight")
    assert page.evaluate(places)[0][0] == start - 50
    page.mouse.move(*centre(page, ".rs-surface"))
    page.mouse.move(800, 400)
    page.mouse.down()
    page.mouse.move(840, 430, steps=4)
    page.mouse.up()
    before, after = page.evaluate(places)
    assert before == after
    assert before[0] != start - 50
    page.keyboard.press("0")
    assert zoom(page) == fitting


def test_two_fingers_zoom_and_one_scrolls_the_page(open_page: Callable[..., Page]):
    page = open_page(width=390, height=844, has_touch=True, is_mobile=True)
    choose(page)
    surface = page.locator(".rs-surface")
    assert surface.evaluate("e => getComputedStyle(e).touchAction") == "pan-y"
    fitting = zoom(page)
    x, y = centre(page, ".rs-surface")
    touch = page.context.new_cdp_session(page)

    def send(kind: str, apart: float) -> None:
        points = [{"x": x - apart, "y": y, "id": 0}, {"x": x + apart, "y": y, "id": 1}]
        touch.send(
            "Input.dispatchTouchEvent", {"type": kind, "touchPoints": points if apart else []}
        )

    send("touchStart", 30)
    for apart in (40, 60, 90):
        send("touchMove", apart)
    send("touchEnd", 0)
    assert zoom(page) > 2 * fitting
    assert surface.evaluate("e => getComputedStyle(e).touchAction") == "none"
