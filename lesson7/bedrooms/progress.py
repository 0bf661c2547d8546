"""Where a run of either bedroom recipe is: the moments it keeps, the latents it draws from.

Progress     ``lesson7.core.adversarial``'s, with one sheet of the same 64 latents
MOMENTS      after which the generator is kept
"""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from lesson7.bedrooms import data
from lesson7.core import adversarial
from lesson7.core.adversarial import Pace
from lesson7.core.runs import Run

THOUSANDS = (0, 2, 5, 10, 15, 20, 30, 50, 70, 100, 150, 200, 300, 500, 700, 1_000, 1_500, 2_000)
MOMENTS = tuple(1_000 * n for n in THOUSANDS)
"""Photographs shown to the critic, after which the generator is kept for the time machine."""

N_SAMPLES = 64


class Progress(adversarial.Progress):
    """One run's place in its training.

    Args:
        latent: numbers that ``drawn``, the generator that is shown, draws from.
        others: as for ``adversarial.Progress``.
    """

    def __init__(
        self,
        run: Run,
        drawn: nn.Module,
        latent: int,
        parts: Mapping[str, Any],
        evaluate: Callable[[nn.Module], dict[str, float]],
        pace: Pace,
        *,
        seed: int = 0,
        resume: bool = False,
    ) -> None:
        self.latents = torch.randn(N_SAMPLES, latent, generator=torch.Generator().manual_seed(seed))
        super().__init__(
            run, drawn, parts, evaluate, self._lay_out, pace,
            moments=MOMENTS, seed=seed, resume=resume,
        )  # fmt: skip

    def draw(self, latents: Tensor) -> Tensor:
        """Pictures from latents ``(N, latent)``, in eval mode, on the CPU."""
        device = next(self.drawn.parameters()).device
        self.drawn.eval()
        with torch.inference_mode():
            return torch.cat([self.drawn(z.to(device)).cpu() for z in latents.split(64)])

    def _lay_out(self, generator: nn.Module, folder: Path, images: int) -> None:
        data.lay_out(self.draw(self.latents), folder / f"{images:09d}.png")
