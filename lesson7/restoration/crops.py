"""Photographs that train, cropped anew in every epoch: what all kinds of pairs have in common.

Crops       the data set; its kinds are ``pairs.Pairs`` and ``grey_pairs.GreyPairs``
"""

import random
from abc import ABC, abstractmethod
from collections.abc import Sequence

from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from lesson7.restoration.data import Photographs


class Crops(Dataset, ABC):
    """Pairs of crops, damaged and target. What each is like follows from seed, epoch and number.

    Args:
        photographs: to crop.
        indices: those that train.
        size: of a crop, pixels.
        repeats: crops of each photograph in one epoch.
        seed: of everything random.
    """

    def __init__(
        self,
        photographs: Photographs,
        indices: Sequence[int],
        size: int,
        *,
        repeats: int = 1,
        seed: int = 0,
    ) -> None:
        self.photographs, self.indices, self.size = photographs, list(indices), size
        self.repeats, self.seed, self.epoch = repeats, seed, 0

    def __len__(self) -> int:
        return len(self.indices) * self.repeats

    def set_epoch(self, epoch: int) -> None:
        """Draw other crops than in other epochs; the training loop calls it."""
        self.epoch = epoch

    def __getitem__(self, item: int) -> tuple[Tensor, Tensor]:
        """Damaged and target, each ``(3, size, size)``, unit range."""
        rng = random.Random(f"{self.seed} {self.epoch} {item}")
        return self.pair(self.indices[item % len(self.indices)], rng)

    @abstractmethod
    def pair(self, index: int, rng: random.Random) -> tuple[Tensor, Tensor]:
        """A crop of photograph ``index``, damaged and whole; each kind has its own."""

    def batches(self, batch_size: int) -> DataLoader:
        """Shuffled batches of ``(damaged, target)``; the last one is dropped if not full."""
        return DataLoader(self, batch_size, shuffle=True, drop_last=True)
