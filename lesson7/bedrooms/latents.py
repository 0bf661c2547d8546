"""The numbers that rooms are drawn from, and the way from one room to another.

    latent      a seed and a number -> one latent, from a random source of its own
    latents     the first of a seed
    slerp       from one latent to another, along the sphere that they lie on       [1]
    loop        through several latents and back to the first

A latent has 100 or 128 numbers, each drawn from N(0, 1). In so many dimensions nearly all
of them lie close to a sphere with the square root of that number as its radius. The straight
line between two of them leads through the inside, where the generator never was while it
learnt, and what it draws there is fog; so the way leads along the sphere.

References:
    [1] White, Sampling generative networks, 2016. https://arxiv.org/abs/1609.04468
"""

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from lesson7.core.errors import ConfigError
from lesson7.core.runtime import check_seed

_NO_ARC = 1e-3  # sine of an angle for which there is no way along the sphere, or no need of one


def latent(seed: int, index: int, size: int) -> Tensor:
    """The latent ``(size,)``, float32, that follows from ``seed`` and ``index`` alone.

    So whoever asks for more rooms gets the first ones again. One source for all would not
    promise that: torch draws in blocks of sixteen, and the last one depends on how many
    numbers are asked for.

    Args:
        seed: 0 to 2**63 - 1.
        index: 0 or more.
        size: numbers in it.

    Raises:
        InputError: the seed is not one.
    """
    own = np.random.SeedSequence(check_seed(seed), spawn_key=(index,))
    drawn = np.random.default_rng(own).standard_normal(size)
    return torch.from_numpy(drawn.astype(np.float32))


def latents(seed: int, n: int, size: int) -> Tensor:
    """The first ``n`` latents of a seed, ``(n, size)``, n at least 1. Raises as ``latent``."""
    return torch.stack([latent(seed, index, size) for index in range(n)])


def slerp(start: Tensor, end: Tensor, t: Tensor) -> Tensor:
    """Points on the way from ``start`` to ``end``, at constant speed [1].

        sin((1 - t) a) / sin(a) start/|start| + sin(t a) / sin(a) end/|end|,  a: their angle

    and the distance from the origin goes evenly from the one's to the other's. Where there
    is no arc (one of them is the origin) or every arc is as good (they are opposite), the
    way is straight.

    Args:
        start, end: ``(size,)``.
        t: ``(T,)`` in [0, 1].

    Returns:
        ``(T, size)``: ``start`` where t is 0, ``end`` where it is 1.
    """
    share = t[:, None].to(start.dtype)
    lengths = start.norm(), end.norm()
    straight = start + share * (end - start)
    if min(lengths) == 0:
        return straight
    a, b = start / lengths[0], end / lengths[1]
    angle = torch.acos((a * b).sum().clamp(-1, 1))
    if angle.sin() < _NO_ARC:
        return straight
    on_sphere = (((1 - share) * angle).sin() * a + (share * angle).sin() * b) / angle.sin()
    return on_sphere * (lengths[0] + share * (lengths[1] - lengths[0]))


def loop(stops: Sequence[Tensor], frames: int) -> Tensor:
    """A way through all ``stops`` and back to the first, resting for a moment at each.

    The speed rises and falls as ``t^2 (3 - 2t)`` does, so that nothing jerks at a stop.

    Args:
        stops: two latents ``(size,)`` or more.
        frames: from one stop to the next, at least 1.

    Returns:
        ``(len(stops) * frames, size)``: each stop is the first of its frames, and the first
        of all follows on the last.

    Raises:
        ConfigError: there are fewer than two stops, or no frames.
    """
    if len(stops) < 2 or frames < 1:
        raise ConfigError(f"{len(stops)} stops with {frames} frames each make no way")
    t = torch.arange(frames) / frames
    eased = t * t * (3 - 2 * t)
    legs = zip(stops, [*stops[1:], stops[0]], strict=True)
    return torch.cat([slerp(start, end, eased) for start, end in legs])
