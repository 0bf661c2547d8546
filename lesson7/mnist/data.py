"""MNIST, and what a network is fed from it.

    load            the original images and labels, as tensors
    hold_out        part of the training set that judges choices, so that the test set
                    does not
    Digits          batches of uint8 images, in all their versions
    one_of          one version of each, drawn at random
    lesson_crop     the lesson's augmentation: pad by 3, crop anywhere
    augment         ours: turned, sheared, stretched, bent, thicker or thinner  [1]

References:
    [1] Simard, Steinkraus and Platt, Best practices for convolutional neural networks
        applied to visual document analysis, 2003 (elastic distortion).
"""

from collections.abc import Sequence
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from lesson7.core.errors import DataError
from lesson7.core.vision import datasets

HELD_OUT = 5_000


def load(folder: Path, *, train: bool) -> tuple[Tensor, Tensor]:
    """MNIST as it was published, from ``folder``/MNIST/raw; downloaded there if absent.

    Returns:
        Images ``(N, 1, 28, 28)`` uint8 and labels ``(N,)`` int64; N is 60,000 or 10,000.

    Raises:
        DataError: it is not there and cannot be downloaded.
    """
    try:
        dataset = datasets.MNIST(str(folder), train=train, download=True)
    except (OSError, RuntimeError) as error:
        raise DataError(
            f"MNIST is not in {folder} and could not be downloaded: put the four idx files "
            f"into {folder}/MNIST/raw"
        ) from error
    return dataset.data[:, None], dataset.targets


def made_up(n: int) -> tuple[Tensor, Tensor]:
    """``n`` pictures of noise with labels, for dry runs: ``(n, 1, 28, 28)``, ``(n,)``."""
    rng = torch.Generator().manual_seed(0)
    images = torch.randint(0, 256, (n, 1, 28, 28), generator=rng, dtype=torch.uint8)
    return images, torch.arange(n) % 10


def hold_out(n: int, *, n_held_out: int = HELD_OUT, seed: int = 0) -> tuple[Tensor, Tensor]:
    """Indices to train on and indices to judge by, from ``n`` images."""
    order = torch.randperm(n, generator=torch.Generator().manual_seed(seed))
    return order[n_held_out:], order[:n_held_out]


class Digits(Dataset):
    """Images that are fetched a whole batch at a time.

    Args:
        variants: versions of the same images, each ``(N, 1, 28, 28)`` uint8. A batch brings
            all of them, ``(B, V, 1, 28, 28)``: which is taken, ``one_of`` draws.
        labels: ``(N,)`` int64.
    """

    def __init__(self, variants: Sequence[Tensor], labels: Tensor) -> None:
        self.variants, self.labels = torch.stack(list(variants)), labels

    def __len__(self) -> int:
        return len(self.labels)

    def __getitems__(self, indices: list[int]) -> tuple[Tensor, Tensor]:
        chosen = torch.tensor(indices)
        return self.variants[:, chosen].transpose(0, 1), self.labels[chosen]

    def batches(self, batch_size: int) -> DataLoader:
        """Shuffled batches; the last one is dropped if it is not full."""
        return DataLoader(
            self, batch_size, shuffle=True, drop_last=True, collate_fn=lambda batch: batch
        )


def one_of(variants: Tensor) -> Tensor:
    """One version of each, drawn by torch's seed: ``(B, V, 1, 28, 28)`` -> ``(B, 1, 28, 28)``.

    A loader fetches batches ahead of the steps that they are for, so what it drew would depend on
    where a run was cut; in a step, everything random follows from the step.
    """
    n, n_variants = variants.shape[:2]
    if n_variants == 1:
        return variants[:, 0]
    which = torch.randint(n_variants, (n,), device=variants.device)
    return variants[torch.arange(n, device=variants.device), which]


def lesson_crop(images: Tensor) -> Tensor:
    """Pad by 3 and crop 28x28 at a random place: ``(N, 1, 28, 28)`` in and out."""
    n = len(images)
    padded = F.pad(images, (3, 3, 3, 3)).unfold(2, 28, 1).unfold(3, 28, 1)
    at = torch.randint(0, 7, (2, n))
    return padded[torch.arange(n), :, at[0], at[1]]


def augment(images: Tensor, *, least: float = 1.0) -> Tensor:
    """Each digit as somebody else might have written it.

    Turned by up to 14 degrees, slanted by up to 0.25, scaled by 0.86 to 1.16 along each
    axis, moved by up to 2.2 pixels, bent elastically [1], and its strokes made thicker or
    thinner in half of the cases. One bilinear sampling does all but the last.

    Args:
        images: ``(N, 1, 28, 28)``, float, unit range.
        least: each image draws how much of all that it gets, from ``least`` to 1.

    Returns:
        The same shape and range.
    """
    n, device = len(images), images.device
    much = least + (1 - least) * torch.rand(n, device=device)
    angle, slant = _uniform(much, 0.25) * much, _uniform(much, 0.25) * much
    scale = torch.exp(_uniform(much[:, None].expand(n, 2), 0.15) * much[:, None])
    rotation = torch.stack([angle.cos(), -angle.sin(), angle.sin(), angle.cos()], -1).view(n, 2, 2)
    shear = torch.eye(2, device=device).repeat(n, 1, 1)
    shear[:, 0, 1] = slant
    shift = _uniform(much[:, None].expand(n, 2), 2.2 / 14) * much[:, None]
    theta = torch.cat([rotation @ shear * scale[:, None], shift[:, :, None]], -1)
    grid = F.affine_grid(theta, [n, 1, 28, 28], align_corners=False)
    bent_by = torch.randn(n, 2, 6, 6, device=device)
    coarse = bent_by * (torch.rand(n, device=device) * much * 0.075)[:, None, None, None]
    bend = F.interpolate(coarse, size=(28, 28), mode="bicubic", align_corners=True)
    bent = F.grid_sample(images, grid + bend.permute(0, 2, 3, 1), align_corners=False)
    return _rewritten_width(bent, much)


def _rewritten_width(images: Tensor, much: Tensor) -> Tensor:
    """Half of the images with strokes up to ``much`` of a pixel thicker or thinner."""
    n = len(images)
    thick = F.max_pool2d(images, 3, stride=1, padding=1)
    thin = -F.max_pool2d(-images, (2, 2), stride=1)
    thin = F.pad(thin, (0, 1, 0, 1))
    amount = (torch.rand(n, device=images.device) * much)[:, None, None, None]
    kind = torch.randint(0, 4, (n, 1, 1, 1), device=images.device)
    other = torch.where(kind == 0, thick, torch.where(kind == 1, thin, images))
    return images + amount * (other - images)


def _uniform(like: Tensor, reach: float) -> Tensor:
    """Numbers from ``-reach`` to ``reach``, of that shape and on that device."""
    return (torch.rand(like.shape, device=like.device) * 2 - 1) * reach
