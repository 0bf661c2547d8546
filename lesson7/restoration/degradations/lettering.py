"""What people write over pictures: numbers and words.

    number      one, opaque from strength 0.4 on: what the lesson writes, a year, a date
    words       a watermark: single or all over, level or slanted, mostly translucent

Letters come from Pillow's two own fonts, in all sizes, plain or bold, with or without an
outline, because those are on every machine. Sizes are shares of the picture's shorter side.
"""

import functools
import math
import random
from dataclasses import dataclass

from PIL import Image, ImageDraw, ImageFont

from lesson7.restoration.degradations.registry import degradation

BITMAP_HEIGHT = 11  # pixels
COLOURS = ("white", "white", "white", "white", "black", "silver", "yellow", "orange", "red", "navy")
WORDS = ("SAMPLE", "PREVIEW", "COPYRIGHT", "PROOF", "DRAFT", "Photo", "do not copy", "Studio",
         "example", "stock")  # fmt: skip
SYLLABLES = ("an", "bel", "cor", "do", "fi", "gra", "ho", "jun", "ka", "lu", "mo", "ne", "pix",
             "ra", "sto", "ti", "vi", "wa", "za")  # fmt: skip


@dataclass(frozen=True)
class Hand:
    """How something is written: everything but its place, size and opacity."""

    bitmap: bool  # Pillow's font of 11-pixel cells, enlarged; else its outline font
    bold: bool
    outline: bool
    colour: str
    edge: str  # the outline's colour

    @classmethod
    def drawn(cls, rng: random.Random) -> "Hand":
        """Any hand; white and plain are the most common."""
        colour = rng.choice(COLOURS)
        edge = "white" if colour in ("black", "navy") else "black"
        return cls(rng.random() < 0.35, rng.random() < 0.3, rng.random() < 0.25, colour, edge)


@degradation("number", label="Written number", least="invisible", worst="large and opaque",
             order=80, covers=True)  # fmt: skip
def number(image: Image.Image, strength: float, rng: random.Random) -> Image.Image:
    """Write a number, a year, a time or a date somewhere, sometimes turned."""
    text = _some_number(rng)
    hand = Hand.drawn(rng)
    size = (0.07 + 0.16 * strength) * rng.uniform(0.8, 1.25)
    angle = rng.choice((0.0, 0.0, 0.0, rng.uniform(-30, 30)))
    place = (rng.random(), rng.random())
    strokes, edges = _written(text, hand, max(6, round(size * min(image.size))))
    opacity = min(1.0, 2.5 * strength) * rng.choice((1.0, 1.0, rng.uniform(0.6, 1.0)))
    return _laid_on(image, strokes, edges, hand, angle=angle, opacity=opacity, place=place)


@degradation("words", label="Watermark", least="invisible", worst="all over, strong",
             order=70, covers=True)  # fmt: skip
def words(image: Image.Image, strength: float, rng: random.Random) -> Image.Image:
    """Write a word or a name once, or again and again all over the picture."""
    text = _some_words(rng)
    hand = Hand.drawn(rng)
    angle = rng.choice((0.0, 45.0, rng.uniform(-45, 45), rng.uniform(-15, 15)))
    place = (rng.random(), rng.random())
    tiled, spread = rng.random() < 0.4, rng.uniform(1.2, 2.2)
    size = (0.05 + (0.06 if tiled else 0.13) * strength) * rng.uniform(0.8, 1.4)
    height = max(6, round(size * min(image.size)))
    strokes, edges = _written(text, hand, height)
    longest = (0.6 if tiled else 1.05) * image.width
    if strokes.width > longest:
        height = round(height * longest / strokes.width)
        strokes, edges = _written(text, hand, max(6, height))
    if tiled:
        length = math.ceil(math.hypot(*image.size))
        strokes, edges = (_tiled(mask, spread, length) for mask in (strokes, edges))
        place = (0.5, 0.5)
    opacity = min(1.0, 2 * strength) * rng.uniform(0.3, 0.7 if tiled else 1.0)
    return _laid_on(image, strokes, edges, hand, angle=angle, opacity=opacity, place=place)


def _some_number(rng: random.Random) -> str:
    day, month, year = rng.randint(1, 31), rng.randint(1, 12), rng.randint(1970, 2025)
    forms = (f"{rng.randint(10, 70)}", f"{rng.randint(10, 70)}", f"{rng.randint(0, 9999)}",
             f"{year}", f"{day:02}.{month:02}.{year}", f"'{year % 100:02} {month} {day}",
             f"{day % 24}:{rng.randint(0, 59):02}")  # fmt: skip
    return rng.choice(forms)


def _some_words(rng: random.Random) -> str:
    name = "".join(rng.choices(SYLLABLES, k=rng.randint(2, 4)))
    case = rng.choice((str.upper, str.capitalize, str.lower))
    forms = (rng.choice(WORDS), case(name), f"© {name.capitalize()}", f"www.{name}.com",
             f"{name.capitalize()} {rng.choice(WORDS)}")  # fmt: skip
    return rng.choice(forms)


@functools.lru_cache(maxsize=256)
def _font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    """Pillow's outline font; where Pillow was built without FreeType, its bitmap font."""
    return ImageFont.load_default(size)


@functools.cache
def _bitmap_font() -> ImageFont.ImageFont:
    return ImageFont.load_default_imagefont()


def _written(text: str, hand: Hand, size: int) -> tuple[Image.Image, Image.Image]:
    """Two masks (mode L) of one size: the strokes, and the strokes with their outline.

    Args:
        size: height of the letters with everything that hangs from them, in pixels.
    """
    font = _bitmap_font() if hand.bitmap else _font(size)
    outlines = isinstance(font, ImageFont.FreeTypeFont)  # else a bitmap: no ©, no strokes
    text = text if outlines else text.replace("©", "(c)")
    bold = max(1, size // 16) if hand.bold and outlines else 0
    line = max(1, size // 14) if hand.outline and outlines else 0
    left, top, right, bottom = font.getbbox(text)
    edge = bold + line + 1
    shape = (math.ceil(right - left) + 2 * edge, math.ceil(bottom - top) + 2 * edge)
    if not outlines:
        scale = size / BITMAP_HEIGHT
    masks = []
    for width in (bold, bold + line):
        mask = Image.new("L", shape)
        pen = ImageDraw.Draw(mask)
        pen.text((edge - left, edge - top), text, 255, font, stroke_width=width)
        if not outlines:
            larger = (max(1, round(shape[0] * scale)), max(1, round(shape[1] * scale)))
            mask = mask.resize(larger, Image.Resampling.BILINEAR)
        masks.append(mask)
    return masks[0], masks[1]


def _tiled(mask: Image.Image, spread: float, side: int) -> Image.Image:
    """The mask again and again, every other row shifted by half, on a square of ``side``."""
    across, down = round(mask.width * (1 + spread / 4)), round(mask.height * 1.7 * spread)
    square = Image.new("L", (side, side))
    for row, top in enumerate(range(0, side, down)):
        for left in range(-(row % 2) * across // 2, side, across):
            square.paste(mask, (left, top))
    return square


def _laid_on(
    image: Image.Image,
    strokes: Image.Image,
    edges: Image.Image,
    hand: Hand,
    *,
    angle: float,
    opacity: float,
    place: tuple[float, float],
) -> Image.Image:
    """Colour the picture through the masks, at a share of the room that there is."""
    written = image.copy()
    for mask, colour in ((edges, hand.edge), (strokes, hand.colour))[0 if hand.outline else 1 :]:
        if angle:
            mask = mask.rotate(angle, Image.Resampling.BILINEAR, expand=True)
        mask = mask.point([round(value * opacity) for value in range(256)])
        room = (image.width - mask.width, image.height - mask.height)
        at = (round(room[0] * place[0]), round(room[1] * place[1]))
        written.paste(colour, (*at, at[0] + mask.width, at[1] + mask.height), mask)
    return written
