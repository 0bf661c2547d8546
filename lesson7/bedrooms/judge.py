"""How good a set of generated pictures is, beside photographs.

    network             one of the two frozen networks that look at bedrooms
    embed               pictures -> vectors, by a frozen network
    frechet_distance    how far two sets of vectors are from each other               [1]
    precision_recall    share of fakes that could be real, of reals that are covered  [2]
    nearest             the closest of many vectors
    Judges              a generator -> its distances, while it trains

The features are not Inception's, so no number here compares with published FIDs: compare
them with the distance of photographs from photographs, measured the same way.

References:
    [1] Heusel et al., GANs trained by a two time-scale update rule, 2017.
        https://arxiv.org/abs/1706.08500
    [2] Kynkäänniemi et al., Improved precision and recall metric, 2019.
        https://arxiv.org/abs/1904.06991
"""

import warnings
from collections.abc import Mapping
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from lesson7.core import backbones
from lesson7.core.errors import ConfigError, InputError

SIZE = 128  # pixels at which all pictures are looked at


NETWORKS = ("resnet18", "squeezenet")
"""One of them is the eyes of the modern critic, both judge: fairly only the other one."""


def network(name: str, folder: Path | None) -> nn.Module:
    """One of ``NETWORKS``, for signed pictures: see ``backbones.load``.

    Raises:
        ConfigError: it is not one of them.
        WeightsMissing, WeightsDamaged: its file is not in ``folder``, or does not fit.
    """
    if name not in NETWORKS:
        raise ConfigError(f"network {name} judges no bedrooms: choose {' or '.join(NETWORKS)}")
    return backbones.load(name, folder, takes="signed")


def embed(network: nn.Module, images: Tensor, *, batch_size: int = 64) -> Tensor:
    """The last features of ``network``, averaged over the picture: one vector for each.

    Args:
        network: frozen, from ``network``.
        images: ``(N, 3, S, S)``, signed; enlarged or reduced to 128 pixels.

    Returns:
        ``(N, D)``, float32, on the CPU; D is 256 for ResNet-18, 512 for SqueezeNet.
    """
    place = next(network.parameters())
    vectors = []
    with torch.inference_mode():
        for part in images.split(batch_size):
            x = part.to(place.device).float().clamp(-1, 1)
            x = F.interpolate(x, size=(SIZE, SIZE), mode="bilinear", antialias=True)
            x = x.to(place.dtype, memory_format=torch.channels_last)
            vectors.append(network(x)[-1].float().mean((2, 3)).cpu())
    return torch.cat(vectors)


def frechet_distance(a: Tensor, b: Tensor) -> float:
    """Distance of two normal distributions with the sets' means and covariances [1].

        |mean a - mean b|^2 + trace(A + B - 2 (A B)^(1/2))

    It is biased upwards for small sets: compare only sets of the same two sizes.

    Args:
        a, b: vectors ``(N, D)`` and ``(M, D)``.

    Raises:
        InputError: a set has fewer than two vectors.
    """
    if min(len(a), len(b)) < 2:
        raise InputError("a covariance needs at least two vectors")
    with warnings.catch_warnings():  # it warns of memory, at the import and when it is built
        warnings.simplefilter("ignore")
        from torchmetrics.image.fid import FrechetInceptionDistance

        metric = FrechetInceptionDistance(feature=_Given(a.shape[1]), normalize=True)
        metric.set_dtype(torch.float64)
        metric.update(a.double(), real=True)
        metric.update(b.double(), real=False)
        return float(metric.compute())


class _Given(nn.Module):
    """The network of torchmetrics' distance, for vectors that exist already."""

    def __init__(self, num_features: int) -> None:
        super().__init__()
        self.num_features = num_features

    def forward(self, vectors: Tensor) -> Tensor:
        return vectors


def precision_recall(fake: Tensor, real: Tensor, k: int = 3) -> tuple[float, float]:
    """How many fakes lie among the reals, and how many reals among the fakes [2].

    A vector lies among a set if it is no further from one of them than that one is from its
    k-th nearest neighbour in its own set. A generator that draws one good room again and
    again has precision 1 and recall 0. The two numbers depend on the sizes of the sets;
    give sets of equal size.

    Args:
        fake, real: vectors ``(N, D)`` and ``(M, D)``, both more than ``k``.

    Returns:
        Precision and recall, in [0, 1].

    Raises:
        InputError: a set is too small for ``k``.
    """
    if min(len(fake), len(real)) <= k:
        raise InputError(f"{k} neighbours need more than {k} vectors")
    return _share_among(fake, real, k), _share_among(real, fake, k)


def _share_among(vectors: Tensor, of: Tensor, k: int) -> float:
    reach = torch.cdist(of, of).kthvalue(k + 1, dim=1).values  # the nearest one is itself
    return (torch.cdist(vectors, of) <= reach).any(1).float().mean().item()


def nearest(vectors: Tensor, among: Tensor) -> tuple[Tensor, Tensor]:
    """For each of ``vectors`` the distance to, and the index of, the closest in ``among``."""
    distances, indices = torch.cdist(vectors, among).min(1)
    return distances, indices


class Judges:
    """Fréchet distances of a generator from photographs that never train.

    Args:
        networks: frozen, by name.
        held_back: the photographs, ``(M, 3, S, S)``, signed.
        n: samples.
    """

    def __init__(
        self, networks: Mapping[str, nn.Module], held_back: Tensor, n: int = 1_000
    ) -> None:
        self.networks, self.n = networks, n
        self.real = {name: embed(net, held_back) for name, net in networks.items()}

    def __call__(self, generator: nn.Module) -> dict[str, float]:
        latent, device = int(generator.latent), next(generator.parameters()).device  # type: ignore[arg-type]
        z = torch.randn(self.n, latent, generator=torch.Generator().manual_seed(1))
        with torch.inference_mode():
            fake = torch.cat([generator(part.to(device)).float() for part in z.split(64)])
        return {
            f"distance_{name}": frechet_distance(embed(net, fake), self.real[name])
            for name, net in self.networks.items()
        }
