"""Every colour mode that Pillow knows, as eight-bit sRGB.

Pictures come as palettes, as printing inks, with sixteen bits, with a camera's or a monitor's
colours. ``Image.convert("RGB")`` answers all of them, and some of them wrongly: sixteen bits
saturate to white, a colour profile is dropped. Here each becomes what a browser would show.

    separate        colours as RGB, and the transparency beside them if there is one
    eight_bits      an array of any depth -> uint8

Largest error, in levels of 255: 0 for pictures of eight bits, palettes, sixteen-bit grey and
floats (but for rounding); 1 for sixteen-bit RGB, of which Pillow keeps the upper byte; 2 where
a colour profile is applied. Printing inks without a profile have no exact colour: they are
taken as filters on white paper.
"""

from io import BytesIO

import numpy as np
from PIL import Image, ImageCms

from lesson7.core.errors import ImageError

_SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB"))

_DEPTH = (
    "The brightness values of this picture do not follow any known scale. "
    "Please save it as PNG or JPEG first."
)


def eight_bits(values: np.ndarray) -> np.ndarray:
    """Scale brightness values of any depth to uint8, rounding to the nearest level.

    Sixteen bits are divided by 257, so that 0 stays 0 and 65535 becomes 255. Floats and wider
    integers do not say what their white is: it is taken to be the smallest of 1 (floats only),
    255 and 65535 that is not below the largest value.

    Args:
        values: bool, uint8, uint16, or wider integers or floats, of any shape.

    Returns:
        uint8 of the same shape.

    Raises:
        ImageError: a value is negative, above 65535, NaN or infinite, or not a real number.
    """
    kind, bits = values.dtype.kind, values.dtype.itemsize * 8
    if kind == "b":
        return values.astype(np.uint8) * np.uint8(255)
    if kind == "u" and bits == 8:
        return values
    if kind == "u" and bits == 16:
        return ((values.astype(np.uint32) + 128) // 257).astype(np.uint8)
    if kind not in "iuf":
        raise ImageError(_DEPTH)
    least, most = values.min(), values.max()  # NaN if any value is
    whites = [white for white in (1, 255, 65535) if most <= white and (kind == "f" or white > 1)]
    if not least >= 0 or not whites:
        raise ImageError(_DEPTH)
    return (values * np.float32(255 / whites[0]) + np.float32(0.5)).astype(np.uint8)


def separate(image: Image.Image) -> tuple[Image.Image, Image.Image | None]:
    """Take a loaded picture apart into its colours and its transparency.

    Args:
        image: in any mode of Pillow; it is not changed.

    Returns:
        The colours, mode RGB in sRGB, whatever the transparency; and the transparency, mode L
        (0 is invisible), or None where the picture cannot be transparent.

    Raises:
        ImageError: the brightness values follow no known scale (see ``eight_bits``).
    """
    colours, alpha = _split(image)
    profile = image.info.get("icc_profile")
    if isinstance(profile, bytes) and profile and colours.mode in ("L", "RGB", "CMYK"):
        try:
            managed = ImageCms.profileToProfile(
                colours, ImageCms.ImageCmsProfile(BytesIO(profile)), _SRGB, outputMode="RGB"
            )
        except (ImageCms.PyCMSError, OSError):
            # A damaged profile, or one for another kind of colours: like a browser, go on as
            # if there were none. The pixels themselves are whole.
            managed = None
        if managed is not None:
            return managed, alpha
    return (colours if colours.mode == "RGB" else colours.convert("RGB")), alpha


def _split(image: Image.Image) -> tuple[Image.Image, Image.Image | None]:
    """Colours in a mode of eight bits that has no transparency, and the transparency."""
    if image.mode.startswith(("I", "F")):  # I;16 in all byte orders, I, F
        return _split_deep(image)
    if image.mode in ("1", "L", "LA", "La"):
        plain, transparent = "L", "LA"
    elif image.mode in ("P", "PA", "RGB", "RGBA", "RGBa", "RGBX"):
        plain, transparent = "RGB", "RGBA"
    else:  # CMYK, YCbCr, LAB, HSV: never transparent
        return image, None
    if not image.has_transparency_data:
        return image.convert(plain), None
    key = image.info.get("transparency")
    if image.mode == "RGB" and isinstance(key, tuple) and max(key) > 255:
        # Pillow keeps the upper byte of sixteen-bit colours, but all of the transparent one.
        image = image.copy()
        image.info["transparency"] = tuple(value >> 8 for value in key)
    both = image.convert(transparent)
    return both.convert(plain), both.getchannel("A")


def _split_deep(image: Image.Image) -> tuple[Image.Image, Image.Image | None]:
    """The same for grey pictures of more than eight bits."""
    values = np.asarray(image)
    grey = Image.fromarray(eight_bits(values))
    key = image.info.get("transparency")
    if not isinstance(key, int):
        return grey, None
    return grey, Image.fromarray(np.where(values == key, 0, 255).astype(np.uint8))
