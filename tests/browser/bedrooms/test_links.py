"""What the Bedrooms tab draws from: an address, a network, steps; and what it says of that."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.bedding import address_of, drawn, moves_of, rooms


def test_an_address_brings_the_same_rooms(tab: Page, open_page: Callable[..., Page]):
    tab.locator("input[value=wgan]").check()
    tab.locator("#br-seed").fill("12")
    tab.locator("#br-seed").press("Enter")
    tab.locator("#br-truncation").fill("0.5")
    expect(tab.locator(".br-directions .br-knob").first).to_contain_text("a step adds")
    tab.get_by_label("Brightness", exact=True).fill("2")
    expect(tab).to_have_url(re.compile("bedrooms-moves=brightness%3A2"))
    drawn(tab)
    address = address_of(tab)
    for part in ("seed=12", "by=wgan", "truncation=0.5", "moves=brightness%3A2"):
        assert f"bedrooms-{part}" in address
    wanted = rooms(drawn(tab))
    other = drawn(open_page("/" + address))
    assert rooms(other) == wanted
    expect(other.locator("input[value=wgan]")).to_be_checked()
    expect(other.get_by_label("Brightness", exact=True)).to_have_value("2")


@pytest.mark.parametrize(
    "query",
    [
        "bedrooms-seed=-5&bedrooms-by=gpt",
        "bedrooms-truncation=9&bedrooms-moves=x:1e9,,y",
        "bedrooms-moves=x:1",
        "bedrooms-moves=x:1,__proto__:2,constructor:2",
    ],
)
def test_an_address_that_makes_no_sense_brings_the_usual_rooms(tab: Page, open_page, query: str):
    page = drawn(open_page(f"/?{query}"))
    expect(page.locator("#br-seed")).to_have_value("7")
    expect(page.locator("#br-truncation")).to_have_value("1")
    expect(page.locator("#br-error")).to_have_text("")
    assert rooms(page) == rooms(tab)
    assert moves_of(page) == {"0"}
    page.locator("#br-seed").fill("8")
    page.locator("#br-seed").press("Enter")
    expect(page.locator(".br-room img").first).not_to_have_attribute("src", rooms(tab)[0])
    assert "bedrooms-moves" not in address_of(page)


def test_of_an_address_the_directions_that_there_are_are_taken(tab: Page, open_page):
    page = drawn(open_page("/?bedrooms-moves=x:1,brightness:2,warmth:0"))
    expect(page.get_by_label("Brightness", exact=True)).to_have_value("2")
    assert moves_of(page) == {"0", "+2.0"}
    assert not set(rooms(page)) & set(rooms(tab))


def test_another_network_can_be_chosen_before_the_directions_are_known(open_page):
    """The moves of the address were not for that one; nor is it asked for them."""
    page = open_page("/?bedrooms-moves=brightness:2")
    page.evaluate("document.querySelector('input[value=wgan]').click()")
    drawn(page)
    assert moves_of(page) == {"0"}
    assert "bedrooms-by=wgan" in address_of(page)
    assert "bedrooms-moves" not in address_of(page)


def test_another_network_begins_without_steps_at_once(open_page):
    """Its rooms need a moment; the sliders of the last one do not wait for them."""
    page = drawn(open_page("/?bedrooms-moves=brightness:2"))
    page.evaluate("document.querySelector('input[value=wgan]').click()")
    assert moves_of(page) == {"0"}


def test_rooms_are_not_called_drawn_while_newer_ones_are_on_their_way(tab: Page):
    before = rooms(tab)
    called = tab.evaluate(
        """async () => {
          const [root, seed] = [".bedrooms", "#br-seed"].map((one) => document.querySelector(one));
          const called = [];
          new MutationObserver(() => called.push(root.dataset.state)).observe(
            root, { attributeFilter: ["data-state"] });
          for (const typed of [8, 7]) {
            seed.value = typed;
            seed.dispatchEvent(new Event("change"));
            await new Promise((done) => setTimeout(done));
          }
          while (!called.includes("drawn")) await new Promise((done) => setTimeout(done, 20));
          return called;
        }"""
    )
    assert set(called[:-1]) == {"busy"}
    assert rooms(tab) == before, "the first question was seed 8, the last one 7"


def test_a_link_says_the_seed_of_the_rooms_whatever_is_in_the_field(tab: Page):
    tab.locator("#br-seed").fill("12")
    tab.locator("#br-seed").press("Enter")
    expect(tab).to_have_url(re.compile("bedrooms-seed=12"))
    for text in ("abc", "", "-3"):
        tab.locator("#br-seed").fill(text)
        tab.get_by_role("button", name="Copy link").click()
        expect(tab.locator("#br-error")).to_contain_text("must be a whole number")
        assert "bedrooms-seed=12" in address_of(tab)
