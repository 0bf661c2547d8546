"""The one-cycle policy, and learning rates for groups of layers.

    OneCycle        learning rate and first Adam beta at every step                  [1]
    spread          one learning rate for each group of layers, encoder first        [2]

``torch.optim.lr_scheduler.OneCycleLR`` draws the same curve, but joins its two halves
one step later and lets the last step reach the final rate exactly. The lesson's printed
numbers come from the curve below (the last batch stops one step short of the end), and
they are reproduced to four digits only with it.

References:
    [1] Smith and Topin, Super-convergence, 2017. https://arxiv.org/abs/1708.07120
    [2] Howard and Ruder, Universal language model fine-tuning, 2018 (section 3.2,
        discriminative fine-tuning). https://arxiv.org/abs/1801.06146
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from lesson7.core.errors import ConfigError


def cosine(start: float, end: float, fraction: float) -> float:
    """Go from ``start`` to ``end`` along half a cosine; ``fraction`` in [0, 1].

    >>> cosine(0.0, 1.0, 0.5)
    0.5
    """
    return end + (start - end) / 2 * (1 + math.cos(math.pi * fraction))


@dataclass(frozen=True)
class OneCycle:
    """Warm up to the maximum rate, then anneal to almost nothing [1].

    Over the first ``pct_start`` of the steps the rate rises by half a cosine from
    ``max_lr / 25`` to ``max_lr`` while beta 1 falls from .95 to .85; over the rest
    the rate falls to ``max_lr / 250,000`` and beta 1 rises back. ``max_lr`` itself
    is given per call, because every group of layers has its own.

    Args:
        n_steps: optimiser steps in the whole cycle, at least 1.
        pct_start: the share of them that warms up, in [0, 1).

    Raises:
        ConfigError: a value is out of its range.
    """

    n_steps: int
    pct_start: float = 0.3

    def __post_init__(self) -> None:
        if self.n_steps < 1:
            raise ConfigError(f"a cycle needs at least one step, got {self.n_steps}")
        if not 0 <= self.pct_start < 1:
            raise ConfigError(f"pct_start must be in [0, 1), got {self.pct_start}")

    def lr(self, step: int, max_lr: float) -> float:
        """The learning rate used by batch ``step``, counted from 0.

        >>> round(OneCycle(1566).lr(0, max_lr=1e-4), 9)
        4e-06
        """
        return self._between(step, max_lr / 25, max_lr, max_lr / 250_000)

    def beta1(self, step: int) -> float:
        """Adam's first beta for batch ``step``: high where the rate is low."""
        return self._between(step, 0.95, 0.85, 0.95)

    def _between(self, step: int, start: float, peak: float, end: float) -> float:
        rising = int(self.n_steps * self.pct_start)
        if step < rising:
            return cosine(start, peak, step / rising)
        return cosine(peak, end, (step - rising) / (self.n_steps - rising))


def spread(max_lr: float | Sequence[float], n_groups: int) -> list[float]:
    """One maximum learning rate for each group of layers, earliest layers first [2].

    A single rate goes to the last group, a tenth of it to the others; a pair is spaced
    geometrically; a full list is taken as it is.

    Raises:
        ConfigError: the list has neither two nor ``n_groups`` rates, or one is not positive.

    >>> spread(1e-3, 3)
    [0.0001, 0.0001, 0.001]
    """
    rates = [max_lr] if isinstance(max_lr, float | int) else list(max_lr)
    if any(rate <= 0 for rate in rates):
        raise ConfigError(f"learning rates must be positive, got {rates}")
    if len(rates) == 1:
        return [rates[0] / 10] * (n_groups - 1) + rates
    if len(rates) == n_groups:
        return [float(rate) for rate in rates]
    if len(rates) == 2:
        first, last = rates
        return [first * (last / first) ** (i / (n_groups - 1)) for i in range(n_groups)]
    raise ConfigError(f"{len(rates)} learning rates do not fit {n_groups} groups of layers")
