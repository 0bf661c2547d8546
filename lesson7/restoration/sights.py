"""What each loss sees of a picture, as pictures: bright is where it objects.

    Sight             one loss: what it says, maps, and their means
    pixel_errors      how wrong each pixel is
    feature_errors    how wrong the features around each pixel are                     [1]
    doubts            how sure the critic is, patch by patch, that this is no photograph [2]
    sight             numbers of several pictures -> a Sight, on one scale
    heat              numbers -> colours from black over red to yellow

References:
    [1] Johnson et al., Perceptual losses for real-time style transfer and
        super-resolution, 2016. https://arxiv.org/abs/1603.08155
    [2] Isola et al., Image-to-image translation with conditional adversarial networks
        (patches), 2016. https://arxiv.org/abs/1611.07004
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image
from torch import Tensor

from lesson7.core.images import normalize
from lesson7.restoration import critic

PIXEL = (
    "The pixel loss subtracts the pictures: every pixel counts alike, wherever it is, and one "
    "that is a little wrong hardly counts."
)
FEATURE = (
    "The feature loss compares what an ImageNet network makes of the surroundings of each "
    "pixel: edges and textures that are missing count, a slightly different brightness does not."
)
CRITIC = (
    "The critic has never seen this photograph. Patch by patch it says how sure it is that "
    "this is a network's work: black is a photograph, light yellow is not."
)

# From black over violet, red and orange to light yellow; lightness rises evenly.
_RAMP = [(0, 0, 4), (66, 10, 104), (147, 38, 103), (221, 81, 58), (252, 165, 10), (252, 255, 164)]


@dataclass(frozen=True)
class Sight:
    """What one loss sees.

    Args:
        name: ``pixel``, ``feature`` or ``critic``.
        sentence: what the maps show, for a visitor.
        maps: heat maps, RGB, of the pictures' size, all on one scale: ``"degraded"`` and
            ``"restored"``; of the critic also ``"target"``. Errors of the target are 0.
        means: of the same, before colours: levels of 255; shares of the features' size;
            probabilities.
    """

    name: str
    sentence: str
    maps: dict[str, Image.Image]
    means: dict[str, float]


def pixel_errors(images: Tensor, target: Tensor) -> Tensor:
    """The error of each pixel, over the three colours.

        sqrt( mean over colours of (image - target)^2 )

    Args:
        images: ``(N, 3, H, W)``, unit range.
        target: ``(1, 3, H, W)``, unit range.

    Returns:
        ``(N, H, W)``, levels of 255.
    """
    return (images - target).square().mean(1).sqrt() * 255


def feature_errors(
    stages: Callable[[Tensor], Sequence[Tensor]], images: Tensor, target: Tensor
) -> Tensor:
    """How far the features around each pixel are from the target's.

        mean over stages of   mean over channels |f(image) - f(target)|  /  mean |f(target)|

    Args:
        stages: pictures in normalized range -> features ``(N, C, h, w)`` of several sizes.
        images: ``(N, 3, H, W)``, unit range.
        target: ``(1, 3, H, W)``, unit range.

    Returns:
        ``(N, H, W)``: 0 where all agree, 1 where the error is as large as the features
        themselves.
    """
    maps = []
    for features in stages(normalize(torch.cat([images, target]))):
        wanted = features[-1:]
        wrong = (features[:-1] - wanted).abs().mean(1, keepdim=True)
        wrong = wrong / wanted.abs().mean().clamp(min=1e-6)
        maps.append(
            F.interpolate(wrong, images.shape[-2:], mode="bilinear", align_corners=False)[:, 0]
        )
    return torch.stack(maps).mean(0)


def doubts(network: Callable[[Tensor], Tensor], images: Tensor) -> Tensor:
    """How probable the critic finds it that each patch is the generator's work.

    Each patch has the 16x16 pixels in the middle of its field; the rim, which is in no
    middle, has those of its nearest patch.

    Args:
        network: the critic; pictures in normalized range -> logits ``(N, 1, h, w)``.
        images: ``(N, 3, H, W)``, unit range, at least 64 pixels high and wide.

    Returns:
        ``(N, H, W)``, probabilities.
    """
    logits = network(normalize(images))[:, 0]  # (N, h, w)
    first = (critic.FIELD - critic.STRIDE) // 2 - critic.MARGIN  # the first patch's own pixels
    rows, columns = (
        ((torch.arange(side) - first) // critic.STRIDE).clamp(0, patches - 1)
        for side, patches in zip(images.shape[-2:], logits.shape[-2:], strict=True)
    )
    return torch.sigmoid(-logits)[:, rows[:, None], columns]


def heat(values: Tensor, most: float) -> Image.Image:
    """Numbers ``(H, W)`` -> an RGB picture: 0 is black, ``most`` and above light yellow."""
    shares = (values / max(most, 1e-6)).clamp(0, 1).numpy()
    places = np.linspace(0, 1, len(_RAMP))
    colours = [np.interp(shares, places, channel) for channel in zip(*_RAMP, strict=True)]
    return Image.fromarray(np.stack(colours, -1).round().astype(np.uint8))


def sight(
    name: str, sentence: str, keys: Sequence[str], values: Tensor, most: float | None = None
) -> Sight:
    """Several maps ``(N, H, W)`` of one loss, by their keys, on one scale.

    Args:
        most: what is light yellow; None: what 1 pixel in 200 exceeds.
    """
    if most is None:
        most = float(values.flatten().kthvalue(max(1, round(values.numel() * 0.995))).values)
    maps = {key: heat(value, most) for key, value in zip(keys, values, strict=True)}
    means = {key: value.mean().item() for key, value in zip(keys, values, strict=True)}
    return Sight(name, sentence, maps, means)
