"""What a visitor of the Restoration tab does and sees, as steps for its tests."""

import base64
import io

import numpy as np
from PIL import Image
from playwright.sync_api import Page, expect


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
    """Where the line between before and after stands, in percent from the left."""
    return int(page.locator(".rs-handle").get_attribute("aria-valuenow") or -1)


def centre(page: Page, selector: str) -> tuple[float, float]:
    """The middle of an element, in pixels of the window."""
    box = page.locator(selector).bounding_box()
    assert box
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
