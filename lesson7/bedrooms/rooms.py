"""What a room is drawn from, and the generators that draw it.

    Room            a seed, a place among its rooms, a truncation, steps along directions
    GENERATORS      by the name of their recipe
    load            a generator, loaded once
    directions      what one can step along, loaded once
    latents_of      rooms -> latents, checked
    pictures        latents -> pictures, four at a time

A room is drawn in two steps: what a caller gives becomes a latent, and only then does a
network work. So whatever is wrong with a room is said before anything is computed.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache

import torch
from torch import Tensor

from lesson7.bedrooms.directions import Directions
from lesson7.bedrooms.latents import latent
from lesson7.bedrooms.model import Generator, LessonGenerator
from lesson7.core import runtime, weights
from lesson7.core.errors import ConfigError, InputError

GENERATORS: dict[str, Callable[..., Generator | LessonGenerator]] = {
    "modern": Generator,
    "wgan": LessonGenerator,
}
MOST = 64  # rooms of a seed
FARTHEST = 3.0  # steps along a direction; of 1,000 latents 997 are no farther along it
BATCH = 4


@dataclass(frozen=True)
class Room:
    """What one room is drawn from.

    Args:
        seed: 0 to 2**63 - 1.
        index: its place among the rooms of the seed, 0 to 63.
        truncation: what the latent is multiplied with, 0 to 1: less is more ordinary, and
            at 0 every room is the same one.
        moves: steps along directions, by name, each from -3 to 3.
    """

    seed: int
    index: int = 0
    truncation: float = 1.0
    moves: Mapping[str, float] = field(default_factory=dict)


def load(recipe: str) -> Generator | LessonGenerator:
    """The recipe's generator, loaded once, ready to draw on the threads of one job.

    Raises:
        ConfigError: there is no such recipe.
        WeightsError: its weights are missing or damaged.
    """
    runtime.use_threads()  # each time: another network may have asked for fewer
    return _loaded(recipe)


@cache
def _loaded(recipe: str) -> Generator | LessonGenerator:
    return weights.load(f"bedrooms-{known(recipe)}", GENERATORS[recipe])


@cache
def directions(recipe: str = "modern") -> Directions:
    """The recipe's directions, and what each was measured to do. Raises as ``load``."""
    return weights.load(f"bedrooms-{known(recipe)}-directions", Directions)


def known(recipe: str) -> str:
    """``recipe``, if there is one of that name.

    Raises:
        ConfigError: there is not; the message lists what is.
    """
    if recipe not in GENERATORS:
        names = ", ".join(GENERATORS)
        raise ConfigError(f"there is no recipe {recipe!r}: choose one of {names}")
    return recipe


def latents_of(rooms: Sequence[Room], recipe: str) -> Tensor:
    """The rooms' latents, ``(len(rooms), size)``, checked before anything is drawn.

    Raises:
        InputError: a number is out of its range, or no direction has that name.
        ConfigError, WeightsError: as ``load``.
    """
    size = load(recipe).latent
    z = torch.empty(len(rooms), size)
    for row, room in zip(z, rooms, strict=True):
        if isinstance(room.index, bool) or not isinstance(room.index, int):
            raise InputError("A room is counted by a whole number.")
        if not 0 <= room.index < MOST:
            raise InputError(f"There are {MOST} rooms of each seed.")
        if not 0 <= _number(room.truncation, "truncation") <= 1:
            raise InputError("The truncation must be a number from 0 to 1.")
        row[:] = latent(room.seed, room.index, size) * room.truncation
        for name, steps in room.moves.items():
            row += _step(name, recipe) * _steps(steps)
    return z


def _number(value: object, name: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise InputError(f"The {name} must be a number.")
    return value


def _steps(steps: object) -> float:
    if not -FARTHEST <= _number(steps, "step") <= FARTHEST:
        raise InputError(f"A direction takes {-FARTHEST:g} to {FARTHEST:g} steps.")
    return _number(steps, "step")


def _step(name: str, recipe: str) -> Tensor:
    found = directions(recipe)
    if name not in found.names:
        have = ", ".join(found.names) or "none"
        raise InputError(f"There is no such direction; there are: {have}.")
    return found.vectors[found.names.index(name)]


def pictures(z: Tensor, recipe: str) -> Iterator[Tensor]:
    """Latents ``(N, size)`` -> pictures ``(4, 3, S, S)``, signed; the last may be fewer.

    The network always sees four: a convolution may add in another order when it sees fewer,
    and then the last bit of a room would depend on how many are drawn with it.
    """
    generator = load(recipe)
    for part in z.split(BATCH):
        filled = torch.cat([part, part.new_zeros(BATCH - len(part), part.shape[1])])
        with torch.inference_mode():
            yield generator(filled)[: len(part)].float()
