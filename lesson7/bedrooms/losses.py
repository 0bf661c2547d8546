"""What critic and generator minimise. Real pictures get high scores, as in the papers.

    wasserstein_critic      minus the estimated Wasserstein distance                [1]
    wasserstein_generator   minus the critic's mean score                           [1]
    gradient_penalty        how far the critic's slope is from 1                    [2]

The lesson's notebook minimises real minus fake, so that there *low* scores are real. The
training is the same with the sign turned; the scores are easier to read this way.

References:
    [1] Arjovsky et al., Wasserstein GAN, 2017. https://arxiv.org/abs/1701.07875
    [2] Gulrajani et al., Improved training of Wasserstein GANs, 2017.
        https://arxiv.org/abs/1704.00028
"""

from collections.abc import Callable

import torch
from torch import Tensor

from lesson7.core.errors import InputError

Critic = Callable[[Tensor], Tensor]


def wasserstein_critic(real_scores: Tensor, fake_scores: Tensor) -> Tensor:
    """The critic's loss: minus its estimate of the Wasserstein distance.

        mean f(G(z)) - mean f(x)

    Line 5 of Algorithm 1 [1] with the sign turned, because optimisers minimise. It
    estimates the distance only while the critic ``f`` is kept Lipschitz, and with clipped
    weights only up to an unknown factor: compare the loss with itself over time, never
    between two critics.

    Args:
        real_scores: of photographs, ``(N,)``.
        fake_scores: of generated pictures, ``(M,)``; M may differ from N.

    Returns:
        A scalar, in score units; negative once the critic ranks real above fake.

    Raises:
        InputError: a batch is empty (its mean would be NaN).

    >>> wasserstein_critic(torch.tensor([2.0, 4.0]), torch.tensor([1.0, 1.0])).item()
    -2.0
    """
    _check(real_scores, fake_scores)
    return fake_scores.mean() - real_scores.mean()


def wasserstein_generator(fake_scores: Tensor) -> Tensor:
    """The generator's loss: ``-mean f(G(z))``, line 10 of Algorithm 1 [1].

    Raises:
        InputError: the batch is empty.

    >>> wasserstein_generator(torch.tensor([1.0, 3.0])).item()
    -2.0
    """
    _check(fake_scores)
    return -fake_scores.mean()


def gradient_penalty(critic: Critic, real: Tensor, fake: Tensor) -> Tensor:
    """Keep the critic's slope near 1 between real and fake pictures [2].

        mean (|df(x)/dx| - 1)^2    at    x = u real + (1 - u) fake,  u ~ U(0, 1) per picture

    The norm is taken over all numbers of one picture. The critic must judge each picture on
    its own: batch norm in it would mix their gradients.

    Args:
        critic: ``(N, ...)`` -> scores ``(N,)`` or ``(N, K)``, which are summed.
        real, fake: both ``(N, C, H, W)``; no gradient flows back into them.

    Returns:
        A scalar that can be differentiated with respect to the critic's weights.

    Raises:
        InputError: the shapes differ, or the batch is empty.
    """
    if real.shape != fake.shape:
        raise InputError(f"real {tuple(real.shape)} and fake {tuple(fake.shape)} must match")
    share = torch.rand(len(real), *[1] * (real.dim() - 1), device=real.device)
    between = share * real.detach() + (1 - share) * fake.detach()
    return (_slopes(critic, between).norm(dim=1) - 1).square().mean()


def _slopes(critic: Critic, images: Tensor) -> Tensor:
    """The gradient of each picture's score with respect to the picture, ``(N, C*H*W)``."""
    _check(images)
    images = images.requires_grad_(True)
    (slopes,) = torch.autograd.grad(critic(images).sum(), images, create_graph=True)
    return slopes.flatten(1)


def _check(*batches: Tensor) -> None:
    if any(batch.numel() == 0 for batch in batches):
        raise InputError("a batch is empty, so its mean is not a number")
