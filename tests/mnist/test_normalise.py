"""Any picture of a digit comes out in MNIST's convention, with MNIST's stroke."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from scipy import ndimage

from lesson7.core.errors import NotADigitError
from lesson7.mnist import normalise
from lesson7.mnist.ink import components, ink_maps
from lesson7.mnist.normalise import convention, stroke_width


def centre_of_mass(picture):
    y, x = ndimage.center_of_mass(picture)
    return x + 0.5, y + 0.5


def ring(side, thick, at=(0, 0), canvas=(300, 400)):
    y, x = np.mgrid[0 : canvas[0], 0 : canvas[1]] - np.array(at)[:, None, None]
    distance = np.hypot(y - side / 2, x - side / 2)
    return (np.abs(distance - side / 2 + thick) < thick / 2).astype(np.float32)


@pytest.mark.parametrize("side", [30, 90, 250])
@pytest.mark.parametrize("thick", [1.5, 3, 6])
@pytest.mark.parametrize("at", [(0, 0), (40, 140)])
def test_size_place_and_pen_do_not_matter(side, thick, at):
    picture = convention(ring(side, thick, at))
    rows = np.flatnonzero((picture > 127).any(1))
    assert abs(rows[-1] + 1 - rows[0] - 20) <= 1, "the box is 20 pixels"
    assert centre_of_mass(picture) == pytest.approx((14.5, 14.5), abs=0.3), "as in MNIST"
    wide = stroke_width(np.asarray(Image.fromarray(picture).resize((112, 112))) > 127) / 4
    assert normalise.STROKE[0] - 0.5 < wide < normalise.STROKE[1] + 0.5


def test_mnists_own_digits_hardly_change(digits):
    images, _ = digits
    alike = []
    for image in images[:100]:
        ink = ink_maps(Image.fromarray(image))[0]
        alike.append(np.corrcoef(convention(ink).ravel(), image.ravel())[0, 1])
    assert np.median(alike) > 0.94


def test_dark_on_light_equals_light_on_dark(digits):
    for image in digits[0][:20]:
        large = Image.fromarray(image).resize((140, 140), Image.Resampling.BICUBIC)
        turned = Image.fromarray(255 - np.asarray(large))
        one, other = (convention(ink_maps(p)[0]).astype(int) for p in (large, turned))
        assert np.abs(one - other).max() <= 3


def test_light_falling_off_is_taken_away(digits):
    image = np.asarray(Image.fromarray(digits[0][0]).resize((280, 280), Image.Resampling.BICUBIC))
    y, x = np.mgrid[0:280, 0:280] / 280
    flat = 240 - 150 * (image / 255)
    shaded = flat * (1 - 0.45 * x - 0.2 * y)
    maps = [ink_maps(Image.fromarray(p.astype(np.uint8)))[0] for p in (flat, shaded)]
    one, other = (convention(ink).astype(int) for ink in maps)
    assert np.abs(one - other).mean() < 8


def in_the_middle(digit, side=280):
    """A page of white paper with the digit in black on the middle half of it."""
    large = Image.fromarray(digit).resize((side // 2, side // 2), Image.Resampling.BICUBIC)
    return np.pad(225 - np.asarray(large) * (185 / 255), side // 4, constant_values=225)


@pytest.fixture(scope="module")
def pages(digits):
    """Twelve pages without a shadow, and MNIST's picture of each."""
    pages = [in_the_middle(image) for image in digits[0][:12]]
    return [(page, convention_of(page)) for page in pages]


def convention_of(page):
    """MNIST's picture of a page, as whole numbers that can be subtracted."""
    return convention(ink_maps(Image.fromarray(page.astype(np.uint8)))[0]).astype(int)


@pytest.mark.parametrize("depth", [0.35, 0.5, 0.65])
@pytest.mark.parametrize("edge", ["side", "below", "slanting", "corner"])
def test_the_edge_of_a_shadow_is_no_ink(pages, edge, depth):
    """It lies across the paper and the digit, as that of a hand or of a telephone does."""
    y, x = np.mgrid[0:280, 0:280] / 280
    dark = {"side": x > 0.5, "below": y > 0.6, "slanting": x + y > 1, "corner": x + y > 1.45}[edge]
    shadow = ndimage.gaussian_filter(dark.astype(float), 2)
    grain = np.random.default_rng(0).normal(0, 4, (280, 280))
    for page, unshaded in pages:
        shaded = convention_of(np.clip(page * (1 - depth * shadow) + grain, 0, 255))
        assert np.corrcoef(unshaded.ravel(), shaded.ravel())[0, 1] > 0.8


def test_a_digit_that_runs_off_the_picture_stays(digits):
    """What touches the border is cut away only where it is a shadow's leftover."""
    page = in_the_middle(digits[0][1])
    page = page[:, np.flatnonzero((page < 132).any(0))[12] :]  # cut through the digit
    mask = ink_maps(Image.fromarray(page.astype(np.uint8)))[0] >= 0.5
    assert mask[:, 0].any()
    assert mask.sum() == pytest.approx((page < 132).sum(), rel=0.1)


@pytest.mark.parametrize("width", [9, 22, 36])
def test_a_dot_is_no_digit(width):
    y, x = np.mgrid[0:280, 0:280] - 140
    with pytest.raises(NotADigitError, match="like one digit"):
        convention((np.hypot(y, x) < width / 2).astype(np.float32))
    bar = (np.abs(x) < width / 2) & (np.abs(y) < 1.5 * width)  # a one, and a short one
    assert convention(bar.astype(np.float32)).any()


def test_in_few_pixels_no_grey_is_lost():
    """A ring of 9x9 pixels, one half twice as dark as the other, paper around it."""
    ink = np.pad(1 - np.pad(np.ones((5, 5)), 2), 2)
    ink[:, 7:] *= 0.5
    greys = (255 - 200 * ink).astype(np.uint8)
    picture = convention(ink_maps(Image.fromarray(greys))[0])
    assert int(picture[:, 8].max()) > 240
    assert int(picture[:, 20].max()) == pytest.approx(128, abs=20)


def test_in_many_pixels_ink_is_ink():
    ink = ring(150, 10)
    assert np.array_equal(convention(ink), convention(np.where(ink > 0, ink * 1.7, ink)))


def test_dust_is_left_out():
    clean = ring(150, 10, (60, 100))
    dusty = clean.copy()
    dusty[3:5, 3:5] = dusty[290:292, 380:382] = 1
    assert np.array_equal(convention(clean), convention(dusty))


@pytest.mark.parametrize("picture", [
    Image.new("L", (280, 280), 255), Image.new("L", (28, 28), 0),
    Image.new("RGB", (99, 50), "beige"),
    Image.fromarray(np.random.default_rng(0).integers(200, 215, (100, 100)).astype(np.uint8)),
])  # fmt: skip
def test_blank_paper_is_not_a_digit(picture):
    with pytest.raises(NotADigitError, match="Draw a digit"):
        [convention(ink) for ink in ink_maps(picture)]


def test_a_speck_is_not_a_digit():
    speck = np.zeros((800, 1050), np.float32)
    speck[400:403, 500:503] = 1
    with pytest.raises(NotADigitError, match="Draw a digit"):
        convention(speck)


@settings(deadline=None, max_examples=60)
@given(st.integers(0, 2**32 - 1), st.integers(4, 60), st.integers(4, 60))
def test_pieces_of_ink_are_those_that_scipy_finds(seed, height, width):
    mask = np.random.default_rng(seed).random((height, width)) < 0.35
    ours, theirs = components(mask), ndimage.label(mask, np.ones((3, 3)))[0]
    pairs = {*zip(ours.ravel().tolist(), theirs.ravel().tolist(), strict=True)}
    assert len(pairs) == len({a for a, _ in pairs}) == len({b for _, b in pairs})


@settings(deadline=None, max_examples=20)
@given(st.integers(0, 2**32 - 1))
def test_distances_are_those_that_scipy_measures(seed):
    mask = np.random.default_rng(seed).random((30, 25)) < 0.1
    mask[0, 0] = True
    ours = normalise._distance_to(mask)
    theirs = np.maximum(ndimage.distance_transform_edt(~mask) - 0.5, 0)
    np.testing.assert_allclose(ours, theirs, atol=1e-4)


@settings(deadline=None, max_examples=80)
@given(st.integers(0, 2**32 - 1), st.integers(8, 90), st.integers(8, 90), st.floats(0, 0.6))
def test_whatever_is_drawn_gives_a_picture_or_words(seed, height, width, share):
    rng = np.random.default_rng(seed)
    picture = np.where(rng.random((height, width)) < share, rng.integers(0, 256), 255)
    try:
        maps = ink_maps(Image.fromarray(picture.astype(np.uint8)))
        pictures = [convention(ink) for ink in maps]
    except NotADigitError:
        return
    for result in pictures:
        assert result.shape == (28, 28)
        assert result.dtype == np.uint8
        assert result.max() > 0
