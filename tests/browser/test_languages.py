"""The page in Chinese: all of it, in every tab, and English again at a click.

The Bedrooms are drawn by stand-ins here (``five_tabs``).
"""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from lesson7.core import runs
from lesson7.ui.lesson_rungs import PAPERS
from tests import serving


@pytest.fixture
def served(five: serving.Served) -> serving.Served:
    return five


PROCESSOR = runs.hardware().partition("(")[2][:-1]  # on which the stand-ins were made

# Names, units, signs and numbers in words, which are the same everywhere.
SAME = re.compile(
    "|".join(
        [
            *(re.escape(title) for title, _ in PAPERS.values()),
            *([re.escape(PROCESSOR)] if PROCESSOR else []),
            r"lesson7-[\w-]+\.ipynb",
            r"fast\.ai|Gradio|PyTorch|API|MCP|GPU|CPU|AMD EPYC|ISO|dB|px|\d[KM]\b",
            r"PNG|GIF|JPEG|WebP|BMP|TIFF|AVIF",
            r"CNN|ResNet(-18)?|ImageNet|U-Net|W?GAN|RNN|GRU|VGG|SqueezeNet|DeOldify|ReLU|tanh|sigmoid",
            r"MNIST|Oxford-IIIT Pet|Parkhi|CC BY-SA|Places365|Houses|Wasserstein|Fréchet",
            r"PSNR|SSIM|Top-k|epoch|one-cycle|Shift|Control|Del(ete)?",
            r"\b(one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve)\b",
            r"\b\w+(teen|ty)\b|\bhundred\b|\bthousand\b",  # what the networks write
        ]
    )
)

SEEN_AND_SAID = """() => {
    const found = new Set();
    const silent = "[data-as-is], textarea, code, script, style, option, .hide, [aria-hidden] *";
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    for (let node; (node = walker.nextNode()); ) {
        const parent = node.parentElement;
        if (parent.checkVisibility() && !parent.closest(silent)) found.add(node.data.trim());
    }
    for (const name of ["aria-label", "aria-valuetext", "aria-roledescription", "alt", "title"]) {
        for (const one of document.querySelectorAll(`[${name}]`)) {
            if (!one.checkVisibility() || one.closest("[data-as-is]")) continue;
            found.add(one.getAttribute(name));
        }
    }
    return [...found];
}"""


def english(page: Page) -> list[str]:
    """What the page shows or says that is neither Chinese nor a name, nor what networks write."""
    left = {text: SAME.sub("", text) for text in page.evaluate(SEEN_AND_SAID)}
    return [text for text, rest in left.items() if re.search("[A-Za-z]{2}", rest)]


def test_a_chinese_visitor_reads_chinese_and_may_switch(open_page: Callable[..., Page]):
    page = open_page("/?__theme=light", locale="zh-CN")
    assert page.evaluate("document.documentElement.lang") == "zh-CN"
    assert page.title() == "第 7 课，动手玩"
    page.locator(".pad-examples button").first.click()
    expect(page.locator(".network-says").first).to_contain_text("认作 2")
    page.locator(".inside summary").click()
    expect(page.locator(".layers li").first).to_be_visible()
    assert english(page) == []

    page.get_by_role("tab", name="照片修复").click()
    page.locator(".rs-examples button").first.click()
    expect(page.locator(".restoration")).to_have_attribute("data-state", "done")
    for fold in (".rs-side", ".rs-lab", ".rs-inside"):
        page.locator(f"{fold} summary").click()
    expect(page.locator(".rs-sights li")).to_have_count(4)
    expect(page.locator(".rs-tile")).to_have_count(5)
    file = {"name": "7.png", "mimeType": "image/png", "buffer": b"no picture"}
    page.set_input_files(".rs-file", file)
    expect(page.locator(".rs-toast p")).to_contain_text("这里读不了")
    assert english(page) == []

    page.get_by_role("tab", name="画卧室").click()
    expect(page.locator(".bedrooms")).to_have_attribute("data-state", "drawn")
    page.locator(".br-room").first.click()
    expect(page.locator(".br-said")).to_have_text("已收藏第 1 间。")
    page.locator(".br-machine summary").click()
    expect(page.locator(".br-era")).to_have_count(2)
    page.locator(".br-inside summary").click()
    expect(page.locator(".br-stages li")).to_have_count(6)
    assert english(page) == []

    page.get_by_role("tab", name="英文数数").click()
    page.locator("#hn-text").fill("thosand and wan")
    page.locator(".hn-go").click()
    expect(page.locator(".hn-error")).to_contain_text("“thosand”：你是想写 thousand 吗？")
    page.locator("#hn-text").fill("ninety-eight,")
    page.locator(".hn-go").click()
    expect(page.locator(".hn-said")).to_contain_text("数对了")
    page.locator(".hn-ladder summary").click()
    expect(page.locator(".hn-rungs li")).to_have_count(7)
    assert english(page) == []

    page.get_by_role("tab", name="课程").click()
    for name in ("mnist-cnn", "restoration-gan", "bedrooms-wgan"):
        page.locator(f".ls-rung[data-weights={name}] .ls-open").click()
        expect(page.locator(f".lc[data-weights={name}] .lc-plot svg")).to_be_visible()
    assert english(page) == []

    page.get_by_role("button", name="English").click()
    expect(page).to_have_url(re.compile("lang=en"))
    expect(page.get_by_role("tab", name="Restoration")).to_be_visible()
    expect(page.locator("#lesson-title")).to_have_text("The ladder of Lesson 7")
    assert page.evaluate("localStorage.getItem('lesson7-language')") == "en"
