"""The page as a whole: any width, light and dark, for everybody, and nothing from outside."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.accessibility import complaints, sticking_out


@pytest.mark.parametrize("width", [320, 390, 768, 1024, 1280, 2560])
def test_nothing_is_wider_than_the_window(open_page: Callable[..., Page], width: int):
    page = open_page(width=width, height=900)
    page.get_by_role("button", name="Example: a 7").click()
    expect(page.locator(".answer-digit")).to_have_text("7")
    page.get_by_text("Look inside").click()
    expect(page.locator(".layers li").first).to_be_visible()
    for theme in ("light", "dark"):
        expect(page.locator("body.dark")).to_have_count(int(theme == "dark"))
        assert page.evaluate("document.documentElement.scrollWidth") == width, theme
        assert sticking_out(page, ".digits *:not(.l7-unseen)") == [], theme
        page.locator(".l7-theme").click()


def test_a_phone_shows_pad_and_answer_together(open_page: Callable[..., Page]):
    page = open_page(width=390, height=844)
    pad, bars = page.locator(".pad").bounding_box(), page.locator(".bars").bounding_box()
    assert pad
    assert bars
    assert pad["y"] > 0
    assert bars["y"] + bars["height"] <= 844


@pytest.mark.parametrize("width", [390, 820, 1280])
def test_nothing_moves_when_the_answer_comes(open_page: Callable[..., Page], width: int):
    page = open_page(width=width, first_visit=True)
    places = """() => [...document.querySelectorAll(
        ".pad, .pad-tools, .answer, .bar, .networks, .networks .l7-choice, .inside"
    )].map(e => Math.round(e.getBoundingClientRect().top + scrollY))"""
    before = page.evaluate(places)
    page.get_by_role("button", name="Example: a 7").click()
    expect(page.locator(".network-says").first).to_contain_text("reads")
    assert page.evaluate(places) == before


def test_the_theme_is_switched_and_remembered(open_page: Callable[..., Page]):
    page = open_page("/", color_scheme="light")
    switch = page.get_by_role("button", name="Dark theme")
    background = "getComputedStyle(document.querySelector('.gradio-container')).backgroundColor"
    light = page.evaluate(background)
    switch.click()
    assert switch.get_attribute("aria-pressed") == "true"
    dark = page.evaluate(background)
    assert dark != light
    page.reload()
    page.wait_for_selector(".digits.is-ready")
    assert page.evaluate(background) == dark


def test_the_system_chooses_the_theme_at_first(open_page: Callable[..., Page]):
    page = open_page("/", color_scheme="dark")
    assert page.get_by_role("button", name="Dark theme").get_attribute("aria-pressed") == "true"


def test_a_link_may_name_its_tab(open_page: Callable[..., Page]):
    page = open_page("/?tab=human-numbers")
    tab = page.get_by_role("tab", name="Human numbers")
    expect(tab).to_have_attribute("aria-selected", "true")


def test_bars_glide_only_for_those_who_like_it(open_page: Callable[..., Page]):
    bar = "getComputedStyle(document.querySelector('.bar i'), '::before').transitionDuration"
    assert open_page(reduced_motion="reduce").evaluate(bar) == "0s"
    assert open_page(reduced_motion="no-preference").evaluate(bar) != "0s"


@pytest.mark.parametrize(("theme", "width"), [("light", 1280), ("dark", 1280), ("light", 320)])
def test_axe_finds_nothing_of_ours(open_page: Callable[..., Page], theme: str, width: int):
    page = open_page(f"/?__theme={theme}", width=width)
    assert complaints(page) == set(), "empty"
    page.get_by_role("button", name="Example: a 7").click()
    expect(page.locator(".network-says").first).to_contain_text("reads")
    assert complaints(page) == set(), "answer"
    page.get_by_text("Look inside").click()
    expect(page.locator(".layers li").first).to_be_visible()
    assert complaints(page) == set(), "inside"
    page.get_by_text("Look inside").click()
    page.set_input_files(
        ".pad-file", {"name": "7.png", "mimeType": "image/png", "buffer": b"no picture"}
    )
    expect(page.locator(".digits")).to_have_attribute("data-state", "none")
    assert complaints(page) == set(), "words"


def test_the_visitors_choice_of_theme_wins_over_the_system(open_page: Callable[..., Page]):
    page = open_page("/", color_scheme="light")
    theme, body = page.get_by_role("button", name="Dark theme"), page.locator("body")
    page.emulate_media(color_scheme="dark")  # nothing was chosen yet
    expect(body).to_have_class(re.compile("dark"))
    expect(theme).to_have_attribute("aria-pressed", "true")
    theme.click()
    expect(body).not_to_have_class(re.compile("dark"))
    page.emulate_media(color_scheme="light")
    page.emulate_media(color_scheme="dark")  # sunset
    page.wait_for_timeout(300)
    expect(body).not_to_have_class(re.compile("dark"))
    expect(theme).to_have_attribute("aria-pressed", "false")
