"""Draw bedrooms that never existed.

    draw          a seed -> rooms; the i-th follows from the seed and i alone
    drawing       the same, four at a time, for a page
    walk          several rooms -> the frames of a loop through them
    walking       the same, four at a time
    gif           frames -> a GIF; ``filming`` gives it in turns
    score         what the critic says of rooms
    build_up      how the generator builds one room, from 4x4 pixels to full size
    directions    what the sliders do, as it was measured
    history       the same rooms at ten moments of training, and the curves

Usage:

    python -m lesson7.bedrooms.predict --n 16 --seed 7 --out DIR [--recipe wgan] [--gif]

A `Room` is no picture but what it is drawn from: a seed, a place among the rooms of that
seed, a truncation, and steps along directions.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Annotated

import torch
import typer
from PIL import Image
from torch import Tensor

from lesson7.bedrooms import moments
from lesson7.bedrooms.film import filming, gif
from lesson7.bedrooms.latents import loop
from lesson7.bedrooms.moments import History
from lesson7.bedrooms.rooms import (
    GENERATORS,
    MOST,
    Room,
    directions,
    known,
    latents_of,
    load,
    pictures,
)
from lesson7.bedrooms.scoring import LessonScorer, PixelScorer, Scorer
from lesson7.bedrooms.stages import Stage, stages_of
from lesson7.core import commands, weights
from lesson7.core.errors import ConfigError, InputError
from lesson7.core.images import from_signed

__all__ = [
    "GENERATORS", "MOST", "Room", "Scores", "Stage", "build_up", "directions", "draw", "drawing",
    "filming", "gif", "history", "load", "score", "walk", "walking",
]  # fmt: skip

SCORERS: dict[str, type[Scorer]] = {"modern": PixelScorer, "wgan": LessonScorer}
MOST_STOPS, MOST_FRAMES = 6, 60  # of a walk, and of the way from one stop to the next

Progress = Callable[[int, int], None]
"""Called with how many are done, and of how many."""


@dataclass(frozen=True)
class Scores:
    """What a critic says of rooms, beside photographs that it never saw.

    The photographs' mean is 0, and their standard deviation 1.

    Args:
        scores: of each room; higher is more real.
        drawn: mean and standard deviation for rooms drawn by chance.
        said_by: which critic, in words for a visitor.
    """

    scores: list[float]
    drawn: tuple[float, float]
    said_by: str


def draw(
    n: int,
    seed: int,
    truncation: float = 1.0,
    recipe: str = "modern",
    progress: Progress | None = None,
    *,
    moves: Mapping[str, float] | None = None,
) -> list[Image.Image]:
    """Draw ``n`` bedrooms.

    The i-th follows from ``seed`` and i: whoever asks for more gets the first ones again.

    Args:
        n: how many, 1 to 64.
        seed: 0 to 2**63 - 1.
        truncation: 0 to 1; less is more ordinary, and at 0 every room is the same one.
        recipe: ``modern`` (ours) or ``wgan`` (the lesson's).
        progress: told how many rooms are done, and of how many.
        moves: steps along directions, by name, each from -3 to 3; see ``directions``.

    Returns:
        RGB pictures of the network's size: 128x128 for ``modern`` as shipped, 64x64 for ``wgan``.

    Raises:
        InputError: a number is out of its range, or no direction has that name.
        ConfigError: there is no such recipe.
        WeightsError: its weights are missing or damaged.
    """
    rooms: list[Image.Image] = []
    for part in drawing(n, seed, truncation, recipe, moves=moves):
        rooms += part
        if progress is not None:
            progress(len(rooms), n)
    return rooms


def drawing(
    n: int,
    seed: int,
    truncation: float = 1.0,
    recipe: str = "modern",
    *,
    moves: Mapping[str, float] | None = None,
) -> Iterator[list[Image.Image]]:
    """``draw``, some rooms at a time. What is wrong with the arguments is raised at once."""
    if isinstance(n, bool) or not isinstance(n, int) or not 1 <= n <= MOST:
        raise InputError(f"Ask for 1 to {MOST} rooms.")
    z = latents_of([Room(seed, i, truncation, moves or {}) for i in range(n)], recipe)
    return _drawn(z, recipe)


def walk(
    stops: Sequence[Room],
    frames: int = 30,
    recipe: str = "modern",
    progress: Progress | None = None,
) -> list[Image.Image]:
    """The frames of a walk through all the rooms and back to the first, as a loop.

    Args:
        stops: two to six rooms.
        frames: from one room to the next, 1 to 60.
        recipe, progress: as ``draw``; frames are counted.

    Returns:
        ``len(stops) * frames`` pictures; every ``frames``-th is one of the rooms.

    Raises:
        InputError, ConfigError, WeightsError: as ``draw``.
    """
    drawn: list[Image.Image] = []
    for part in walking(stops, frames, recipe):
        drawn += part
        if progress is not None:
            progress(len(drawn), len(stops) * frames)
    return drawn


def walking(
    stops: Sequence[Room], frames: int = 30, recipe: str = "modern"
) -> Iterator[list[Image.Image]]:
    """``walk``, some frames at a time. What is wrong with the arguments is raised at once."""
    if not 2 <= len(stops) <= MOST_STOPS:
        raise InputError(f"Choose two to {MOST_STOPS} rooms to walk through.")
    if isinstance(frames, bool) or not isinstance(frames, int) or not 1 <= frames <= MOST_FRAMES:
        raise InputError(f"Ask for 1 to {MOST_FRAMES} frames between two rooms.")
    z = loop(list(latents_of(stops, recipe)), frames)
    return _drawn(z, recipe)


def score(rooms: Sequence[Room], recipe: str = "modern") -> Scores:
    """What the recipe's critic says of the rooms.

    Raises:
        InputError, ConfigError, WeightsError: as ``draw``.
    """
    critic = _scorer(recipe)
    with torch.inference_mode():
        parts = [critic(part) for part in pictures(latents_of(rooms, recipe), recipe)]
    scores = [critic.beside_photographs(score) for score in torch.cat(parts).tolist()]
    mean, deviation = critic.drawn
    drawn = critic.beside_photographs(mean), deviation / critic.photographs[1]
    return Scores(scores, drawn, critic.said_by)


def build_up(room: Room, recipe: str = "modern") -> list[Stage]:
    """What the generator holds while it draws one room, smallest stage first, the room last.

    Raises:
        InputError, ConfigError, WeightsError: as ``draw``.
    """
    return stages_of(load(recipe), latents_of([room], recipe))


def history(recipe: str = "modern") -> History:
    """Ten moments of the recipe's training, from the record beside the weights in use.

    Raises:
        ConfigError: there is no such recipe.
        WeightsMissing: there is no such record.
    """
    return moments.read(weights.folder_in_use() / "runs" / f"bedrooms-{known(recipe)}")


def _drawn(z: Tensor, recipe: str) -> Iterator[list[Image.Image]]:
    return ([from_signed(x) for x in part] for part in pictures(z, recipe))


@cache
def _scorer(recipe: str) -> Scorer:
    return weights.load(f"bedrooms-{known(recipe)}-critic", SCORERS[recipe])


def main(
    n: Annotated[int, typer.Option(help=f"How many rooms, 1 to {MOST}.")] = 16,
    seed: Annotated[int, typer.Option(help="The same seed draws the same rooms.")] = 7,
    out: Annotated[Path, typer.Option(help="Folder to write them into.")] = Path("bedrooms"),
    truncation: Annotated[float, typer.Option(help="0 to 1; less is more ordinary.")] = 1.0,
    recipe: Annotated[str, typer.Option(help=f"One of {', '.join(GENERATORS)}.")] = "modern",
    film: Annotated[bool, typer.Option("--gif", help="Also a walk through the first six.")] = False,
) -> None:
    """Draw bedrooms, each into a PNG file of its own."""
    with commands.in_sentences():
        rooms = draw(n, seed, truncation, recipe)
        frames = []
        if film:
            first = Room(seed, truncation=truncation)
            frames = walk([replace(first, index=i) for i in range(min(n, MOST_STOPS))], 30, recipe)
    try:
        out.mkdir(parents=True, exist_ok=True)
        for index, room in enumerate(rooms):
            room.save(out / f"{index:02d}.png")
        if frames:
            (out / "walk.gif").write_bytes(gif(frames))
    except OSError as error:
        raise ConfigError(f"{out} cannot be written to: {error.strerror}") from error
    typer.echo(f"{n} rooms of seed {seed} are in {out}")


if __name__ == "__main__":
    commands.run(main)
