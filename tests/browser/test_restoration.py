"""The Restoration tab in a browser: a bad photograph in, a better one beside it, and out."""

import base64
import io
import re
from collections.abc import Callable, Iterator

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from tests import serving
from tests.browser.accessibility import complaints, sticking_out


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[serving.Served]:
    """The tab alone, with the shipped networks."""
    folder = tmp_path_factory.mktemp("app")
    with serving.app(folder, "-m", "lesson7.ui.restoration") as app:
        yield app
        assert app.refused_hosts == []
        assert "Traceback" not in app.log.read_text(), app.log.read_text()


def choose(page: Page, name: str = "attic") -> None:
    """Click an example, and wait for what becomes of it."""
    page.locator(f".rs-examples [data-name={name}]").click()
    expect_done(page)


def expect_done(page: Page) -> None:
    expect(page.locator(".restoration")).to_have_attribute("data-state", "done")


def upload(page: Page, picture: Image.Image, name: str = "holiday.jpg") -> None:
    buffer = io.BytesIO()
    picture.save(buffer, "JPEG" if name.endswith("jpg") else "PNG")
    kind = "image/jpeg" if name.endswith("jpg") else "image/png"
    file = {"name": name, "mimeType": kind, "buffer": buffer.getvalue()}
    page.set_input_files(".rs-file", file)


def enlarge(page: Page, scale: int) -> None:
    page.locator(f"input[name=rs-scale][value='{scale}']").check()


def large() -> Image.Image:
    """A picture of many tiles: 9 million pixels."""
    return Image.linear_gradient("L").resize((3600, 2500)).convert("RGB")


def pixels(page: Page, image: str) -> np.ndarray:
    """What an <img> of the page holds, ``(H, W, 3)``, at the size of its file."""
    url = page.evaluate(
        """(image) => {
        const c = document.createElement('canvas'), i = document.querySelector(image);
        [c.width, c.height] = [i.naturalWidth, i.naturalHeight];
        c.getContext('2d').drawImage(i, 0, 0); return c.toDataURL() }""",
        image,
    )
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(url.split(",")[1]))).convert("RGB"))


def line(page: Page) -> int:
    return int(page.locator(".rs-handle").get_attribute("aria-valuenow") or -1)


def zoom(page: Page) -> int:
    return int((page.locator(".rs-zoom").text_content() or "").removesuffix(" %"))


def centre(page: Page, selector: str) -> tuple[float, float]:
    box = page.locator(selector).bounding_box()
    assert box
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


# ------------------------------------------------------------------------------ a first click


def test_the_first_click_gives_another_picture(page: Page):
    expect(page.get_by_role("heading", name="Choose a bad photograph")).to_be_visible()
    expect(page.locator(".rs-download")).to_be_disabled()
    choose(page)
    before, after = pixels(page, ".rs-before"), pixels(page, ".rs-after")
    assert before.shape == after.shape
    assert np.abs(before.astype(int) - after).mean() > 0.5
    expect(page.locator(".rs-said")).to_contain_text("Restored by Feature loss: 323 by 256 pixels")
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


# -------------------------------------------------------------------------- before and after


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


def test_the_recipes_stand_side_by_side_on_a_crop(page: Page):
    page.locator(".rs-side summary").click()
    expect(page.locator(".rs-side-empty")).to_have_text("Choose a photograph first.")
    choose(page)
    tiles = page.locator(".rs-tile")
    expect(tiles).to_have_count(4)
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
    expect(page.locator(".rs-doing")).to_contain_text("2 of")
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


# ---------------------------------------------------------------------- the laboratory


def test_a_good_photograph_is_made_bad_restored_and_judged(page: Page):
    page.locator(".rs-lab summary").click()
    lesson = page.get_by_role("button", name="The lesson’s damage")
    expect(lesson).to_have_attribute("aria-pressed", "true")
    expect(page.locator(".rs-verdict")).to_contain_text("+")  # closer to the truth
    score = page.locator(".rs-bad .rs-score b")
    first = float((score.text_content() or "").removesuffix(" dB"))
    assert 10 < first < 40
    page.get_by_role("switch", name="Blur").check()
    expect(score).not_to_have_text(f"{first:.1f} dB")
    page.get_by_role("slider", name="Sensor noise: strength").fill("1")
    expect(page.get_by_role("switch", name="Sensor noise")).to_be_checked()
    page.get_by_role("button", name="Nothing").click()
    expect(score).to_have_text("no error")
    page.get_by_role("button", name="The lesson’s damage").click()
    expect(score).to_contain_text(" dB")
    bad = page.locator(".rs-bad img").get_attribute("src")
    page.get_by_role("button", name="Other random details").click()
    expect(page.locator(".rs-bad img")).not_to_have_attribute("src", bad or "")
    expect(page.locator(".rs-good .rs-score span")).to_contain_text("SSIM 0.")


def test_ones_own_photograph_is_made_bad(page: Page):
    page.locator(".rs-lab summary").click()
    expect(page.locator(".rs-verdict")).to_contain_text("dB")
    buffer = io.BytesIO()
    Image.radial_gradient("L").resize((900, 600)).convert("RGB").save(buffer, "PNG")
    file = {"name": "mine.png", "mimeType": "image/png", "buffer": buffer.getvalue()}
    bad = page.locator(".rs-bad img").get_attribute("src")
    page.set_input_files(".rs-own-file", file)
    expect(page.locator(".rs-bad img")).not_to_have_attribute("src", bad or "")
    assert pixels(page, ".rs-bad img").shape == (256, 384, 3)


def test_the_inside_shows_what_the_losses_see(page: Page):
    page.locator(".rs-inside summary").click()
    rows = page.locator(".rs-sights li")
    expect(rows).to_have_count(4)
    expect(rows.nth(1)).to_contain_text("of 255")
    expect(rows.nth(3).locator("img")).to_have_count(3)
    for row in rows.all()[1:]:
        assert len(row.locator("p").text_content() or "") > 40


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
    expect(page.locator(".rs-tile")).to_have_count(4)
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
