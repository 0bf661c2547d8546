"""How a generator builds a room: what it holds at each size, made visible.

    Stage           one size: its feature maps, and all of them in one picture
    stages_of       a latent -> its stages, smallest first

Hundreds of maps of 4x4 pixels say little one by one. Their three principal components, as
the light and the colour of one picture, show where the network has already decided that
something is something else than its surroundings.
"""

from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from lesson7.bedrooms.model import Generator, LessonGenerator
from lesson7.core.images import from_signed

MAPS_UP_TO = {16: 24, 32: 16, 64: 10, 128: 6}  # how many are shown, by the stage's size


@dataclass(frozen=True)
class Stage:
    """What a generator holds at one size.

    Args:
        size: pixels along a side.
        channels: how many feature maps there are.
        maps: those that vary most, ``(at most 24, size, size)``, unit range: 0 is the lowest
            value of the stage, 1 its highest.
        seen: all of them in one picture: their three principal components as light and
            colour; of the last stage the room itself.
    """

    size: int
    channels: int
    maps: NDArray[np.float32]
    seen: Image.Image


def stages_of(generator: Generator | LessonGenerator, z: Tensor) -> list[Stage]:
    """What the generator holds while it draws a latent ``(1, size)``; the room comes last."""
    with torch.inference_mode():
        *held, picture = (stage[0].float() for stage in generator.stages(z))
        stages = [_stage(maps, picture) for maps in held]
    unit = (picture.clamp(-1, 1) + 1) / 2
    return [*stages, Stage(picture.shape[-1], 3, unit.numpy(), from_signed(picture))]


def _stage(maps: Tensor, picture: Tensor) -> Stage:
    channels, size = maps.shape[0], maps.shape[-1]
    n = next(n for largest, n in MAPS_UP_TO.items() if size <= largest)
    most = maps.flatten(1).std(1).topk(min(n, channels)).indices.sort().values
    low, high = maps.min(), maps.max()
    shown = (maps[most] - low) / (high - low).clamp(min=1e-6)
    return Stage(size, channels, shown.numpy(), _components(maps, picture))


def _components(maps: Tensor, picture: Tensor) -> Image.Image:
    """Three principal components of the maps as light, blue-yellow and red-green.

    The sign of a component means nothing, so the first one is turned to agree with the
    room's own light.
    """
    size = maps.shape[-1]
    flat = maps.flatten(1)
    _, spread, parts = torch.linalg.svd(flat - flat.mean(1, keepdim=True), full_matrices=False)
    parts = parts[:3] * size  # each with deviation 1
    light = F.adaptive_avg_pool2d(picture.mean(0)[None], size).flatten()
    if (parts[0] * (light - light.mean())).sum() < 0:
        parts[0] = -parts[0]
    share = (spread[:3] / spread[0].clamp(min=1e-6))[:, None]
    y, blue, red = (parts * share).view(3, size, size) * 0.5
    rgb = torch.stack([y + 1.4 * red, y - 0.35 * blue - 0.7 * red, y + 1.8 * blue])
    return from_signed(rgb)
