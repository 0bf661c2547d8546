"""Say which digit a picture shows, or in words why none.

    classify       a picture -> ten probabilities; raises where there is no single digit
    read           the same for a page: never raises for a readable picture
    look_inside    what the network holds at each size, and which pixels speak for its answer

Usage:

    python -m lesson7.mnist.predict PICTURE... [--model best]

A network that only knows digits calls everything a digit. Whichever network answers, ours
(``best``) decides first whether there is a digit at all: it was also trained on scribbles,
letters and several digits at once, and has a class for them.

References:
    [1] Zeiler and Fergus, Visualizing and understanding convolutional networks, 2013
        (section 4.2, occlusion). https://arxiv.org/abs/1311.2901
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Annotated

import numpy as np
import torch
import torch.nn.functional as F
import typer
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from lesson7.core import commands, runtime, weights
from lesson7.core.errors import ConfigError, ImageError, InputError, NotADigitError
from lesson7.core.images import open_image
from lesson7.core.intake import Source
from lesson7.mnist.ink import UNLIKE, ink_maps
from lesson7.mnist.model import NO_DIGIT, BlockCNN, DigitEnsemble, PlainCNN, ResNet, Stages
from lesson7.mnist.normalise import SIDE, convention

NETWORKS: dict[str, type[Stages]] = {
    "cnn": PlainCNN,
    "cnn10": PlainCNN,
    "blocks": BlockCNN,
    "resnet": ResNet,
    "best": DigitEnsemble,
}
CERTAIN = 0.5  # least probability of the answer; keeps 99 % of MNIST's test digits, see tests
_NO_ANSWER = "The network gave no answer this time. Please try another network, or draw it anew."
SMALLEST = 8  # pixels
PATCHES = 10  # along each side, where the evidence is measured


@dataclass(frozen=True)
class Reading:
    """What one picture was taken for.

    Args:
        probabilities: of the ten digits; they sum to 1, and are equal where nothing was read:
            the picture is blank, or shows a dot.
        digit: the answer; None if there is none.
        message: why there is none, in words for a visitor; empty otherwise.
        seen: what the network saw, mode L, 28x28, white ink on black.
    """

    probabilities: dict[int, float]
    digit: int | None
    message: str
    seen: Image.Image


@dataclass(frozen=True)
class FeatureMaps:
    """A network's state at one size.

    Args:
        name: of the stage, in words.
        size: pixels along a side.
        channels: how many maps.
        maps: ``(channels, size, size)``, unit range: 0 is the layer's lowest value, 1 its
            highest.
    """

    name: str
    size: int
    channels: int
    maps: NDArray[np.float32]


@dataclass(frozen=True)
class Inside:
    """A network's feature maps, first stage first, and the evidence for its answer.

    Args:
        layers: the stages.
        digit: the answer that the evidence is about.
        evidence: ``(28, 28)`` in [-1, 1]: above 0 where a pixel, as it is, speaks for the
            answer, whether it is ink or paper; below 0 where it speaks against it.
    """

    layers: list[FeatureMaps]
    digit: int
    evidence: NDArray[np.float32]


def classify(image: Source, model: str = "best") -> dict[int, float]:
    """The probabilities of the ten digits for a picture of one digit.

    Dark on light or light on dark, thin or thick, small or large, anywhere on the picture:
    it is brought to MNIST's convention first (``lesson7.mnist.normalise``).

    Args:
        image: a path, bytes, a file, a data: URL, a picture or an array; at least 8x8 pixels.
        model: ``best`` (ours), ``resnet``, ``blocks``, ``cnn10`` or ``cnn`` (the lesson's).

    Returns:
        Ten probabilities by digit, 0 to 9; they sum to 1.

    Raises:
        NotADigitError: the picture is blank, or does not show exactly one digit.
        ImageError: it cannot be read, or is out of bounds (``lesson7.core.intake``).
        ConfigError: there is no such model.
        WeightsError: its weights are missing or damaged.
    """
    reading = read(image, model)
    if reading.digit is None:
        raise NotADigitError(reading.message)
    return reading.probabilities


def read(image: Source, model: str = "best") -> Reading:
    """What the picture is taken for, and if for nothing, why; arguments as ``classify``.

    Raises:
        ImageError, ConfigError, WeightsError: as ``classify``.
        InputError: the network answers with numbers that are none.
    """
    network = load(model)
    try:
        seen = see(image)
    except NotADigitError as blank:
        nothing = Image.new("L", (SIDE, SIDE))
        return Reading(dict.fromkeys(range(10), 0.1), None, str(blank), nothing)
    with torch.inference_mode():
        own = load("best")(_batch(seen)).softmax(1)[0]
        likely = own if model == "best" else network(_batch(seen)).softmax(1)[0]
    _check(own, likely)
    digits = likely[:10] / likely[:10].sum()
    probabilities = dict(enumerate(digits.tolist()))
    picture = Image.fromarray(seen)
    if float(own[:10].max()) < CERTAIN:
        return Reading(probabilities, None, UNLIKE, picture)
    return Reading(probabilities, int(digits.argmax()), "", picture)


def look_inside(image: Source, model: str = "best") -> Inside:
    """What the network holds while it looks at the picture; arguments as ``classify``.

    The evidence is measured: how much of the answer's lead over the other digits is lost when
    a patch of about four pixels is turned from ink to paper or back [1].

    Raises:
        NotADigitError: the picture is blank, or shows a dot.
        ImageError, ConfigError, WeightsError: as ``classify``.
    """
    network, batch = load(model), _batch(see(image))
    with torch.inference_mode():
        outputs = list(network.stages(batch))
        digit = int(network(batch)[0, :10].argmax())
    _check(*outputs)
    layers = [_feature_maps(stage[0]) for stage in outputs]
    return Inside(layers, digit, _evidence(network, batch, digit))


def see(image: Source) -> NDArray[np.uint8]:
    """What the networks are shown for a picture: ``(28, 28)`` uint8, ink 255 on 0.

    Where ink and paper cannot be told apart by the border, both ways are tried; what is
    transparent is laid on white, and on black. What our network likes best is taken.

    Raises:
        NotADigitError: the picture is blank, or shows a dot.
        ImageError: it is smaller than 8x8, or as ``lesson7.core.intake``.
    """
    picture = open_image(image, keep_alpha=True)
    if min(picture.size) < SMALLEST:
        raise ImageError(f"The picture is too small: at least {SMALLEST}x{SMALLEST} pixels.")
    candidates = _conventional(picture)
    if len(candidates) == 1:
        return candidates[0]
    with torch.inference_mode():
        doubt = load("best")(torch.cat([_batch(c) for c in candidates])).softmax(1)[:, NO_DIGIT]
    return candidates[int(doubt.argmin())]


def _conventional(picture: Image.Image) -> list[NDArray[np.uint8]]:
    """MNIST's picture of each map that may hold a digit; raises the first's words if none does."""
    found, refused = [], []
    for laid in _on_grounds(picture):
        try:
            maps = ink_maps(laid)
        except NotADigitError as why:
            refused.append(why)
            continue
        for ink in maps:
            try:
                found.append(convention(ink))
            except NotADigitError as why:
                refused.append(why)
    if not found:
        raise refused[0]
    return found


def _on_grounds(picture: Image.Image) -> Iterator[Image.Image]:
    """An RGBA picture on white, and if there is anything to see through, on black."""
    alpha = picture.getchannel("A")
    grounds = ("white",) if alpha.getextrema() == (255, 255) else ("white", "black")
    for ground in grounds:
        laid = Image.new("RGB", picture.size, ground)
        laid.paste(picture, mask=alpha)
        yield laid


def load(model: str) -> Stages:
    """The network ``model``, loaded once, ready to be asked on the threads of one job.

    Raises:
        ConfigError: there is no such model.
        WeightsError: its weights are missing or damaged.
    """
    if model not in NETWORKS:
        raise ConfigError(f"there is no model {model!r}: choose one of {', '.join(NETWORKS)}")
    runtime.use_threads()  # each time: another network may have asked for fewer
    return _loaded(model)


@cache
def _loaded(model: str) -> Stages:
    with torch.inference_mode(False):  # whoever asks first, its weights can be differentiated
        return weights.load(f"mnist-{model}", NETWORKS[model])


def _batch(seen: NDArray[np.uint8]) -> Tensor:
    return torch.from_numpy(seen)[None, None].float() / 255  # (1, 1, 28, 28)


def _check(*outputs: Tensor) -> None:
    """Refuse NaN and infinity, of which any digit could be made."""
    if not all(output.isfinite().all() for output in outputs):
        raise InputError(_NO_ANSWER)


def _feature_maps(stage: Tensor) -> FeatureMaps:
    low, high = stage.min(), stage.max()
    maps = (stage - low) / (high - low).clamp(min=1e-6)
    channels, size = stage.shape[0], stage.shape[-1]
    name = f"{channels} maps of {size}x{size}" if size > 1 else f"{channels} scores"
    return FeatureMaps(name, size, channels, maps.numpy())


def _evidence(network: Stages, batch: Tensor, digit: int) -> NDArray[np.float32]:
    """What turning each patch over, ink to paper and paper to ink, takes from the lead [1]."""
    centres, pixels = torch.linspace(0, SIDE - 1, PATCHES), torch.arange(SIDE)
    bump = torch.exp(-0.5 * ((pixels - centres[:, None]) / 1.6) ** 2)  # (PATCHES, 28)
    patch = (bump[:, None, :, None] * bump[None, :, None, :]).view(-1, 1, SIDE, SIDE)
    turned = batch + patch * (1 - 2 * batch)
    with torch.inference_mode():
        *_, last = network.stages(torch.cat([batch, turned]))
        scores = last.flatten(1)[:, :10]
        others = scores.index_fill(1, torch.tensor([digit]), float("-inf")).logsumexp(1)
        lead = scores[:, digit] - others
        loss = (lead[0] - lead[1:]).view(1, 1, PATCHES, PATCHES)
        evidence = F.interpolate(loss, size=(SIDE, SIDE), mode="bilinear", align_corners=True)[0, 0]
        return (evidence / evidence.abs().max().clamp(min=1e-6)).numpy()


def main(
    pictures: Annotated[list[Path], typer.Argument(help="Pictures of one digit each.")],
    model: Annotated[str, typer.Option(help=f"One of {', '.join(NETWORKS)}.")] = "best",
) -> None:
    """Print each picture's digit and its probability, or why there is none."""
    failed = False
    for path in pictures:
        try:
            probabilities = classify(path, model)
        except InputError as error:
            failed = True
            typer.echo(f"{path}: {error}", err=True)
            continue
        digit = max(probabilities, key=probabilities.__getitem__)
        typer.echo(f"{path}: {digit} ({probabilities[digit]:.1%})")
    if failed:
        raise typer.Exit(1)


if __name__ == "__main__":
    commands.run(main)
