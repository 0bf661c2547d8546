"""The family of damages: what each member promises."""

import random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from lesson7.restoration.degradations import DEGRADATIONS, apply

MEMBERS = ("blur", "noise", "grey", "fading", "scratches", "downscale", "words", "number", "jpeg")


def photograph(width: int, height: int, seed: int = 0) -> Image.Image:
    """Soft patches of colour, as in a photograph, with a hard edge across."""
    coarse = (height // 16 + 2, width // 16 + 2, 3)
    patches = np.random.default_rng(seed).integers(20, 236, coarse, dtype=np.uint8)
    image = Image.fromarray(patches).resize((width, height), Image.Resampling.BICUBIC)
    image.paste((40, 60, 90), (0, 0, width // 3, height // 3))
    return image


def difference(image: Image.Image, other: Image.Image) -> float:
    """Mean absolute difference, grey levels; ``image`` is enlarged where it is smaller."""
    enlarged = image.resize(other.size, Image.Resampling.BILINEAR)
    return float(np.abs(np.asarray(enlarged, float) - np.asarray(other, float)).mean())


@pytest.mark.parametrize("name", MEMBERS)
@settings(max_examples=20, deadline=None)
@given(
    width=st.integers(16, 300), height=st.integers(16, 300),
    strength=st.floats(0, 1), seed=st.integers(0, 2**32),
)  # fmt: skip
def test_any_picture_can_be_damaged(name, width, height, strength, seed):
    image = photograph(width, height)
    before = image.tobytes()
    damaged = DEGRADATIONS[name].damage(image, strength, random.Random(seed))
    again = DEGRADATIONS[name].damage(image, strength, random.Random(seed))
    assert damaged.mode == "RGB"
    if name == "downscale":
        assert all(4 <= new <= old for new, old in zip(damaged.size, image.size, strict=True))
    else:
        assert damaged.size == image.size
    assert damaged.tobytes() == again.tobytes()
    assert image.tobytes() == before, "the picture that was given has changed"


@pytest.mark.parametrize("name", MEMBERS)
@pytest.mark.parametrize("size", [(1, 1), (1, 40), (900, 3)])
def test_even_a_sliver_can_be_damaged(name, size):
    for seed in range(10):
        damaged = apply(photograph(*size), {name: 1.0}, random.Random(seed))
        assert damaged.width <= size[0]
        assert damaged.height <= size[1]


@pytest.mark.parametrize("name", MEMBERS)
def test_strength_0_is_almost_no_change(name):
    for seed in range(12):
        image = photograph(100 + 9 * seed, 140, seed)
        assert difference(apply(image, {name: 0.0}, random.Random(seed)), image) <= 2


@pytest.mark.parametrize("name", MEMBERS)
def test_more_strength_is_more_damage(name):
    images = [photograph(192, 160, seed) for seed in range(24)]
    damage = [
        np.mean([
            difference(apply(image, {name: strength}, random.Random(seed)), image)
            for seed, image in enumerate(images)
        ])
        for strength in (0, 0.25, 0.5, 0.75, 1)
    ]  # fmt: skip
    assert damage == sorted(damage)
    assert damage[-1] > damage[0] + 0.5


@pytest.mark.parametrize("kind", ["gaussian", "defocus", "motion"])
def test_blur_keeps_the_brightness(kind):
    """Each kind is a mean with weights that sum to 1: a flat picture stays as it is."""
    flat = Image.new("RGB", (64, 48), (10, 128, 255))
    draws = [seed for seed in range(60) if kind_of_blur(seed) == kind]
    for seed in draws[:5]:
        assert difference(apply_blur(flat, seed), flat) == 0


def kind_of_blur(seed: int) -> str:
    return random.Random(seed).choice(("gaussian", "defocus", "motion"))


def apply_blur(image: Image.Image, seed: int) -> Image.Image:
    return DEGRADATIONS["blur"].damage(image, 0.83, random.Random(seed))


def test_a_point_out_of_focus_becomes_a_disc():
    point = Image.new("RGB", (256, 256))
    point.paste("white", (126, 126, 129, 129))
    seed = next(seed for seed in range(60) if kind_of_blur(seed) == "defocus")
    spread = np.asarray(apply_blur(point, seed))[..., 0].astype(float)
    rows, columns = spread.sum(1), spread.sum(0)
    lit = np.flatnonzero(rows > rows.max() * 0.2)
    assert 8 <= len(lit) <= 14  # a radius of 5 pixels, around a point of 3
    np.testing.assert_allclose(rows, columns, atol=rows.max() * 0.12)


def test_noise_has_the_deviation_that_it_says():
    """40 grey levels in the middle of the range at strength 1, on average over its kinds."""
    grey = Image.new("RGB", (128, 128), (128, 128, 128))
    deviations = []
    for seed in range(60):
        noisy = apply(grey, {"noise": 0.5}, random.Random(seed))
        deviations.append(np.asarray(noisy, float).std())
    assert max(deviations) == pytest.approx(20, abs=1.5)
    assert min(deviations) > 8  # grains are softer


def test_scratches_are_thin_and_lettering_leaves_most_of_the_picture():
    grey = Image.new("RGB", (256, 256), (128, 128, 128))
    for name, most in (("scratches", 0.2), ("number", 0.3), ("words", 0.45)):
        shares = []
        for seed in range(30):
            damaged = np.asarray(apply(grey, {name: 1.0}, random.Random(seed)), int)
            shares.append((np.abs(damaged - 128).max(-1) > 12).mean())
        assert 0 < np.median(shares) < most / 2
        assert max(shares) < most


def test_each_member_says_what_it_is():
    assert tuple(DEGRADATIONS) == MEMBERS
    for name, member in DEGRADATIONS.items():
        assert member.name == name
        assert member.damage.__doc__
        assert all((member.label, member.least, member.worst))
    assert {name for name in MEMBERS if DEGRADATIONS[name].covers} == {
        "scratches", "words", "number",
    }  # fmt: skip


def test_grey_takes_the_colours_and_leaves_the_luminance():
    image = photograph(50, 40)
    wanted = np.asarray(image.convert("L"), int)
    for strength in (0.3, 1.0):
        grey = apply(image, {"grey": strength}, random.Random(0))
        assert np.abs(np.asarray(grey.convert("L"), int) - wanted).max() <= 1
    assert grey.tobytes() == Image.merge("RGB", [image.convert("L")] * 3).tobytes()
    kept = apply(image, {"grey": 0.0}, random.Random(0))
    assert kept.tobytes() == image.tobytes()
