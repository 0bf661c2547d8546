"""Colours for a whole picture: found once, small, and laid under its own light and shade.

    sweep           picture -> network, once -> the picture in colours, strip by strip
    coloured        the same at one go
    found           the colours of a picture, at working size                          [1, 2]
    is_colourless   whether a picture has no colours of its own, or one tone only

The network never answers for light and shade, so nothing gets blurred, and what it sees is
small whatever the picture's size is: there are no tiles and no seams. Enlarged as they are, the
colours of a picture of 12 megapixels would run twenty pixels beyond every edge. So what is
enlarged is, around each pixel, the straight line by which colours follow the luminance there;
in the large picture it is read at the luminance of each pixel, edges and all [3].

References:
    [1] Iizuka et al., Let there be color!, 2016. https://doi.org/10.1145/2897824.2925974
    [2] Zhang et al., Colorful image colorization, 2016 (colours found small, luminance kept).
        https://arxiv.org/abs/1603.08511
    [3] He and Sun, Fast guided filter, 2015. https://arxiv.org/abs/1505.00996
"""

from collections.abc import Callable, Generator

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image
from torch import Tensor

from lesson7.core.images import from_unit, to_unit
from lesson7.restoration.chroma import chroma, luminance, painted
from lesson7.restoration.grey_pairs import working_size

RADIUS = 2  # pixels at working size: how far around a pixel colours follow one line
FLAT = 0.02**2  # variance of luminance below which they follow none
STRIP = 1 << 20  # pixels of the result that are made at a time, to bound the memory
SMALL = 64  # pixels: the size at which ``is_colourless`` looks
TONE = 2.5  # levels of 255: what a colourless picture's chroma is off one line at most

_BILINEAR = Image.Resampling.BILINEAR

Colours = Callable[[Tensor], Tensor]


def sweep(
    colours: Colours, picture: Image.Image, strength: float = 1.0
) -> Generator[tuple[int, int], None, Image.Image]:
    """Give a picture other colours, and leave its luminance as it is.

    A generator, as ``tiling.sweep``: it yields (parts done, parts in all) and returns the
    result. The first part is the network's, the others are strips of the picture.

    Args:
        colours: grey ``(1, 3, h, w)``, unit range -> chroma ``(1, 2, h, w)``.
        picture: mode RGB; its own colours are never shown to the network.
        strength: 0 to 1: from the picture's own colours to those found.

    Returns:
        A picture of the same size, mode RGB, whose luminance (mode L) is off by 1 at most.

    Raises:
        InputError: as ``colours``.
    """
    width, height = picture.size
    rows = max(1, STRIP // width)
    tops = range(0, height, rows)
    done, total = 0, 1 + len(tops)
    yield done, total
    maps = _lines(*found(colours, picture))
    result = Image.new("RGB", picture.size)
    for top in tops:
        done += 1
        yield done, total
        bottom = min(top + rows, height)
        strip = to_unit(picture.crop((0, top, width, bottom)))[None]
        grey = luminance(strip)
        slopes, levels = _part(maps, picture.size, top, bottom).split(2, dim=1)
        answer = painted(grey, slopes * grey + levels)
        result.paste(from_unit(torch.lerp(strip, answer, strength)[0]), (0, top))
    yield total, total
    return result


def coloured(colours: Colours, picture: Image.Image, strength: float = 1.0) -> Image.Image:
    """What ``sweep`` makes of a picture."""
    work = sweep(colours, picture, strength)
    while True:
        try:
            next(work)
        except StopIteration as end:
            result: Image.Image = end.value
            return result


def found(colours: Colours, picture: Image.Image) -> tuple[Tensor, Tensor]:
    """What the network is shown of a picture, and the colours that it finds.

    Returns:
        Luminance ``(1, 1, h, w)`` and chroma ``(1, 2, h, w)`` at the picture's working size.
    """
    small = picture.convert("L").resize(working_size(picture.size), _BILINEAR)
    grey = to_unit(small)[None]
    return grey, colours(grey.expand(-1, 3, -1, -1))


def _lines(grey: Tensor, colours: Tensor) -> Tensor:
    """The lines by which colours follow the luminance around each pixel [3].

    ``(1, 1, h, w)`` and ``(1, 2, h, w)`` -> slopes and levels, ``(1, 4, h, w)``.
    """
    mean, means = _around(grey), _around(colours)
    variance = _around(grey * grey) - mean * mean
    slopes = (_around(grey * colours) - mean * means) / (variance.clamp(min=0) + FLAT)
    return _around(torch.cat([slopes, means - slopes * mean], 1))


def _around(maps: Tensor) -> Tensor:
    """The mean of what is within ``RADIUS`` of each pixel and in the picture."""
    side = 2 * RADIUS + 1
    return F.avg_pool2d(maps, side, 1, RADIUS, count_include_pad=False)


def _part(maps: Tensor, size: tuple[int, int], top: int, bottom: int) -> Tensor:
    """``(1, C, h, w)`` enlarged to ``size``, rows ``top`` to ``bottom`` of it."""
    width, height = size
    share = maps.shape[2] / height
    box = (0, top * share, maps.shape[3], bottom * share)
    parts = [
        np.asarray(Image.fromarray(one.numpy()).resize((width, bottom - top), _BILINEAR, box=box))
        for one in maps[0]
    ]
    return torch.from_numpy(np.stack(parts))[None]


def is_colourless(picture: Image.Image) -> bool:
    """Whether a picture is black-and-white, or toned: sepia, blue, yellowed evenly.

    In such a picture colours follow the luminance by one line; what is off it counts. Where
    something large has a colour, it is off by far more.

    Args:
        picture: mode RGB.
    """
    small = to_unit(picture.resize((SMALL, SMALL), Image.Resampling.BOX))[None]
    grey, own = luminance(small).flatten(), chroma(small)[0].flatten(1)
    grey = grey - grey.mean()
    own = own - own.mean(1, keepdim=True)
    slopes = (own @ grey) / grey.square().sum().clamp(min=1e-9)
    off = (own - slopes[:, None] * grey).square().mean().sqrt()
    return off.item() * 255 < TONE
