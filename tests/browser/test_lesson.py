"""The Lesson tab in a browser: rows open, curves can be walked along, every row leads on."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect

from lesson7.ui import lesson_records
from tests.browser.accessibility import complaints, sticking_out


def to_tab(page: Page) -> Page:
    """Open the tab, which on a phone is in the menu of what has no room."""
    page.locator("#tabs .tab-wrapper button", has_text="Lesson").last.dispatch_event("click")
    page.wait_for_selector(".lesson.is-ready")
    return page


@pytest.fixture
def tab(page: Page) -> Page:
    return to_tab(page)


def open_row(page: Page, weights: str) -> Locator:
    page.locator(f".ls-rung[data-weights={weights}] .ls-open").click()
    chart = page.locator(f".lc[data-weights={weights}]")
    expect(chart.locator(".lc-plot svg")).to_be_visible()
    return chart


def says(chart: Locator) -> str:
    return chart.locator(".lc-plot").get_attribute("aria-valuetext") or ""


def test_a_row_opens_and_closes(tab: Page):
    row = tab.locator(".ls-rung[data-weights=mnist-resnet]")
    expect(row).to_contain_text("99.54 %")
    chart = open_row(tab, "mnist-resnet")
    expect(row.locator(".ls-open")).to_have_attribute("aria-expanded", "true")
    expect(tab.locator("#ls-more-mnist-resnet")).to_contain_text("a block that adds")
    row.locator(".ls-what").click()  # anywhere on the row
    expect(chart).to_be_hidden()
    expect(row.locator(".ls-open")).to_have_attribute("aria-expanded", "false")


def test_a_curve_is_walked_along_by_keyboard(tab: Page):
    chart = open_row(tab, "mnist-resnet")
    plot = chart.locator(".lc-plot")
    plot.focus()
    end = "Epoch 12: Here 0.46\u202f%; The lesson, lecture, December 2018 0.46\u202f%; "
    assert says(chart).startswith(end)
    tab.keyboard.press("ArrowLeft")
    assert says(chart).startswith("Epoch 11: ")
    tab.keyboard.press("Home")
    assert says(chart).startswith("Epoch 1: ")
    assert plot.get_attribute("aria-valuenow") == "0"
    tab.keyboard.press("ArrowLeft")
    assert says(chart).startswith("Epoch 1: ")
    tab.keyboard.press("End")
    assert says(chart).startswith("Epoch 12: ")


def test_a_curve_is_walked_along_by_pointing(tab: Page):
    chart = open_row(tab, "human-numbers-model5")
    box = chart.locator(".lc-plot").bounding_box()
    assert box
    tab.mouse.move(box["x"] + 60, box["y"] + 100)
    assert says(chart).startswith("Epoch 1: ")
    tab.mouse.move(box["x"] + box["width"] - 10, box["y"] + 100)
    assert says(chart).startswith("Epoch 10: Here 84.7")
    expect(chart.locator(".lc-read")).to_have_text("Epoch 10")


def test_another_quantity_and_another_network_can_be_drawn(tab: Page):
    chart = open_row(tab, "mnist-cnn10")
    expect(chart.locator(".lc-line.lc-0:not(li *)")).to_have_count(1)
    chart.get_by_role("radio", name="Validation loss").check()
    assert says(chart).startswith("Epoch 10: Here 0.02857")
    expect(chart.locator(".lc-title")).to_have_text("Validation loss (logarithmic)")
    chart.get_by_label("Compare with").select_option("mnist-cnn")
    expect(chart.locator(".lc-key li")).to_have_count(2)
    expect(chart.locator(".lc-key")).to_contain_text("The lesson’s CNN, here")
    chart.locator(".lc-plot").focus()
    tab.keyboard.press("Home")
    assert "The lesson’s CNN, here" in says(chart)


def test_the_numbers_of_a_curve_are_in_a_table(tab: Page):
    chart = open_row(tab, "human-numbers-model0")
    chart.get_by_text("The numbers").click()
    rows = chart.locator("tbody tr")
    expect(rows).to_have_count(6)
    row = next(
        row for _, found in lesson_records.read() for row in found
        if row.rung.weights == "human-numbers-model0"
    )  # fmt: skip
    ours = [f"{y:.4g}\u202f%" for _, y in row.curves[0].lines[0].points]
    shown = chart.locator("tbody td:nth-child(2)").all_text_contents()
    assert shown == ours
    expect(rows.last).to_contain_text("46.2\u202f%")


@pytest.mark.parametrize("width", [1280, 390])
def test_a_row_leads_to_its_tab(open_page: Callable[..., Page], width: int):
    page = to_tab(open_page(width=width))
    open_row(page, "human-numbers-model5")
    page.locator("#ls-more-human-numbers-model5 .ls-go").click()
    page.wait_for_selector(".counting.is-ready")
    expect(page.locator(".counting")).to_be_visible()
    expect(page.locator(".lesson")).to_be_hidden()


@pytest.mark.parametrize(
    ("theme", "width"), [("light", 1280), ("dark", 1280), ("light", 390), ("dark", 320)]
)
def test_axe_finds_nothing_of_ours_and_nothing_sticks_out(
    open_page: Callable[..., Page], theme: str, width: int
):
    page = to_tab(open_page(f"/?__theme={theme}", width=width))
    for weights in ("mnist-best", "human-numbers-model3"):
        chart = open_row(page, weights)
        chart.get_by_text("The numbers").click()
    assert page.evaluate("document.documentElement.scrollWidth") == width
    assert sticking_out(page, ".lesson *:not(.l7-unseen)", "thead, .lc-scroll", slack=0.5) == []
    assert complaints(page) == set()
