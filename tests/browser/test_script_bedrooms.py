"""What the Bedrooms tab's script makes of answers that come late, twice or never.

No server runs: see ``staged``.
"""

from collections.abc import Callable

from playwright.sync_api import expect

from lesson7.ui import bedrooms as tab
from tests.browser.staged import QUEUED, Stage

PIXEL = "data:image/gif;base64,R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7"


def test_enter_in_the_seeds_field_asks_for_its_rooms_once(stage: Callable[..., Stage]):
    bedrooms = stage(tab.build, "bedrooms")
    drawn = {"rooms": [PIXEL] * 16, "directions": [], "notice": ""}
    bedrooms.answer(bedrooms.wait_for(1, "rooms")["id"], **drawn)
    for n, seed in ((2, "8"), (3, "8")):  # who asks for the same again may have them again
        bedrooms.page.locator("#br-seed").fill(seed)
        bedrooms.page.locator("#br-seed").press("Enter")
        question = bedrooms.wait_for(n, "rooms")
        assert question["room"]["seed"] == 8
        bedrooms.answer(question["id"], **drawn)
        assert len(bedrooms.asked("rooms")) == n


def test_of_the_queue_nothing_is_said_once_a_walk_is_there(stage: Callable[..., Stage]):
    bedrooms = stage(tab.build, "bedrooms")
    page = bedrooms.page
    first = bedrooms.wait_for(1, "rooms")
    bedrooms.answer(first["id"], rooms=[PIXEL] * 16, directions=[], notice="")
    for place in (0, 1):
        page.locator(".br-room").nth(place).click()
    page.locator(".br-walk").click()
    walk = bedrooms.wait_for(1, "walk")
    bedrooms.answer(walk["id"], wait=QUEUED)
    expect(page.locator(".br-said")).to_have_text(QUEUED)
    film = {"film": [PIXEL], "frames": 2, "columns": 2, "size": 1, "fps": 12}
    bedrooms.answer(walk["id"], **film)
    expect(page.locator(".br-said")).not_to_contain_text("queue")
