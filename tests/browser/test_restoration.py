"""The Restoration tab in a browser: a bad photograph in, a better one beside it, and out."""

import io
import re
from collections.abc import Callable

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from tests import serving
from tests.browser.accessibility import complaints, sticking_out
from tests.browser.restoring import choose, enlarge, expect_done, line, pixels, upload

LUMINANCE = np.array([0.299, 0.587, 0.114])


@pytest.fixture
def served(restoration_alone: serving.Served) -> serving.Served:
    return restoration_alone


def large() -> Image.Image:
    """A picture of many tiles: 9 million pixels."""
    return Image.linear_gradient("L").resize((3600, 2500)).convert("RGB")


# ------------------------------------------------------------------------------ a first click


def test_the_first_click_takes_the_dust_away_and_leaves_the_cat(page: Page):
    expect(page.get_by_role("heading", name="Choose a bad photograph")).to_be_visible()
    expect(page.locator(".rs-download")).to_be_disabled()
    choose(page)
    before, after = pixels(page, ".rs-before"), pixels(page, ".rs-after")
    assert before.shape == after.shape
    changed = np.abs(before.astype(int) - after).max(2)
    assert (changed > 40).sum() > 100, "specks of dust, white and black"
    assert np.median(changed) <= 3
    expect(page.locator(".rs-said")).to_contain_text("Restored by Best: 323 by 256 pixels")
    assert line(page) == 50


def test_nothing_below_moves_when_the_result_comes(page: Page):
    places = """() => [...document.querySelectorAll(".rs-stage, .rs-sources, .l7-choice, .rs-fold")]
        .map((one) => Math.round(one.getBoundingClientRect().top))"""
    before = page.evaluate(places)
    choose(page)
    assert page.evaluate(places) == before


def test_a_tiny_example_comes_out_enlarged(page: Page):
    choose(page, "number")
    assert page.locator(".rs-scale input:checked").get_attribute("value") == "3"
    assert pixels(page, ".rs-after").shape == (3 * 101, 3 * 96, 3)


def test_the_download_is_a_png_of_the_promised_size(page: Page):
    upload(page, Image.radial_gradient("L").resize((222, 301)).convert("RGB"))
    expect_done(page)
    enlarge(page, 2)
    expect(page.locator(".rs-size")).to_have_text("444 × 602 pixels, PNG")
    with page.expect_download() as download:
        page.locator(".rs-download").click()
    assert download.value.suggested_filename == "holiday-restored.png"
    with Image.open(download.value.path()) as file:
        assert (file.format, file.size) == ("PNG", (444, 602))
        assert not file.info.get("exif")


# ------------------------------------------------------------------- how it is restored


def test_recipe_scale_and_strength_are_obeyed(page: Page):
    choose(page)
    feature = pixels(page, ".rs-after")
    page.locator("input[value=pixel]").check()
    expect(page.locator(".rs-said")).to_contain_text("Pixel loss")
    pixel = pixels(page, ".rs-after")
    assert np.abs(pixel.astype(int) - feature).max() > 0
    enlarge(page, 3)
    expect(page.locator(".rs-size")).to_have_text("969 × 768 pixels, PNG")
    page.locator("#rs-strength").fill("0")
    expect(page.locator(".rs-after")).to_have_css("opacity", "0")
    expect_done(page)
    with page.expect_download() as download:
        page.locator(".rs-download").click()
    small = Image.fromarray(pixels(page, ".rs-before"))
    enlarged = small.resize((969, 768), Image.Resampling.BILINEAR)
    with Image.open(download.value.path()) as file:
        assert np.abs(np.asarray(file).astype(int) - np.asarray(enlarged)).max() <= 2


def test_a_black_and_white_picture_is_offered_its_colours(page: Page):
    choose(page, "grey")
    expect(page.locator(".rs-hint")).to_contain_text("This picture is black-and-white.")
    before = pixels(page, ".rs-before").astype(int)
    assert np.ptp(before, axis=2).max() <= 2
    page.get_by_role("button", name="Try Colour").click()
    expect(page.locator("input[value=colour]")).to_be_focused()
    expect(page.locator(".rs-said")).to_contain_text("Restored by Colour")
    expect(page.locator(".rs-hint")).to_be_hidden()
    after = pixels(page, ".rs-after").astype(int)
    assert np.ptp(after, axis=2).mean() > 5
    assert np.abs(after @ LUMINANCE - before @ LUMINANCE).max() <= 3  # a JPEG beside a PNG
    choose(page)
    expect(page.locator(".rs-hint")).to_be_hidden()


def test_the_recipes_stand_side_by_side_on_a_crop(page: Page):
    page.locator(".rs-side summary").click()
    expect(page.locator(".rs-side-empty")).to_have_text("Choose a photograph first.")
    choose(page)
    tiles = page.locator(".rs-tile")
    expect(tiles).to_have_count(5)
    first = tiles.nth(1).locator("img").get_attribute("src")
    crop = page.locator(".rs-crop")
    crop.focus()
    for _ in range(4):
        page.keyboard.press("ArrowLeft")
    expect(crop).to_have_attribute("aria-label", "Crop at 30 percent across, 50 percent down")
    expect(tiles.nth(1).locator("img")).not_to_have_attribute("src", first or "")
    page.locator(".rs-map-frame").scroll_into_view_if_needed()
    box = page.locator(".rs-map-frame").bounding_box()
    assert box
    page.mouse.click(box["x"] + box["width"] * 0.9, box["y"] + box["height"] * 0.9)
    expect(crop).to_have_attribute("aria-label", "Crop at 70 percent across, 63 percent down")
    tiles.get_by_text("GAN").click()
    expect(page.locator("input[value=gan]")).to_be_checked()
    expect(page.locator(".rs-tile[aria-pressed=true]")).to_have_text("GAN")


def test_it_can_be_cancelled_and_taken_up_again(page: Page):
    upload(page, large())
    expect(page.locator(".rs-doing")).to_have_text(re.compile(r"[1-9]\d* of \d+ tiles"))
    assert int(page.locator(".rs-bar").get_attribute("aria-valuenow") or 0) > 0
    page.locator(".rs-cancel").click()
    expect(page.locator(".restoration")).to_have_attribute("data-state", "stopped")
    expect(page.locator(".rs-again")).to_be_focused()
    expect(page.locator(".rs-download")).to_be_disabled()
    choose(page)  # what was cancelled does not hold up what follows
    expect(page.locator(".rs-again")).to_be_hidden()


# --------------------------------------------------------------------------- ways in


def test_a_photograph_may_be_dropped_or_pasted(page: Page):
    for kind, target in (("drop", ".rs-stage"), ("paste", "body")):
        page.evaluate(
            """async ([kind, target]) => {
                const canvas = document.createElement('canvas');
                [canvas.width, canvas.height] = kind === 'drop' ? [150, 90] : [90, 150];
                canvas.getContext('2d').fillRect(20, 20, 40, 40);
                const blob = await new Promise((done) => canvas.toBlob(done));
                const data = new DataTransfer();
                data.items.add(new File([blob], 'a.png', {type: 'image/png'}));
                const init = {bubbles: true, cancelable: true};
                const event = kind === 'drop'
                    ? new DragEvent('drop', {...init, dataTransfer: data})
                    : new ClipboardEvent('paste', {...init, clipboardData: data});
                document.querySelector(target).dispatchEvent(event);
            }""",
            [kind, target],
        )
        size = "300 × 180" if kind == "drop" else "180 × 300"  # small ones are enlarged
        expect(page.locator(".rs-size")).to_have_text(f"{size} pixels, PNG")


def test_a_photograph_is_taken_with_the_camera(page: Page):
    page.locator(".rs-photo").click()
    video = page.locator(".rs-camera video")
    expect(video).to_be_visible()
    page.wait_for_function("document.querySelector('.rs-camera video').videoWidth > 0")
    page.locator(".rs-shoot").click()
    expect_done(page)
    expect(video).to_be_hidden()
    assert page.evaluate("document.querySelector('.rs-camera video').srcObject.active") is False


def test_what_the_browser_cannot_show_is_shown_by_the_server(page: Page):
    buffer = io.BytesIO()
    Image.radial_gradient("L").convert("RGB").save(buffer, "TIFF")
    file = {"name": "scan.tif", "mimeType": "image/tiff", "buffer": buffer.getvalue()}
    page.set_input_files(".rs-file", file)
    expect_done(page)
    assert pixels(page, ".rs-before").shape == (256, 256, 3)


def test_what_is_no_photograph_is_refused_in_words(page: Page):
    file = {"name": "letter.jpg", "mimeType": "image/jpeg", "buffer": b"Dear Sir or Madam,"}
    page.set_input_files(".rs-file", file)
    expect(page.locator(".rs-toast")).to_contain_text("not a picture that can be read")
    page.get_by_role("button", name="Close this message").click()
    expect(page.locator(".rs-toast")).to_be_hidden()
    upload(page, Image.new("RGB", (2000, 1000)))
    expect(page.locator(".restoration")).to_have_attribute("data-state", re.compile("working|done"))
    enlarge(page, 4)
    expect(page.locator(".rs-toast")).to_contain_text("a scale of at most 2.5")


# ---------------------------------------------------------------------------- for everybody


@pytest.mark.parametrize(
    ("theme", "width"), [("light", 1280), ("dark", 1280), ("light", 390), ("dark", 320)]
)
def test_axe_finds_nothing_of_ours_and_nothing_sticks_out(
    open_page: Callable[..., Page], theme: str, width: int
):
    page = open_page(f"/?__theme={theme}", width=width)
    assert complaints(page) == set()
    choose(page)
    page.get_by_role("button", name="Zoom in").click()
    for fold in (".rs-side", ".rs-lab", ".rs-inside"):
        page.locator(f"{fold} summary").click()
    expect(page.locator(".rs-sights li")).to_have_count(4)
    expect(page.locator(".rs-tile")).to_have_count(5)
    assert complaints(page) == set()
    assert page.evaluate("document.documentElement.scrollWidth") == width
    assert sticking_out(page, ".restoration *:not(.l7-unseen)", ".rs-surface", slack=0.5) == []


def test_all_of_it_is_reached_by_the_tab_key(page: Page):
    choose(page)
    page.locator(".l7-theme").focus()
    reached = set()
    for _ in range(32):
        page.keyboard.press("Tab")
        reached.add(page.evaluate("document.activeElement.className || document.activeElement.id"))
    names = " ".join(reached)
    for name in ("rs-handle", "rs-in", "rs-upload", "rs-photo", "rs-strength", "rs-download"):
        assert name in names
