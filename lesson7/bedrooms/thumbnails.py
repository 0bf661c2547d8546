"""Latents that know what a photograph looks like from far away.

Left to itself, our generator drew one room from all latents: the critic moved it as a whole,
and nothing tied a latent to a picture. So half of each batch is drawn from the latents of
photographs, and must look like them at 16x16 pixels, where a room is light from the left
above something dark; what it looks like from nearby, the critic says.

    Thumbnails    photographs -> latents, by principal components of their thumbnails
    difference    between the thumbnails of two batches

The first numbers of a latent are a photograph's coordinates along the components, divided by
their deviation: over all photographs each has mean 0, deviation 1 and no correlation with the
others, like the normal numbers that visitors draw from. The other numbers stay random.

References:
    Bojanowski et al., Optimizing the latent space of generative networks, 2017 (latents that
        belong to photographs). https://arxiv.org/abs/1707.05776
    Larsen et al., Autoencoding beyond pixels using a learned similarity metric, 2015 (what a
        critic adds to rebuilding). https://arxiv.org/abs/1512.09300
"""

import torch
import torch.nn.functional as F
from torch import Tensor

SIDE = 16  # pixels of a thumbnail


def small(images: Tensor) -> Tensor:
    """``(N, 3, S, S)``, S a multiple of 16 -> averages ``(N, 3, 16, 16)``, same range."""
    return F.avg_pool2d(images, images.shape[-1] // SIDE)


def difference(images: Tensor, others: Tensor) -> Tensor:
    """The mean absolute difference of the thumbnails: a scalar, 0 where they are equal."""
    return (small(images) - small(others)).abs().mean()


class Thumbnails:
    """Where photographs lie among the latents.

    Args:
        photographs: ``(N, 3, S, S)``, signed; more of them than ``n_components``.
        n_components: how many numbers of a latent say what is seen from far away.
    """

    def __init__(self, photographs: Tensor, n_components: int = 64) -> None:
        flat = small(photographs).flatten(1).double()
        self.mean = flat.mean(0)
        values, vectors = torch.linalg.eigh((flat - self.mean).T.cov())
        values, vectors = values[-n_components:].flip(0), vectors[:, -n_components:].flip(1)
        largest = vectors.gather(0, vectors.abs().argmax(0, keepdim=True))
        deviations = values.clamp(min=1e-8).sqrt()
        self.components = vectors * largest.sign() / deviations  # (768, n_components)

    def latents(self, images: Tensor) -> Tensor:
        """``(N, 3, S, S)``, signed -> ``(N, n_components)``, float32."""
        flat = small(images).flatten(1).double().cpu()
        return ((flat - self.mean) @ self.components).float()
