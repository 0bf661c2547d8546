"""The family of damages: how its members combine, and how one is added."""

import random
from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from lesson7.core.errors import ConfigError, InputError
from lesson7.restoration import degradations
from lesson7.restoration.degradations import DEGRADATIONS, apply, compose, degradation
from tests.restoration.pictures import photograph
from tests.restoration.test_degradations import MEMBERS

USUAL = tuple(name for name in MEMBERS if name != "grey")  # drawn where none are named


@pytest.fixture
def registry():
    """What a test registers is forgotten afterwards."""
    before = dict(DEGRADATIONS)
    yield DEGRADATIONS
    DEGRADATIONS.clear()
    DEGRADATIONS.update(before)


# ----------------------------------------------------------------------------------- apply


def test_apply_follows_the_order_of_a_pictures_life():
    image = photograph(120, 90)
    strengths = {"jpeg": 0.6, "downscale": 0.5, "blur": 0.3}
    turned = dict(reversed(strengths.items()))
    damaged = apply(image, strengths, random.Random(1))
    assert damaged.tobytes() == apply(image, turned, random.Random(1)).tobytes()
    assert damaged.size == (48, 36)


def test_apply_does_nothing_when_nothing_is_asked():
    image = photograph(40, 30)
    assert apply(image, {}, random.Random(0)).tobytes() == image.tobytes()


def test_one_slider_leaves_the_others_details_alone(registry):
    drawn = []

    @degradation("probe", order=100)
    def probe(image: Image.Image, strength: float, rng: random.Random) -> Image.Image:
        drawn.append(rng.random())
        return image

    for others in ({}, {"noise": 0.2}, {"noise": 0.9, "words": 1.0}):
        apply(photograph(32, 32), {"probe": 0.5, **others}, random.Random(7))
    assert len(set(drawn)) == 1
    apply(photograph(32, 32), {"probe": 0.5}, random.Random(8))
    assert len(set(drawn)) == 2


@pytest.mark.parametrize("strength", [-0.1, 1.01, float("nan")])
def test_a_strength_is_from_0_to_1(strength):
    with pytest.raises(ConfigError, match="strength of blur"):
        apply(photograph(32, 32), {"blur": strength}, random.Random(0))


@pytest.mark.parametrize("mode", ["L", "RGBA"])
def test_a_picture_is_rgb(mode):
    image = Image.new(mode, (32, 32))
    with pytest.raises(InputError, match=mode):
        apply(image, {"blur": 0.5}, random.Random(0))
    with pytest.raises(InputError, match=mode):
        compose(image, random.Random(0))


# --------------------------------------------------------------------------------- compose


@settings(max_examples=40, deadline=None)
@given(st.integers(16, 300), st.integers(16, 300), st.integers(0, 2**32))
def test_any_picture_can_be_composed_upon(width, height, seed):
    image = photograph(width, height)
    damaged = compose(image, random.Random(seed))
    assert damaged.tobytes() == compose(image, random.Random(seed)).tobytes()
    assert damaged.mode == "RGB"
    assert damaged.width <= width
    assert damaged.height <= height


def test_how_much_is_drawn():
    plans = [degradations.draw(random.Random(seed), degradations.named()) for seed in range(3000)]
    counts = Counter(len(plan) for plan in plans)
    assert set(counts) == {0, 1, 2, 3, 4}
    assert counts[0] / 3000 == pytest.approx(1 / 12, abs=0.02)
    covered = [any(member.covers for member, _ in plan) for plan in plans]
    assert np.mean(covered) == pytest.approx(0.5, abs=0.05)
    names = Counter(member.name for plan in plans for member, _ in plan)
    assert set(names) == set(USUAL)
    assert min(names.values()) > 3000 * 0.12
    strengths = [strength for plan in plans for _, strength in plan]
    assert 0 <= min(strengths) < 0.02
    assert 0.98 < max(strengths) <= 1


def test_the_order_is_drawn():
    plans = [degradations.draw(random.Random(seed), degradations.named()) for seed in range(1000)]
    orders = Counter(
        tuple(member.name for member, _ in plan if member.name in ("blur", "jpeg"))
        for plan in plans
    )
    assert orders["blur", "jpeg"] > 50
    assert orders["jpeg", "blur"] > 50


def test_a_picture_that_is_left_alone_is_the_same():
    image = photograph(64, 64)
    seed = next(
        seed for seed in range(99)
        if not degradations.draw(random.Random(seed), degradations.named())
    )  # fmt: skip
    assert compose(image, random.Random(seed)).tobytes() == image.tobytes()


@pytest.mark.parametrize("names", [("blur",), ("number",), ("words", "number"), ("blur", "words")])
def test_only_those_that_are_named_are_drawn(names):
    members = degradations.named(names)
    plans = [degradations.draw(random.Random(seed), members) for seed in range(300)]
    seen = {member.name for plan in plans for member, _ in plan}
    assert seen == set(names)
    assert sum(not plan for plan in plans) / 300 < 0.2


def test_what_is_not_usual_is_drawn_only_by_name():
    assert tuple(member.name for member in degradations.named()) == USUAL
    assert [member.name for member in degradations.named(["jpeg", "grey"])] == ["grey", "jpeg"]


def test_there_must_be_something_to_draw():
    with pytest.raises(ConfigError, match="at least one"):
        compose(photograph(32, 32), random.Random(0), names=())


# -------------------------------------------------------------------------------- registry


def test_a_new_member_takes_part(registry):
    @degradation("my_word")
    def my_word(image: Image.Image, strength: float, rng: random.Random) -> Image.Image:
        return Image.new("RGB", image.size, "red")

    assert registry["my_word"].label == "My word"
    assert list(registry)[-4:] == ["my_word", "words", "number", "jpeg"]
    assert apply(photograph(8, 8), {"my_word": 1.0}, random.Random(0)).getpixel((0, 0)) == (
        255, 0, 0,
    )  # fmt: skip
    seen = {
        compose(photograph(8, 8), random.Random(seed), ["my_word"]).getpixel((0, 0))
        for seed in range(30)
    }
    assert (255, 0, 0) in seen


def test_a_member_takes_its_place_in_the_order(registry):
    @degradation("rain", order=15)
    def rain(image: Image.Image, strength: float, rng: random.Random) -> Image.Image:
        return image

    assert list(registry)[:3] == ["blur", "rain", "noise"]
    assert [member.name for member in degradations.named(["jpeg", "rain"])] == ["rain", "jpeg"]


def test_an_unknown_name_is_answered_with_those_that_exist():
    with pytest.raises(ConfigError, match=r"'blurr'.*blur, noise, .*jpeg"):
        compose(photograph(32, 32), random.Random(0), ["blurr", "jpeg"])
    with pytest.raises(ConfigError, match=r"'mud'.*there are: blur"):
        apply(photograph(32, 32), {"mud": 1.0}, random.Random(0))


def test_a_name_is_taken_once(registry):
    with pytest.raises(ConfigError, match="blur already"):
        degradation("blur")(lambda image, strength, rng: image)


@pytest.mark.parametrize("name", ["", "two words", "a,b"])
def test_a_name_can_be_given_on_a_command_line(registry, name):
    with pytest.raises(ConfigError, match="one word"):
        degradation(name)
