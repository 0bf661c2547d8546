"""Each colour mode against values worked out without Pillow's conversions.

The largest error allowed stands beside each case, in levels of 255.
"""

import struct
import zlib

import numpy as np
import pytest
from PIL import Image

from lesson7.core.colours import eight_bits, separate
from lesson7.core.errors import ImageError
from lesson7.core.intake import open_image
from tests.core.colour_samples import ALPHA, GREY, RGB, difference, grey_to_rgb
from tests.core.picture_files import chunk, encode

DEEP = np.arange(65536, dtype=np.uint16).reshape(256, 256)


def on_white(colours: np.ndarray, alpha: np.ndarray) -> np.ndarray:
    """colours, (H, W) or (H, W, 3), seen through alpha (H, W), both of 0 to 255."""
    share = alpha[..., None].astype(float) / 255
    return np.atleast_3d(colours) * share + 255 * (1 - share)


def deep_png(values: np.ndarray, colour_type: int, extra: bytes = b"") -> bytes:
    """A PNG of sixteen bits, (H, W, C); Pillow can write only those of one channel."""
    height, width, _ = values.shape
    rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in values)
    header = struct.pack(">IIBBBBB", width, height, 16, colour_type, 0, 0, 0)
    chunks = chunk(b"IHDR", header) + extra + chunk(b"IDAT", zlib.compress(rows))
    return b"\x89PNG\r\n\x1a\n" + chunks + chunk(b"IEND", b"")


# ------------------------------------------------------------------------------ eight bits


def test_rgb_and_grey_are_kept_exactly():
    assert difference(encode(Image.fromarray(RGB), "PNG"), RGB) == 0
    assert difference(encode(Image.fromarray(GREY), "PNG"), grey_to_rgb(GREY)) == 0


def test_one_bit_is_black_and_white():
    bits = GREY > 127
    assert difference(encode(Image.fromarray(bits), "PNG"), grey_to_rgb(bits * 255)) == 0
    assert difference(encode(Image.fromarray(bits), "TIFF"), grey_to_rgb(bits * 255)) == 0


def test_a_palette_is_looked_up():
    image = Image.fromarray(GREY % 5, "L").copy()
    palette = RGB.reshape(-1, 3)[:5]
    indexed = Image.frombytes("P", image.size, image.tobytes())
    indexed.putpalette(palette.tobytes())
    for format in ("PNG", "GIF", "BMP", "TIFF"):
        assert difference(encode(indexed, format), palette[GREY % 5]) == 0


def test_transparent_parts_lie_on_white():
    """LA, RGBA, and the transparent colour of palettes, grey and RGB; at most 1 level."""
    grey_alpha = np.dstack([GREY, ALPHA])
    rgb_alpha = np.dstack([RGB, ALPHA])
    assert difference(encode(Image.fromarray(grey_alpha), "PNG"), on_white(GREY, ALPHA)) <= 1
    for format in ("PNG", "TIFF"):
        body = encode(Image.fromarray(rgb_alpha), format)
        assert difference(body, on_white(RGB, ALPHA)) <= 1

    hole = np.where(GREY[0, 0] == GREY, 0, 255)
    body = encode(Image.fromarray(GREY), "PNG", transparency=int(GREY[0, 0]))
    assert difference(body, on_white(GREY, hole)) == 0

    hole = np.where((RGB[0, 0] == RGB).all(-1), 0, 255)
    body = encode(Image.fromarray(RGB), "PNG", transparency=tuple(int(v) for v in RGB[0, 0]))
    assert difference(body, on_white(RGB, hole)) == 0

    indexed = Image.frombytes("P", (24, 16), (GREY % 3).tobytes())
    indexed.putpalette([255, 0, 0, 0, 255, 0, 0, 0, 255])
    colours = np.eye(3)[GREY % 3] * 255
    body = encode(indexed, "PNG", transparency=bytes([0, 128, 255]))
    assert difference(body, on_white(colours, np.array([0, 128, 255])[GREY % 3])) <= 1
    body = encode(indexed, "GIF", transparency=2)
    assert difference(body, on_white(colours, np.where(GREY % 3 == 2, 0, 255))) == 0


def test_fully_transparent_is_white_whatever_it_hides():
    hidden = np.dstack([RGB, np.zeros_like(ALPHA)])
    assert difference(encode(Image.fromarray(hidden), "PNG"), np.full_like(RGB, 255)) == 0


def test_alpha_is_kept_when_asked_for():
    rgb_alpha = np.dstack([RGB, ALPHA])
    body = encode(Image.fromarray(rgb_alpha), "PNG")
    np.testing.assert_array_equal(np.asarray(open_image(body, keep_alpha=True)), rgb_alpha)
    opaque = open_image(encode(Image.fromarray(RGB), "PNG"), keep_alpha=True)
    np.testing.assert_array_equal(np.asarray(opaque), np.dstack([RGB, np.full_like(ALPHA, 255)]))


def test_premultiplied_colours_are_divided_again():
    image = Image.new("RGBA", (3, 3), (200, 100, 50, 128))
    opened = open_image(image.convert("RGBa"), keep_alpha=True)
    assert np.abs(np.asarray(opened, int) - (200, 100, 50, 128)).max() <= 1


# ----------------------------------------------------------------------------- more bits


def test_sixteen_bit_grey_is_rounded_not_cut():
    expected = grey_to_rgb(np.round(DEEP / 257))
    assert difference(encode(Image.fromarray(DEEP), "PNG"), expected) == 0
    assert difference(encode(Image.fromarray(DEEP), "TIFF"), expected) == 0
    assert difference(DEEP, expected) == 0
    assert difference(DEEP.astype(">u2"), expected) == 0


def test_sixteen_bit_colours_keep_the_upper_byte():
    deep = np.dstack([DEEP, DEEP[::-1], DEEP.T])
    assert difference(deep_png(deep, 2), deep / 257) <= 1


def test_sixteen_bit_colours_with_alpha():
    """Cut below: less than 1 from the colour, less than 1 from alpha, and rounding."""
    deep = np.dstack([DEEP, DEEP[::-1], DEEP.T, DEEP[:, ::-1]])
    expected = on_white(deep[..., :3] / 257, deep[..., 3] / 257)
    assert difference(deep_png(deep, 6), expected) <= 2.5
    grey = np.dstack([DEEP, DEEP.T])
    assert difference(deep_png(grey, 4), on_white(DEEP / 257, DEEP.T / 257)) <= 2.5


def test_the_transparent_colour_of_sixteen_bit_pictures():
    key = chunk(b"tRNS", struct.pack(">H", 0x1234))
    body = deep_png(DEEP[..., None], 0, key)
    opened = np.asarray(open_image(body, keep_alpha=True))
    np.testing.assert_array_equal(opened[..., 3], np.where(DEEP == 0x1234, 0, 255))

    deep = np.array([[[0x1234, 0x5678, 0x9ABC], [0xFFFF, 0, 0x8000]]], np.uint16)
    body = deep_png(deep, 2, chunk(b"tRNS", struct.pack(">3H", *deep[0, 0])))
    opened = np.asarray(open_image(body, keep_alpha=True))
    assert opened[0, :, 3].tolist() == [0, 255]


@pytest.mark.parametrize("white", [1.0, 255.0, 65535.0])
def test_floats_are_scaled_by_the_smallest_white_that_holds_them(white: float):
    ramp = np.linspace(0, white, 600, dtype=np.float32).reshape(20, 30)
    expected = grey_to_rgb(np.linspace(0, 255, 600).reshape(20, 30))
    assert difference(encode(Image.fromarray(ramp), "TIFF"), expected) <= 0.51
    assert difference(ramp.astype(np.float64), expected) <= 0.51


@pytest.mark.parametrize(("white", "values"), [(255, [0, 1, 255]), (65535, [0, 257, 65535])])
def test_wide_integers_are_scaled_by_the_smallest_white_that_holds_them(white, values):
    image = Image.fromarray(np.array([values], np.int32))
    assert image.mode == "I"
    for source in (image, encode(image, "TIFF"), np.array([values], np.int64)):
        assert np.asarray(open_image(source))[0, :, 0].tolist() == [0, 1, 255]


@pytest.mark.parametrize("bad", [-1.0, 70000.0, np.nan, np.inf])
def test_values_on_no_scale_are_refused(bad: float):
    values = np.full((4, 4), 0.5, np.float32)
    values[2, 2] = bad
    with pytest.raises(ImageError, match="known scale"):
        open_image(encode(Image.fromarray(values), "TIFF"))
    with pytest.raises(ImageError, match="known scale"):
        eight_bits(values)


def test_every_sixteen_bit_value_by_hand():
    assert eight_bits(np.array([0, 128, 129, 65406, 65407, 65535], np.uint16)).tolist() == [
        *(0, 0, 1),
        *(254, 255, 255),
    ]
    assert eight_bits(np.array([True, False])).tolist() == [255, 0]


# --------------------------------------------------------------- other kinds of colours


def from_inks(inks: np.ndarray) -> np.ndarray:
    """What is left of white paper: (1 - c)(1 - k), in levels."""
    inks = inks.astype(float) / 255
    return 255 * (1 - inks[..., :3]) * (1 - inks[..., 3:])


def test_printing_inks_without_a_profile():
    inks = np.dstack([RGB, ALPHA])
    image = Image.frombytes("CMYK", (24, 16), inks.tobytes())
    assert difference(encode(image, "TIFF"), from_inks(inks)) <= 1


@pytest.mark.parametrize("inks", [(0, 0, 0, 0), (0, 0, 0, 255), (10, 200, 90, 40)])
def test_printing_inks_in_jpeg_are_not_inverted(inks: tuple[int, ...]):
    """CMYK as Adobe writes it, upside down, and YCCK, the same as brightness and colour."""
    expected = from_inks(np.array([[inks]]))
    image = Image.new("CMYK", (16, 16), inks)
    options = {"quality": 100, "subsampling": 0}
    assert difference(encode(image, "JPEG", **options), expected) <= 3

    luma = Image.new("RGB", (16, 16), inks[:3]).convert("YCbCr")
    planes = [plane.point(lambda value: 255 - value) for plane in luma.split()]
    body = encode(
        Image.merge("CMYK", [*planes, Image.new("L", (16, 16), inks[3])]), "JPEG", **options
    )
    start = body.index(b"Adobe") + 11
    assert body[start] == 0
    body = body[:start] + b"\x02" + body[start + 1 :]
    assert difference(body, expected) <= 4


def test_brightness_and_colour_apart():
    """YCbCr by the formula of JFIF."""
    ycc = RGB.astype(float) * (0.5, 0.25, 0.25) + (60, 96, 96)
    y, cb, cr = np.round(ycc).transpose(2, 0, 1)
    red, blue = 1.402 * (cr - 128), 1.772 * (cb - 128)
    green = -0.344136 * (cb - 128) - 0.714136 * (cr - 128)
    expected = np.clip(np.dstack([y + red, y + green, y + blue]), 0, 255)
    image = Image.frombytes("YCbCr", (24, 16), np.round(ycc).astype(np.uint8).tobytes())
    assert difference(image, expected) <= 2
    assert difference(encode(image, "TIFF", compression="tiff_lzw"), expected) <= 2


def test_lab_greys():
    """L* of 0, 50 and 100 without colour: black, 119 (sRGB of 18.4 % light), white."""
    for level, grey in ((0, 0), (128, 119), (255, 255)):
        image = Image.new("LAB", (4, 4), (level, 128, 128))
        assert difference(image, np.full((4, 4, 3), grey)) <= 2


def test_every_mode_of_pillow_is_answered():
    """None is forgotten: each gives RGB, and alpha exactly where it can be transparent."""
    modes = ["1", "L", "LA", "La", "P", "PA", "RGB", "RGBA", "RGBa", "RGBX", "CMYK", "YCbCr"]
    for mode in [*modes, "LAB", "HSV", "I", "F", "I;16", "I;16L", "I;16B", "I;16N"]:
        colours, alpha = separate(Image.new(mode, (5, 4)))
        assert (colours.mode, colours.size) == ("RGB", (5, 4))
        assert (alpha is not None) == (mode in ("LA", "La", "PA", "RGBA", "RGBa")), mode
