"""Networks that say which digit a picture shows.

    PlainCNN      the lesson's first network: five convolutions, 12,126 parameters
    BlockCNN      the same shape from ``conv_block``, 12,044 parameters
    ResNet        the lesson's last: a residual block after each step, 41,132 parameters  [1]
    DigitNet      wider, one stage at full resolution, and a score for "no digit"
    DigitEnsemble ours: five of these                                                [3]

All take ``(N, 1, 28, 28)`` in unit range, white ink on black as in MNIST, and return
logits. Each halves the picture five times: 28, 14, 7, 4, 2, 1. ``stages`` yields what it
holds at each of these sizes, for those who want to look inside.

References:
    [1] He et al., Deep residual learning, 2015. https://arxiv.org/abs/1512.03385
    [2] Hendrycks et al., Deep anomaly detection with outlier exposure, 2018.
        https://arxiv.org/abs/1812.04606
    [3] Lakshminarayanan et al., Simple and scalable predictive uncertainty estimation using
        deep ensembles, 2016. https://arxiv.org/abs/1612.01474
"""

import math
from collections.abc import Iterator
from itertools import pairwise
from typing import cast

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from lesson7.core.layers import ResBlock, conv_block

MEAN, STD = 0.1307, 0.3081  # of MNIST's training pixels, unit range
NO_DIGIT = 10  # DigitNet's eleventh class
LOOKS = [(0.12, 1.0), (-0.12, 1.0), (0.0, 1.075), (0.0, 0.935)]  # turn in radians, scale


class Stages(nn.Module):
    """A network that is a row of stages, each at its own resolution."""

    def __init__(self) -> None:
        super().__init__()
        self.stage = nn.ModuleList()

    def stages(self, x: Tensor) -> Iterator[Tensor]:
        """Each stage's output, ``(N, C, S, S)``, from the largest ``S`` to 1."""
        x = x.sub(MEAN).div(STD)
        for stage in self.stage:
            x = stage(x)
            yield x

    def forward(self, x: Tensor) -> Tensor:
        """``(N, 1, 28, 28)`` -> logits ``(N, classes)``."""
        *_, last = self.stages(x)
        return last.flatten(1)


class PlainCNN(Stages):
    """Five stride-2 convolutions with batch norm; the last batch norm makes the logits.

    Convolutions have biases and batch norm stands before the ReLU, unlike in ``BlockCNN``:
    the lecture calls the two the same network, but they are not.
    """

    def __init__(self) -> None:
        super().__init__()
        widths = [1, 8, 16, 32, 16, 10]
        for n_in, n_out in pairwise(widths):
            layers = [nn.Conv2d(n_in, n_out, 3, stride=2, padding=1), nn.BatchNorm2d(n_out)]
            last = [] if n_out == widths[-1] else [nn.ReLU(inplace=True)]  # logits may be negative
            self.stage.append(nn.Sequential(*layers, *last))


class BlockCNN(Stages):
    """The lesson's refactoring: the same five steps, each a ``conv_block``."""

    def __init__(self) -> None:
        super().__init__()
        widths = [1, 8, 16, 32, 16, 10]
        pairs = pairwise(widths)
        self.stage.extend(conv_block(n_in, n_out, stride=2) for n_in, n_out in pairs)


class ResNet(Stages):
    """The lesson's ResNet: after each step but the last, a residual block [1]."""

    def __init__(self) -> None:
        super().__init__()
        widths = [1, 8, 16, 32, 16]
        for n_in, n_out in pairwise(widths):
            self.stage.append(nn.Sequential(conv_block(n_in, n_out, stride=2), ResBlock(n_out)))
        self.stage.append(conv_block(16, 10, stride=2))


class DigitNet(Stages):
    """One of the five that ours is made of: the lesson's blocks, used more generously.

    What was changed, and why: a stage at 28x28 before the first halving (thin strokes are
    still whole there), twice the width, and an eleventh logit that is trained on what is not
    a digit (scribbles, letters, several digits), so that the network can say so [2].

    Args:
        widths: channels at 28, 14, 7, 4 and 2 pixels.
        dropout: probability of dropping a channel before the last convolution.
    """

    def __init__(
        self, widths: tuple[int, ...] = (12, 24, 36, 36, 32), dropout: float = 0.1
    ) -> None:
        super().__init__()
        a, b, c, d, e = widths
        self.stage.extend(
            [
                nn.Sequential(conv_block(1, a), ResBlock(a)),  # (N, a, 28, 28)
                nn.Sequential(conv_block(a, b, stride=2), ResBlock(b)),  # (N, b, 14, 14)
                nn.Sequential(conv_block(b, c, stride=2), ResBlock(c)),  # (N, c, 7, 7)
                nn.Sequential(conv_block(c, d, stride=2), ResBlock(d)),  # (N, d, 4, 4)
                conv_block(d, e, stride=2),  # (N, e, 2, 2)
                nn.Sequential(nn.Dropout2d(dropout), nn.Conv2d(e, 11, 2)),  # (N, 11, 1, 1)
            ]
        )


class DigitEnsemble(Stages):
    """Ours, under 500,000 parameters: several of ``DigitNet``, each trained on its own [3].

    The answer is the mean of their log-probabilities. Where one is sure of what is wrong, the
    others seldom are: the loss of the mean is lower than that of any of them.

    Args:
        members: how many.
        looks: each looks five times at the picture, as it is and slightly turned, larger and
            smaller; the mean is over these, too. Costs five times as much.
    """

    def __init__(self, members: int = 5, *, looks: bool = True) -> None:
        super().__init__()
        self.looks = looks
        self.member = nn.ModuleList(DigitNet() for _ in range(members))

    def stages(self, x: Tensor) -> Iterator[Tensor]:
        """What the first member holds at each size, ``(N, C, S, S)``, from one look.

        The last is what all members say: log-probabilities ``(N, 11, 1, 1)``.
        """
        first, *others = (cast(DigitNet, member) for member in self.member)
        *stages, own = first.stages(x)
        yield from stages
        logits = [own, *(member(x)[..., None, None] for member in others)]
        yield torch.stack([each.log_softmax(1) for each in logits]).mean(0)

    def forward(self, x: Tensor) -> Tensor:
        """``(N, 1, 28, 28)`` -> ``(N, 11)``: mean log-probabilities, which sum to less than 1."""
        views = [x, *(_turned_and_scaled(x, *look) for look in LOOKS)] if self.looks else [x]
        together = super().forward(torch.cat(views))  # (views * N, 11)
        return together.view(len(views), len(x), -1).mean(0)


def _turned_and_scaled(x: Tensor, angle: float, scale: float) -> Tensor:
    """``x`` turned by ``angle`` radians and ``scale`` times as large, about its middle."""
    cos, sin = math.cos(angle) / scale, math.sin(angle) / scale
    matrix = x.new_tensor([[cos, -sin, 0], [sin, cos, 0]]).expand(len(x), 2, 3)
    grid = F.affine_grid(matrix, list(x.shape), align_corners=False)
    return F.grid_sample(x, grid, align_corners=False)
