"""The ways in which photographs go bad, as a family of functions that can be combined.

The lesson damages pictures in one way (``restoration.data.degrade``). What a network never
saw it cannot undo, so here is a whole family, after the practice of blind restoration
[1, 2]: any of its members may happen, in any order, with any strength.

    camera      blur (Gaussian, out of focus, motion); noise (shot and Gaussian)
    ageing      colours lost; fading, yellowing; scratches, dust, hairs, folds
    storage     lower resolution; JPEG, once or twice
    lettering   numbers; words as watermarks

    apply       some of them, each with its strength, in the order of a picture's life
    compose     a random few, in random order and strength: for training

Each takes an RGB picture, a strength from 0 (almost no change) to 1 (the worst there is) and
a ``random.Random``, from which alone it draws, and gives a new RGB picture of the same size;
``downscale`` alone gives a smaller one, which the caller enlarges again. ``registry`` says
how to add one.

References:
    [1] Zhang et al., Designing a practical degradation model for deep blind image
        super-resolution, 2021. https://arxiv.org/abs/2103.14006
    [2] Wang et al., Real-ESRGAN: training real-world blind super-resolution with pure
        synthetic data, 2021. https://arxiv.org/abs/2107.10833
"""

import random
from collections.abc import Iterable, Mapping

from PIL import Image

from lesson7.core.errors import ConfigError, InputError
from lesson7.restoration.degradations import ageing, camera, lettering, storage
from lesson7.restoration.degradations.registry import (
    DEGRADATIONS,
    Degradation,
    degradation,
    named,
)

__all__ = [
    "DEGRADATIONS",
    "Degradation",
    "ageing",
    "apply",
    "camera",
    "compose",
    "degradation",
    "lettering",
    "named",
    "storage",
]

MOST_AT_ONCE = 4
UNDAMAGED = 1 / 12  # share of pictures to which ``compose`` does nothing
COVERED = 0.55  # share of the others over which something is written or scratched
HOW_MANY = (3, 4, 3, 2)  # weights of one, two, three and four kinds of damage


def apply(image: Image.Image, strengths: Mapping[str, float], rng: random.Random) -> Image.Image:
    """Damage a picture in chosen ways, in the order in which a picture suffers them.

    Each member draws its details from a source of its own: to change one strength, or to
    leave a member out, changes nothing in what the others draw.

    Args:
        image: mode RGB; left as it is.
        strengths: name -> strength, 0 to 1.
        rng: decides all details; advanced by one draw.

    Returns:
        An RGB picture of the same size, or a smaller one after ``downscale``.

    Raises:
        ConfigError: a name does not exist, or a strength is not within 0 to 1.
        InputError: the picture is not RGB.
    """
    _check(image)
    base = rng.getrandbits(64)
    for member in named(strengths):
        strength = strengths[member.name]
        if not 0 <= strength <= 1:
            raise ConfigError(f"The strength of {member.name} is {strength}, not within 0 to 1.")
        image = member.damage(image, strength, random.Random(f"{base} {member.name}"))
    return image


def compose(
    image: Image.Image, rng: random.Random, names: Iterable[str] | None = None
) -> Image.Image:
    """Damage a picture in none to four ways, drawn with their order and strengths.

    One in twelve stays as it is, so that a network learns to leave good pictures alone.
    About half are covered by lettering or scratches. The more happens, the milder each.

    Args:
        image: mode RGB; left as it is.
        rng: decides everything.
        names: draw among these only; the usual members, all but ``grey``, by default.

    Returns:
        An RGB picture of the same size, or a smaller one after ``downscale``.

    Raises:
        ConfigError: a name does not exist, or there is none.
        InputError: the picture is not RGB.
    """
    _check(image)
    for member, strength in draw(rng, named(names)):
        image = member.damage(image, strength, rng)
    return image


def draw(rng: random.Random, members: list[Degradation]) -> list[tuple[Degradation, float]]:
    """What ``compose`` will do: members in order, each with its strength.

    Raises:
        ConfigError: there is no member to draw.
    """
    if not members:
        raise ConfigError("There is no degradation to draw: name at least one.")
    if rng.random() < UNDAMAGED:
        return []
    covering = [member for member in members if member.covers]
    others = [member for member in members if not member.covers]
    n = rng.choices(range(1, MOST_AT_ONCE + 1), HOW_MANY)[0]
    n_covering = rng.choice((1, 1, 1, 2)) if covering and rng.random() < COVERED else 0
    n_covering = min(n_covering, n, len(covering)) if others else min(n, len(covering))
    n_others = min(n - n_covering, len(others))
    drawn = rng.sample(covering, n_covering) + rng.sample(others, n_others)
    rng.shuffle(drawn)
    reach = 1 / (1 + 0.35 * max(n_others - 1, 0))
    return [(member, rng.random() * (1 if member.covers else reach)) for member in drawn]


def _check(image: Image.Image) -> None:
    if image.mode != "RGB":
        raise InputError(f"Damage needs a picture of mode RGB, not {image.mode}.")
