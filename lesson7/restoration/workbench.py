"""What there is to do around a restoration: make a picture bad, compare, judge, look inside.

damage      a good picture -> a bad one, by the lesson or by choice
compare     one crop, restored by every recipe that mends
judge       restored and target -> PSNR and SSIM
inside      what each loss sees of a picture, before and after
"""

import random
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import torch
from PIL import Image
from torch import Tensor

from lesson7.core import metrics, runtime
from lesson7.core.errors import InputError
from lesson7.core.images import from_unit, open_image, to_unit
from lesson7.core.intake import Source
from lesson7.restoration import colouring, data, degradations, networks, sights, tiling
from lesson7.restoration.enlarging import check_strength, prepare
from lesson7.restoration.networks import COLOUR, TILED
from lesson7.restoration.sights import Sight

CROP = 256  # pixels along each side: what ``compare`` shows
ROWS = 512  # of a picture whose SSIM is computed at a time, to bound the memory
LEAST_INSIDE = 64  # pixels along each side: one patch of the critic
MOST_INSIDE = 160_000  # pixels: the critic's memory may grow with their square


@dataclass(frozen=True)
class Judgement:
    """How close a picture is to the truth.

    Args:
        psnr: in decibels; infinity for equal pictures.
        ssim: -1 to 1; 1 for equal pictures.
    """

    psnr: float
    ssim: float


def damage(
    image: Source, strengths: Mapping[str, float] | None = None, seed: int = 0
) -> Image.Image:
    """Make a good picture bad, to see what can be saved.

    Args:
        image: transparent parts are laid on white.
        strengths: of the kinds of damage in ``DEGRADATIONS``, by name, each 0 to 1; they
            happen in the order of that list. None: the lesson's damage (there: crappify),
            96 pixels along the shorter side, a number written on it, JPEG.
        seed: decides all details; changing one strength leaves the others' details alone.

    Returns:
        An RGB picture of the same size; what was made smaller is enlarged bilinearly.

    Raises:
        ImageError: the picture cannot be read.
        InputError: the seed is none.
        ConfigError: there is no such kind of damage, or a strength is out of its range.
    """
    picture, rng = open_image(image), random.Random(runtime.check_seed(seed))
    if strengths is None:
        bad, _ = data.degrade(picture, rng)
    else:
        bad = degradations.apply(picture, strengths, rng)
    return data.enlarged(bad, picture.size)


def compare(
    image: Source,
    scale: float = 1,
    strength: float = 1.0,
    *,
    centre: tuple[float, float] = (0.5, 0.5),
    side: int = CROP,
    recipes: Iterable[str] = TILED,
) -> dict[str, Image.Image]:
    """One crop of a picture, enlarged, and restored by several recipes as in the whole.

    Args:
        image: as ``restore``; transparent parts are laid on white.
        scale, strength: as ``restore``.
        centre: of the crop, from the left and from the top, as shares of the picture, 0 to 1;
            near a border the crop is moved inside.
        side: of the crop, in pixels of the result, 16 to 512; less where the picture is less.
        recipes: which of ``TILED``; all by default. Colours are no matter of a crop.

    Returns:
        RGB pictures of one size: ``"input"``, which is the enlarged one, and one by the name
        of each recipe.

    Raises:
        ImageError, InputError, ConfigError, WeightsError: as ``restore``; InputError also where
            the crop is out of its range.
    """
    check_strength(strength)
    if not (16 <= side <= 512 and all(0 <= place <= 1 for place in centre)):
        raise InputError("The crop must be 16 to 512 pixels wide, and its centre in the picture.")
    prepared = prepare(open_image(image), scale)
    whole = prepared.colours
    left, top = (
        round(max(0, min(length - side, place * length - side / 2)))
        for length, place in zip(whole.size, centre, strict=True)
    )
    crop = left, top, min(left + side, whole.width), min(top + side, whole.height)
    x, y, *_ = seen = tiling.window(whole.size, crop)
    tile = to_unit(whole.crop(seen))[None]
    crops = {"input": whole.crop(crop)}
    for recipe in recipes:
        restored = from_unit(networks.function(recipe, strength, grey=prepared.grey)(tile)[0])
        crops[recipe] = restored.crop((crop[0] - x, crop[1] - y, crop[2] - x, crop[3] - y))
    return crops


def judge(restored: Source, target: Source) -> Judgement:
    """How close a picture is to the truth.

    Args:
        restored: the picture, at least 11 pixels along each side.
        target: the truth, of the same size. Transparent parts of both are laid on white.

    Raises:
        ImageError: one of the pictures cannot be read.
        InputError: their sizes differ, or are below 11 pixels.
    """
    one, other = open_image(restored), open_image(target)
    if one.size != other.size:
        raise InputError("Two pictures can be compared only if they have the same size.")
    x, y = to_unit(one)[None], to_unit(other)[None]
    around = metrics.SSIM_WINDOW - 1  # rows that a strip shares with the next
    strips = range(0, max(1, one.height - around), ROWS)
    similar = [
        metrics.ssim(x[:, :, top : top + ROWS + around], y[:, :, top : top + ROWS + around])
        * (min(top + ROWS, one.height - around) - top)
        for top in strips
    ]
    ssim = torch.cat(similar).sum() / (one.height - around)
    return Judgement(metrics.psnr(x, y).item(), ssim.item())


def inside(image: Source, target: Source, recipe: str = "feature") -> list[Sight]:
    """What the losses see of a damaged picture and of its restoration: bright is wrong.

    The features are those of the restoring network's own encoder, a ResNet-18 that was
    trained on ImageNet first; the VGG that judged in training is not shipped. It is always
    the encoder of ``feature``, so that recipes are measured by one measure.

    Args:
        image: the damaged picture; it is enlarged to the target's size.
        target: the truth, 64 pixels along each side or more, 160,000 in all at most.
        recipe: what restores the picture.

    Returns:
        Three sights: ``pixel``, ``feature`` and ``critic``.

    Raises:
        ImageError: one of the pictures cannot be read.
        InputError: the target's size is out of its range, or smaller than the picture's.
        ConfigError: there is no such recipe.
        WeightsError: weights are missing or damaged.
    """
    networks.check_recipe(recipe)
    truth, damaged = open_image(target), open_image(image)
    if min(truth.size) < LEAST_INSIDE or truth.width * truth.height > MOST_INSIDE:
        raise InputError(
            f"To look inside, a picture must have {LEAST_INSIDE} pixels along each side or more, "
            f"and {MOST_INSIDE:,} in all at most. Please choose another one."
        )
    if damaged.width > truth.width or damaged.height > truth.height:
        raise InputError("The damaged picture must not be larger than the one that it shows.")
    before = to_unit(data.enlarged(damaged, truth.size))[None]
    both = torch.cat([before, _restored(recipe, before)])
    right = to_unit(truth)[None]
    device, keys = runtime.device(), ("degraded", "restored")
    with torch.inference_mode():
        pixels = sights.pixel_errors(both, right)
        features = sights.feature_errors(
            networks.load("feature").encoder.stages, both.to(device), right.to(device)
        )
        patches = sights.doubts(networks.load_critic(), torch.cat([both, right]).to(device))
    return [
        sights.sight("pixel", sights.PIXEL, keys, pixels),
        sights.sight("feature", sights.FEATURE, keys, features.cpu()),
        sights.sight("critic", sights.CRITIC, (*keys, "target"), patches.cpu(), most=1),
    ]


def _restored(recipe: str, before: Tensor) -> Tensor:
    """What a recipe makes of a small picture, ``(1, 3, H, W)`` both ways, unit range."""
    if recipe == COLOUR:
        return to_unit(colouring.coloured(networks.colours(), from_unit(before[0])))[None]
    return networks.function(recipe)(before).clamp(0, 1)
