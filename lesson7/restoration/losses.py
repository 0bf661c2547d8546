"""What the recipes minimise. All pictures are ``(N, 3, H, W)`` in unit range.

    pixel_loss                mean squared error of the normalised pictures
    chroma_loss               error of the colours alone, strong ones counting more    [3]
    critic_loss               real patches above 0, restored ones below              [1, 2]
    generator_adversarial     how far from taking the critic in
    generator_parts           that and the pixels, weighted
    patch_accuracy            the share of patches that the critic gets right
    total                     the loss itself, of one that has parts
    same_window               both pictures from another corner, for who looks in strides [4]

``feature_loss.py`` has the one that looks through a network. A critic gives logits, one for
each patch: above 0 it says real [2]. Losses with several parts return them by name, already
weighted; the loss is their sum.

References:
    [1] Goodfellow et al., Generative adversarial networks, 2014.
        https://arxiv.org/abs/1406.2661
    [2] Isola et al., Image-to-image translation with conditional adversarial networks, 2016
        (a verdict for each patch). https://arxiv.org/abs/1611.07004
    [3] Zhang et al., Colorful image colorization, 2016 (section 2.2, rebalancing).
        https://arxiv.org/abs/1603.08511
    [4] Kettunen et al., E-LPIPS: robust perceptual image similarity via random transformation
        ensembles, 2019. https://arxiv.org/abs/1906.03973
"""

from collections.abc import Mapping

import torch
import torch.nn.functional as F
from torch import Tensor

from lesson7.core.errors import InputError
from lesson7.core.images import normalize
from lesson7.restoration.chroma import chroma

ROUND = 0.05  # chroma: below this error the loss is a parabola, above it a line
STRONG = 0.1  # chroma that counts twice as much as grey does
MOST_COUNTED = 4.0  # times as much as grey: what the strongest colours count
MOVED = 8  # pixels: a window begins at one of the first so many rows and columns


def pixel_loss(restored: Tensor, target: Tensor) -> Tensor:
    """The lesson's first loss: mean squared error of the normalised pictures.

        mean ((restored - target) / std)^2

    Multiplied by 0.0511, the mean of ImageNet's three variances, it is the error of unit
    range: the lesson's 0.0431 are 26.6 dB.

    Raises:
        InputError: the shapes differ.
    """
    check_pair(restored, target)
    return F.mse_loss(normalize(restored.float()), normalize(target.float()))


def chroma_loss(restored: Tensor, target: Tensor) -> Tensor:
    """How far the colours are off; the luminance does not matter.

        mean  w * huber(chroma(restored) - chroma(target))
        w = min(1 + |chroma(target)| / 0.1, 4)
        huber(e) = e^2 / 0.1  if |e| < 0.05  else  |e| - 0.025

    Most of most photographs is nearly grey, and where a colour cannot be known the smallest
    error is the middle of what it may be: brown. So strong colours, which are rare, count
    more, as the rare classes of [3] do.

    Args:
        restored, target: ``(N, 3, H, W)``, unit range.

    Raises:
        InputError: the shapes differ.
    """
    check_pair(restored, target)
    wanted = chroma(target.float())
    weights = (1 + wanted.norm(dim=1, keepdim=True) / STRONG).clamp(max=MOST_COUNTED)
    errors = F.smooth_l1_loss(chroma(restored.float()), wanted, reduction="none", beta=ROUND)
    return (weights * errors).mean()


def critic_loss(real_logits: Tensor, fake_logits: Tensor) -> Tensor:
    """Half of what real pictures cost the critic and half of what restored ones do [1].

        1/2 (mean -log sigmoid(real) + mean -log(1 - sigmoid(fake)))

    Args:
        real_logits: of targets, any shape: one logit for each patch of each picture.
        fake_logits: of restored pictures; their shape may differ.

    Returns:
        A scalar of at least 0; log 2 = 0.693 for a critic that cannot tell.

    Raises:
        InputError: a batch is empty (its mean would be NaN).

    >>> round(critic_loss(torch.zeros(2, 25), torch.zeros(3)).item(), 4)
    0.6931
    """
    _check_logits(real_logits, fake_logits)
    real, fake = real_logits.float(), fake_logits.float()
    return 0.5 * (F.softplus(-real).mean() + F.softplus(fake).mean())


def generator_adversarial(fake_logits: Tensor) -> Tensor:
    """How far the generator is from taking the critic in: ``mean -log sigmoid(fake)`` [1].

    This is the form of [1] that pulls hardest when the critic is sure.

    Raises:
        InputError: the batch is empty.

    >>> round(generator_adversarial(torch.tensor([0.0, 0.0])).item(), 4)
    0.6931
    """
    _check_logits(fake_logits)
    return F.softplus(-fake_logits.float()).mean()


def generator_parts(
    *,
    fake_logits: Tensor,
    restored: Tensor,
    target: Tensor,
    weights: tuple[float, float] = (1.0, 50.0),
) -> dict[str, Tensor]:
    """The generator's loss in the GAN, by parts, weighted: ``adversarial`` and ``pixel``.

    The critic only asks for some photograph; the pixels ask for this one.

    Args:
        fake_logits: the critic's, of ``restored``.
        restored, target: ``(N, 3, H, W)``, unit range.
        weights: of the two; the lesson recommends 50 to 200 for the second.

    Raises:
        InputError: the shapes of the pictures differ, or the batch is empty.
    """
    return {
        "adversarial": weights[0] * generator_adversarial(fake_logits),
        "pixel": weights[1] * pixel_loss(restored, target),
    }


def total(parts: Mapping[str, Tensor]) -> Tensor:
    """The loss itself: the sum of its parts, in their order."""
    return torch.stack(list(parts.values())).sum()


def patch_accuracy(real_logits: Tensor, fake_logits: Tensor) -> float:
    """The share of patches that the critic gets right, reals and fakes counted alike, 0 to 1.

    Raises:
        InputError: a batch is empty.

    >>> patch_accuracy(torch.tensor([2.0, -1.0]), torch.tensor([-3.0]))
    0.75
    """
    _check_logits(real_logits, fake_logits)
    real, fake = (real_logits > 0).float().mean(), (fake_logits <= 0).float().mean()
    return ((real + fake) / 2).item()


def same_window(restored: Tensor, target: Tensor) -> tuple[Tensor, Tensor]:
    """Both without a few rows and columns, the same ones, drawn anew at each call [4].

    A network with strides looks harder at some pixels than at others: at every fourth, with a
    ResNet. Who is always judged from the same corner learns to please it there, and draws dots.

    Args:
        restored, target: ``(N, C, H, W)``, ``MOVED`` pixels high and wide at least.

    Returns:
        ``(N, C, H - 7, W - 7)`` twice, views; the corner comes from torch's shared source.

    Raises:
        InputError: the shapes differ.
    """
    check_pair(restored, target)
    height, width = (side - MOVED + 1 for side in target.shape[-2:])
    top, left = torch.randint(MOVED, (2,)).tolist()
    rows, columns = slice(top, top + height), slice(left, left + width)
    return restored[..., rows, columns], target[..., rows, columns]


def check_pair(restored: Tensor, target: Tensor) -> None:
    """See to it that each restored picture has its target.

    Raises:
        InputError: the shapes differ.
    """
    if restored.shape != target.shape:
        raise InputError(f"restored {tuple(restored.shape)} and target {tuple(target.shape)}")


def _check_logits(*batches: Tensor) -> None:
    if any(batch.numel() == 0 for batch in batches):
        raise InputError("a batch is empty, so its mean is not a number")
