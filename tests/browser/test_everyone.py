"""All five tabs, for everybody: any width, by keyboard alone, by link, calm, without jumps.

The Bedrooms are drawn by stand-ins here (``five_tabs``).
"""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, Route, expect

from lesson7.ui.guard import FULL_SAYS
from tests import serving
from tests.browser.accessibility import complaints
from tests.browser.five_tabs import NAMES, WORDS
from tests.browser.waiting import wait_until

GRADIOS_NOTICE = {("nested-interactive", ".toast-header")}  # its words for a full queue
NOTHING_FADES = """() => [...document.querySelectorAll("[data-testid=toast-body]")]
    .every((one) => getComputedStyle(one).opacity === "1")"""
MOST_SHIFT = 0.02  # of the browser's measure; 0.1 is still called good


@pytest.fixture
def served(five: serving.Served) -> serving.Served:
    return five


def tab_to(page: Page, selector: str) -> None:
    """Press the tab key until what ``selector`` says has the focus."""
    for _ in range(80):
        page.keyboard.press("Tab")
        if page.evaluate("wanted => document.activeElement.matches(wanted)", selector):
            return
    raise AssertionError(f"the tab key does not lead to {selector}")


def expect_selected(page: Page, name: str) -> None:
    """This tab is open, and no other."""
    expect(page.get_by_role("tab", selected=True)).to_have_text([name])


# ------------------------------------------------------------------------ the row of tabs


def test_every_tab_is_seen_and_opened_at_any_width(open_page: Callable[..., Page]):
    page = open_page(width=320, height=720)
    for width in (320, 390, 700, 1024, 1440, 2560):
        page.set_viewport_size({"width": width, "height": 720})
        page.locator(".l7-theme").click()  # now light, now dark
        for name in NAMES:
            tab = page.get_by_role("tab", name=name, exact=True)
            box = tab.bounding_box()
            assert box, (name, width)
            assert 0 <= box["x"] <= box["x"] + box["width"] <= width, (name, width)
            page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
            expect_selected(page, name)
            panel = page.locator(f"#{tab.get_attribute('aria-controls')}")
            expect(panel.locator(".is-ready")).to_be_visible()
            assert page.evaluate("document.documentElement.scrollWidth") == width, (name, width)


def test_the_arrow_keys_go_from_tab_to_tab_and_the_address_follows(
    open_page: Callable[..., Page],
):
    page = open_page(width=320, permissions=["clipboard-read", "clipboard-write"])
    tab_to(page, "[role=tab]")
    for key, at in [("ArrowRight", one) for one in (1, 2, 3, 4, 0)] + [("End", 4), ("Home", 0)]:
        page.keyboard.press(key)
        expect_selected(page, NAMES[at])
        expect(page.locator(":focus")).to_have_text(NAMES[at])
        if at > 0:
            expect(page).to_have_url(re.compile(f"tab={WORDS[at]}$"))
        else:
            expect(page).not_to_have_url(re.compile("tab="))
    page.keyboard.press("ArrowLeft")
    expect(page).to_have_url(re.compile("tab=lesson$"))
    page.get_by_role("button", name="Copy the link to this view").click()
    expect(page.get_by_text("The link is copied.")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == page.url


# ------------------------------------------------------------- each tab, by keyboard alone


def digits(page: Page) -> None:
    tab_to(page, ".pad-canvas")
    page.keyboard.press("Space")
    for _ in range(14):
        page.keyboard.press("ArrowDown")
    page.keyboard.press("Space")
    expect(page.locator(".digits")).to_have_attribute("data-state", "answer")
    expect(page.locator(".network-says").first).to_contain_text("reads")


def restoration(page: Page) -> None:
    tab_to(page, ".rs-examples button")
    page.keyboard.press("Enter")
    expect(page.locator(".restoration")).to_have_attribute("data-state", "done")
    expect(page.locator(".rs-download")).to_be_enabled()


def bedrooms(page: Page) -> None:
    tab_to(page, ".br-go")
    page.keyboard.press("Enter")
    expect(page.locator(".br-download")).to_be_enabled()
    expect(page.locator(".bedrooms")).to_have_attribute("data-state", "drawn")


def human_numbers(page: Page) -> None:
    tab_to(page, "#hn-text")
    page.keyboard.press("ControlOrMeta+a")
    page.keyboard.type("ninety-eight,")
    page.keyboard.press("Enter")
    expect(page.locator(".hn-said")).to_contain_text("right")


def lesson(page: Page) -> None:
    tab_to(page, ".ls-open")
    page.keyboard.press("Enter")
    expect(page.locator(".lc-plot svg")).to_be_visible()


# The job; what is chosen after it, by arrow key or by click; what the address then says.
JOBS = {
    "digits": (digits, "input[value=resnet]", "digits-by=resnet"),
    "restoration": (restoration, "input[value=pixel]", "restoration-by=pixel&restoration-scale=3"),
    "bedrooms": (bedrooms, "input[value=wgan]", "bedrooms-by=wgan"),
    "human-numbers": (human_numbers, "input[value=model5]", "numbers-by=model5"),
    "lesson": (lesson, "", "lesson-open=mnist-cnn"),
}
KEEPS_ITS_PLACES = {"digits", "bedrooms", "human-numbers"}  # elsewhere something is unfolded


@pytest.mark.parametrize("word", WORDS)
def test_the_main_job_is_done_by_keyboard_nothing_jumps_and_a_link_leads_back(
    open_page: Callable[..., Page], word: str
):
    do, choice, says = JOBS[word]
    page = open_page(f"/?__theme=light&tab={word}", first_visit=True)
    expect(page.locator(f"#tab-{word}-button")).to_have_attribute("aria-selected", "true")
    before = page.evaluate("shifts.all")
    do(page)
    page.wait_for_timeout(300)
    shifts = page.evaluate("shifts")
    assert shifts["unasked"] < MOST_SHIFT, shifts["what"]
    if word in KEEPS_ITS_PLACES:
        assert shifts["all"] - before < MOST_SHIFT, shifts["what"]
    assert page.evaluate("document.getAnimations().length") == 0
    assert complaints(page) == set()

    if choice:
        page.locator(f"label:has({choice})").click()
        assert_ring(page, choice)
    tab = [f"tab={word}"] if word != WORDS[0] else []
    for part in tab + says.split("&"):
        expect(page).to_have_url(re.compile(re.escape(part)))
    page = open_page("/" + page.evaluate("location.search"))
    if choice:
        expect(page.locator(choice)).to_be_checked()
    if word == "human-numbers":  # a text is counted on from at once
        expect(page.locator(".hn-said")).to_contain_text("right")
    if word == "lesson":
        expect(page.locator(".lc[data-weights=mnist-cnn] svg").first).to_be_visible()


def assert_ring(page: Page, choice: str) -> None:
    """The chosen button has its ring, which Gradio's own style takes from one with the focus."""
    expect(page.locator(choice)).to_be_checked()
    colour, width = page.locator(choice).evaluate(
        "e => [getComputedStyle(e).borderTopColor, getComputedStyle(e).borderTopWidth]"
    )
    assert not re.search(r"transparent|, 0\)|/ 0\)", colour), colour
    assert float(width.removesuffix("px")) > 2


# ------------------------------------------------------------------------- busy, and in error


def refuse(route: Route) -> None:
    route.fulfill(status=503, json={"detail": "Queue is full."})


@pytest.mark.refuses
def test_axe_finds_nothing_of_ours_while_the_app_is_busy_or_fails(
    open_page: Callable[..., Page],
):
    page = open_page("/?__theme=dark&tab=human-numbers")
    held: list[Route] = []
    joins = "**/gradio_api/queue/join*"
    page.route(joins, lambda route: held.append(route))
    for name, go, busy, words in (
        ("Human numbers", ".hn-go", ".counting.is-busy", ".hn-error"),
        ("Restoration", ".rs-examples button", "[data-state=working]", ".rs-toast p"),
        ("Bedrooms", ".br-go", ".bedrooms[data-state=busy]", ".br-error"),
    ):
        page.get_by_role("tab", name=name).click()
        page.locator(go).first.click()
        expect(page.locator(busy)).to_be_visible()
        wait_until(page, lambda: held)
        page.mouse.move(0, 0)
        assert complaints(page) <= GRADIOS_NOTICE, name
        page.route(joins, refuse)  # before the other route: what is asked next is not held
        while held:
            refuse(held.pop())
        expect(page.locator(words)).to_contain_text("No answer came back")
        page.wait_for_function(NOTHING_FADES)
        assert complaints(page) <= GRADIOS_NOTICE, name
        page.unroute(joins, refuse)


@pytest.mark.refuses
def test_a_full_queue_is_said_in_our_words_and_the_tabs_answer_afterwards(
    open_page: Callable[..., Page],
):
    page, joins = open_page("/?tab=human-numbers"), "**/gradio_api/queue/join*"
    for name, go, words, done in (
        ("Human numbers", ".hn-go", ".hn-error", ".counting[data-state=right]"),
        ("Restoration", ".rs-examples button", ".rs-toast p", ".restoration[data-state=done]"),
        ("Bedrooms", ".br-go", ".br-error", ".bedrooms[data-state=drawn]"),
    ):
        page.get_by_role("tab", name=name).click()
        page.route(joins, lambda route: route.fulfill(status=503, json={"detail": FULL_SAYS}))
        page.locator(go).first.click()
        expect(page.locator(words)).to_contain_text("No answer came back")
        expect(page.get_by_test_id("toast-text").last).to_have_text(FULL_SAYS)
        page.unroute(joins)
        page.locator(go).first.click()
        expect(page.locator(done)).to_be_visible()
