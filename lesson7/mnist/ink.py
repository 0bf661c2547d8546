"""Where is ink in a picture, whatever paper, pen, light and size it has.

    ink_maps         where the ink is, for dark on light and light on dark
    components       pieces of ink that touch
    without_dust     ink without its specks

References:
    [1] Otsu, A threshold selection method from gray-level histograms, 1979.
    [2] Serra, Image analysis and mathematical morphology, 1982.
"""

from itertools import islice
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from lesson7.core.errors import NotADigitError

CONTRAST = 24  # grey levels (of 255) between paper and ink below which nothing was drawn
LARGE = 560  # pixels a side: more would only cost time
SHADED = 280  # the same, where there may be a shadow
DARKEST = 16  # grey levels: where it is darker than that, noise is as strong as ink
BLANK = "Draw a digit first."
UNLIKE = "This does not look like one digit. Clear it and draw one large digit."

Ink = NDArray[np.float32]  # (H, W): 0 is paper, 1 the usual ink; what is more is darker still


def ink_maps(picture: Image.Image) -> list[Ink]:
    """Where the ink is: one map if that is clear, two if it may be dark or light.

    The paper's light may fall off across a photograph: a smooth surface is fitted to it
    and taken away. Shadows with an edge are told by what dark ink leaves of the light around
    it. What touches the border most is paper.

    Args:
        picture: any size and mode.

    Returns:
        Maps ``(H, W)``, the likelier one first: 0 is paper, 1 the median of the ink.

    Raises:
        NotADigitError: the picture is blank, or has too little contrast.
    """
    grey = _reduced(picture.convert("L"))
    return _maps(_evenly_lit(grey) if min(grey.shape) >= 64 else grey)


def _evenly_lit(grey: NDArray[np.float32]) -> NDArray[np.float32]:
    """Without what the light did to the paper: it fell off, or something cast a shadow."""
    even = grey - _paper(grey)
    if not 0.02 < _on_border(even) < 0.98:
        return even
    unshaded = _without_shadow(grey)  # ink seldom touches the border, and shadows mostly do
    labels = components(unshaded <= _otsu(unshaded))
    cut = np.isin(labels, np.unique(_border(labels))) & (labels > 0)
    if 3 * np.count_nonzero(cut) < np.count_nonzero(labels):  # leftovers of the shadow's edge
        return np.where(cut, np.float32(255), unshaded)
    return even


def _maps(grey: NDArray[np.float32]) -> list[Ink]:
    """``ink_maps`` of grey levels, the paper's light taken away."""
    grey = grey - grey.min()
    if grey.max() < CONTRAST:
        raise NotADigitError(BLANK)
    light = grey > _otsu(grey)
    low, high = float(np.median(grey[~light])), float(np.median(grey[light]))
    if high - low < CONTRAST:
        raise NotADigitError(BLANK)
    as_light, as_dark = (grey - low) / (high - low), (high - grey) / (high - low)
    share = _on_border(grey)
    maps = [as_light, as_dark] if share < 0.5 else [as_dark, as_light]
    return [np.maximum(ink, 0) for ink in (maps if 0.2 < share < 0.8 else maps[:1])]


def _on_border(grey: NDArray[np.float32]) -> float:
    """Share of the border's pixels that are light."""
    return float((_border(grey) > _otsu(grey)).mean())


def _border(values: NDArray[Any]) -> NDArray[Any]:
    """The outermost pixels."""
    return np.concatenate([values[0], values[-1], values[1:-1, 0], values[1:-1, -1]])


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
        runs, first = [], 0
        for start, stop in zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True):
            while first < len(above) and above[first][1] < start:  # it ends before all to come
                first += 1
            touching = []
            for begin, _, name in islice(above, first, None):
                if begin > stop:
                    break
                touching.append(root(name))
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


def without_dust(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Drop pieces of ink far smaller than the largest one."""
    labels = components(mask)
    areas = np.bincount(labels.ravel())[1:]
    if areas.size < 2:
        return mask
    return np.isin(labels, 1 + np.flatnonzero(areas >= 0.02 * areas.max()))


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


def _without_shadow(grey: NDArray[np.float32]) -> NDArray[np.float32]:
    """The share of the light that dark ink leaves: 255 is paper, lit or not.

    What the paper reflects is the closing of the picture [2]: dark lines thinner than a seventh
    of it are filled from their sides, and the edge of a shadow stays where it is.
    """
    picture = Image.fromarray(np.clip(grey, 0, 255).astype(np.uint8))
    picture.thumbnail((SHADED, SHADED), Image.Resampling.BOX)
    paper = picture
    for filtered in (ImageFilter.MaxFilter(3), ImageFilter.MinFilter(3)):
        for _ in range(max(picture.size) // 14):
            paper = paper.filter(filtered)
    lit, light = (np.asarray(each, np.float32) + DARKEST for each in (picture, paper))
    return 255 * lit / light


def _terms(height: int, width: int, step: int) -> NDArray[np.float64]:
    """1, x, y, x^2, xy, y^2 at every ``step``-th pixel, x and y in [0, 1): ``(pixels, 6)``."""
    y, x = np.mgrid[0:height:step, 0:width:step]
    x, y = x.ravel() / width, y.ravel() / height
    return np.stack([np.ones(x.size), x, y, x * x, x * y, y * y], -1)


def _otsu(grey: NDArray[np.float32]) -> float:
    """The threshold that parts the grey levels best [1]."""
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
