"""A weights folder of small, random generators: everything the page needs, in seconds.

Usage:

    python -m tests.bedrooms.stand_ins FOLDER

The rooms are clouds of colour, but they differ, follow from their latents, and have
directions, critics, records and moments, all written by the code that ships the real ones.
"""

import sys
import tempfile
from pathlib import Path
from typing import Any, TypeVar
from unittest import mock

import torch
from torch import nn

from lesson7.bedrooms import directions, shipping
from lesson7.bedrooms.model import Generator, LessonCritic, LessonGenerator
from lesson7.bedrooms.progress import Pace, Progress
from lesson7.core import backbones
from lesson7.core.projected import ProjectedCritic
from lesson7.core.runs import Run

Network = TypeVar("Network", bound=nn.Module)
WIDTHS, LATENT = (24, 16, 16, 8, 8), 12


def small() -> Generator:
    """Ours, 64 pixels, with a few channels and twelve numbers to draw from."""
    return lively(Generator(64, LATENT, WIDTHS))


def lively(network: Network) -> Network:
    """With weights that blend instead of scattering, so that it draws soft clouds of colour."""
    rng = torch.Generator().manual_seed(4)
    edge = torch.tensor([0.25, 0.75, 0.75, 0.25])
    for module in network.modules():
        if not isinstance(module, nn.Conv2d | nn.ConvTranspose2d):
            continue
        weight = module.weight.detach()
        size = weight.shape[-1]
        kernel = torch.zeros(size, size)
        kernel[size // 2, size // 2] = 1
        if size == 4 and module.stride[0] == 2:
            kernel = edge[:, None] * edge
        elif size == 4:  # the first layer: every place for itself
            kernel = torch.randn(weight.shape, generator=rng)
        before = module.in_channels
        mix = torch.randn(*weight.shape[:2], 1, 1, generator=rng) * (2 / before) ** 0.5
        if 3 in weight.shape[:2]:  # the last one: not too garish
            mix *= 0.4
        weight.copy_(mix * kernel)
    return network.eval()


def run_of(folder: Path, recipe: str) -> Progress:
    """A run of two snapshots and a few lines of metrics, as training leaves it."""
    torch.manual_seed(1)
    run = Run.open(recipe, folder)
    if recipe == "wgan":
        generator, critic = lively(LessonGenerator()), LessonCritic()
    else:
        eyes = backbones.load("squeezenet", None, takes="signed")
        generator, critic = small(), ProjectedCritic(eyes, 64)
    run.write_options({"recipe": recipe, "size": 64, "features": "resnet18"})
    parts = {"generator": generator, "critic": critic}
    progress = Progress(run, generator, generator.latent, parts, lambda _: {}, Pace(0))
    list(progress.steps())  # none, but the first snapshot
    for images in range(0, 20_001, 500):
        row = {"images": images, "step": images // 32, "minutes": images / 1_000}
        noise = 0.2 * (images // 500 % 3)
        run.log({**row, "critic_loss": 1 - noise, "generator_loss": 0.5 + noise})
        if images % 5_000 == 0:
            distances = {"distance_resnet18": 9 - images / 4e3, "distance_squeezenet": 900.0}
            run.log({**row, **distances})
    with torch.no_grad():
        for images in (5_000, 10_000):
            next(generator.parameters()).mul_(1.5)
            progress.images = images
            progress._snapshot()
    progress.images, progress.seconds = 20_000, 1_200.0
    return progress


def certain(*arguments: Any, **options: Any) -> directions.Directions:
    """Directions as ``find`` finds them, that claim to do what they are called."""
    found = _find(*arguments, **options)
    found.r2 = [0.9] * len(found.names)
    return found


_find = directions.find


def ship(folder: Path, recipes: tuple[str, ...] = ("modern", "wgan")) -> None:
    """Both recipes, shipped into ``folder``."""
    photographs = torch.rand(6, 3, 64, 64, generator=torch.Generator().manual_seed(0)) * 2 - 1
    for recipe in recipes:
        with (
            tempfile.TemporaryDirectory() as runs,
            mock.patch.object(directions, "find", certain),
        ):
            progress = run_of(Path(runs), recipe)
            shipping.ship(
                recipe, progress, photographs, lambda _: {"distance_resnet18": 4.0}, "a test",
                folder=folder, n_rooms=240, n_scored=32,
            )  # fmt: skip


if __name__ == "__main__":
    ship(Path(sys.argv[1]))
