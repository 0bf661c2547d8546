"""Pictures that MNIST does not have: other people's digits, and what is no digit at all.

    as_strangers_draw    MNIST's digits on other canvases, with other pens and scanners
    drawn_digits         digits from strokes (``strokes.py``), in shapes that MNIST's writers
                         seldom used, half of them scanned in few pixels
    printed_digits       digits in typefaces
    no_digits            scribbles, letters, signs, several digits at once

All go through ``normalise.convention``, as a visitor's picture does, and come out as
``(N, 1, 28, 28)`` uint8. The letters are drawn from strokes of our own, shaken and bent
like handwriting, and from the typefaces that come with Matplotlib. O, o, I, l and i are left
out, because they are digits as much as letters; so are b, g, q, s and z by hand, which are
often somebody's 6, 9, 9, 5 and 2.
"""

import multiprocessing
import os
from collections.abc import Callable
from pathlib import Path

import matplotlib
import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter, ImageFont
from torch import Tensor

from lesson7.core.errors import NotADigitError
from lesson7.mnist.ink import ink_maps
from lesson7.mnist.normalise import convention
from lesson7.mnist.strokes import DIGITS, LETTERS, SIGNS, Picture, Rng, polyline, scribble

PRINTED_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZabcdefghjkmnpqrstuvwxyz?&%#@+=*$"


def typefaces() -> list[str]:
    """Paths of the text typefaces that come with Matplotlib (DejaVu and Computer Modern)."""
    folder = Path(matplotlib.get_data_path()) / "fonts" / "ttf"
    names = ["DejaVuSans", "DejaVuSans-Bold", "DejaVuSans-Oblique", "DejaVuSerif", "DejaVuSansMono"]
    return [str(folder / f"{name}.ttf") for name in [*names, "cmr10", "cmss10", "cmtt10"]]


def printed(text: str, rng: Rng, faces: list[str]) -> Picture:
    """``text`` in a typeface, slightly turned and stretched."""
    font = ImageFont.truetype(faces[rng.integers(len(faces))], 64)
    left, top, right, bottom = font.getbbox(text)
    image = Image.new("L", (int(right - left) + 40, int(bottom - top) + 40))
    ImageDraw.Draw(image).text((20 - left, 20 - top), text, fill=255, font=font)
    width = max(8, int(image.width * rng.uniform(0.75, 1.25)))
    image = image.rotate(rng.uniform(-10, 10), Image.Resampling.BICUBIC)
    return np.asarray(image.resize((width, image.height), Image.Resampling.BILINEAR))


def several(digits: NDArray[np.uint8], rng: Rng) -> Picture:
    """Two or three of the digits ``(N, 28, 28)`` beside each other."""
    parts = []
    for _ in range(2 if rng.random() < 0.8 else 3):
        digit = digits[rng.integers(len(digits))]
        columns = np.flatnonzero(digit.any(0))
        parts.append(digit[:, columns[0] : columns[-1] + 1])
        parts.append(np.zeros((28, int(rng.integers(1, 9))), np.uint8))
    return np.asarray(
        Image.fromarray(np.hstack(parts)).resize((200, 112), Image.Resampling.BICUBIC)
    )


def stranger(digit: Picture, rng: Rng) -> Picture:
    """One of MNIST's digits ``(28, 28)`` with another pen, canvas, scanner or camera."""
    kind = rng.choice(["keep", "scan", "pen", "photograph"], p=[0.2, 0.45, 0.25, 0.1])
    if kind == "keep":
        return np.pad(digit, 1)
    if kind == "scan":
        return scanned(digit, rng)
    large = Image.fromarray(np.pad(digit, 4)).resize((180, 180), Image.Resampling.BICUBIC)
    if kind == "pen":
        filter_ = ImageFilter.MinFilter if rng.random() < 0.6 else ImageFilter.MaxFilter
        drawn = np.asarray(large.filter(filter_(int(rng.choice([3, 5, 7, 9])))))
        return drawn if drawn.max() > 128 else np.pad(digit, 1)
    y, x = np.mgrid[0:180, 0:180] / 180
    light = 1 + rng.uniform(-0.3, 0.3) * x + rng.uniform(-0.3, 0.3) * y
    paper = rng.uniform(150, 250) * light * (1 - np.asarray(large) / 255 * rng.uniform(0.4, 0.9))
    return np.clip(paper + rng.normal(0, 5, paper.shape), 0, 255).astype(np.uint8)


def scanned(drawn: Picture, rng: Rng) -> Picture:
    """Ink in few pixels, as sets of scanned digits have it; paper around tells which is ink.

    Either squeezed to fill a small square, mostly in black and white, or of 8 to 14 pixels with
    many greys.
    """
    rows, columns = np.flatnonzero(drawn.any(1)), np.flatnonzero(drawn.any(0))
    box = Image.fromarray(drawn[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1])
    longest = max(box.size)
    if rng.random() < 0.55:
        side, blend = int(rng.choice([16, 20, 24, 32])), rng.uniform(0, 1)
        size = [max(3, round(side * (blend + (1 - blend) * s / longest))) for s in box.size]
        small = np.asarray(box.resize(size, Image.Resampling.BICUBIC))
        if rng.random() < 0.7:
            small = np.where(small > rng.uniform(60, 160), 255, 0).astype(np.uint8)
    else:
        side, squeeze = int(rng.integers(8, 15)), rng.uniform(0.6, 1)
        size = [max(2, round(side * max(s / longest, rng.uniform(0, squeeze)))) for s in box.size]
        small = np.asarray(box.resize(size, Image.Resampling.BOX))
    return np.pad(small, 1)


def as_strangers_draw(images: Tensor, seed: int) -> Tensor:
    """Each of MNIST's images ``(N, 1, 28, 28)`` once more, by ``stranger`` and ``convention``."""
    return _in_processes(_stranger_job, list(images[:, 0].numpy()), seed)


def drawn_digits(n: int, seed: int) -> tuple[Tensor, Tensor]:
    """``n`` digits drawn from strokes, such as a 1 with a flag or a 7 with a bar; labels."""
    return _in_processes(_drawn_job, [i % 10 for i in range(n)], seed), torch.arange(n) % 10


def printed_digits(n: int, seed: int) -> tuple[Tensor, Tensor]:
    """``n`` printed digits and their labels ``(n,)``."""
    return _in_processes(_printed_job, [str(i % 10) for i in range(n)], seed), torch.arange(n) % 10


def no_digits(n: int, digits: Tensor, seed: int) -> Tensor:
    """``n`` pictures without exactly one digit; ``digits`` are MNIST's, for groups of them."""
    return _in_processes(_no_digit_job, [digits[:, 0].numpy()] * n, seed)


def no_digit(digits: NDArray[np.uint8], rng: Rng, faces: list[str] | None = None) -> Picture:
    """One of: a letter by hand or in print, a sign, a scribble, several digits."""
    kind = rng.choice(
        ["hand", "print", "sign", "scribble", "several"], p=[0.35, 0.2, 0.08, 0.17, 0.2]
    )
    if kind == "hand":
        return polyline(LETTERS[rng.choice(list(LETTERS))], rng)
    if kind == "print":
        return printed(rng.choice(list(PRINTED_LETTERS)), rng, faces or typefaces())
    if kind == "sign":
        return polyline(SIGNS[rng.choice(list(SIGNS))], rng)
    return scribble(rng) if kind == "scribble" else several(digits, rng)


def _stranger_job(digit: Picture, rng: Rng) -> Picture:
    return _read(stranger(digit, rng), digit)


def _drawn_job(digit: int, rng: Rng) -> Picture:
    shapes = DIGITS[digit]
    drawn = polyline(shapes[rng.integers(len(shapes))], rng, 0.2)
    whole = convention(drawn / np.float32(255))
    if rng.random() < 0.5:
        return whole
    pen = Image.fromarray(drawn).filter(ImageFilter.MaxFilter(5))  # or few pixels would lose it
    return _read(scanned(np.asarray(pen), rng), whole)


def _read(picture: Picture, otherwise: Picture) -> Picture:
    """As a visitor's picture is read; ``otherwise`` if too little of the ink is left in it."""
    try:
        return convention(ink_maps(Image.fromarray(picture))[0])
    except NotADigitError:
        return otherwise


def _printed_job(text: str, rng: Rng) -> Picture:
    return convention(printed(text, rng, typefaces()) / np.float32(255))


def _no_digit_job(digits: NDArray[np.uint8], rng: Rng) -> Picture:
    return convention(no_digit(digits, rng) / np.float32(255))


def _in_processes(job: Callable[..., Picture], items: list, seed: int) -> Tensor:
    """``job(item, rng)`` for each item; each item's rng follows from the seed and its place."""
    numbered = [(job, item, seed, index) for index, item in enumerate(items)]
    at_once = max(1, min(256, -(-len(items) // (4 * (os.cpu_count() or 1)))))  # no core is idle
    with multiprocessing.Pool() as pool:
        pictures = pool.starmap(_numbered, numbered, chunksize=at_once)
    return torch.from_numpy(np.stack(pictures))[:, None]


def _numbered(job: Callable[..., Picture], item: object, seed: int, index: int) -> Picture:
    return job(item, np.random.default_rng([seed, index]))
