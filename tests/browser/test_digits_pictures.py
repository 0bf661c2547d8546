"""The Digits tab in a browser: digits that come as pictures."""

import base64
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from lesson7.ui import components
from tests.browser.drawing import ONE, draw, expect_answer, is_blank

EXAMPLES = components.ASSETS / "mnist/examples"


@pytest.mark.parametrize("path", sorted(EXAMPLES.glob("*.png")), ids=lambda path: path.stem)
def test_one_click_on_an_example_gives_its_digit(page: Page, path: Path):
    page.get_by_role("button", name=f"Example: a {path.name[0]}").click()
    expect_answer(page, int(path.name[0]))
    assert not is_blank(page)


def test_drawing_on_a_picture_starts_anew(page: Page):
    page.get_by_role("button", name="Example: a 8").click()
    expect_answer(page, 8)
    draw(page, ONE)
    expect_answer(page, 1)


def test_an_uploaded_picture_is_read(page: Page):
    page.set_input_files(".pad-file", EXAMPLES / "5-0015.png")
    expect_answer(page, 5)


def test_a_large_photograph_is_shrunk_before_it_is_sent(page: Page, tmp_path: Path):
    photo = tmp_path / "photo.jpg"
    Image.open(EXAMPLES / "3-0018.png").convert("RGB").resize((4000, 4000)).save(photo)
    sizes: list[int] = []
    page.on("request", lambda sent: sizes.append(len(sent.post_data_buffer or b"")))
    page.set_input_files(".pad-file", photo)
    expect_answer(page, 3)
    assert max(sizes) < 2_000_000


PASTED = """data => document.dispatchEvent(new ClipboardEvent("paste", {clipboardData: data}))"""
DROPPED = """data => {
    const pad = document.querySelector(".pad");
    for (const kind of ["dragover", "drop"])
        pad.dispatchEvent(new DragEvent(kind, {dataTransfer: data, bubbles: true}));
}"""


@pytest.mark.parametrize(("name", "comes"), [("4-0115.png", PASTED), ("6-0022.png", DROPPED)],
                         ids=["pasted", "dropped"])  # fmt: skip
def test_a_pasted_or_dropped_picture_is_read(page: Page, name: str, comes: str):
    content = base64.b64encode((EXAMPLES / name).read_bytes()).decode()
    page.evaluate(
        f"""async content => {{
            const blob = await (await fetch("data:image/png;base64," + content)).blob();
            const data = new DataTransfer();
            data.items.add(new File([blob], "digit.png", {{type: "image/png"}}));
            ({comes})(data);
        }}""",
        content,
    )
    expect_answer(page, int(name[0]))


def test_a_file_that_is_no_picture_gets_words(page: Page, tmp_path: Path):
    text = tmp_path / "digit.png"
    text.write_text("Dear Sir or Madam,")
    page.set_input_files(".pad-file", text)
    expect(page.locator(".digits")).to_have_attribute("data-state", "none")
    expect(page.locator(".answer-sure")).to_contain_text("not a picture")
    page.get_by_role("button", name="Example: a 7").click()
    expect_answer(page, 7)
