"""A stranger's picture, made ready for the network, and put together again after it.

    prepare         anything that can be opened -> a picture of the size that will come out
    Prepared        its colours for the network, and what is kept beside them
    enlarged_size   what a scale makes of a size, if it may
    check_scale, check_strength

The networks were trained on small pictures enlarged bilinearly, so this comes first.

Transparent pictures have colours where nobody sees them: often black, sometimes what was
erased. None of it may bleed into what is seen, or reach the network. So colours are mixed by
their visibility, and invisible pixels take those of the visible ones around them [1].

References:
    [1] Gortler et al., The lumigraph, 1996 (section 3.4.3, pull-push).
        https://doi.org/10.1145/237170.237200
"""

from dataclasses import dataclass

from PIL import Image, ImageChops

from lesson7.core.errors import InputError
from lesson7.core.images import open_image
from lesson7.core.intake import MAX_PIXELS, MAX_SIDE, Source

SMALLEST = 16  # pixels along each side: what the network needs
MAX_SCALE = 4
_BILINEAR = Image.Resampling.BILINEAR


@dataclass(frozen=True)
class Prepared:
    """A picture that is ready for the network.

    Args:
        colours: mode RGB, of the size that will come out.
        alpha: mode L, of the same size; None where everything is visible.
        grey: whether the picture has no colour anywhere.
    """

    colours: Image.Image
    alpha: Image.Image | None
    grey: bool

    def with_alpha(self, restored: Image.Image) -> Image.Image:
        """What came out of the network, with this picture's transparency: RGB or RGBA."""
        if self.alpha is None:
            return restored
        whole = restored.copy()
        whole.putalpha(self.alpha)
        return whole


def prepare(source: Source, scale: float = 1) -> Prepared:
    """Open a picture safely, check it, enlarge it.

    Args:
        source: as ``open_image``.
        scale: 1 to 4, also between whole numbers.

    Raises:
        ImageError: the picture cannot be read or is out of bounds.
        InputError: it is smaller than 16x16, or the scale is out of its range or too large
            for it.
    """
    check_scale(scale)
    picture = open_image(source, keep_alpha=True)
    size = enlarged_size(picture.size, scale)
    if _all_visible(picture):
        colours, alpha = _resize(picture.convert("RGB"), size), None
    else:
        picture = _resize(picture, size)  # Pillow mixes RGBA by visibility
        colours, alpha = _fill(picture), picture.getchannel("A")
    return Prepared(colours, alpha, _is_grey(colours))


def check_scale(scale: float) -> None:
    """Raise an ``InputError`` unless the scale is a number from 1 to 4."""
    number = isinstance(scale, int | float) and not isinstance(scale, bool)
    if not number or not 1 <= scale <= MAX_SCALE:  # NaN is refused too
        raise InputError(f"The scale must be a number from 1 to {MAX_SCALE}.")


def check_strength(strength: float) -> None:
    """Raise an ``InputError`` unless the strength is a number from 0 to 1."""
    number = isinstance(strength, int | float) and not isinstance(strength, bool)
    if not number or not 0 <= strength <= 1:
        raise InputError("The strength must be a number from 0 to 1.")


def enlarged_size(size: tuple[int, int], scale: float) -> tuple[int, int]:
    """The size of what comes out: ``round(side * scale)``, exactly, for both sides.

    The result has the limits of the input (``lesson7.core.intake``), so that it can be
    opened here again.

    Args:
        size: width and height, in pixels.
        scale: 1 to 4.

    Raises:
        InputError: a side is below 16 pixels, or the result would be beyond the limits.

    >>> enlarged_size((99, 51), 1.5)
    (148, 76)
    """
    if min(size) < SMALLEST:
        raise InputError(
            f"The picture is too small: it has {size[0]}x{size[1]} pixels, "
            f"and {SMALLEST}x{SMALLEST} are the least."
        )
    result = _times(size, scale)
    if not _fits(result):
        tenths = (tenth / 10 for tenth in range(10 * MAX_SCALE, 10, -1))
        most = next((tenth for tenth in tenths if _fits(_times(size, tenth))), 1)
        raise InputError(
            f"The result would have {result[0]}x{result[1]} pixels; {MAX_PIXELS / 1e6:.1f} "
            f"million and {MAX_SIDE} along a side are the most. "
            f"Please choose a scale of at most {most:g}, or a smaller picture."
        )
    return result


def _times(size: tuple[int, int], scale: float) -> tuple[int, int]:
    return round(size[0] * scale), round(size[1] * scale)


def _fits(size: tuple[int, int]) -> bool:
    return size[0] * size[1] <= MAX_PIXELS and max(size) <= MAX_SIDE


def _resize(picture: Image.Image, size: tuple[int, int]) -> Image.Image:
    return picture if picture.size == size else picture.resize(size, _BILINEAR)


def _fill(picture: Image.Image) -> Image.Image:
    """RGBA -> RGB, where invisible pixels have the colours of visible ones around them [1]."""
    levels = [_visible_or_not(picture)]  # pull: halve until nothing is invisible
    while not _all_visible(levels[-1]) and max(levels[-1].size) > 1:
        levels.append(_visible_or_not(levels[-1].reduce(2)))
    filled = levels.pop().convert("RGB")
    while levels:  # push: enlarge, and lay what is visible over it
        level = levels.pop()
        filled = filled.resize(level.size, _BILINEAR)
        filled.paste(level.convert("RGB"), mask=level.getchannel("A"))
    return filled


def _all_visible(picture: Image.Image) -> bool:
    return picture.getchannel("A").getextrema() == (255, 255)


def _visible_or_not(picture: Image.Image) -> Image.Image:
    """The same colours, where the faintest visibility counts as full."""
    picture = picture.copy()
    picture.putalpha(picture.getchannel("A").point(lambda alpha: 255 if alpha else 0))
    return picture


def _is_grey(picture: Image.Image) -> bool:
    red, green, blue = picture.split()
    return not (
        ImageChops.difference(red, green).getbbox() or ImageChops.difference(red, blue).getbbox()
    )
