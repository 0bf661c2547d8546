"""What the lens and the sensor do to a picture: blur and noise.

    blur        out of focus, moved, or softened, each in a third of the pictures
    noise       of the light itself and of the electronics, grey or coloured, fine or in
                grains; its variance a x + b is a straight line over the brightness x  [1]

References:
    [1] Foi et al., Practical Poissonian-Gaussian noise modeling and fitting for single-image
        raw-data, 2008. https://doi.org/10.1109/TIP.2008.2001399
"""

import math
import random

import numpy as np
from PIL import Image, ImageFilter

from lesson7.restoration.degradations.registry import degradation, unit

DEVIATION = 3.5  # pixels of the Gaussian, at strength 1
RADIUS = 6.0  # pixels of the disc that a point becomes when it is out of focus
LENGTH = 20.0  # pixels of the line that a point becomes when the camera moves
NOISE = 40.0  # grey levels of 255: the deviation in the middle of the range


@degradation("blur", label="Blur", least="sharp", worst="out of focus or moved", order=10)
def blur(image: Image.Image, strength: float, rng: random.Random) -> Image.Image:
    """Spread each point: as a Gaussian, as a disc (defocus), or along a line (motion)."""
    kind = rng.choice(("gaussian", "defocus", "motion"))
    angle = rng.uniform(0, math.pi)
    reach = strength * unit(image)
    if kind == "gaussian":
        return image.filter(ImageFilter.GaussianBlur(DEVIATION * reach))
    if kind == "defocus":
        return _defocus(image, RADIUS * reach)
    return _motion(image, LENGTH * reach, angle)


def _defocus(image: Image.Image, radius: float) -> Image.Image:
    """The mean over a disc, row by row of the disc: a box as wide as its chord, shifted."""
    width, height = image.size
    rows = math.ceil(radius)
    total = np.zeros((height, width, 3), np.float32)
    weights = 0.0
    for row in range(rows + 1):
        chord = math.sqrt(max((radius + 0.5) ** 2 - row**2, 0.0)) - 0.5  # pixels to each side
        if row and chord <= -0.5:
            break
        part = image.filter(ImageFilter.BoxBlur((max(chord, 0.0), 0)))
        padded = np.pad(np.asarray(part), ((row, row), (0, 0), (0, 0)), mode="edge")
        weight = 2 * chord + 1
        for start in {0, 2 * row}:
            total += np.float32(weight) * padded[start : start + height]
            weights += weight
    return Image.fromarray((total / weights + 0.5).astype(np.uint8))


def _motion(image: Image.Image, length: float, angle: float) -> Image.Image:
    """The mean along a straight line through each point, ``length`` pixels long."""
    width, height = image.size
    reach = math.ceil(length / 2)
    kernel: dict[tuple[int, int], float] = {}
    steps = 2 * reach + 1
    for step in range(steps):  # each place on the line is shared by the four pixels around it
        along = length * (step / (steps - 1) - 0.5) if steps > 1 else 0.0
        x, y = along * math.cos(angle), along * math.sin(angle)
        left, top = math.floor(x), math.floor(y)
        for column, row in ((0, 0), (1, 0), (0, 1), (1, 1)):
            weight = (1 - abs(x - left - column)) * (1 - abs(y - top - row))
            place = (left + column, top + row)
            kernel[place] = kernel.get(place, 0.0) + weight / steps
    edge = reach + 1
    padded = np.pad(np.asarray(image), ((edge, edge), (edge, edge), (0, 0)), mode="edge")
    padded = padded.astype(np.float32)
    total = np.full((height, width, 3), 0.5, np.float32)
    for (column, row), weight in kernel.items():
        if weight > 1e-3:
            top, left = edge + row, edge + column
            total += np.float32(weight) * padded[top : top + height, left : left + width]
    return Image.fromarray(np.minimum(total, 255).astype(np.uint8))


@degradation("noise", label="Sensor noise", least="none", worst="a night at ISO 25,600", order=20)
def noise(image: Image.Image, strength: float, rng: random.Random) -> Image.Image:
    """Gaussian noise whose variance grows with the brightness [1].

    ``rng`` draws how much of the variance is the light's (shot noise) and how much the
    electronics', whether all channels share it (grey), and whether it comes in grains of
    several pixels, as after a camera's own smoothing or on film.
    """
    shot, grey = rng.random(), rng.random() < 0.4
    grain = rng.choice((1.0, 1.0, rng.uniform(1.2, 2.5)))  # pixels
    generator = np.random.default_rng(rng.getrandbits(64))
    width, height = image.size
    size = (math.ceil(height / grain), math.ceil(width / grain))
    field = generator.standard_normal((*size, 1 if grey else 3), dtype=np.float32)
    if grain > 1:
        planes = [Image.fromarray(field[..., c]) for c in range(field.shape[2])]
        large = [plane.resize((width, height), Image.Resampling.BICUBIC) for plane in planes]
        field = np.stack([np.asarray(plane) for plane in large], axis=-1)
    levels = np.arange(256, dtype=np.float32) / 255
    deviations = (NOISE * strength * np.sqrt(2 * shot * levels + 1 - shot)).astype(np.float32)
    pixels = np.asarray(image)
    noisy = deviations[pixels] * field + pixels
    return Image.fromarray(np.clip(noisy + 0.5, 0, 255).astype(np.uint8))
