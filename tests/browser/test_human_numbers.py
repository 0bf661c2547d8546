"""The Human numbers tab in a browser: counting streams in, and every word can be asked about."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.accessibility import complaints


def to_tab(page: Page) -> Page:
    page.get_by_role("tab", name="Human numbers").click()
    page.wait_for_selector(".counting.is-ready")
    return page


@pytest.fixture
def tab(page: Page) -> Page:
    """The tab, with 20 words at a time."""
    to_tab(page)
    page.locator(".hn-length select").select_option("20")
    return page


def count(page: Page, text: str) -> None:
    page.locator("#hn-text").fill(text)
    page.locator("#hn-text").press("Enter")


def added(page: Page) -> str:
    return " ".join(page.locator(".hn-text .hn-word:not(.is-given)").all_text_contents())


def expect_added(page: Page, n: int) -> None:
    expect(page.locator(".hn-text .hn-word:not(.is-given)")).to_have_count(n)
    expect(page.locator(".hn-stop")).to_be_disabled()


def test_enter_counts_on_and_the_truth_stands_beside_it(tab: Page):
    count(tab, "8996, 8997")
    expect_added(tab, 20)
    words = "eight thousand nine hundred ninety eight , eight thousand nine hundred ninety nine ,"
    assert added(tab).startswith(f"{words} nine thousand , nine thousand one")
    expect(tab.locator(".hn-said")).to_contain_text("3 numbers right. No mistake so far.")
    expect(tab.locator(".hn-word.is-wrong")).to_have_count(0)


def test_the_first_wrong_word_is_marked(tab: Page):
    tab.locator("input[value=model5]").check()
    count(tab, "eight thousand one,")
    expect_added(tab, 20)
    expect(tab.locator(".hn-word.is-wrong")).to_have_count(1)
    expect(tab.locator(".hn-said")).to_contain_text("then a mistake")


def test_a_word_shows_five_alternatives_and_another_can_be_taken(tab: Page):
    count(tab, "one, two,")
    expect_added(tab, 20)
    tab.locator(".hn-text .hn-word").nth(4).focus()
    bars = tab.locator(".hn-bar")
    expect(bars).to_have_count(5)
    expect(bars.first).to_have_attribute("aria-label", "three, 100.0 %: go on with it")
    tab.keyboard.press("ArrowRight")
    expect(bars.first).to_contain_text("(comma)")
    tab.keyboard.press("ArrowLeft")
    expect(bars.first).to_contain_text("three")
    other = bars.nth(1).locator("b").text_content()
    bars.nth(1).click()
    expect(tab.locator(".hn-word.is-yours")).to_have_text(other or "")
    expect_added(tab, 21)


def test_step_step_back_and_go_on(tab: Page):
    count(tab, "one,")
    expect_added(tab, 20)
    for button, n in ((".hn-step", 21), (".hn-back", 20), (".hn-back", 19), (".hn-more-words", 39)):
        tab.locator(button).click()
        expect_added(tab, n)
    assert added(tab).startswith("two , three , four , five ,")
    expect(tab.locator(".hn-word.is-wrong")).to_have_count(0)


def test_a_long_count_can_be_stopped(tab: Page):
    """The page itself presses Stop at the first words: this process may be slower than they."""
    tab.locator(".hn-length select").select_option("1000")
    tab.locator(".hn-text").evaluate(
        """text => new MutationObserver((_, observer) => {
            const stop = document.querySelector(".hn-stop");
            if (text.querySelectorAll(".hn-word").length < 4 || stop.disabled) return;
            observer.disconnect();
            stop.click();
        }).observe(text, {childList: true, subtree: true})"""
    )
    count(tab, "one,")
    expect(tab.locator(".hn-text .hn-word").nth(3)).to_be_visible()
    expect(tab.locator(".hn-stop")).to_be_disabled()
    n = tab.locator(".hn-text .hn-word").count()
    tab.wait_for_timeout(1_000)
    assert tab.locator(".hn-text .hn-word").count() == n < 1_000


def test_temperature_and_top_k_move_the_bars(tab: Page):
    tab.locator("input[value=model0]").check()
    count(tab, "one, two,")
    expect_added(tab, 20)
    tab.locator(".hn-text .hn-word").nth(6).focus()
    shown = tab.locator(".hn-bar span")
    cold = shown.all_text_contents()
    assert cold[:2] == ["100.0 %", "0 %"]
    tab.locator("#hn-temperature").fill("1")
    warm = shown.all_text_contents()
    tab.locator("#hn-temperature").fill("3")
    hot = shown.all_text_contents()
    assert len({cold[1], warm[1], hot[1]}) == 3
    tab.locator("#hn-top-k").fill("2")
    assert shown.all_text_contents()[2:] == ["0 %"] * 3
    expect(tab.locator(".hn-top-k")).to_have_text("2")


def test_unknown_words_are_named(tab: Page):
    count(tab, "thosand <b>one</b>")
    expect(tab.locator(".hn-error")).to_contain_text("“thosand”: did you mean thousand?")
    expect(tab.locator("#hn-text")).to_have_attribute("aria-invalid", "true")
    tab.get_by_role("button", name="eight thousand one,", exact=True).click()
    expect_added(tab, 20)
    expect(tab.locator(".hn-error")).to_have_text("")


def test_all_seven_go_on_side_by_side(tab: Page):
    count(tab, "8998, 8999,")
    expect_added(tab, 20)
    tab.locator(".hn-ladder summary").click()
    expect(tab.locator(".hn-rungs li")).to_have_count(7)
    expect(tab.locator(".hn-rungs li").first).to_contain_text("9,190 parameters")
    expect(tab.locator(".hn-rung-verdict").last).not_to_have_class(re.compile("is-wrong"))


def test_the_inside_is_drawn_and_described(tab: Page):
    count(tab, "8998, 8999,")
    expect_added(tab, 20)
    tab.locator(".hn-inside summary").click()
    heat = tab.locator(".hn-heat canvas")
    expect(heat).to_have_attribute("height", "24")
    assert (heat.get_attribute("aria-label") or "").startswith("Heat map of the last 20 words")
    tab.locator("input[value=model5]").check()
    expect(heat).to_have_attribute("height", "64")


@pytest.mark.parametrize(("theme", "width"), [("light", 1280), ("dark", 1280), ("light", 320)])
def test_axe_finds_nothing_of_ours(open_page: Callable[..., Page], theme: str, width: int):
    page = open_page(f"/?__theme={theme}&tab=human-numbers", width=width)
    page.wait_for_selector(".counting.is-ready:visible")
    page.locator("input[value=model5]").check()
    page.locator(".hn-length select").select_option("20")
    count(page, "eight thousand one,")
    expect_added(page, 20)
    page.locator(".hn-inside summary").click()
    page.locator(".hn-ladder summary").click()
    expect(page.locator(".hn-rungs li")).to_have_count(7)
    assert page.evaluate("document.documentElement.scrollWidth") == width
    assert complaints(page) == set()


def test_a_question_right_after_a_stop_is_answered(tab: Page):
    """Stopping may arrive late, and must not hit what is asked next."""
    for start in range(1, 7):
        tab.evaluate(
            """(texts) => {
                const field = document.querySelector("#hn-text");
                const stop = document.querySelector(".hn-stop");
                for (const text of texts) {
                    field.value = text;
                    field.form.requestSubmit();
                    if (text !== texts.at(-1)) stop.click();
                }
            }""",
            [f"{start}{i}," for i in range(6)],
        )
        expect_added(tab, 20)
        expect(tab.locator(".hn-error")).to_be_empty()
        expect(tab.locator(".hn-said")).to_contain_text("No mistake so far.")


@pytest.mark.parametrize("words", [1, 400])
def test_step_ends_on_a_long_text_with_words_that_stream_in(
    open_page: Callable[..., Page], words: int
):
    """After much to read the last reply brings no word: it ends the answer all the same."""
    page = to_tab(open_page(reduced_motion="no-preference"))
    page.locator(".hn-length select").select_option("20")
    count(page, "one, " * words)
    expect_added(page, 20)
    page.locator(".hn-step").click()
    expect_added(page, 21)
    expect(page.locator(".hn-step")).to_be_enabled()
    page.wait_for_timeout(200)  # some frames more, which must not take back what was said
    expect(page.locator(".hn-more")).to_have_text("No mistake so far.")


def test_after_9999_nothing_more_is_judged_however_it_goes_on(tab: Page):
    count(tab, "9998,")
    expect_added(tab, 20)
    tab.locator(".hn-step").click()
    expect_added(tab, 21)
    expect(tab.locator(".hn-sentence")).to_have_text("1 number right")
    expect(tab.locator(".hn-more")).to_have_text("Here its numbers end.")


def test_a_word_of_ones_own_is_not_the_end_of_the_numbers(tab: Page):
    count(tab, "one,")
    expect_added(tab, 20)
    tab.locator(".hn-text .hn-word:not(.is-given)").first.focus()
    tab.locator(".hn-bar").nth(1).click()
    expect_added(tab, 21)
    for n in range(20, 0, -1):
        tab.locator(".hn-back").click()
        expect_added(tab, n)
    expect(tab.locator(".hn-word").last).to_have_class("hn-word is-yours")
    expect(tab.locator(".hn-more")).not_to_have_text("Here its numbers end.")


@pytest.mark.refuses
def test_the_ladder_asks_again_after_an_answer_was_lost(tab: Page):
    count(tab, "8998, 8999,")
    expect_added(tab, 20)
    tab.route("**/queue/join*", lambda route: route.fulfill(status=503, json={"detail": "full"}))
    tab.locator(".hn-ladder summary").click()
    expect(tab.locator(".hn-ladder-empty")).to_contain_text("No answer came back")
    expect(tab.locator(".hn-error")).to_be_empty()
    tab.unroute("**/queue/join*")
    tab.locator(".hn-ladder summary").click()
    tab.locator(".hn-ladder summary").click()
    expect(tab.locator(".hn-rungs li")).to_have_count(7)


def test_a_full_paper_says_so(tab: Page):
    """However quickly it is read: the page counts the characters, whichever network goes on."""
    tab.locator("input[value=model0]").check()
    count(tab, "7777," * 460)
    expect_added(tab, 20)
    tab.locator(".hn-more-words").click()
    expect(tab.locator(".hn-error")).to_contain_text("The paper is full")
    expect(tab.locator(".hn-stop")).to_be_disabled()
