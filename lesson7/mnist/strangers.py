"""Pictures that MNIST does not have: other people's digits, and what is no digit at all.

    as_strangers_draw    MNIST's digits on other canvases, with other pens and scanners
    drawn_digits         digits from strokes, in shapes that MNIST's writers seldom used
    printed_digits       digits in typefaces
    no_digits            scribbles, letters, signs, several digits at once

All go through ``normalise.convention``, as a visitor's picture does, and come out as
``(N, 1, 28, 28)`` uint8. The letters are drawn from strokes of our own, shaken and bent
like handwriting, and from the typefaces that come with Matplotlib. O, o, I, l and i are left
out, because they are digits as much as letters; so are b, g, q, s and z by hand, which are
often somebody's 6, 9, 9, 5 and 2.
"""

import multiprocessing
from collections.abc import Callable
from pathlib import Path

import matplotlib
import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter, ImageFont
from torch import Tensor

from lesson7.core.errors import NotADigitError
from lesson7.mnist.normalise import convention, ink_maps

Picture = NDArray[np.uint8]  # (H, W), ink 255 on 0
Rng = np.random.Generator

# Each letter's strokes as points "xy" on a grid 4 wide and 6 high, y downwards.
LETTERS = {
    "A": ["06 20 46", "14 34"], "B": ["00 06 36 45 44 33 03", "00 30 41 42 33"],
    "C": ["41 30 10 01 05 16 36 45"], "D": ["00 06 26 45 41 20 00"],
    "E": ["40 00 06 46", "03 33"], "F": ["40 00 06", "03 33"],
    "G": ["41 30 10 01 05 16 36 45 43 23"], "H": ["00 06", "40 46", "03 43"],
    "J": ["40 45 36 16 05"], "K": ["00 06", "40 03 46"], "L": ["00 06 46"],
    "M": ["06 00 24 40 46"], "N": ["06 00 46 40"], "P": ["06 00 30 41 42 33 03"],
    "Q": ["10 01 05 16 36 45 41 30 10", "24 46"], "R": ["06 00 30 41 42 33 03", "23 46"],
    "S": ["41 30 10 01 12 33 44 45 36 16 05"], "T": ["00 40", "20 26"],
    "U": ["00 05 16 36 45 40"], "V": ["00 26 40"], "W": ["00 16 22 36 40"],
    "X": ["00 46", "40 06"], "Y": ["00 23 40", "23 26"], "Z": ["00 40 06 46"],
    "a": ["43 32 12 03 05 16 36 45", "42 46"], "c": ["43 32 12 03 05 16 36 45"],
    "d": ["40 46", "43 32 12 03 05 16 36 45"], "e": ["04 44 43 32 12 03 05 16 36 45"],
    "f": ["41 30 21 26", "03 43"], "h": ["00 06", "03 12 32 43 46"],
    "j": ["32 35 26 06", "30 31"], "k": ["00 06", "32 04 36"],
    "m": ["02 06", "03 12 23 26", "23 32 43 46"], "n": ["02 06", "03 12 32 43 46"],
    "p": ["00 06", "01 10 30 41 42 33 13 02"], "r": ["02 06", "03 12 32"],
    "t": ["10 15 26 36", "02 32"], "u": ["02 05 16 36 45", "42 46"], "v": ["02 26 42"],
    "w": ["02 16 23 36 42"], "x": ["02 46", "42 06"], "y": ["00 23", "40 06"],
}  # fmt: skip
SIGNS = {
    "plus": ["23 26 29", "03 43"], "hash": ["10 16", "30 36", "02 42", "04 44"],
    "dash": ["03 43"], "equals": ["02 42", "04 44"], "star": ["06 20 46 02 42 06"],
    "arrow": ["03 43", "21 43 25"], "triangle": ["06 20 46 06"], "tick": ["03 16 40"],
    "question": ["01 10 30 41 32 24", "26 26"], "exclamation": ["20 24", "26 26"],
    "percent": ["40 06", "00 01", "45 46"], "house": ["06 02 20 42 46 06"],
    "wave": ["03 12 23 34 43"], "dots": ["13 13", "33 33"],
    "smile": ["10 11", "30 31", "04 16 36 44"],
}  # fmt: skip
DIGITS = {
    0: [["20 11 02 04 15 26 35 44 42 31 20"], ["10 01 05 16 36 45 41 30 10"]],
    1: [["20 26"], ["11 20 26"], ["02 20 26"], ["11 20 26", "16 36"], ["02 20 26", "06 46"]],
    2: [["01 10 30 41 42 33 15 06 46"], ["01 10 30 41 06 46"], ["01 20 41 24 06 05 25 46"]],
    3: [["01 10 30 41 32 23 33 44 45 36 16 05"], ["00 40 22 32 44 45 36 16 05"]],
    4: [["20 04 44", "31 36"], ["00 04 44", "30 36"], ["30 04 44", "30 36"]],
    5: [["40 10 03 22 33 44 45 36 16 05"], ["00 03 23 34 35 26 06", "00 40"]],
    6: [["30 11 03 05 16 36 45 44 33 13 04"], ["20 01 04 16 36 45 43 13 04"]],
    7: [["00 40 16"], ["00 40 16", "13 33"], ["01 00 40 22 16"]],
    8: [["23 11 10 20 30 31 23 14 05 16 36 45 34 23"], ["30 10 11 33 35 26 15 13 31 30"]],
    9: [["42 31 20 10 01 02 13 33 42 41", "42 44 36"], ["41 30 10 01 02 13 33 42 41 46"],
        ["41 30 10 01 02 13 33 42 41 45 36 16 05"]],
}  # fmt: skip
PRINTED_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZabcdefghjkmnpqrstuvwxyz?&%#@+=*$"


def typefaces() -> list[str]:
    """Paths of the text typefaces that come with Matplotlib (DejaVu and Computer Modern)."""
    folder = Path(matplotlib.get_data_path()) / "fonts" / "ttf"
    names = ["DejaVuSans", "DejaVuSans-Bold", "DejaVuSans-Oblique", "DejaVuSerif", "DejaVuSansMono"]
    return [str(folder / f"{name}.ttf") for name in [*names, "cmr10", "cmss10", "cmtt10"]]


def polyline(strokes: list[str], rng: Rng, shake: float = 0.3) -> Picture:
    """Draw strokes given as grid points, as an unsteady hand would: one picture, 120x120."""
    turn, slant = rng.uniform(-0.25, 0.25), rng.uniform(-0.35, 0.35)
    matrix = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    matrix = matrix @ np.array([[rng.uniform(0.7, 1.2), -slant], [0, rng.uniform(0.8, 1.1)]])
    lines = []
    for stroke in strokes:
        points = np.array([[int(p[0]), int(p[1])] for p in stroke.split()], float)
        lines.append((points + rng.normal(0, shake, points.shape) - [2, 3]) @ matrix.T)
    return draw_lines(lines, rng)


def draw_lines(lines: list[NDArray[np.float64]], rng: Rng) -> Picture:
    """Lines of points ``(P, 2)`` of any extent, rounded off and fitted to 120x120 pixels."""
    every = np.concatenate(lines)
    low, extent = every.min(0), max(float(np.ptp(every, axis=0).max()), 1e-3)
    image = Image.new("L", (120, 120))
    draw, width = ImageDraw.Draw(image), int(rng.integers(2, 12))
    rounds = int(rng.integers(0, 4))
    for line in lines:
        points = (line - low) / extent * 90 + 15
        for _ in range(rounds):  # Chaikin's corner cutting keeps the ends
            a, b = points[:-1], points[1:]
            cut = np.stack([0.75 * a + 0.25 * b, 0.25 * a + 0.75 * b], 1).reshape(-1, 2)
            points = np.concatenate([points[:1], cut, points[-1:]])
        draw.line([tuple(p) for p in points], fill=255, width=width, joint="curve")
        for x, y in (points[0], points[-1]):
            draw.ellipse([x - width / 2, y - width / 2, x + width / 2, y + width / 2], fill=255)
    return np.asarray(image)


def scribble(rng: Rng) -> Picture:
    """One to three strokes through five to fourteen random points each."""
    lines = [rng.uniform(0, 1, (int(rng.integers(5, 15)), 2)) for _ in range(rng.integers(1, 4))]
    return draw_lines(lines, rng)


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


def stranger(digit: NDArray[np.uint8], rng: Rng) -> Image.Image:
    """One digit ``(28, 28)`` with another pen, canvas, scanner or camera."""
    rows, columns = np.flatnonzero(digit.any(1)), np.flatnonzero(digit.any(0))
    box = Image.fromarray(digit[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1])
    kind = rng.choice(
        ["keep", "stretch", "coarse", "pen", "photograph"], p=[0.2, 0.25, 0.2, 0.25, 0.1]
    )
    if kind == "keep":
        return Image.fromarray(digit)
    if kind == "stretch":  # as some scanned sets are: squeezed to fill a small binary square
        side, blend = int(rng.choice([16, 20, 24, 32])), rng.uniform(0, 1)
        longest = max(box.size)
        size = [max(3, round(side * (blend + (1 - blend) * s / longest))) for s in box.size]
        small = np.asarray(box.resize(size, Image.Resampling.BICUBIC))
        ink = np.where(small > rng.uniform(60, 160), 255, 0) if rng.random() < 0.7 else small
        return Image.fromarray(np.pad(ink.astype(np.uint8), int(rng.integers(0, 3))))
    if kind == "coarse":  # few pixels, many greys
        side, squeeze = int(rng.integers(8, 15)), rng.uniform(0.6, 1)
        longest = max(box.size)
        size = [max(2, round(side * max(s / longest, rng.uniform(0, squeeze)))) for s in box.size]
        return Image.fromarray(np.asarray(box.resize(size, Image.Resampling.BOX)))
    large = Image.fromarray(np.pad(digit, 4)).resize((180, 180), Image.Resampling.BICUBIC)
    if kind == "pen":
        filter_ = ImageFilter.MinFilter if rng.random() < 0.6 else ImageFilter.MaxFilter
        large = large.filter(filter_(int(rng.choice([3, 5, 7, 9]))))
        return large if np.asarray(large).max() > 128 else Image.fromarray(digit)
    y, x = np.mgrid[0:180, 0:180] / 180
    light = 1 + rng.uniform(-0.3, 0.3) * x + rng.uniform(-0.3, 0.3) * y
    paper = rng.uniform(150, 250) * light * (1 - np.asarray(large) / 255 * rng.uniform(0.4, 0.9))
    return Image.fromarray(np.clip(paper + rng.normal(0, 5, paper.shape), 0, 255).astype(np.uint8))


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


def _stranger_job(digit: NDArray[np.uint8], rng: Rng) -> Picture:
    try:
        return convention(ink_maps(stranger(digit, rng))[0])
    except NotADigitError:  # the pen was too thin or the scan too coarse to leave anything
        return digit


def _drawn_job(digit: int, rng: Rng) -> Picture:
    shapes = DIGITS[digit]
    return convention(polyline(shapes[rng.integers(len(shapes))], rng, 0.2) / np.float32(255))


def _printed_job(text: str, rng: Rng) -> Picture:
    return convention(printed(text, rng, typefaces()) / np.float32(255))


def _no_digit_job(digits: NDArray[np.uint8], rng: Rng) -> Picture:
    return convention(no_digit(digits, rng) / np.float32(255))


def _in_processes(job: Callable[..., Picture], items: list, seed: int) -> Tensor:
    """``job(item, rng)`` for each item; each item's rng follows from the seed and its place."""
    numbered = [(job, item, seed, index) for index, item in enumerate(items)]
    with multiprocessing.get_context("fork").Pool() as pool:
        pictures = pool.starmap(_numbered, numbered, chunksize=256)
    return torch.from_numpy(np.stack(pictures))[:, None]


def _numbered(job: Callable[..., Picture], item: object, seed: int, index: int) -> Picture:
    return job(item, np.random.default_rng([seed, index]))
