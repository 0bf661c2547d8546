"""Pictures with a colour profile come out as they were meant, by the formulas of the profile."""

import io

import numpy as np
import pytest
from PIL import Image, ImageCms, TiffImagePlugin

from lesson7.core.intake import open_image
from tests.core.colour_profiles import ADOBE, adobe_to_srgb, profile, srgb_curve
from tests.core.colour_samples import ALPHA, GREY, RGB, difference, grey_to_rgb
from tests.core.picture_files import encode


@pytest.mark.parametrize("format", ["PNG", "TIFF", "WEBP"])
def test_adobe_rgb_becomes_srgb(format: str):
    """At most 2 levels from the formula; without the profile it would be off by up to 40."""
    options = {"lossless": True} if format == "WEBP" else {}
    rgb = 60 + RGB // 3  # within what sRGB can show
    body = encode(Image.fromarray(rgb), format, icc_profile=ADOBE, **options)
    expected = adobe_to_srgb(rgb)
    assert np.abs(expected - rgb).max() > 10
    assert difference(body, expected) <= 2


def test_a_profile_keeps_the_transparency():
    rgb = 60 + RGB // 3
    body = encode(Image.fromarray(np.dstack([rgb, ALPHA])), "PNG", icc_profile=ADOBE)
    opened = np.asarray(open_image(body, keep_alpha=True))
    np.testing.assert_array_equal(opened[..., 3], ALPHA)
    assert np.abs(opened[..., :3] - adobe_to_srgb(rgb)).max() <= 2


def test_a_palette_and_its_profile():
    indexed = Image.new("P", (4, 4), 1)
    indexed.putpalette([0, 0, 0, 120, 90, 60])
    expected = adobe_to_srgb(np.array([[[120, 90, 60]]]))
    assert difference(encode(indexed, "PNG", icc_profile=ADOBE), expected) <= 2


@pytest.mark.parametrize("value", ["no profile", 7])
def test_a_profile_that_is_text_or_a_number_is_none(value: str | int):
    """A TIFF says of each entry what it is, and this one may say anything."""
    fields = TiffImagePlugin.ImageFileDirectory_v2()
    fields.tagtype[34675] = 2 if isinstance(value, str) else 4  # ASCII, LONG
    fields[34675] = value
    body = io.BytesIO()
    Image.fromarray(RGB).save(body, "TIFF", tiffinfo=fields)
    assert not isinstance(Image.open(body).info["icc_profile"], bytes)
    np.testing.assert_array_equal(np.asarray(open_image(body.getvalue())), RGB)


def test_a_grey_profile():
    """An old Macintosh's gamma of 1.8: mid grey must come out brighter."""
    body = encode(Image.fromarray(GREY), "PNG", icc_profile=profile(b"GRAY", 1.8, {}))
    expected = 255 * srgb_curve((GREY / 255) ** (461 / 256))
    assert np.abs(expected - GREY).max() > 10
    assert difference(body, grey_to_rgb(expected)) <= 2


def test_the_profile_of_srgb_changes_next_to_nothing():
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    assert difference(encode(Image.fromarray(RGB), "PNG", icc_profile=srgb), RGB) <= 1


@pytest.mark.parametrize("bad", [b"no profile", ADOBE[:200], profile(b"GRAY", 1.0, {})])
def test_a_profile_that_does_not_fit_is_passed_over(bad: bytes):
    assert difference(encode(Image.fromarray(RGB), "PNG", icc_profile=bad), RGB) == 0
