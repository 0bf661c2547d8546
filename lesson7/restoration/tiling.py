"""A network over a picture of any size: tile by tile, without a seam, in little memory.

    Cut, cuts       one side of a picture -> what each tile sees of it and answers for
    plan            a picture's size -> the columns and rows that cost least
    window          what a network must see to answer for one crop
    sweep           picture -> network, tile by tile -> picture

A convolutional network that sees a tile knows less near the tile's edges than it would in the
whole picture. So tiles see more than they answer for, by ``MARGIN`` pixels, and over the next
``FADE`` pixels one tile's answer turns into its neighbour's. Tiles begin at multiples of
``ALIGN``, so that the network's strides fall where they would in the whole picture.

How far the shipped network sees was measured: a cut moves pixels next to it by up to 60 levels
of 255, pixels 32 away by 4, 64 away by 2, 80 away by 0.2, and none that is 128 away. A tile of
``MOST`` pixels takes one core of 2.6 GHz 0.45 seconds in bfloat16 and 0.9 in float32; work can
be stopped only between tiles.
"""

from collections.abc import Callable, Generator
from dataclasses import dataclass

import torch
from PIL import Image
from torch import Tensor

from lesson7.core.errors import ConfigError
from lesson7.core.images import from_unit, to_unit

ALIGN = 16  # pixels: the stride of the network's deepest stage
MARGIN = 80  # pixels, a multiple of ALIGN
FADE = 16  # pixels, a multiple of ALIGN
SHARED = 2 * MARGIN + FADE  # pixels that two neighbours both see
MOST = 512 * 1024  # pixels of a tile

Function = Callable[[Tensor], Tensor]
Box = tuple[int, int, int, int]  # left, top, right, bottom, as Pillow counts


@dataclass(frozen=True)
class Cut:
    """One tile's part of one side of a picture, in pixels; ``stop`` and ``end`` are one past.

    Args:
        start, stop: what the network sees; both multiples of ``ALIGN``, or the picture's end.
        begin, end: what the tile answers for, fading in after ``begin`` and out after ``end``.
    """

    start: int
    stop: int
    begin: int
    end: int

    @property
    def length(self) -> int:
        """How many pixels the network sees."""
        return self.stop - self.start

    @property
    def weights(self) -> Tensor:
        """What the answer counts at each pixel, ``(length,)``, 0 to 1.

        The weights of all tiles of a side add up to 1 everywhere.
        """
        slope = (torch.arange(FADE) + 0.5) / FADE  # and 1 - slope is its mirror image
        weights = torch.zeros(self.length)
        weights[self.begin - self.start : self.end - self.start] = 1
        if self.begin > 0:
            weights[self.begin - self.start :][:FADE] = slope
        if self.stop > self.end:
            weights[self.end - self.start :][:FADE] = 1 - slope
        return weights


def cuts(length: int, count: int) -> list[Cut]:
    """Cut a side into ``count`` tiles whose lengths differ by less than ``2 * ALIGN``.

    Args:
        length: of the side, in pixels, at least 1.
        count: of tiles, 1 to ``most_cuts(length)``.
    """
    step = (length - SHARED) / count  # from one tile to the next
    inner = [round((i * step + MARGIN) / ALIGN) * ALIGN for i in range(1, count)]
    return [
        Cut(
            start=max(0, begin - MARGIN),
            stop=length if end == length else end + FADE + MARGIN,
            begin=begin,
            end=end,
        )
        for begin, end in zip([0, *inner], [*inner, length], strict=True)
    ]


def most_cuts(length: int) -> int:
    """How many tiles a side can be cut into before more than half of each is shared."""
    return max(1, length // SHARED - 1)


def plan(width: int, height: int, most: int = MOST) -> tuple[list[Cut], list[Cut]]:
    """The columns and rows of tiles that give a network the fewest pixels to see.

    Args:
        width, height: of the picture, in pixels.
        most: pixels of a tile, at least ``(3 * SHARED) ** 2``.

    Raises:
        ConfigError: ``most`` is less.
    """
    if most < (3 * SHARED) ** 2:
        raise ConfigError(f"Tiles of {most} pixels are all margin; allow {(3 * SHARED) ** 2}.")
    choices = []
    for n_columns in range(1, most_cuts(width) + 1):
        columns = cuts(width, n_columns)
        for n_rows in range(1, most_cuts(height) + 1):
            rows = cuts(height, n_rows)
            if max(c.length for c in columns) * max(r.length for r in rows) <= most:
                cost = sum(c.length for c in columns) * sum(r.length for r in rows)
                choices.append((cost, n_columns, columns, rows))
                break  # more rows cost more
    _, _, columns, rows = min(choices, key=lambda choice: choice[:2])
    return columns, rows


def window(size: tuple[int, int], crop: Box) -> Box:
    """What a network must see to answer for ``crop`` as it would in the whole picture.

    Args:
        size: of the picture: width, height.
        crop: a box inside it.

    Returns:
        The crop and at least ``MARGIN`` pixels around it, aligned, within the picture.
    """
    left, top = (max(0, start - MARGIN) // ALIGN * ALIGN for start in crop[:2])
    right, bottom = (
        min(side, -(-(stop + MARGIN) // ALIGN) * ALIGN)
        for side, stop in zip(size, crop[2:], strict=True)
    )
    return left, top, right, bottom


def sweep(
    function: Function, picture: Image.Image, most: int = MOST
) -> Generator[tuple[int, int], None, Image.Image]:
    """Run a network over a picture, tile by tile.

    A generator: it yields (tiles done, tiles in all), from 0 done to all, and returns the
    result. To stop the work, close it or ask no more.

    Args:
        function: ``(1, 3, h, w)`` unit range -> the same shape and range; what lies more than
            ``MARGIN`` away must not matter to it, nor where the tile is but for ``ALIGN``.
        picture: mode RGB.
        most: pixels of a tile, see ``plan``.

    Returns:
        A picture of the same size, mode RGB, values beyond the range clamped. Beside the two
        pictures it took the memory of one row of tiles.

    Raises:
        InputError: the function gave NaN, or raised it.
    """
    width, height = picture.size
    columns, rows = plan(width, height, most)
    done, total = 0, len(columns) * len(rows)
    result = Image.new("RGB", picture.size)
    fading = torch.zeros(3, 0, width)  # what the row above still has to say
    yield done, total
    for row in rows:
        band = torch.zeros(3, row.length, width)
        for column in columns:
            tile = to_unit(picture.crop((column.start, row.start, column.stop, row.stop)))
            answer = function(tile[None])[0]  # (3, row.length, column.length)
            band[:, :, column.start : column.stop] += answer * column.weights
            done += 1
            if done < total:
                yield done, total
        band = (band * row.weights[:, None])[:, row.begin - row.start :]
        band[:, : fading.shape[1]] += fading
        finished = row.end - row.begin
        result.paste(from_unit(band[:, :finished]), (0, row.begin))
        fading = band[:, finished : finished + FADE]
    yield total, total
    return result
