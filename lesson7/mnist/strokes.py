"""Letters, signs and digits drawn from strokes, as an unsteady hand would.

    LETTERS, SIGNS, DIGITS     strokes as points on a grid
    polyline                   strokes, shaken, turned, slanted, rounded off
    scribble                   strokes that mean nothing

Pictures are ``(120, 120)`` uint8, ink 255 on 0.
"""

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

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
    1: [["20 26"], ["11 20 26"], ["02 20 26"], ["11 20 26", "16 36"], ["02 20 26", "06 46"],
        ["03 20 26"]],
    2: [["01 10 30 41 42 33 15 06 46"], ["01 10 30 41 06 46"], ["01 20 41 24 06 05 25 46"]],
    3: [["01 10 30 41 32 23 33 44 45 36 16 05"], ["00 40 22 32 44 45 36 16 05"]],
    4: [["20 04 44", "31 36"], ["00 04 44", "30 36"], ["30 04 44", "30 36"], ["20 04 34", "42 36"],
        ["20 03 05 35", "42 36"], ["00 04 44", "40 36"]],
    5: [["40 10 03 22 33 44 45 36 16 05"], ["00 03 23 34 35 26 06", "00 40"]],
    6: [["30 11 03 05 16 36 45 44 33 13 04"], ["20 01 04 16 36 45 43 13 04"]],
    7: [["00 40 16"], ["00 40 16", "13 33"], ["01 00 40 22 16"]],
    8: [["23 11 10 20 30 31 23 14 05 16 36 45 34 23"], ["30 10 11 33 35 26 15 13 31 30"],
        ["41 30 10 01 12 33 44 36 16 05 14 32 41"]],
    9: [["42 31 20 10 01 02 13 33 42 41", "42 44 36"], ["41 30 10 01 02 13 33 42 41 46"],
        ["41 30 10 01 02 13 33 42 41 45 36 16 05"], ["31 20 10 11 22 31 30 33 45 36 16"],
        ["40 20 11 12 23 32 40 46"], ["31 20 10 11 22 31", "31 33 44 45 36 06"]],
}  # fmt: skip


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
