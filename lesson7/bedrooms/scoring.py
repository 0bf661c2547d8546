"""The critics as they are shipped: they score a room, and say what is usual.

    LessonScorer    the lesson's critic, whole                                 2,802,624
    PixelScorer     of our critic the head that looks at pixels                  166,977
    scorer          a critic at the end of its training -> the one to ship

Our critic has four heads. Three of them look through ResNet-18, which weighs 5.6 MB in half
precision and would be shipped for this alone; the fourth looks at pixels. It is taken out,
spectral norm folded into its weights.

A score has no unit: what it means is how it compares. So a scorer carries the mean and the
standard deviation of its scores for rooms that its generator drew and for photographs that
were never trained on, measured when it was shipped.
"""

import copy
from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn

from lesson7.bedrooms.model import LessonCritic
from lesson7.core.projected import PIXEL_WIDTHS, Head, ProjectedCritic


class Scorer(nn.Module, ABC):
    """What both have in common.

    Args:
        drawn: mean and standard deviation of its scores for rooms drawn by chance.
        photographs: the same for photographs that were never trained on.
    """

    said_by: str
    """Who scores, in words for a visitor."""

    def __init__(
        self, drawn: Sequence[float] = (0.0, 1.0), photographs: Sequence[float] = (0.0, 1.0)
    ) -> None:
        super().__init__()
        self.drawn, self.photographs = tuple(drawn), tuple(photographs)

    @property
    def config(self) -> dict[str, Any]:
        """What it is built from again, all but its weights."""
        return {"drawn": list(self.drawn), "photographs": list(self.photographs)}

    def compare_with(self, drawn: Tensor, photographs: Tensor) -> None:
        """Measure what is usual: pictures ``(N, 3, S, S)``, signed, at least two of each."""
        self.drawn, self.photographs = (self._spread(x) for x in (drawn, photographs))

    def _spread(self, pictures: Tensor) -> tuple[float, float]:
        with torch.inference_mode():
            scores = torch.cat([self(part) for part in pictures.split(50)])
        return scores.mean().item(), scores.std().clamp(min=1e-12).item()

    def beside_photographs(self, score: float) -> float:
        """A score in deviations of the photographs' scores, above or below their mean."""
        mean, deviation = self.photographs
        return (score - mean) / deviation

    @abstractmethod
    def forward(self, images: Tensor) -> Tensor:
        """``(N, 3, S, S)``, signed -> scores ``(N,)``, higher is more real."""


class LessonScorer(Scorer):
    """The lesson's critic; the pictures must be 64x64."""

    said_by = "the lesson’s critic, as it was when training ended"

    def __init__(
        self, drawn: Sequence[float] = (0.0, 1.0), photographs: Sequence[float] = (0.0, 1.0)
    ) -> None:
        super().__init__(drawn, photographs)
        self.critic = LessonCritic()

    def forward(self, images: Tensor) -> Tensor:
        """``(N, 3, 64, 64)``, signed -> scores ``(N,)``."""
        scores: Tensor = self.critic(images)
        return scores


class PixelScorer(Scorer):
    """The head of our critic that looks at pixels, without its spectral norm."""

    said_by = (
        "one of our critic’s four heads, the one that looks at pixels "
        "(the other three look through a ResNet-18 that is too large to come along)"
    )

    def __init__(
        self, drawn: Sequence[float] = (0.0, 1.0), photographs: Sequence[float] = (0.0, 1.0)
    ) -> None:
        super().__init__(drawn, photographs)
        self.head = Head(3, PIXEL_WIDTHS, bounded=False)

    def forward(self, images: Tensor) -> Tensor:
        """``(N, 3, S, S)``, signed -> scores ``(N,)``, the mean over the picture."""
        scores: Tensor = self.head(images)
        return scores.mean(1)

    @torch.no_grad()
    def take(self, head: Head) -> None:
        """Take the weights of a head with spectral norm, as it scores in eval mode."""
        for own, theirs in zip(self.head, copy.deepcopy(head).eval(), strict=True):
            if isinstance(own, nn.Conv2d):
                own.weight.copy_(theirs.weight)  # type: ignore[arg-type]
                if own.bias is not None:
                    own.bias.copy_(theirs.bias)  # type: ignore[arg-type]
            else:
                own.load_state_dict(theirs.state_dict())


def scorer(critic: LessonCritic | ProjectedCritic) -> Scorer:
    """The critic to ship for one that was trained: on the CPU, in eval mode, no gradients."""
    if isinstance(critic, LessonCritic):
        whole = LessonScorer()
        whole.critic.load_state_dict(critic.state_dict())
        return whole.eval().requires_grad_(False)
    part = PixelScorer()
    part.take(critic.pixels)
    return part.eval().requires_grad_(False)
