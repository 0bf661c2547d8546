"""Where the kinds of damage are listed, and how one is added.

    degradation     makes a function a member of the family
    DEGRADATIONS    name -> member, in the order in which a picture suffers them
    named           the members with some names; ConfigError for one that does not exist
    unit            how long a pixel of damage is in a picture of some size

A new kind of damage is one function, in one of the files beside this one::

    @degradation("rings", label="Coffee rings", least="none", worst="five dark ones")
    def rings(image: Image.Image, strength: float, rng: random.Random) -> Image.Image: ...

From then on ``--degrade rings,blur`` trains with it, and the page has a switch for it. With
``usual=False`` nothing trains with it that does not name it.
"""

import random
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TypeVar

from PIL import Image

from lesson7.core.errors import ConfigError

Damage = Callable[[Image.Image, float, random.Random], Image.Image]
DamageT = TypeVar("DamageT", bound=Damage)

FULL_SIDE = 256  # pixels: from this shorter side on, lengths are what the docstrings say


@dataclass(frozen=True)
class Degradation:
    """One kind of damage.

    Args:
        name: what command lines call it.
        damage: ``(RGB picture, strength of 0 to 1, rng) -> RGB picture``. It draws its
            details from ``rng`` alone, changes (almost) nothing at strength 0, and leaves
            the picture it is given alone.
        label: what the page calls it.
        least: what strength 0 means, in a few words.
        worst: what strength 1 means.
        order: when it happens in a picture's life, from the lens (0) to the file (100).
        covers: it hides part of the picture, as writing and scratches do.
        usual: it is among those that are drawn where none are named.
    """

    name: str
    damage: Damage
    label: str
    least: str
    worst: str
    order: int
    covers: bool
    usual: bool = True


DEGRADATIONS: dict[str, Degradation] = {}


def degradation(
    name: str,
    *,
    label: str | None = None,
    least: str = "unchanged",
    worst: str = "as bad as it gets",
    order: int = 60,
    covers: bool = False,
    usual: bool = True,
) -> Callable[[DamageT], DamageT]:
    """Make a function a member of the family; see ``Degradation`` for the arguments.

    Args:
        label: the name with a capital letter, unless given.
        order: unless given, before lettering and the JPEG file, after all else.

    Raises:
        ConfigError: the name is taken, or is not one word (command lines separate names by
            commas).
    """
    if not name.isidentifier():
        raise ConfigError(f"A degradation's name is one word such as my_word, not {name!r}.")
    if name in DEGRADATIONS:
        raise ConfigError(f"There is a degradation named {name} already: choose another name.")

    def register(damage: DamageT) -> DamageT:
        text = label or name.replace("_", " ").capitalize()
        DEGRADATIONS[name] = Degradation(name, damage, text, least, worst, order, covers, usual)
        for member in sorted(DEGRADATIONS.values(), key=lambda member: member.order):
            DEGRADATIONS[member.name] = DEGRADATIONS.pop(member.name)
        return damage

    return register


def named(names: Iterable[str] | None = None) -> list[Degradation]:
    """The members with these names, in the family's order, each once; the usual for None.

    Raises:
        ConfigError: a name does not exist; the message lists those that do.
    """
    usual = (name for name, member in DEGRADATIONS.items() if member.usual)
    wanted = set(usual if names is None else names)
    unknown = sorted(wanted - DEGRADATIONS.keys())
    if unknown:
        raise ConfigError(
            f"There is no degradation named {', '.join(map(repr, unknown))}; "
            f"there are: {', '.join(DEGRADATIONS)}."
        )
    return [member for name, member in DEGRADATIONS.items() if name in wanted]


def unit(image: Image.Image) -> float:
    """The length of one "pixel" of damage, in pixels of this picture, 0 to 1.

    It is 1 from a shorter side of ``FULL_SIDE`` pixels on, where a network that looks at
    pixels finds the damage that it knows. Smaller pictures suffer in proportion, so that one
    which was scaled down before is blurred no further than one which will be.
    """
    return min(*image.size, FULL_SIDE) / FULL_SIDE
