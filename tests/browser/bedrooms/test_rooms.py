"""The Bedrooms tab in a browser: sixteen rooms, a shelf, a walk, the time machine, inside.

The tab runs alone here, with a temporary weights folder of small random networks
(``tests.bedrooms.stand_ins``): what is drawn are clouds of colour, but everything else is as
with the shipped ones, and it takes a fraction of the time.
"""

import json
import re
from collections.abc import Callable

import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from tests.browser.accessibility import complaints, sticking_out
from tests.browser.bedding import address_of, drawn, keep, rooms


def test_a_click_gives_sixteen_other_rooms_with_their_seed(tab: Page):
    first = rooms(tab)
    assert len(set(first)) == 16
    tab.get_by_role("button", name="Draw sixteen bedrooms").click()
    expect(tab.locator(".br-room img").first).not_to_have_attribute("src", first[0])
    drawn(tab)
    seed = tab.locator("#br-seed").input_value()
    assert seed.isdigit()
    assert f"bedrooms-seed={seed}" in address_of(tab)
    assert not set(first) & set(rooms(tab))


def test_a_seed_can_be_typed_and_draws_the_same_rooms_again(tab: Page):
    first = rooms(tab)
    field = tab.locator("#br-seed")
    field.fill("8")
    field.press("Enter")
    expect(tab.locator(".br-room img").first).not_to_have_attribute("src", first[0])
    field.fill("7")
    field.press("Enter")
    expect(tab.locator(".br-room img").first).to_have_attribute("src", first[0])
    drawn(tab)
    assert rooms(tab) == first


def test_what_is_no_seed_is_said(tab: Page):
    for seed in ("seven", "-1", "1.5", "", "<b>7</b>"):
        tab.locator("#br-seed").fill(seed)
        tab.locator("#br-seed").press("Enter")
        expect(tab.locator("#br-error"), seed).to_contain_text("must be a whole number")
        expect(tab.locator("#br-seed"), seed).to_have_attribute("aria-invalid", "true")
        tab.get_by_role("button", name="Draw sixteen bedrooms").click()
        expect(tab.locator("#br-error"), seed).to_have_text("")
        drawn(tab)


def test_truncation_0_makes_all_sixteen_one(tab: Page):
    tab.locator("#br-truncation").fill("0")
    expect(tab.locator("output[for=br-truncation]")).to_have_text("0.00")
    tab.wait_for_function(
        "new Set([...document.querySelectorAll('.br-room img')].map(one => one.src)).size === 1"
    )


def test_the_sheet_can_be_downloaded(tab: Page):
    with tab.expect_download() as download:
        tab.get_by_role("button", name="Download PNG").click()
    assert download.value.suggested_filename == "bedrooms-seed-7.png"
    with Image.open(download.value.path()) as sheet:
        assert (sheet.format, sheet.size) == ("PNG", (1048, 1048))
        assert len(sheet.convert("RGB").resize((16, 16)).getcolors()) > 20


def test_kept_rooms_stay_on_the_shelf_also_after_a_reload(tab: Page):
    keep(tab, 2, 5)
    expect(tab.locator(".br-room").nth(2)).to_have_attribute("aria-pressed", "true")
    tab.reload()
    drawn(tab)
    expect(tab.locator(".br-shelf li")).to_have_count(2)
    expect(tab.locator(".br-room").nth(5)).to_have_attribute("aria-pressed", "true")
    tab.locator(".br-room").nth(5).click()
    expect(tab.locator(".br-shelf li")).to_have_count(1)
    tab.get_by_role("button", name="remove").click()
    expect(tab.locator(".br-shelf li")).to_have_count(0)
    expect(tab.locator(".br-room").nth(2)).to_have_attribute("aria-pressed", "false")


def test_focus_stays_on_the_shelf_when_a_room_leaves_it(tab: Page):
    """The room that takes its place has it; after the last one, what the shelf says."""
    keep(tab, 1, 4, 8)
    removes = tab.locator(".br-shelf button")
    names = ["number 2 of", "number 5 of", "number 9 of"]
    removes.nth(1).focus()
    for left, name in ((2, names[2]), (1, names[0])):
        tab.keyboard.press("Enter")
        expect(removes).to_have_count(left)
        expect(tab.locator(":focus")).to_have_attribute("aria-label", re.compile(f"{name}.*remove"))
    tab.keyboard.press("Enter")
    expect(removes).to_have_count(0)
    expect(tab.locator(":focus")).to_have_text("Click a room above, and it stays here.")


def test_focus_stays_there_when_the_shelf_is_emptied(tab: Page):
    keep(tab, 1, 4)
    tab.get_by_role("button", name="Empty the shelf").focus()
    tab.keyboard.press("Enter")
    expect(tab.locator(":focus")).to_have_text("Click a room above, and it stays here.")


def test_focus_stays_on_a_room_that_is_let_go_from_above(tab: Page):
    keep(tab, 1, 4)
    tab.locator(".br-room").nth(1).press("Enter")
    expect(tab.locator(".br-shelf li")).to_have_count(1)
    expect(tab.locator(".br-room").nth(1)).to_be_focused()


def test_a_walk_needs_two_rooms_of_one_network(tab: Page):
    walk, says = tab.locator(".br-walk"), tab.locator(".br-walk-says")
    expect(walk).to_be_disabled()
    keep(tab, 0, 1)
    expect(walk).to_be_enabled()
    tab.locator(".br-shelf input").first.uncheck()
    expect(says).to_have_text("Choose two rooms or more for the walk.")
    tab.locator(".br-shelf input").first.check()
    before = rooms(tab)[0]
    tab.locator("input[value=wgan]").check()
    expect(tab.locator(".br-room img").first).not_to_have_attribute("src", before)
    drawn(tab)
    tab.locator(".br-room").first.click()
    expect(says).to_contain_text("do not share a space")
    expect(walk).to_be_disabled()


def test_a_walk_plays_stops_and_downloads(tab: Page):
    keep(tab, 0, 3)
    tab.locator(".br-walk").click()
    player = tab.locator(".br-player")
    expect(player).to_be_visible()
    expect(tab.locator(".br-walk-says")).to_contain_text("2 rooms, 60 frames")
    scrub = tab.locator(".br-scrub")
    expect(scrub).to_have_attribute("max", "59")
    expect(scrub).to_have_value("0")  # it stands still: animations are not wanted here
    pixel = """[...document.querySelector('.br-player canvas').getContext('2d')
        .getImageData(9, 9, 1, 1).data]"""
    first = tab.evaluate(pixel)
    scrub.fill("30")
    assert tab.evaluate(pixel) != first
    player.get_by_role("button", name="Play").click()
    expect(scrub).not_to_have_value("30")
    player.get_by_role("button", name="Pause").click()
    with tab.expect_download() as download:
        tab.get_by_role("button", name="Download GIF").click()
    assert download.value.suggested_filename == "bedrooms-walk.gif"
    with Image.open(download.value.path()) as film:
        assert film.format == "GIF"
        assert film.size == (192, 192)
        assert film.n_frames > 30


def test_the_time_machine_turns_both_recipes(tab: Page):
    tab.locator(".br-machine summary").click()
    expect(tab.locator(".br-era")).to_have_count(2)
    sheets = tab.locator(".br-moments")
    last = sheets.evaluate_all("all => all.map(one => one.src)")
    tab.locator(".br-moment").fill("0")
    expect(tab.locator(".br-when").first).to_have_text("after 0 photographs, at once")
    first = sheets.evaluate_all("all => all.map(one => one.src)")
    assert all(a != b for a, b in zip(first, last, strict=True))
    expect(sheets.last).to_have_attribute("alt", re.compile("Ours: sixteen rooms after 0"))
    expect(tab.locator(".br-charts svg")).to_have_count(4)
    place = "[...document.querySelectorAll('.br-now')].map(one => one.getAttribute('x1'))"
    before = tab.evaluate(place)
    tab.locator(".br-moment").fill("2")
    expect(tab.locator(".br-when").last).to_have_text("after 10,000 photographs, 10 minutes")
    assert all(a != b for a, b in zip(before, tab.evaluate(place), strict=True))
    expect(tab.locator(".br-why")).to_contain_text("Why the losses tell so little")


def test_inside_ranks_the_rooms_and_takes_one_apart(tab: Page):
    tab.locator(".br-inside summary").click()
    ranks = tab.locator(".br-ranks button")
    expect(ranks).to_have_count(16)
    scores = [float(text.replace("−", "-")) for text in ranks.locator("span").all_text_contents()]
    assert scores == sorted(scores, reverse=True)
    best, worst = tab.locator(".br-verdict figure").all_text_contents()
    assert f"{scores[0]:+.1f}".replace("-", "−") in best
    assert f"{scores[-1]:+.1f}".replace("-", "−") in worst
    expect(tab.locator(".br-stages h4")).to_have_text(
        [re.compile(rf"{size} × {size}, ") for size in (4, 8, 16, 32, 64)] + ["The room"]
    )
    room = tab.locator(".br-stages img").last.get_attribute("src")
    ranks.nth(7).click()
    expect(tab.locator(".br-stages img").last).not_to_have_attribute("src", room or "")
    expect(ranks.nth(7)).to_have_attribute("aria-pressed", "true")
    tab.locator("input[value=wgan]").check()
    expect(tab.locator(".br-inside-says")).to_contain_text("the lesson’s critic")


def test_everything_can_be_reached_by_keyboard(tab: Page):
    tab.locator(".br-room").nth(3).focus()
    tab.keyboard.press("Space")
    expect(tab.locator(".br-shelf li")).to_have_count(1)
    expect(tab.locator(".br-said")).to_have_text("Room 4 is kept.")
    tab.locator(".br-directions input").first.focus()
    tab.keyboard.press("ArrowRight")
    expect(tab.locator(".br-directions output").first).to_have_text("+0.3")
    tab.locator(".br-reset").click()
    expect(tab.locator(".br-directions output").first).to_have_text("0")


@pytest.mark.refuses
def test_a_busy_app_is_said_in_words(open_page: Callable[..., Page]):
    page = drawn(open_page())
    page.route("**/gradio_api/queue/join*", lambda route: route.fulfill(
        status=503, content_type="application/json", body=json.dumps({"detail": "Queue is full."})
    ))  # fmt: skip
    page.get_by_role("button", name="Draw sixteen bedrooms").click()
    expect(page.locator("#br-error")).to_contain_text("No answer came back")


@pytest.mark.parametrize("width", [320, 390, 820, 1280])
def test_nothing_is_wider_than_the_window(open_page: Callable[..., Page], width: int):
    page = drawn(open_page(width=width))
    page.locator(".br-machine summary").click()
    expect(page.locator(".br-era")).to_have_count(2)
    page.locator(".br-inside summary").click()
    expect(page.locator(".br-stages li")).to_have_count(6)
    assert page.evaluate("document.documentElement.scrollWidth") == width
    assert sticking_out(page, ".bedrooms *") == []


@pytest.mark.parametrize(("theme", "width"), [("light", 1280), ("dark", 1280), ("light", 320)])
def test_axe_finds_nothing_of_ours(open_page: Callable[..., Page], theme: str, width: int):
    page = drawn(open_page(f"/?__theme={theme}", width=width))
    keep(page, 0, 3)
    page.locator(".br-walk").click()
    expect(page.locator(".br-player")).to_be_visible()
    page.locator(".br-machine summary").click()
    expect(page.locator(".br-era")).to_have_count(2)
    page.locator(".br-inside summary").click()
    expect(page.locator(".br-stages li")).to_have_count(6)
    assert complaints(page) == set()
