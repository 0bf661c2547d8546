"""Pictures for the tests: soft photographs, grey squares, for files and for networks."""

import numpy as np
import torch
from PIL import Image


def photograph(width=160, height=120, seed=0):
    """Soft blobs of colour: as smooth as photographs are."""
    rng = np.random.default_rng(seed)
    size = (max(2, height // 8), max(2, width // 8), 3)
    coarse = Image.fromarray(rng.integers(0, 256, size, dtype=np.uint8))
    return coarse.resize((width, height), Image.Resampling.BICUBIC)


def with_alpha(image, alpha):
    image = image.copy()
    image.putalpha(Image.fromarray(alpha))
    return image


def pixels(image):
    return np.asarray(image).astype(int)


def grey(*values: float, size: int = 4) -> torch.Tensor:
    """Grey pictures as a batch, unit range, one for each value."""
    return torch.tensor(values).view(-1, 1, 1, 1).expand(-1, 3, size, size).clone()
