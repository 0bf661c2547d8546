"""From any picture of a digit to MNIST's own convention.

MNIST's digits were cut out, scaled so that the longer side of the ink's box is 20 pixels,
and shifted so that the ink's centre of mass is in the middle of 28x28 pixels [1]. A network
trained on them is at home in that convention only, so the ink of every picture (``ink.py``) is
brought there by ``convention``: crop, one stroke width, 20x20, centre of mass.

Stroke width matters as much as size: a one-pixel line on a large canvas would vanish in
20x20 pixels, and a marker on a small one would close its loops. The stroke is measured and,
only where it is outside what MNIST has, moved to the nearest width that MNIST has, by
shifting the outline along its signed distance.

References:
    [1] LeCun, Cortes and Burges, The MNIST database.
    [2] Felzenszwalb and Huttenlocher, Distance transforms of sampled functions, 2012.
"""

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from lesson7.core.errors import NotADigitError
from lesson7.mnist.ink import BLANK, UNLIKE, Ink, without_dust

SIDE = 28
BOX = 20  # MNIST's longer side of the ink's box
FINE = 4  # the work is done at four times MNIST's resolution
STROKE = (1.9, 3.4)  # most of MNIST's stroke widths (10th to 88th percentile), in MNIST pixels
BLOB = 8  # MNIST pixels: no stroke is so wide in a box of 20; a dot or a square is
COARSE = 14  # boxes smaller than this hold their shape in grey levels: those are kept


def convention(ink: Ink) -> NDArray[np.uint8]:
    """MNIST's picture of this ink.

    Args:
        ink: ``(H, W)``: 0 is paper, 1 ink. In a box of few pixels grey levels hold the shape, so
            there what is more than 1 counts as darker; elsewhere it is ink like any other.

    Returns:
        ``(28, 28)``, uint8, ink 255 on 0.

    Raises:
        NotADigitError: there is no ink, no more than a speck, or a blob as wide as it is high.
    """
    mask = without_dust(ink >= 0.5)
    rows, columns = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
    if rows.size == 0:
        raise NotADigitError(BLANK)
    top, bottom, left, right = rows[0], rows[-1] + 1, columns[0], columns[-1] + 1
    longest = max(bottom - top, right - left)
    if longest < 4 or longest < 0.03 * max(ink.shape):
        raise NotADigitError(BLANK)
    width = min(stroke_width(mask), 0.5 * longest)
    own = width / longest * BOX
    if own > BLOB and max(ink.shape) > 3 * COARSE:  # in few pixels a digit is no more than that
        raise NotADigitError(UNLIKE)
    if longest < COARSE:
        return _centred(_enlarged(ink / ink.max()))
    ink = np.minimum(ink, 1)
    target = max(float(np.clip(own, *STROKE)), 0.45 * own) * FINE  # thinner would tear it apart
    # The middle line of the stroke is what keeps its size when the stroke gets wider.
    scale = (BOX * FINE - target) / (longest - width)
    kept = np.where(_dilated(mask, 1), ink, 0)[top:bottom, left:right]
    if width * scale < 1.5:  # too thin to survive the scaling: thicken before
        kept = _thickened(np.pad(kept, 1), int(np.ceil(1.5 / scale)))
    fine = _scaled(kept, scale) >= 0.5
    distance = _signed_distance(fine)
    shift = (target - min(stroke_width(fine), 0.5 * longest * scale)) / 2
    soft = np.clip(0.5 + distance + shift, 0, 1)
    return _centred(soft)


def stroke_width(mask: NDArray[np.bool_]) -> float:
    """Mean width of the strokes in pixels: twice the area over the length of the outline.

    Outlines are counted along the pixel grid, which makes a line of random direction 4/pi
    times too long.

    >>> round(stroke_width(np.pad(np.ones((100, 4), bool), 1)) * np.pi / 4)
    4
    """
    padded = np.pad(mask, 1)
    edges = np.count_nonzero(padded[1:] != padded[:-1]) + np.count_nonzero(
        padded[:, 1:] != padded[:, :-1]
    )
    return 2 * np.count_nonzero(mask) / max(edges * np.pi / 4, 1)


def _dilated(mask: NDArray[np.bool_], by: int) -> NDArray[np.bool_]:
    picture = Image.fromarray(mask.astype(np.uint8) * 255).filter(ImageFilter.MaxFilter(2 * by + 1))
    return np.asarray(picture) > 0


def _thickened(ink: Ink, to: int) -> Ink:
    """Ink at least ``to`` pixels wide: the maximum over a square window of that size."""
    size = max(3, to | 1)  # odd; Pillow divides by zero at 1
    picture = Image.fromarray((np.pad(ink, size) * 255).astype(np.uint8))
    return np.asarray(picture.filter(ImageFilter.MaxFilter(size))) / np.float32(255)


def _enlarged(ink: Ink) -> Ink:
    """A picture of few pixels, its box at MNIST's size, with all its grey levels."""
    rows, columns = np.flatnonzero((ink > 0.25).any(1)), np.flatnonzero((ink > 0.25).any(0))
    box = ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    return np.clip(_scaled(box, BOX * FINE / max(box.shape)), 0, 1)


def _scaled(ink: Ink, scale: float) -> Ink:
    height, width = (max(1, round(side * scale)) for side in ink.shape)
    return np.asarray(
        Image.fromarray(np.pad(ink, 1)).resize(
            (width + max(2, round(2 * scale)), height + max(2, round(2 * scale))),
            Image.Resampling.BICUBIC,
        )
    )


def _signed_distance(mask: NDArray[np.bool_]) -> NDArray[np.float32]:
    """Distance to the outline in pixels, positive inside, with a margin of paper around."""
    padded = np.pad(mask, 3 * FINE)
    return _distance_to(~padded) - _distance_to(padded)


def _distance_to(mask: NDArray[np.bool_]) -> NDArray[np.float32]:
    """Each pixel's distance to the nearest pixel of ``mask``, less half a pixel, at least 0 [2]."""
    far = float(sum(mask.shape))
    squares = [
        (np.arange(n)[:, None] - np.arange(n)[None]).astype(np.float32) ** 2 for n in mask.shape
    ]
    cost = np.where(mask, 0.0, far * far).astype(np.float32)
    cost = (squares[0][:, :, None] + cost[None]).min(1)
    cost = (squares[1][:, :, None] + cost.T[None]).min(1).T
    return np.maximum(np.sqrt(cost) - 0.5, 0)


def _centred(soft: Ink) -> NDArray[np.uint8]:
    """Average down to MNIST's pixels with the centre of mass in the middle."""
    canvas = np.zeros((SIDE * FINE, SIDE * FINE), np.float32)
    mass = soft.sum()
    centre = [
        float((soft.sum(1 - axis) * (np.arange(soft.shape[axis]) + 0.5)).sum() / mass)
        for axis in (0, 1)
    ]
    corner = [round((SIDE / 2 + 0.5) * FINE - c) for c in centre]  # MNIST: pixel 14, from 0
    into, out_of = [], []
    for start, size in zip(corner, soft.shape, strict=True):
        into.append(slice(max(start, 0), min(start + size, SIDE * FINE)))
        out_of.append(slice(into[-1].start - start, into[-1].stop - start))
    canvas[tuple(into)] = soft[tuple(out_of)]
    small = canvas.reshape(SIDE, FINE, SIDE, FINE).mean((1, 3))
    return np.round(small * 255).astype(np.uint8)
