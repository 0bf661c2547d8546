"""Stand-ins for digits that MNIST never saw, made from MNIST's own and from strokes.

Each function takes a digit ``(28, 28)`` uint8, white on black, and gives a picture as some
stranger would send it. ``by_mouse`` needs no MNIST: it draws ten digits from points.
"""

from pathlib import Path

import gradio
import numpy as np
from PIL import Image, ImageDraw, ImageFilter

DIGITS = {
    0: ["20 11 02 04 15 26 35 44 42 31 20"], 1: ["11 20 26"], 2: ["01 10 30 41 42 33 15 06 46"],
    3: ["01 10 30 41 32 23 33 44 45 36 16 05"], 4: ["20 04 44", "31 36"],
    5: ["40 10 03 22 33 44 45 36 16 05"], 6: ["30 11 03 05 16 36 45 44 33 13 04"],
    7: ["00 40 22 16"], 8: ["23 11 10 20 30 41 33 23 14 05 16 26 36 45 34 23"],
    9: ["42 31 20 10 01 02 13 33 42 41", "42 44 36"],
}  # fmt: skip
# Typefaces that come with Gradio, none of which training draws from.
OTHER_FACES = sorted(
    str(file)
    for file in Path(gradio.__file__).parent.glob("templates/frontend/static/fonts/*/*.woff2")
    if file.stem.startswith(("Lora", "Ubuntu", "Quicksand", "Montserrat"))
)
AROUND = [(1, 0), (1, -1), (0, -1), (-1, -1), (-1, 0), (-1, 1), (0, 1), (1, 1)]


def _goes(half: int) -> np.ndarray:
    """For each of the 256 ways to be surrounded, the eight of ``AROUND`` as bits: is it cut?"""
    p = [np.arange(256) >> bit & 1 for bit in range(8)]
    turns = sum((p[i] == 0) & (p[(i + 1) % 8] == 1) for i in range(8))
    n, e, s, w = p[0], p[2], p[4], p[6]
    ends = (n * e * s, e * s * w) if half == 0 else (n * e * w, n * s * w)
    return (sum(p) >= 2) & (sum(p) <= 6) & (turns == 1) & (ends[0] == 0) & (ends[1] == 0)


GOES = [_goes(0), _goes(1)]


def enlarged(digit: np.ndarray, side: int) -> np.ndarray:
    return np.asarray(Image.fromarray(digit).resize((side, side), Image.Resampling.BICUBIC))


def box(digit: np.ndarray) -> np.ndarray:
    rows, columns = np.flatnonzero(digit.any(1)), np.flatnonzero(digit.any(0))
    return digit[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


def thinned(mask: np.ndarray) -> np.ndarray:
    """One pixel wide lines (Zhang and Suen, A fast parallel algorithm for thinning, 1984)."""
    mask = np.pad(mask, 1).astype(np.uint8)
    inner = mask[1:-1, 1:-1]
    height, width = mask.shape
    while True:
        before = mask.copy()
        for goes in GOES:
            around = np.zeros_like(inner)
            for bit, (y, x) in enumerate(AROUND):
                around |= mask[1 - y : height - 1 - y, 1 - x : width - 1 - x] << bit
            inner &= ~goes.take(around)
        if np.array_equal(mask, before):
            return inner.astype(bool)


def thin_on_large_canvas(digit: np.ndarray, rng: np.random.Generator) -> Image.Image:
    """A one-pixel mouse line somewhere on 1050x800."""
    side = int(rng.integers(200, 560))
    line = thinned(enlarged(digit, side) > 128)
    canvas = np.full((800, 1050), 255, np.uint8)
    top, left = rng.integers(0, 800 - side), rng.integers(0, 1050 - side)
    canvas[top : top + side, left : left + side][line] = 0
    return Image.fromarray(canvas)


def scan_16(digit: np.ndarray, rng: np.random.Generator) -> Image.Image:
    """16x16 greys that the digit fills from edge to edge, keeping its shape."""
    ink = Image.fromarray(box(digit))
    scale = 16 / max(ink.size)
    small = ink.resize([max(2, round(s * scale)) for s in ink.size], Image.Resampling.BICUBIC)
    canvas = Image.new("L", (16, 16))
    canvas.paste(small, ((16 - small.width) // 2, (16 - small.height) // 2))
    return canvas


def binary_16_stretched(digit: np.ndarray, rng: np.random.Generator) -> Image.Image:
    """16x16 black and white, squeezed halfway from its own shape to the full square."""
    ink = Image.fromarray(box(digit))
    size = [max(4, round(16 * (0.5 + 0.5 * side / max(ink.size)))) for side in ink.size]
    small = np.asarray(ink.resize(size, Image.Resampling.BICUBIC)) > 110
    canvas = np.zeros((16, 16), np.uint8)
    canvas[: size[1], : size[0]][small] = 255
    return Image.fromarray(255 - canvas)


def binary_32(digit: np.ndarray, rng: np.random.Generator) -> Image.Image:
    """32x32 black and white, the digit 32 pixels high."""
    ink = Image.fromarray(box(digit))
    small = ink.resize((max(4, round(32 * ink.width / ink.height)), 32), Image.Resampling.BICUBIC)
    canvas = np.zeros((32, max(32, small.width)), np.uint8)
    left = (canvas.shape[1] - small.width) // 2
    canvas[:, left : left + small.width] = np.where(np.asarray(small) > 100, 255, 0)
    return Image.fromarray(canvas)


def counted_8(digit: np.ndarray, rng: np.random.Generator) -> Image.Image:
    """8x8 with 17 greys: how many of 16 pixels of the 32x32 picture are ink."""
    counts = np.asarray(binary_32(digit, rng).resize((32, 32))).reshape(8, 4, 8, 4).mean((1, 3))
    return Image.fromarray(np.round(counts / 255 * 16).astype(np.uint8) * 15)


def marker_in_a_corner(digit: np.ndarray, rng: np.random.Generator) -> Image.Image:
    """Thick, small, in a corner of a white page."""
    ink = Image.fromarray(enlarged(np.pad(digit, 4), 110)).filter(ImageFilter.MaxFilter(5))
    page = Image.new("L", (480, 640), 255)
    page.paste(Image.fromarray(255 - np.asarray(ink)), (360, 520))
    return page


def photographed(digit: np.ndarray, rng: np.random.Generator) -> Image.Image:
    """Pencil on paper, light falling off to one side, noise, JPEG-like softness."""
    ink = enlarged(np.pad(digit, 6), 400) / 255
    y, x = np.mgrid[0:400, 0:400] / 400
    light = 225 * (1 - 0.4 * x * rng.uniform(0.5, 1) - 0.3 * y * rng.uniform(0, 1))
    paper = light * (1 - 0.55 * ink) + rng.normal(0, 6, ink.shape)
    return Image.fromarray(np.clip(paper, 0, 255).astype(np.uint8)).filter(
        ImageFilter.GaussianBlur(1.2)
    )


def transparent(digit: np.ndarray, rng: np.random.Generator) -> Image.Image:
    """Black ink on nothing: a PNG whose paper is its alpha channel."""
    alpha = Image.fromarray(enlarged(digit, 140))
    return Image.merge("LA", (Image.new("L", alpha.size, 0), alpha)).convert("RGBA")


def light_on_dark(digit: np.ndarray, rng: np.random.Generator) -> Image.Image:
    """Chalk: large, light on dark green."""
    ink = enlarged(digit, 300)[..., None] / 255
    return Image.fromarray((ink * [235, 235, 220] + (1 - ink) * [30, 70, 50]).astype(np.uint8))


STAND_INS = {
    f.__name__: f
    for f in (thin_on_large_canvas, scan_16, binary_16_stretched, binary_32, counted_8,
              marker_in_a_corner, photographed, transparent, light_on_dark)
}  # fmt: skip


def by_mouse(digit: int, rng: np.random.Generator, width: int = 1) -> Image.Image:
    """A digit drawn from points by an unsteady hand, ``width`` pixels wide, on 1050x800."""
    image = Image.new("L", (1050, 800), 255)
    size, place = rng.uniform(25, 110), rng.uniform([60, 40], [500, 100])
    slant, turn = rng.uniform(-0.2, 0.2), rng.uniform(-0.12, 0.12)
    matrix = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]]) @ [
        [1, -slant],
        [0, 1],
    ]
    for stroke in DIGITS[digit]:
        points = np.array([[int(p[0]), int(p[1])] for p in stroke.split()], float)
        points = (points + rng.normal(0, 0.1, points.shape)) @ matrix.T
        for _ in range(3):
            a, b = points[:-1], points[1:]
            cut = np.stack([0.75 * a + 0.25 * b, 0.25 * a + 0.75 * b], 1).reshape(-1, 2)
            points = np.concatenate([points[:1], cut, points[-1:]])
        line = [tuple(p) for p in points * size + place + [60, 20]]
        ImageDraw.Draw(image).line(line, fill=0, width=width)
    return image
