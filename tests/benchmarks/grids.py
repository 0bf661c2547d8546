"""The grid that a network left in a picture.

    crosshatch    how much of one there is

Reference: Odena et al., Deconvolution and checkerboard artifacts, 2016.
https://doi.org/10.23915/distill.00003
"""

import torch
from torch import Tensor


def crosshatch(picture: Tensor) -> float:
    """How much a grid of 2, 4 or 8 pixels stands out of a picture's spectrum; about 2: not at all.

    Upsampling layers leave such grids, photographs have none. Of the picture's mean over its
    channels, windowed, the largest magnitude at the grids' frequencies (across, down, and both)
    over the median of the 48 frequencies around each.

    Args:
        picture: ``(3, S, S)``; S a multiple of 8, and at least 64.
    """
    size = picture.shape[-1]
    window = torch.hann_window(size, periodic=False)
    grey = picture.mean(0)
    spectrum = torch.fft.fft2((grey - grey.mean()) * window[:, None] * window).abs()
    found = 0.0
    for step in (size // 2, size // 4, size // 8):
        for row, column in ((0, step), (step, 0), (step, step)):
            around = spectrum.roll((3 - row, 3 - column), (0, 1))[:7, :7]
            found = max(found, (around[3, 3] / around.flatten().median()).item())
    return found
