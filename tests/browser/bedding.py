"""What a visitor of the Bedrooms tab does and sees, as steps for its tests."""

from playwright.sync_api import Page, expect


def drawn(page: Page) -> Page:
    expect(page.locator(".bedrooms")).to_have_attribute("data-state", "drawn")
    return page


def rooms(page: Page) -> list[str]:
    return page.locator(".br-room img").evaluate_all("all => all.map(one => one.src)")


def address_of(page: Page) -> str:
    """As it is now; Playwright's own ``url`` comes later."""
    return page.evaluate("location.search")


def keep(page: Page, *places: int) -> None:
    for place in places:
        page.locator(".br-room").nth(place).click()
    expect(page.locator(".br-shelf li")).to_have_count(len(places))


def moves_of(page: Page) -> set[str]:
    return set(page.locator(".br-directions output").all_text_contents())
