"""Directions in latent space that do something one can name.

    ATTRIBUTES    what is measured of a picture: brightness, warmth, contrast ...
    measure       pictures -> their attributes
    find          a generator -> its Directions
    Directions    unit vectors, and what one step along each was measured to do

Nobody tells the network what brightness is. A few thousand rooms are drawn and measured, and
linear regression says which way in latent space each attribute grows. Attributes go together
(bright rooms are also warm), so from each way the part that changes the others is taken out
[1]; what is left changes its own attribute and, as far as all of this is linear, no other.
Then it is tried: fresh rooms are drawn one step to either side, and measured again.

References:
    [1] Shen et al., Interpreting the latent space of GANs for semantic face editing, 2020
        (section 3.2, conditional manipulation). https://arxiv.org/abs/1907.10786
"""

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor, nn

from lesson7.core.errors import ConfigError

Draw = Callable[[Tensor], Tensor]
"""Latents ``(N, size)`` -> pictures ``(N, 3, H, W)``, unit range."""

N_ROOMS = 3_000
LEAST_R2 = 0.1  # of an attribute; below that, a line does not describe it
LEAST_AGREEMENT = 0.7  # share of rooms that a direction must change as it says
LEAST_EFFECT = 0.1  # of one step, in deviations of its attribute; less cannot be seen


def _luminance(x: Tensor) -> Tensor:
    return (x * x.new_tensor([0.299, 0.587, 0.114]).view(3, 1, 1)).sum(1)  # (N, H, W)


def _mean(x: Tensor) -> Tensor:
    return x.flatten(1).mean(1)


def _brightness(x: Tensor) -> Tensor:
    return _mean(_luminance(x))


def _warmth(x: Tensor) -> Tensor:
    return _mean(x[:, 0] - x[:, 2])


def _colourfulness(x: Tensor) -> Tensor:
    return _mean(x.amax(1) - x.amin(1))


def _contrast(x: Tensor) -> Tensor:
    return _luminance(x).flatten(1).std(1)


def _upper_middle(x: Tensor) -> Tensor:
    light = _luminance(x)
    height, width = light.shape[1:]
    part = light[:, height // 8 : height // 2, width // 4 : width - width // 4]
    return _mean(part) - _mean(light)


def _right(x: Tensor) -> Tensor:
    light = _luminance(x)
    middle = light.shape[2] // 2
    return _mean(light[:, :, middle:]) - _mean(light[:, :, :middle])


ATTRIBUTES: dict[str, Callable[[Tensor], Tensor]] = {
    "brightness": _brightness,  # mean luminance
    "warmth": _warmth,  # mean of red minus blue
    "colour": _colourfulness,  # mean of the largest minus the smallest of red, green, blue
    "contrast": _contrast,  # standard deviation of the luminance
    "window": _upper_middle,  # luminance of the upper middle minus that of all
    "side": _right,  # luminance of the right half minus that of the left
}
"""Pictures ``(N, 3, H, W)``, unit range -> ``(N,)``, all in units of the range."""


def measure(pictures: Tensor) -> Tensor:
    """``(N, 3, H, W)``, unit range -> ``(N, A)``, one column for each of ``ATTRIBUTES``."""
    return torch.stack([attribute(pictures) for attribute in ATTRIBUTES.values()], 1)


class Directions(nn.Module):
    """Unit vectors in latent space, by name. What each does was measured, not wished.

    Args:
        latent: numbers in a latent.
        names: of the directions, a selection of ``ATTRIBUTES``.
        effects: how much one step (a unit of latent space) adds to the attribute.
        spreads: the attribute's standard deviation among rooms drawn by chance.
        r2: how much of the attribute's variance a linear function of the latent explains,
            for rooms that it was not fitted to; 1 is all of it.
        agreements: the share of rooms in which the attribute rose from one step below to one
            above; 0.5 is chance.
    """

    vectors: Tensor
    """``(K, latent)``, each of length 1."""

    def __init__(
        self,
        latent: int,
        names: Sequence[str],
        effects: Sequence[float],
        spreads: Sequence[float],
        r2: Sequence[float],
        agreements: Sequence[float],
    ) -> None:
        super().__init__()
        self.names, self.effects, self.spreads = list(names), list(effects), list(spreads)
        self.r2, self.agreements = list(r2), list(agreements)
        self.register_buffer("vectors", torch.zeros(len(self.names), latent))

    @property
    def config(self) -> dict[str, Any]:
        """What it is built from again, all but the vectors themselves."""
        numbers = {
            key: [round(value, 5) for value in getattr(self, key)]
            for key in ("effects", "spreads", "r2", "agreements")
        }
        return {"latent": self.vectors.shape[1], "names": self.names, **numbers}


def find(
    draw: Draw,
    latent: int,
    *,
    n: int = N_ROOMS,
    seed: int = 0,
) -> Directions:
    """The directions of a generator that keep what their name promises, others left out.

    Args:
        draw: the generator.
        latent: numbers in its latents.
        n: rooms for the regression; a third as many judge it, a sixth of it is for the trial.
        seed: of the latents that are drawn.

    Raises:
        ConfigError: there are too few rooms for a regression on so many numbers.
    """
    if n <= latent + 1:
        raise ConfigError(f"{n} rooms cannot tell {latent} directions apart")
    rng = torch.Generator().manual_seed(seed)
    z = torch.randn(n + n // 3, latent, generator=rng)
    seen = measure(_drawn(draw, z))
    slopes, r2 = _regress(z, seen, n)
    ways = _disentangled(slopes / seen.std(0).clamp(min=1e-9))
    tried = torch.randn(n // 6, latent, generator=rng)
    names, rows, numbers = [], [], []
    for index, name in enumerate(ATTRIBUTES):
        below, above = (
            measure(_drawn(draw, tried + sign * ways[index]))[:, index] for sign in (-1, 1)
        )
        effect = ((above - below).mean() / 2).item()
        agreement = (above > below).float().mean().item()
        spread = seen[:, index].std().item()
        follows = r2[index] >= LEAST_R2 and agreement >= LEAST_AGREEMENT
        if follows and effect >= LEAST_EFFECT * spread:
            names.append(name)
            rows.append(ways[index])
            numbers.append((effect, spread, r2[index].item(), agreement))
    found = Directions(latent, names, *([row[k] for row in numbers] for k in range(4)))
    if rows:
        found.vectors.copy_(torch.stack(rows))
    return found


def _drawn(draw: Draw, z: Tensor) -> Tensor:
    with torch.inference_mode():
        return torch.cat([draw(part) for part in z.split(16)])


def _regress(z: Tensor, seen: Tensor, n_fitted: int) -> tuple[Tensor, Tensor]:
    """Slopes ``(latent, A)`` fitted to the first rooms, R2 ``(A,)`` on the others."""
    with_one = torch.cat([z, torch.ones(len(z), 1)], 1).double()
    target = seen.double()
    solution = torch.linalg.lstsq(with_one[:n_fitted], target[:n_fitted]).solution
    rest = target[n_fitted:]
    missed = (rest - with_one[n_fitted:] @ solution).square().sum(0)
    r2 = 1 - missed / (rest - rest.mean(0)).square().sum(0).clamp(min=1e-12)
    return solution[:-1].float(), r2.float()


def _disentangled(slopes: Tensor) -> Tensor:
    """From each column the part along the others removed, made a unit row [1]: ``(A, latent)``."""
    ways = []
    for index in range(slopes.shape[1]):
        others = torch.cat([slopes[:, :index], slopes[:, index + 1 :]], 1)
        own = slopes[:, index] - others @ (torch.linalg.pinv(others) @ slopes[:, index])
        ways.append(own / own.norm().clamp(min=1e-12))
    return torch.stack(ways)
