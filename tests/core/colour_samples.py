"""Colours to check by: one picture of each kind, what it is in RGB, and how far off it came."""

import numpy as np
from PIL import Image

from lesson7.core.intake import open_image

RGB = np.random.default_rng(3).integers(0, 256, (16, 24, 3), dtype=np.uint8)
GREY = RGB[..., 0]
ALPHA = RGB[..., 1]


def grey_to_rgb(grey: np.ndarray) -> np.ndarray:
    """``(H, W)`` -> ``(H, W, 3)``."""
    return np.repeat(grey[..., None], 3, axis=2)


def difference(body: bytes | Image.Image | np.ndarray, expected: np.ndarray) -> float:
    """The largest error of what is opened, in levels of 255."""
    opened = open_image(body)
    assert opened.mode == "RGB"
    return float(np.abs(np.asarray(opened, float) - expected).max())
