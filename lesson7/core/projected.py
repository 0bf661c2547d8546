"""A critic that looks through a network trained on ImageNet.

A network that has seen a million photographs knows what edges, lamps and windows are; a
critic that starts from what it sees needs a few hundred thousand pictures where one that
starts from pixels needs millions [1]. Left alone it would look at what is easiest, so its
features are mixed by fixed random weights, across channels and across scales, and every
scale has a small head of its own that learns to tell real from fake.

    Mixing             features of three scales -> mixed features of three scales, fixed
    Head               one scale -> a map of scores, learnt
    ProjectedCritic    pictures -> scores
    critic_loss        what the heads minimise                                        [4]
    generator_loss     what whoever made the pictures minimises
    hinge_critic       one head's part of it: real above 1, fake below -1, and no further

Pixels have a head, too: what ImageNet's features overlook, it sees [2].

References:
    [1] Sauer et al., Projected GANs converge faster, 2021. https://arxiv.org/abs/2111.01007
    [2] Kumari et al., Ensembling off-the-shelf models for GAN training, 2022 (pretrained
        critics beside one that learns from pixels). https://arxiv.org/abs/2112.09130
    [3] Miyato et al., Spectral normalization for GANs, 2018.
        https://arxiv.org/abs/1802.05957
    [4] Lim and Ye, Geometric GAN, 2017. https://arxiv.org/abs/1705.02894
"""

from collections.abc import Sequence
from itertools import pairwise

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.utils.parametrizations import spectral_norm

from lesson7.core.errors import InputError

MIXED = (64, 96, 128)  # channels after mixing, largest scale first
PIXEL_WIDTHS = (32, 64, 128)  # channels of the head that looks at pixels


class Mixing(nn.Module):
    """Random and never trained: 1x1 across channels, then 3x3 from small scales to large [1].

    Args:
        channels: of the three features, largest scale first.
    """

    def __init__(self, channels: Sequence[int]) -> None:
        super().__init__()
        pairs = list(zip(channels, MIXED, strict=True))
        self.across_channels = nn.ModuleList(nn.Conv2d(a, b, 1, bias=False) for a, b in pairs)
        self.across_scales = nn.ModuleList(
            nn.Conv2d(small, large, 3, padding=1, bias=False) for large, small in pairwise(MIXED)
        )
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight)
        self.requires_grad_(False)

    def forward(self, features: Sequence[Tensor]) -> list[Tensor]:
        """Three features in, three out: same sizes, ``MIXED`` channels, deviation about 1."""
        mixed = [_levelled(conv(x)) for conv, x in zip(self.across_channels, features, strict=True)]
        for index in (1, 0):  # the smallest scale is passed down to the largest
            smaller = self.across_scales[index](mixed[index + 1])
            enlarged = F.interpolate(smaller, size=mixed[index].shape[2:], mode="bilinear")
            mixed[index] = _levelled(mixed[index] + _levelled(enlarged))
        return mixed


def _levelled(x: Tensor) -> Tensor:
    """Divide each picture's features by their root mean square."""
    return x * x.float().square().mean((1, 2, 3), keepdim=True).add(1e-8).rsqrt().to(x.dtype)


def _as_it_is(module: nn.Module) -> nn.Module:
    return module


class Head(nn.Sequential):
    """Strided convolutions down to a few scores, each with spectral norm [3] while it learns.

    ``(N, in_channels, S, S)`` -> ``(N, K)``; K depends on S.

    Args:
        in_channels: of what it looks at.
        widths: channels after each halving.
        bounded: with spectral norm; without, for weights that have learnt, and were divided.
    """

    def __init__(self, in_channels: int, widths: Sequence[int], *, bounded: bool = True) -> None:
        norm = spectral_norm if bounded else _as_it_is
        layers: list[nn.Module] = []
        before = in_channels
        for width in widths:
            conv = nn.Conv2d(before, width, 4, 2, 1, bias=False)
            layers += [norm(conv), nn.BatchNorm2d(width), nn.LeakyReLU(0.2)]
            before = width
        layers += [norm(nn.Conv2d(before, 1, 3, padding=1)), nn.Flatten()]
        super().__init__(*layers)


class ProjectedCritic(nn.Module):
    """Scores pictures by what a frozen network sees in them, and by their pixels.

    Args:
        features: a frozen network with ``channels`` and a list of features as its output. It
            is not part of the state dict, which holds only what cannot be had elsewhere.
        size: pictures are enlarged to so many pixels before the network looks at them; None: it
            looks at them as they are.
    """

    def __init__(self, features: nn.Module, size: int | None = 96) -> None:
        super().__init__()
        self.size = size
        self._features = [features]  # in a list, so that it is not a submodule
        channels: Sequence[int] = features.channels  # type: ignore[assignment]
        self.mixing = Mixing(channels)
        self.pixels = Head(3, PIXEL_WIDTHS)
        self.heads = nn.ModuleList(
            [
                Head(MIXED[0], (64, 128, 128)),
                Head(MIXED[1], (96, 128)),
                Head(MIXED[2], (128,)),
            ]
        )

    def look(self, images: Tensor) -> list[Tensor]:
        """What the frozen network sees in ``(N, 3, H, W)``: its features, largest first."""
        network = self._features[0]
        if self.size is not None and images.shape[-1] != self.size:
            images = F.interpolate(images, size=(self.size, self.size), mode="bilinear")
        images = images.to(memory_format=torch.channels_last)
        return network(images.to(next(network.parameters()).dtype))

    def project(self, images: Tensor, seen: Sequence[Tensor] | None = None) -> list[Tensor]:
        """What the heads look at: the pictures ``(N, 3, H, W)`` themselves and mixed features.

        Nothing here is learnt, so the result for real pictures needs no gradients, and the
        result for fake ones serves the critic's step and the generator's.

        Args:
            images: signed.
            seen: what ``look`` returned for them, if that has been called already.
        """
        return [images, *self.mixing(self.look(images) if seen is None else seen)]

    def judge(self, projected: Sequence[Tensor]) -> list[Tensor]:
        """What ``project`` returned -> the scores of each head, ``(N, K)`` with K its own."""
        heads = [self.pixels, *self.heads]
        return [head(x).float() for head, x in zip(heads, projected, strict=True)]

    def forward(self, images: Tensor) -> Tensor:
        """``(N, 3, S, S)``, signed -> scores ``(N,)``, the mean of the heads' means."""
        return torch.stack([scores.mean(1) for scores in self.judge(self.project(images))]).mean(0)

    def learn(self, learns: bool) -> None:
        """Let the heads learn, or hold them still while the generator does."""
        self.pixels.requires_grad_(learns)
        self.heads.requires_grad_(learns)


def hinge_critic(real_scores: Tensor, fake_scores: Tensor) -> Tensor:
    """The critic's loss that stops at a margin, so that certainty is not rewarded [4].

        mean max(0, 1 - f(x)) + mean max(0, 1 + f(G(z)))

    Args:
        real_scores: of photographs, any shape.
        fake_scores: of what was made, any shape.

    Returns:
        A scalar of at least 0; 2 if all scores are 0.

    Raises:
        InputError: a batch is empty (its mean would be NaN).

    >>> hinge_critic(torch.tensor([0.5, 3.0]), torch.tensor([-3.0, 0.0])).item()
    0.75
    """
    if real_scores.numel() == 0 or fake_scores.numel() == 0:
        raise InputError("a batch is empty, so its mean is not a number")
    return F.relu(1 - real_scores).mean() + F.relu(1 + fake_scores).mean()


def critic_loss(real: Sequence[Tensor], fake: Sequence[Tensor]) -> Tensor:
    """The mean over the heads of ``hinge_critic``; both are from ``ProjectedCritic.judge``."""
    return torch.stack([hinge_critic(*head) for head in zip(real, fake, strict=True)]).mean()


def generator_loss(fake: Sequence[Tensor]) -> Tensor:
    """Minus the mean over the heads of their mean scores.

    >>> generator_loss([torch.tensor([1.0, 3.0]), torch.tensor([0.0])]).item()
    -1.0
    """
    return -torch.stack([scores.mean() for scores in fake]).mean()
