"""What the critic is taught with: the generator's work, saved, beside the photographs.

    save_restored   restore one crop of each photograph and save both as PNG
    RealOrRestored  such a folder as a data set: picture, and 1 for real or 0 for restored

The lesson saves its fakes as JPEG and compares them with whole photographs, so that part of
its critic's 97.6 % is telling JPEG and resolution. Here both are the same crop, and neither
is compressed.
"""

import shutil
from pathlib import Path

import torch
from PIL import Image
from torch import Tensor, nn
from torch.utils.data import DataLoader, Dataset
from tqdm import tqdm

from lesson7.core.errors import DataError
from lesson7.core.images import from_unit, to_unit
from lesson7.restoration.judging import through
from lesson7.restoration.pairs import Pairs


def save_restored(network: nn.Module, pairs: Pairs, folder: Path, *, anew: bool = True) -> None:
    """One crop of each of the photographs into ``folder``/real and ``folder``/restored.

    Args:
        network: of unit range; run in eval mode.
        pairs: gives damaged and target; the first of each photograph is taken.
        folder: made if it is not there; what was in it goes.
        anew: False: a folder that is already full is left as it is.
    """
    real, restored = folder / "real", folder / "restored"
    n = len(pairs.indices)
    if not anew and len(list(restored.glob("*.png"))) == n:
        return
    shutil.rmtree(folder, ignore_errors=True)
    for part in (real, restored):
        part.mkdir(parents=True, exist_ok=True)
    network.eval()
    for first in tqdm(range(0, n, 16), desc="restoring", leave=False, disable=None):
        some = [pairs[index] for index in range(first, min(first + 16, n))]
        with torch.inference_mode():
            made = through(network, torch.stack([damaged for damaged, _ in some]))
        for offset, ((_, target), picture) in enumerate(zip(some, made, strict=True)):
            name = f"{first + offset:05d}.png"
            from_unit(target).save(real / name)
            from_unit(picture).save(restored / name)


class RealOrRestored(Dataset):
    """Crops and whether they are real.

    Args:
        folder: as ``save_restored`` leaves it.
        tenth: True: only every tenth crop of each kind, to judge by; False: the others.

    Raises:
        DataError: there is nothing in it.
    """

    def __init__(self, folder: Path, *, tenth: bool) -> None:
        names = [
            path
            for kind in ("restored", "real")
            for index, path in enumerate(sorted((folder / kind).glob("*.png")))
            if (index % 10 == 9) == tenth
        ]
        if not names:
            raise DataError(f"there are no pictures in {folder}: save some with the generator")
        self.files = names

    def __len__(self) -> int:
        return len(self.files)

    def __getitem__(self, index: int) -> tuple[Tensor, Tensor]:
        """Picture ``(3, S, S)``, unit range; label 1.0 or 0.0."""
        file = self.files[index]
        with Image.open(file) as image:
            picture = to_unit(image.convert("RGB"))
        return picture, torch.tensor(float(file.parent.name == "real"))

    def batches(self, batch_size: int, *, shuffle: bool = True) -> DataLoader:
        """Batches of ``(pictures, labels)``."""
        return DataLoader(self, batch_size, shuffle=shuffle, drop_last=shuffle)
