"""What time does to a print: fading and scratches.

grey        the colours go, and nothing else; only where it is asked for by name
fading      contrast and colour go, paper yellows, evenly or in patches
scratches   scratches, dust, hairs and folds, light or dark
"""

import math
import random

from PIL import Image, ImageDraw

from lesson7.restoration.degradations.registry import degradation, unit

PAPER = ((255, 232, 175), (235, 215, 175), (230, 225, 220), (255, 205, 180), (195, 210, 235))
LUMINANCE = (0.299, 0.587, 0.114)  # red, green, blue: ITU-R BT.601


@degradation("grey", label="No colours", least="all its colours", worst="black-and-white",
             order=25, usual=False)  # fmt: skip
def grey(image: Image.Image, strength: float, rng: random.Random) -> Image.Image:
    """Take a share of the colours away, 1: all of them; the luminance stays as it is.

    No recipe but ``colour`` brings colours back, so the others do not train with it.
    """
    return Image.blend(image, image.convert("L").convert("RGB"), strength)


@degradation("fading", label="Faded colours", least="fresh", worst="pale and yellow", order=30)
def fading(image: Image.Image, strength: float, rng: random.Random) -> Image.Image:
    """Pull colours towards grey, and light and shade towards the colour of old paper.

    One 3x4 matrix does it all: ``contrast * (saturation towards grey) * tint + veil``. In half
    of the pictures it is patchy.
    """
    paper = rng.choice(PAPER)
    grey = strength * rng.uniform(0.3, 0.95)  # 0: all the colour is left, 1: none
    veil = strength * rng.uniform(0.35, 0.75)  # 0: all the contrast is left
    tint = strength * rng.uniform(0.5, 1.0)
    light = rng.uniform(0.35, 0.8)  # of the veil, unit range
    patchy = rng.random() < 0.5
    patches = bytes(rng.randint(60, 255) for _ in range(16))
    matrix: list[float] = []
    for channel in range(3):
        share = 1 - tint + tint * paper[channel] / 255
        row = [share * (1 - veil) * grey * weight for weight in LUMINANCE]
        row[channel] += share * (1 - veil) * (1 - grey)
        matrix += [*row, share * veil * light * 255]
    faded = image.convert("RGB", tuple(matrix))
    if not patchy:
        return faded
    mask = Image.frombytes("L", (4, 4), patches).resize(image.size, Image.Resampling.BICUBIC)
    return Image.composite(faded, image, mask)


@degradation("scratches", label="Scratches and dust", least="none", worst="from the attic",
             order=40, covers=True)  # fmt: skip
def scratches(image: Image.Image, strength: float, rng: random.Random) -> Image.Image:
    """Draw some of: long thin scratches, specks of dust, curled hairs, folds."""
    sheets = {
        tone: Image.new("L", (2 * image.width, 2 * image.height)) for tone in ("light", "dark")
    }
    pens = {tone: ImageDraw.Draw(sheet) for tone, sheet in sheets.items()}
    kinds = rng.sample(list(MOST), rng.randint(2, 4))
    much = min(1.0, 3 * strength)
    usual = rng.choice(("light", "light", "dark"))
    for kind in (kind for kind in MOST if kind in kinds):
        details = random.Random(rng.getrandbits(64))
        for _ in range(int(MOST[kind] * strength + details.random() * much)):
            pen = pens[usual if details.random() < 0.8 else "dark"]
            kind(pen, sheets["light"].size, 2 * unit(image), much, details)
    tone = {"light": rng.randint(215, 255), "dark": rng.randint(0, 50)}
    worn = image.copy()
    for name, sheet in sheets.items():
        mask = sheet.reduce(2)
        worn.paste((tone[name], tone[name], max(0, tone[name] - 12)), (0, 0), mask)
    return worn


def _scratch(pen: ImageDraw.ImageDraw, size: tuple[int, int], scale: float, much: float,
             rng: random.Random) -> None:  # fmt: skip
    """A long line, nearly straight, often nearly upright, fainter here and there."""
    x, y = rng.uniform(0, size[0]), rng.uniform(-0.2, 0.8) * size[1]
    angle = rng.choice((math.pi / 2 + rng.gauss(0, 0.06), rng.uniform(0, math.pi)))
    step = rng.uniform(0.03, 0.09) * min(size)
    width = max(1, round(rng.uniform(0.5, 1.6) * scale))
    alpha = rng.uniform(130, 255) * much
    for _ in range(rng.randint(4, 14)):
        angle += rng.gauss(0, 0.03)
        end = (x + step * math.cos(angle), y + step * math.sin(angle))
        pen.line((x, y, *end), round(alpha * rng.uniform(0.4, 1)), width)
        x, y = end


def _dust(pen: ImageDraw.ImageDraw, size: tuple[int, int], scale: float, much: float,
          rng: random.Random) -> None:  # fmt: skip
    """A speck: small and round, rarely larger."""
    x, y = rng.uniform(0, size[0]), rng.uniform(0, size[1])
    radius = min(rng.lognormvariate(-0.3, 0.55), 4.0) * scale
    other = radius * rng.uniform(0.5, 1.5)
    pen.ellipse((x - radius, y - other, x + radius, y + other), round(rng.uniform(130, 255) * much))


def _hair(pen: ImageDraw.ImageDraw, size: tuple[int, int], scale: float, much: float,
          rng: random.Random) -> None:  # fmt: skip
    """A thin curve that winds to one side."""
    x, y = rng.uniform(0, size[0]), rng.uniform(0, size[1])
    angle, bend = rng.uniform(0, 2 * math.pi), rng.uniform(-0.35, 0.35)
    step = rng.uniform(0.01, 0.03) * min(size)
    points = [(x, y)]
    for _ in range(rng.randint(6, 16)):
        angle += bend + rng.gauss(0, 0.1)
        x, y = x + step * math.cos(angle), y + step * math.sin(angle)
        points.append((x, y))
    pen.line(points, round(rng.uniform(110, 240) * much), max(1, round(0.8 * scale)), joint="curve")


def _fold(pen: ImageDraw.ImageDraw, size: tuple[int, int], scale: float, much: float,
          rng: random.Random) -> None:  # fmt: skip
    """A crease through the whole picture, along which the surface has cracked."""
    across = rng.random() < 0.5
    length, other = size if across else size[::-1]
    place, end = (rng.uniform(0.1, 0.9) * other for _ in range(2))
    alpha = rng.uniform(90, 200) * much
    steps = 24
    slope = 0.3 * (end - place) / steps
    points = []
    for step in range(steps + 1):
        points.append((length * step / steps, place) if across else (place, length * step / steps))
        place += slope + rng.gauss(0, 0.4) * scale
    for width, share in ((9, 0.15), (5, 0.3), (1.6, 0.8)):  # pressed in, then broken
        pen.line(points, round(alpha * share), max(1, round(width * scale)), joint="curve")
    for x, y in points:  # where it has flaked off
        x, y = x + rng.gauss(0, 0.02) * size[0], y + rng.gauss(0, 0.02) * size[1]
        if rng.random() < 0.4:
            wide, high = (abs(rng.gauss(0.8, 1.2)) * scale for _ in range(2))
            pen.ellipse((x - wide, y - high, x + wide, y + high), round(alpha))


MOST = {_fold: 3, _scratch: 16, _dust: 90, _hair: 8}  # of each, at strength 1
