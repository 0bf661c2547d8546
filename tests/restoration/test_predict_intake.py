"""Whatever kind of picture is restored: transparent, grey, turned, of other colours, or none."""

import numpy as np
import pytest
from PIL import Image

from lesson7.core.errors import ImageError
from lesson7.core.images import open_image
from lesson7.restoration import predict
from tests.core.colour_profiles import ADOBE
from tests.core.picture_files import encode
from tests.restoration.pictures import photograph, pixels, with_alpha
from tests.restoration.stand_ins import Brighter, Pink, Same

BILINEAR = Image.Resampling.BILINEAR


def test_transparency_is_kept_and_enlarged(use):
    use(Brighter())
    alpha = np.zeros((40, 40), np.uint8)
    alpha[10:30, 10:30] = 255
    alpha[20, 20] = 77
    image = with_alpha(Image.new("RGB", (40, 40), (40, 80, 120)), alpha)
    result = predict.restore(image)
    assert result.mode == "RGBA"
    assert np.array_equal(np.asarray(result)[..., 3], alpha)
    assert np.abs(pixels(result)[12, 12, :3] - (91, 131, 171)).max() <= 1
    twice = predict.restore(image, scale=2)
    expected = Image.fromarray(alpha).resize((80, 80), BILINEAR)
    assert np.abs(pixels(twice)[..., 3] - pixels(expected)).max() <= 1


def test_opaque_pictures_have_no_alpha(use):
    use(Same())
    opaque = photograph().convert("RGBA")
    assert predict.restore(opaque).mode == "RGB"
    assert np.array_equal(pixels(predict.restore(opaque)), pixels(photograph()))


@pytest.mark.parametrize("scale", [1, 2.5])
def test_colours_that_nobody_sees_change_nothing(random_networks, scale):
    """Two pictures that look the same are restored to pictures that look the same."""
    alpha = np.zeros((48, 64), np.uint8)
    alpha[8:40, 16:50] = 255
    alpha[8:40, 10:16] = 128
    seen = photograph(64, 48)
    hidden = Image.composite(seen, photograph(64, 48, seed=5), Image.fromarray(alpha).point(
        lambda value: 255 if value else 0))  # fmt: skip
    one, other = (predict.restore(with_alpha(i, alpha), scale=scale) for i in (seen, hidden))
    assert np.array_equal(pixels(one), pixels(other))


def test_invisible_parts_take_their_neighbours_colours(use):
    """So that the network sees no edge where there is none: red stays red all over."""
    use(Same())
    colours = np.zeros((32, 50, 3), np.uint8)  # black where nobody sees it
    colours[4:12, 5:9] = (200, 10, 20)
    alpha = (colours.any(-1) * 255).astype(np.uint8)
    result = predict.restore(with_alpha(Image.fromarray(colours), alpha))
    assert np.abs(pixels(result)[..., :3] - (200, 10, 20)).max() <= 4  # rounding at each halving


def test_a_wholly_transparent_picture_stays_so(random_networks):
    result = predict.restore(Image.new("RGBA", (30, 20)), scale=2)
    assert result.size == (60, 40)
    assert not np.asarray(result)[..., 3].any()


def test_a_picture_without_colour_gets_none(use):
    use(Pink())
    for grey in (photograph().convert("L"), photograph().convert("LA"), photograph().convert("1")):
        result = np.asarray(predict.restore(grey))
        assert result.shape == (120, 160, 3)
        assert (result == result[..., :1]).all()
        assert np.abs(result[..., 0].astype(int) - pixels(grey.convert("L"))).max() <= 20
    coloured = pixels(predict.restore(photograph()))
    assert np.abs(coloured - pixels(photograph())).max() == 30


@pytest.mark.parametrize("orientation", range(1, 9))
def test_pictures_are_turned_upright(use, orientation):
    use(Same())
    image = photograph(60, 40)
    exif = Image.Exif()
    exif[0x0112] = orientation
    body = encode(image, exif=exif.tobytes())
    result = predict.restore(body, scale=2)
    assert result.size == ((80, 120) if orientation >= 5 else (120, 80))
    turned = {1: [], 2: [Image.Transpose.FLIP_LEFT_RIGHT], 3: [Image.Transpose.ROTATE_180],
              4: [Image.Transpose.FLIP_TOP_BOTTOM], 5: [Image.Transpose.TRANSPOSE],
              6: [Image.Transpose.ROTATE_270], 7: [Image.Transpose.TRANSVERSE],
              8: [Image.Transpose.ROTATE_90]}[orientation]  # fmt: skip
    expected = image
    for turn in turned:
        expected = expected.transpose(turn)
    assert np.array_equal(pixels(result), pixels(expected.resize(result.size, BILINEAR)))


def test_metadata_is_dropped(use):
    use(Same())
    exif = Image.Exif()
    exif[0x010E] = "a secret"
    exif.get_ifd(0x8825)[1] = "N"  # where it was taken
    body = encode(photograph(), "JPEG", exif=exif.tobytes(), comment=b"a secret")
    result = predict.restore(body)
    assert result.info == {}
    assert not result.getexif()
    assert b"secret" not in encode(result)


def test_a_colour_profile_is_converted_and_not_kept(use):
    """Adobe RGB: as sRGB the same numbers would be other colours."""
    use(Same())
    body = encode(photograph(), icc_profile=ADOBE)
    result = predict.restore(body)
    assert "icc_profile" not in result.info
    assert np.array_equal(pixels(result), pixels(open_image(body)))
    assert np.abs(pixels(result) - pixels(photograph())).max() > 20


def deep(image):
    """Sixteen bits, grey."""
    return Image.fromarray(pixels(image.convert("L")).astype(np.uint16) * 257)


@pytest.mark.parametrize(("body", "tolerance"), [
    (encode(photograph().quantize(256)), 0),
    (encode(photograph().convert("CMYK"), "TIFF"), 0),
    (encode(deep(photograph())), 0),
    (encode(photograph().convert("1")), 0),
    (encode(photograph(), "GIF"), 0),
    (encode(photograph(), "WEBP", lossless=True), 0),
])  # fmt: skip
def test_every_kind_of_picture_is_taken_as_it_looks(use, body, tolerance):
    use(Same())
    result = predict.restore(body, scale=2)
    expected = open_image(body).resize((320, 240), BILINEAR)
    assert np.abs(pixels(result) - pixels(expected)).max() <= tolerance


@pytest.mark.parametrize("bad", [None, b"", b"no picture", encode(photograph())[:2000],
                                 "https://example.org/a.png", 7])  # fmt: skip
def test_what_is_no_picture_is_refused_in_words(use, bad):
    use(Same())
    with pytest.raises(ImageError) as refusal:
        predict.restore(bad)
    assert str(refusal.value).endswith(".")


def test_the_picture_that_is_given_stays_as_it_was(use):
    use(Brighter())
    for image in (photograph(), with_alpha(photograph(), np.full((120, 160), 9, np.uint8))):
        before = pixels(image)
        predict.restore(image)
        predict.restore(image, strength=0)
        predict.compare(image)
        assert np.array_equal(pixels(image), before)
