"""From any picture of a digit to MNIST's own convention.

MNIST's digits were cut out, scaled so that the longer side of the ink's box is 20 pixels,
and shifted so that the ink's centre of mass is in the middle of 28x28 pixels [1]. A network
trained on them is at home in that convention only, so every picture is brought there:

    ink_maps       where is ink, for dark on light and light on dark
    convention     crop, one stroke width, 20x20, centre of mass

Stroke width matters as much as size: a one-pixel line on a large canvas would vanish in
20x20 pixels, and a marker on a small one would close its loops. The stroke is measured and,
only where it is outside what MNIST has, moved to the nearest width that MNIST has, by
shifting the outline along its signed distance.

References:
    [1] LeCun, Cortes and Burges, The MNIST database.
    [2] Otsu, A threshold selection method from gray-level histograms, 1979.
    [3] Felzenszwalb and Huttenlocher, Distance transforms of sampled functions, 2012.
"""

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from lesson7.core.errors import NotADigitError

SIDE = 28
BOX = 20  # MNIST's longer side of the ink's box
FINE = 4  # the work is done at four times MNIST's resolution
STROKE = (1.9, 3.4)  # most of MNIST's stroke widths (10th to 88th percentile), in MNIST pixels
COARSE = 14  # boxes smaller than this hold their shape in grey levels: those are kept
CONTRAST = 24  # grey levels (of 255) between paper and ink below which nothing was drawn
LARGE = 560  # pixels a side: more would only cost time
BLANK = "Draw a digit first."

Ink = NDArray[np.float32]  # (H, W), unit range: 1 is ink, 0 is paper


def ink_maps(picture: Image.Image) -> list[Ink]:
    """Where the ink is: one map if that is clear, two if it may be dark or light.

    The paper's light may fall off across a photograph: a smooth surface is fitted to it
    and taken away. What touches the border most is paper.

    Args:
        picture: any size and mode.

    Returns:
        Maps ``(H, W)`` of unit range, the likelier one first.

    Raises:
        NotADigitError: the picture is blank, or has too little contrast.
    """
    grey = _reduced(picture.convert("L"))
    if min(grey.shape) >= 64:
        grey = grey - _paper(grey)
    grey = grey - grey.min()
    if grey.max() < CONTRAST:
        raise NotADigitError(BLANK)
    light = grey > _otsu(grey)
    low, high = float(np.median(grey[~light])), float(np.median(grey[light]))
    if high - low < CONTRAST:
        raise NotADigitError(BLANK)
    as_light = np.clip((grey - low) / (high - low), 0, 1)
    border = np.concatenate([light[0], light[-1], light[1:-1, 0], light[1:-1, -1]])
    share = float(border.mean())
    maps = [as_light, 1 - as_light] if share < 0.5 else [1 - as_light, as_light]
    return maps if 0.2 < share < 0.8 else maps[:1]


def convention(ink: Ink) -> NDArray[np.uint8]:
    """MNIST's picture of this ink.

    Args:
        ink: ``(H, W)``, unit range.

    Returns:
        ``(28, 28)``, uint8, ink 255 on 0.

    Raises:
        NotADigitError: there is no ink, or no more than a speck.
    """
    mask = _without_dust(ink >= 0.5)
    rows, columns = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
    if rows.size == 0:
        raise NotADigitError(BLANK)
    top, bottom, left, right = rows[0], rows[-1] + 1, columns[0], columns[-1] + 1
    longest = max(bottom - top, right - left)
    if longest < 4 or longest < 0.03 * max(ink.shape):
        raise NotADigitError(BLANK)
    if longest < COARSE:
        return _centred(_enlarged(ink))
    width = min(stroke_width(mask), 0.5 * longest)
    own = width / longest * BOX
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

    >>> round(stroke_width(np.pad(np.ones((100, 4), bool), 1)) * 4 / np.pi)
    4
    """
    padded = np.pad(mask, 1)
    edges = np.count_nonzero(padded[1:] != padded[:-1]) + np.count_nonzero(
        padded[:, 1:] != padded[:, :-1]
    )
    return 2 * np.count_nonzero(mask) / max(edges * np.pi / 4, 1)


def components(mask: NDArray[np.bool_]) -> NDArray[np.int32]:
    """Label touching pixels, corners included: 0 is paper, 1, 2, ... are pieces of ink."""
    labels = np.zeros(mask.shape, np.int32)
    parent = [0]

    def root(label: int) -> int:
        while parent[label] != label:
            label = parent[label]
        return label

    above: list[tuple[int, int, int]] = []  # runs of the row above: start, stop, label
    for y, row in enumerate(mask):
        edges = np.flatnonzero(np.diff(row, prepend=False, append=False))
        runs = []
        for start, stop in zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True):
            touching = [root(name) for a, b, name in above if a <= stop and b >= start]
            label = min(touching, default=len(parent))
            if label == len(parent):
                parent.append(label)
            for other in touching:
                parent[other] = label
            labels[y, start:stop] = label
            runs.append((start, stop, label))
        above = runs
    roots = np.array([root(label) for label in range(len(parent))], np.int32)
    return np.unique(roots[labels], return_inverse=True)[1].reshape(mask.shape).astype(np.int32)


def _reduced(picture: Image.Image) -> NDArray[np.float32]:
    """At most ``LARGE`` pixels a side, without losing a line one pixel wide.

    Averages halve what is more than twice as large; then each block of pixels is stood for
    by the one that differs most from the paper.
    """
    picture = picture.reduce(max(1, max(picture.size) // (2 * LARGE)))
    grey = np.asarray(picture, dtype=np.float32)
    block = -(-max(grey.shape) // LARGE)
    if block == 1:
        return grey
    height, width = (side // block * block for side in grey.shape)
    blocks = grey[:height, :width].reshape(height // block, block, width // block, block)
    low, high, paper = blocks.min((1, 3)), blocks.max((1, 3)), np.median(grey[::block, ::block])
    return np.where(high - paper > paper - low, high, low)


def _paper(grey: NDArray[np.float32]) -> NDArray[np.float32]:
    """The paper's light: a quadratic surface fitted to all pixels but the ink."""
    height, width = grey.shape
    step = max(1, max(height, width) // 48)
    values = grey[::step, ::step].ravel()
    terms = _terms(height, width, step)
    border = np.concatenate([grey[0], grey[-1], grey[:, 0], grey[:, -1]])
    keep = np.abs(values - np.median(border)) < max(40.0, 2 * float(values.std()))
    weights = np.zeros(6)
    for _ in range(5):
        if keep.sum() < 32:
            break
        chosen = terms[keep]
        weights = np.linalg.solve(chosen.T @ chosen + 1e-6 * np.eye(6), chosen.T @ values[keep])
        misfit = np.abs(values - terms @ weights)
        keep = misfit < max(6.0, 2 * float(np.median(misfit[keep])))
    return (_terms(height, width, 1) @ weights).reshape(grey.shape).astype(np.float32)


def _terms(height: int, width: int, step: int) -> NDArray[np.float64]:
    """1, x, y, x^2, xy, y^2 at every ``step``-th pixel, x and y in [0, 1): ``(pixels, 6)``."""
    y, x = np.mgrid[0:height:step, 0:width:step]
    x, y = x.ravel() / width, y.ravel() / height
    return np.stack([np.ones(x.size), x, y, x * x, x * y, y * y], -1)


def _otsu(grey: NDArray[np.float32]) -> float:
    """The threshold that parts the grey levels best [2]."""
    counts, edges = np.histogram(grey, bins=256)
    middles = (edges[:-1] + edges[1:]) / 2
    below = np.cumsum(counts)
    above = below[-1] - below
    sums = np.cumsum(counts * middles)
    with np.errstate(divide="ignore", invalid="ignore"):
        gap = sums / below - (sums[-1] - sums) / above
        between = np.nan_to_num(below * above * gap**2)
    best = np.flatnonzero(between == between.max())
    return float(edges[1:][(best[0] + best[-1]) // 2])


def _without_dust(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Drop pieces of ink far smaller than the largest one."""
    labels = components(mask)
    areas = np.bincount(labels.ravel())[1:]
    if areas.size < 2:
        return mask
    return np.isin(labels, 1 + np.flatnonzero(areas >= 0.02 * areas.max()))


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
    """Each pixel's distance to the nearest pixel of ``mask``, less half a pixel, at least 0 [3]."""
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
