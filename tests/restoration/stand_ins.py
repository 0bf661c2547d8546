"""Networks that stand in for the trained ones: what they do can be told beforehand.

    Same, Brighter, Pink, Broken      one thing each, to every pixel
    compact                           the shipped architecture with random weights
    save                              it, as the weights of all recipes, into a folder

Random weights take as much time and memory as trained ones. They change pictures far more:
by 44 levels of 255 on average.
"""

from pathlib import Path

import torch
from torch import nn

from lesson7.core import weights
from lesson7.restoration.compact import CompactUnet
from lesson7.restoration.critic import Critic
from lesson7.restoration.networks import RECIPES

CRITIC = {"channels": 8, "attention": False}
RECORD = weights.Record({}, "nothing", "MIT", "none", "none", 0.0)


class Same(nn.Module):
    """The identity."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x


class Brighter(nn.Module):
    """51 levels of 255 brighter, beyond white where there is no room."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x + 0.2


class Pink(nn.Module):
    """Red goes up by 30 levels, green down by 30."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x + torch.tensor([30.0, -30.0, 0.0]).view(3, 1, 1) / 255


class Broken(nn.Module):
    """One pixel of each tile is no number."""

    def __init__(self, value: float) -> None:
        super().__init__()
        self.value = value

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = x.clone()
        y[0, 1, 3, 5] = self.value
        return y


def compact(seed: int = 0) -> CompactUnet:
    """The shipped architecture with a random decoder, and a head that lets it speak."""
    torch.manual_seed(seed)
    network = CompactUnet()
    for block in (network.up8, network.up4, network.up2):
        nn.init.normal_(block.conv2.weight, std=0.02)
    nn.init.normal_(network.head.weight, std=0.02)
    return network.eval()


def save(folder: Path) -> None:
    """Weights for all recipes, each different, and for a small critic."""
    for seed, recipe in enumerate(RECIPES):
        name = f"restoration-{recipe}"
        weights.save(name, compact(seed), {}, record=RECORD, folder=folder, bits=16)
    torch.manual_seed(9)
    critic = Critic(**CRITIC).eval()
    weights.save("restoration-critic", critic, CRITIC, record=RECORD, folder=folder, bits=16)
