"""The shipped networks, loaded once, as functions of a tile.

RECIPES         what they are called; TILED: those that go over a picture tile by tile
load            a restoring network
load_critic     the critic
function        what a recipe of TILED does to a tile
colours         what ``colour`` finds in a grey picture
"""

from collections.abc import Sequence
from functools import cache

import torch
from torch import Tensor

from lesson7.core import runtime, weights
from lesson7.core.errors import ConfigError, InputError
from lesson7.restoration.chroma import chroma
from lesson7.restoration.compact import STRIDE, CompactUnet
from lesson7.restoration.critic import Critic
from lesson7.restoration.tiling import Function

TILED = ("pixel", "gan", "feature", "best")
COLOUR = "colour"
RECIPES = (*TILED, COLOUR)
PROBE = (1, 3, 192, 192)  # what the two precisions are timed on

_NO_PICTURE = (
    "The network answered with numbers that are no picture. "
    "Please try another recipe, or another picture."
)


def check_recipe(recipe: str, known: Sequence[str] = RECIPES) -> None:
    """Raise a ``ConfigError`` unless there is such a recipe among those that are ``known``."""
    if recipe not in known:
        raise ConfigError(f"there is no recipe {recipe!r}: choose one of {', '.join(known)}")


@cache
def load(recipe: str) -> CompactUnet:
    """The network of a recipe, loaded once, where and as it will run.

    The first time it is also found out, within a second, which precision is faster here.

    Raises:
        ConfigError: there is no such recipe.
        WeightsError: its weights are missing or damaged.
    """
    check_recipe(recipe)
    runtime.use_threads()
    network = weights.load(f"restoration-{recipe}", CompactUnet)
    network.to(runtime.device(), memory_format=torch.channels_last)  # type: ignore[call-overload]
    runtime.faster_dtype(network, _probe())
    return network


def _probe() -> Tensor:
    probe = torch.full(PROBE, 0.5, device=runtime.device())
    return probe.contiguous(memory_format=torch.channels_last)


@cache
def load_critic() -> Critic:
    """The critic that judged ``gan`` while it was trained, loaded once.

    Raises:
        WeightsError: its weights are missing or damaged.
    """
    return weights.load("restoration-critic", Critic).to(runtime.device())


def function(recipe: str, strength: float = 1.0, *, grey: bool = False) -> Function:
    """What a recipe does to a tile: ``(1, 3, h, w)`` -> the same, on the processor, float32.

    Unit range both ways; beyond it where the network overshoots.

    Args:
        recipe: one of ``TILED``.
        strength: 0 to 1: from the tile itself to what the network makes of it.
        grey: give the three colours their mean.

    Raises:
        ConfigError: it is none of these.
        WeightsError: as ``load``.
        InputError: by the function, when the network gives NaN or infinity.
    """
    check_recipe(recipe, TILED)
    answer_to = _network(recipe)

    def restored(tile: Tensor) -> Tensor:
        answer = answer_to(tile)
        if strength < 1:
            answer = torch.lerp(tile, answer, strength)
        return answer.mean(1, keepdim=True).expand_as(tile) if grey else answer

    return restored


def colours() -> Function:
    """What ``colour`` finds: grey ``(1, 3, h, w)``, unit range -> chroma ``(1, 2, h, w)``.

    On the processor, float32. Raises as ``function``.
    """
    answer_to = _network(COLOUR)
    return lambda grey: chroma(answer_to(grey))


def _network(recipe: str) -> Function:
    """A recipe's network on its device, in its precision, refusing what is no picture.

    A picture whose bottleneck is one pixel wide goes through in float32: for a step of two that
    ends in a single column, torch 2.13's bfloat16 convolution reads memory that nobody wrote, on
    processors with matrix instructions (AMX), and what comes out is NaN now and then.
    """
    device, probe = runtime.device(), _probe()
    network = load(recipe).to(device)  # a process that was lent a card has it from its parent

    def answer_to(pictures: Tensor) -> Tensor:
        runtime.use_threads()  # another network may have asked for fewer
        exact = torch.autocast(device.type, enabled=False)
        narrow = pictures.shape[-1] <= STRIDE
        with torch.inference_mode(), exact if narrow else runtime.autocast(network, probe):
            answer = network(pictures.to(device, memory_format=torch.channels_last))
        answer = answer.float().cpu()
        if not answer.isfinite().all():
            raise InputError(_NO_PICTURE)
        return answer

    return answer_to
