"""The Restoration tab's laboratory in a browser: photographs made bad, judged, looked into."""

import io

import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from tests import serving
from tests.browser.restoring import pixels


@pytest.fixture
def served(restoration_alone: serving.Served) -> serving.Served:
    return restoration_alone


def test_a_good_photograph_is_made_bad_restored_and_judged(page: Page):
    page.locator(".rs-lab summary").click()
    lesson = page.get_by_role("button", name="The lesson’s damage")
    expect(lesson).to_have_attribute("aria-pressed", "true")
    expect(page.locator(".rs-verdict")).to_contain_text("+")  # closer to the truth
    score = page.locator(".rs-bad .rs-score b")
    first = float((score.text_content() or "").removesuffix(" dB"))
    assert 10 < first < 40
    page.get_by_role("switch", name="Blur").check()
    expect(score).not_to_have_text(f"{first:.1f} dB")
    page.get_by_role("slider", name="Sensor noise: strength").fill("1")
    expect(page.get_by_role("switch", name="Sensor noise")).to_be_checked()
    page.get_by_role("button", name="Nothing").click()
    expect(score).to_have_text("no error")
    page.get_by_role("button", name="The lesson’s damage").click()
    expect(score).to_contain_text(" dB")
    bad = page.locator(".rs-bad img").get_attribute("src")
    page.get_by_role("button", name="Other random details").click()
    expect(page.locator(".rs-bad img")).not_to_have_attribute("src", bad or "")
    expect(page.locator(".rs-good .rs-score span")).to_contain_text("SSIM 0.")


def test_ones_own_photograph_is_made_bad(page: Page):
    page.locator(".rs-lab summary").click()
    expect(page.locator(".rs-verdict")).to_contain_text("dB")
    buffer = io.BytesIO()
    Image.radial_gradient("L").resize((900, 600)).convert("RGB").save(buffer, "PNG")
    file = {"name": "mine.png", "mimeType": "image/png", "buffer": buffer.getvalue()}
    bad = page.locator(".rs-bad img").get_attribute("src")
    page.set_input_files(".rs-own-file", file)
    expect(page.locator(".rs-bad img")).not_to_have_attribute("src", bad or "")
    assert pixels(page, ".rs-bad img").shape == (256, 384, 3)


def test_the_inside_shows_what_the_losses_see(page: Page):
    page.locator(".rs-inside summary").click()
    rows = page.locator(".rs-sights li")
    expect(rows).to_have_count(4)
    expect(rows.nth(1)).to_contain_text("of 255")
    expect(rows.nth(3).locator("img")).to_have_count(3)
    for row in rows.all()[1:]:
        assert len(row.locator("p").text_content() or "") > 40


def test_the_inside_follows_the_recipe_though_the_lab_is_closed(page: Page):
    page.locator(".rs-inside summary").click()
    expect(page.locator(".rs-sights li")).to_have_count(4)
    restored = page.get_by_alt_text("The photograph, restored")
    for recipe in ("pixel", "best"):
        before = restored.get_attribute("src")
        page.locator(f"input[value={recipe}]").check()
        expect(restored).not_to_have_attribute("src", before or "")
