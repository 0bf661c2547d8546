"""What the Restoration tab makes of the files that it is given, before they are restored."""

import io
import re

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from lesson7.core.images import open_image
from tests import serving
from tests.browser.restoring import expect_done, pixels

CORNER = """async () => {
    const image = document.querySelector(".rs-before");
    const pen = new OffscreenCanvas(1, 1).getContext("2d");
    await image.decode();
    pen.drawImage(image, 0, 0);
    return [...pen.getImageData(0, 0, 1, 1).data];
}"""
WITHOUT_WEBP = """() => {
    const all = HTMLCanvasElement.prototype, real = all.toBlob;
    all.toBlob = function (done, type, quality) {
        return real.call(this, done, type === "image/webp" ? "image/png" : type, quality);
    };
}"""


@pytest.fixture
def served(restoration_alone: serving.Served) -> serving.Served:
    return restoration_alone


@pytest.fixture(scope="module")
def cut_out() -> bytes:
    """A PNG of over 10 MB whose left half is transparent."""
    pixels = np.random.default_rng(1).integers(0, 256, (1900, 3000, 4), np.uint8)
    pixels[..., 3] = 255
    pixels[:, :1000] = 0
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG", compress_level=1)
    assert buffer.tell() > 10.5e6
    return buffer.getvalue()


def give(page: Page, body: bytes, name: str) -> None:
    kind = f"image/{name.rpartition('.')[2]}"
    page.set_input_files(".rs-file", {"name": name, "mimeType": kind, "buffer": body})


def lying() -> Image.Image:
    """Red at the left, blue at the right; wider than high."""
    picture = Image.new("RGB", (240, 210), (200, 40, 40))
    picture.paste((40, 40, 200), (120, 0, 240, 210))
    return picture


def test_a_large_cut_out_stays_one_and_its_loss_is_said(page: Page, cut_out: bytes):
    page.locator("#rs-strength").fill("0")
    give(page, cut_out, "cut-out.png")
    expect(page.locator(".rs-toast")).to_contain_text("Compressed first")
    assert page.evaluate(CORNER)[3] == 0
    expect_done(page)
    with page.expect_download() as download:
        page.locator(".rs-download").click()
    with Image.open(download.value.path()) as file:
        assert (file.mode, file.size) == ("RGBA", (3000, 1900))
        assert file.getpixel((10, 10))[3] == 0
        assert file.getpixel((2000, 10))[3] == 255


def test_where_no_webp_is_written_what_is_transparent_becomes_white(page: Page, cut_out: bytes):
    page.evaluate(WITHOUT_WEBP)
    page.route("**/gradio_api/upload*", lambda route: None)
    give(page, cut_out, "cut-out.png")
    expect(page.locator(".rs-toast")).to_contain_text("Compressed first")
    assert page.evaluate(CORNER) == [255, 255, 255, 255]
    page.unroute_all(behavior="ignoreErrors")


@pytest.mark.parametrize("kind", ["webp", "gif", "png", "avif"])
def test_before_is_what_was_restored(page: Page, kind: str):
    """Browsers play animations, and do not turn a WebP; the first picture, upright, is read."""
    exif = Image.Exif()
    exif[0x0112] = 6
    buffer = io.BytesIO()
    if kind == "webp":
        lying().save(buffer, kind, exif=exif, quality=95)
    else:
        moving = [lying().transpose(Image.Transpose.ROTATE_180)]
        lying().save(buffer, kind, save_all=True, append_images=moving, duration=100)
    give(page, buffer.getvalue(), f"holiday.{kind}")
    expect_done(page)
    expect(page.locator(".rs-before")).to_have_attribute("src", re.compile("^http"))
    read = np.asarray(open_image(buffer.getvalue()))
    assert read.shape[:2] == ((240, 210) if kind == "webp" else (210, 240))
    assert np.array_equal(pixels(page, ".rs-before"), read)


def test_before_is_as_transparent_as_the_result(page: Page):
    picture = lying().convert("RGBA")
    picture.paste((0, 0, 0, 0), (0, 0, 60, 60))
    buffer = io.BytesIO()
    picture.save(buffer, "WEBP", lossless=True)
    give(page, buffer.getvalue(), "cut-out.webp")
    expect_done(page)
    assert page.evaluate(CORNER)[3] == 0


def test_what_the_browser_shows_as_it_is_read_is_not_fetched_again(page: Page):
    buffer = io.BytesIO()
    lying().save(buffer, "PNG")
    give(page, buffer.getvalue(), "holiday.png")
    expect_done(page)
    expect(page.locator(".rs-before")).to_have_attribute("src", re.compile("^blob:"))
