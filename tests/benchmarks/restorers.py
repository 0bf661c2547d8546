"""What the benchmark of restoration restores, and by what.

    Case, case_of       a photograph and its damaged copy; where the number is
    bilinear, bicubic   enlarging
    non_local_means     a classic of denoising                                          [1]
    through             a network, found by ``network_of``; ``named_places``: NAME=PLACE
    told                the same where the number is no riddle                          [2]

References:
    [1] Buades et al., Non-local means denoising, 2011. https://doi.org/10.5201/ipol.2011.bcm_nlm
    [2] Telea, An image inpainting technique based on the fast marching method, 2004.
        https://doi.org/10.1080/10867651.2004.10487596
"""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated

import cv2
import numpy as np
import torch
import typer
from PIL import Image, ImageDraw, ImageFont
from torch import Tensor, nn

from lesson7.core import metrics, runtime, weight_file, weights
from lesson7.core.errors import ConfigError
from lesson7.core.images import to_unit
from lesson7.core.runs import Run
from lesson7.restoration import degradations
from lesson7.restoration.compact import CompactUnet
from lesson7.restoration.data import SIZE, degrade, enlarged, through_jpeg
from lesson7.restoration.recipes import build_network

BILINEAR = Image.Resampling.BILINEAR
RING = 16  # pixels: how far around the number's box the error is compared
STRENGTHS = (3, 5, 10)  # of non-local means; OpenCV's default is 3

Restorer = Callable[["Case"], Tensor]

PetsDir = Annotated[Path, typer.Option("--data")]
EyesDir = Annotated[Path, typer.Option("--backbones", help="Folder of SqueezeNet.")]


@dataclass(frozen=True)
class Case:
    """A photograph and its damaged copy.

    Args:
        small: the copy as it was saved, RGB.
        damaged: the same, enlarged bilinearly: ``(3, S, S)``, unit.
        target: the photograph, the same shape and range.
        strokes: where the number's strokes are, ``(S, S)``, bool; None without a number.
        around: a ring around the number, likewise.
        spared: the copy as it would be had its number been taken out before JPEG smeared it, by
            somebody who knew every pixel of it [2]; None without a number.
    """

    small: Image.Image
    damaged: Tensor
    target: Tensor
    strokes: Tensor | None = None
    around: Tensor | None = None
    spared: Image.Image | None = None


def case_of(photograph: Image.Image, seed: int, form: str) -> Case:
    """The photograph's middle square, damaged as for the judging during training.

    Args:
        photograph: its shorter side is ``SIZE``.
        seed: of the damage.
        form: one of the lesson's, or ``family``.
    """
    left, top = (photograph.width - SIZE) // 2, (photograph.height - SIZE) // 2
    target = photograph.crop((left, top, left + SIZE, top + SIZE))
    rng, masks, spared = random.Random(seed), (None, None), None
    if form == "family":
        small = degradations.compose(target, rng)
    else:
        small, box = degrade(target, rng, form)
        if box is not None:
            text = str(random.Random(seed).randint(10, 70))  # what degrade draws first
            masks = number_masks(text, box, small.size, (SIZE, SIZE))
            spared = without_number(target.resize(small.size, BILINEAR), text, box)
    damaged = to_unit(enlarged(small, (SIZE, SIZE)))
    return Case(small, damaged, to_unit(target), *masks, spared=spared)


def number_masks(
    text: str, box: tuple[int, int, int, int], small: tuple[int, int], size: tuple[int, int]
) -> tuple[Tensor, Tensor]:
    """Where the strokes of a number are, and a ring around it, in the enlarged picture.

    Args:
        text: the number.
        box: of the number in the small picture: left, top, right, bottom.
        small: width and height of the small picture.
        size: of the enlarged one.

    Returns:
        Two bool tensors ``(H, W)``: pixels that are more stroke than not, and pixels up to
        ``RING`` pixels from the box, outside of it, that no stroke has touched.
    """
    alone = strokes(text, box, small)
    lit = torch.from_numpy(np.array(enlarged(alone, size)))
    left, top, right, bottom = (round(place * size[i % 2] / small[i % 2]) for i, place in
                                enumerate(box))  # fmt: skip
    ring = torch.zeros(lit.shape, dtype=torch.bool)
    ring[max(top - RING, 0) : bottom + RING, max(left - RING, 0) : right + RING] = True
    ring[top:bottom, left:right] = False
    return lit >= 128, ring & (lit == 0)


def strokes(text: str, box: tuple[int, int, int, int], small: tuple[int, int]) -> Image.Image:
    """The number alone, white on black, in a picture of the small size."""
    alone = Image.new("L", small)
    font = ImageFont.load_default_imagefont()
    ImageDraw.Draw(alone).text(box[:2], text, fill=255, font=font)
    return alone


def without_number(small: Image.Image, text: str, box: tuple[int, int, int, int]) -> Image.Image:
    """The small photograph with the number's pixels filled in from around them [2], as JPEG.

    Args:
        small: before the number was written.
        text: the number, which is the quality, too.
        box: of the number.
    """
    mask = (np.array(strokes(text, box, small.size)) > 0).astype(np.uint8)
    filled = cv2.inpaint(np.array(small), mask, 3, cv2.INPAINT_TELEA)
    return through_jpeg(Image.fromarray(filled), int(text))


def told(restorer: Restorer) -> Restorer:
    """``restorer`` of the copy whose number was taken out: the easier half of the work is done."""

    def restored(case: Case) -> Tensor:
        assert case.spared is not None
        spared = to_unit(enlarged(case.spared, (SIZE, SIZE)))
        return restorer(replace(case, small=case.spared, damaged=spared))

    return restored


def bilinear(case: Case) -> Tensor:
    """What every network is given."""
    return case.damaged


def bicubic(case: Case) -> Tensor:
    """The other usual way to enlarge."""
    return to_unit(case.small.resize((SIZE, SIZE), Image.Resampling.BICUBIC))


def non_local_means(case: Case, strength: float) -> Tensor:
    """Pixels averaged with others whose surroundings look alike [1]."""
    pixels = case.damaged.mul(255).round().byte().permute(1, 2, 0).numpy()
    bgr = np.ascontiguousarray(pixels[..., ::-1])
    smooth = cv2.fastNlMeansDenoisingColored(bgr, None, strength, strength, 7, 21)
    return torch.from_numpy(smooth[..., ::-1].copy()).permute(2, 0, 1).float() / 255


def best_strength(cases: list[Case]) -> int:
    """Of ``STRENGTHS``, the one whose pictures are closest to these targets, in dB."""

    def closeness(strength: int) -> float:
        smooth = torch.stack([non_local_means(case, strength) for case in cases])
        targets = torch.stack([case.target for case in cases])
        return metrics.psnr(smooth, targets).mean().item()

    return max(STRENGTHS, key=closeness)


def named_places(networks: Sequence[str]) -> list[tuple[str, str]]:
    """``NAME=PLACE`` of each network -> name and place, see ``network_of``.

    Raises:
        ConfigError: one of the two is missing.
    """
    named = [each.partition("=") for each in networks]
    if any(not name or not place for name, _, place in named):
        raise ConfigError("name each network: NAME=PLACE")
    return [(name, place) for name, _, place in named]


def network_of(place: str) -> nn.Module:
    """A network by the name of its weights, its file, or its run's folder; in eval mode.

    Raises:
        ConfigError: a run has no checkpoint.
        WeightsError: there is no such file or name, or it cannot be used.
    """
    path = Path(place)
    if path.is_dir():
        run = Run(path)
        network = build_network(run.options()["network"], None)
        network.load_state_dict(run.weights())
        return network.eval()
    if path.is_file():
        return weight_file.read(path.read_bytes(), path.name, CompactUnet)
    return weights.load(place, CompactUnet)


def through(network: nn.Module) -> Restorer:
    """The network as one that restores a case; in float32."""
    device = runtime.device()
    network = network.to(device, memory_format=torch.channels_last)  # type: ignore[call-overload]

    def restored(case: Case) -> Tensor:
        with torch.inference_mode():
            return network(case.damaged[None].to(device))[0].float().clamp(0, 1).cpu()

    return restored
