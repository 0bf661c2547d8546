"""What the Restoration tab's script makes of answers that come late, twice or never.

No server runs: see ``staged``.
"""

import base64
from collections.abc import Callable

import pytest
from PIL import Image
from playwright.sync_api import expect

from lesson7.ui import restoration
from tests.browser.restoring import upload
from tests.browser.staged import QUEUED, Stage, png

GREY = Image.new("RGB", (900, 700), (120, 130, 140))


@pytest.fixture
def photograph(stage: Callable[..., Stage]) -> Stage:
    """The Restoration tab with a photograph that is being restored."""
    tab = stage(restoration.build, "restoration", packed=False)
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
    stage: Callable[..., Stage],
):
    page = stage(restoration.build, "restoration", packed=False).page
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


def test_what_is_too_large_and_cannot_be_shown_is_refused_before_it_is_sent(photograph: Stage):
    """A scan as TIFF, in a browser that shows none; the picture before stays."""
    done(photograph)
    page = photograph.page
    expect(page.locator(".rs-download")).to_be_enabled()
    scan = {"name": "scan.tif", "mimeType": "image/tiff", "buffer": b"II*\0" + bytes(10_500_000)}
    page.set_input_files(".rs-file", scan)
    expect(page.locator(".rs-toast p")).to_contain_text("larger than 10 MB")
    expect(page.locator(".restoration")).to_have_attribute("data-state", "done")
    assert len(photograph.asked("ask")) == 1


def test_a_result_that_was_cleared_away_is_made_again(photograph: Stage):
    done(photograph)
    page = photograph.page
    expect(page.locator(".rs-download")).to_be_enabled()
    page.evaluate("window.fetch = async () => new Response(null, { status: 404 })")
    page.locator(".rs-download").click()
    photograph.wait_for(2, "ask")
    expect(page.locator(".restoration")).to_have_attribute("data-state", "working")


def test_the_keys_stay_in_the_viewer_when_the_picture_fits_again(photograph: Stage):
    done(photograph)
    page = photograph.page
    page.locator(".rs-in").click()
    pan = page.locator(".rs-pan")
    pan.focus()
    page.keyboard.press("0")
    expect(page.locator(".rs-handle")).to_be_focused()
    page.keyboard.press("+")
    expect(page.locator(".rs-view.is-zoomed, .is-zoomed")).not_to_have_count(0)


def test_where_the_system_chooses_the_colours_switches_and_choices_can_be_seen(photograph: Stage):
    page = photograph.page
    page.emulate_media(forced_colors="active")
    page.locator(".rs-lab summary").click()
    switch = page.locator(".rs-member [type=checkbox]").first
    assert switch.evaluate("(one) => getComputedStyle(one).appearance") == "auto"
    chosen, other = (page.locator(f".rs-scale label:{which}").first
                     for which in ("has(:checked)", "not(:has(:checked))"))  # fmt: skip
    colour = "(one) => getComputedStyle(one).backgroundColor"
    assert chosen.evaluate(colour) != other.evaluate(colour)
