"""What is lost when a picture is made smaller and saved: downscale and JPEG.

downscale   up to four times smaller, with any of the usual kernels, good and bad
jpeg        quality 95 to 10; half of the pictures twice, on two different 8x8 grids, as
            after a crop and another save
"""

import io
import random

import numpy as np
from PIL import Image

from lesson7.restoration.degradations.registry import degradation

LARGEST_FACTOR = 4.0
BEST_QUALITY, WORST_QUALITY = 95, 10
LEAST_SIDE = 4  # pixels: nothing is made smaller than that

_KERNELS = tuple(
    Image.Resampling[name] for name in ("NEAREST", "BILINEAR", "BICUBIC", "BOX", "LANCZOS")
)


@degradation("downscale", label="Low resolution", least="as it was", worst="1/4 as wide", order=50)
def downscale(image: Image.Image, strength: float, rng: random.Random) -> Image.Image:
    """Make both sides 1 to 4 times shorter: ``1 + 3 * strength``. Stays small."""
    factor = 1 + (LARGEST_FACTOR - 1) * strength
    kernel = rng.choice(_KERNELS)
    size = [max(round(side / factor), min(side, LEAST_SIDE)) for side in image.size]
    return image.resize((size[0], size[1]), kernel)


@degradation("jpeg", label="JPEG damage", least="quality 95", worst="quality 10, twice", order=90)
def jpeg(image: Image.Image, strength: float, rng: random.Random) -> Image.Image:
    """Save and open as JPEG, once or twice, with colours at full or half resolution."""
    twice, other = rng.random() < 0.5, rng.uniform(0.5, 1.0)
    shift = (rng.randrange(8), rng.randrange(8))
    halved = rng.random() < 2 * strength  # good quality comes with whole colours
    subsampling = 2 if halved else 0
    saved = _saved(image, strength, subsampling)
    if not twice:
        return saved
    padded = np.pad(
        np.asarray(saved), ((shift[1], 0), (shift[0], 0), (0, 0)), mode="edge"
    )  # the grid begins elsewhere
    again = _saved(Image.fromarray(padded), strength * other, subsampling)
    return again.crop((*shift, *padded.shape[1::-1]))


def _saved(image: Image.Image, strength: float, subsampling: int) -> Image.Image:
    quality = round(WORST_QUALITY + (BEST_QUALITY - WORST_QUALITY) * (1 - strength) ** 1.5)
    file = io.BytesIO()
    image.save(file, "JPEG", quality=quality, subsampling=subsampling)
    return Image.open(file).convert("RGB")
