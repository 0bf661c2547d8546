"""What a visitor of the Digits tab draws and sees, as steps for its tests."""

import math

from playwright.sync_api import Page, expect

Strokes = list[list[tuple[float, float]]]


def arc(x: float, y: float, radius: float, start: float, stop: float) -> list[tuple[float, float]]:
    """Points on a circle, from one angle in degrees to another; 0 is right, 90 is down."""
    angles = [math.radians(start + (stop - start) * i / 16) for i in range(17)]
    return [(x + radius * math.cos(a), y + radius * math.sin(a)) for a in angles]


# In the pad's units, 280 a side.
ZERO: Strokes = [arc(140, 140, 75, -90, 275)]
ONE: Strokes = [[(140, 60), (140, 220)]]
THREE: Strokes = [arc(135, 100, 42, -150, 90) + arc(135, 184, 46, -90, 150)]
SEVEN: Strokes = [[(80, 70), (195, 70), (125, 220)]]

# Of all ten bars at one moment: the answer to an earlier drawing may be on its way.
BARS_SAY = """digit => {
  const bars = [...document.querySelectorAll(".bar")];
  const values = bars.map((bar) => Number(bar.ariaValueNow));
  const sum = values.reduce((a, b) => a + b, 0);
  const winners = bars.filter((bar) => bar.classList.contains("wins"));
  return Math.abs(sum - 100) <= 1 && Math.max(...values) === values[digit]
    && winners.length === 1 && winners[0].ariaLabel === String(digit);
}"""


def draw(page: Page, strokes: Strokes) -> None:
    """Draw with the mouse, in small steps as a hand does."""
    box = page.locator(".pad-canvas").bounding_box()
    assert box
    unit = box["width"] / 280
    for (x, y), *others in strokes:
        page.mouse.move(box["x"] + x * unit, box["y"] + y * unit)
        page.mouse.down()
        for x, y in others:
            page.mouse.move(box["x"] + x * unit, box["y"] + y * unit, steps=4)
        page.mouse.up()


def expect_answer(page: Page, digit: int) -> None:
    """The answer, in the large sign, in the bars, and for a screen reader."""
    expect(page.locator(".answer-digit")).to_have_text(str(digit))
    expect(page.locator(".answer-said")).to_contain_text(f"{digit}, ")
    page.wait_for_function(BARS_SAY, arg=digit)


def is_blank(page: Page) -> bool:
    return page.locator(".pad-canvas").evaluate(
        "c => c.getContext('2d').getImageData(0, 0, c.width, c.height).data.every(v => v === 0)"
    )
