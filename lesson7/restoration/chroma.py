"""Colours apart from light and shade, and numbers for how much of them there is.

    luminance       what black-and-white film keeps of a picture
    chroma          the rest: how blue and how red, 0 for grey
    painted         both joined again, the luminance kept to the last digit
    lab_ab          the colours as the eye tells them apart
    ab_psnr         how close two pictures are in these, in dB                         [2]
    colourfulness   how colourful a picture looks, whatever it should look like        [3]

Luminance and chroma are those of JPEG files [1]: weighted sums of red, green and blue. So all
colours of one luminance lie in one plane, and one that is too strong to be shown is weakened
until it can be, without becoming lighter or darker. In Lab, where most work on colouring is
done [2], that has no closed form. All pictures are ``(N, 3, H, W)`` in unit range.

References:
    [1] ITU-T T.871, JPEG file interchange format, 2011. https://www.itu.int/rec/T-REC-T.871
    [2] Zhang et al., Colorful image colorization, 2016. https://arxiv.org/abs/1603.08511
    [3] Hasler and Süsstrunk, Measuring colourfulness in natural images, 2003.
        https://doi.org/10.1117/12.477378
"""

import torch
from torch import Tensor

from lesson7.core.errors import InputError

RED, GREEN, BLUE = 0.299, 0.587, 0.114  # shares of the luminance; Pillow's mode L has the same
BLUEST, REDDEST = 2 * (1 - BLUE), 2 * (1 - RED)  # so that chroma is within -0.5 to 0.5
AB_RANGE = 255.0  # of a and b in files of eight bits: the peak of ``ab_psnr``

_TO_XYZ = (  # from linear sRGB, of which white is 1, 1, 1 here
    (0.4124564 / 0.95047, 0.3575761 / 0.95047, 0.1804375 / 0.95047),
    (0.2126729, 0.7151522, 0.0721750),
    (0.0193339 / 1.08883, 0.1191920 / 1.08883, 0.9503041 / 1.08883),
)


def luminance(pictures: Tensor) -> Tensor:
    """``(N, 3, H, W)`` -> ``(N, 1, H, W)``: 0.299 red + 0.587 green + 0.114 blue [1].

    >>> round(luminance(torch.tensor([1.0, 0.0, 1.0]).reshape(1, 3, 1, 1)).item(), 3)
    0.413
    """
    red, green, blue = _channels(pictures)
    return RED * red + GREEN * green + BLUE * blue


def chroma(pictures: Tensor) -> Tensor:
    """``(N, 3, H, W)`` -> ``(N, 2, H, W)``: Cb and Cr of [1], -0.5 to 0.5, 0 for grey."""
    red, _, blue = _channels(pictures)
    grey = luminance(pictures)
    return torch.cat([(blue - grey) / BLUEST, (red - grey) / REDDEST], 1)


def painted(grey: Tensor, colours: Tensor) -> Tensor:
    """The picture that has this luminance and, as far as it can be shown, this chroma.

    Where a channel would leave the range, both parts of the chroma are made weaker by one
    factor until none does: the hue stays, and the luminance stays.

    Args:
        grey: luminance, ``(N, 1, H, W)``, 0 to 1.
        colours: chroma, ``(N, 2, H, W)``.

    Returns:
        ``(N, 3, H, W)``, 0 to 1.
    """
    blue, red = BLUEST * colours[:, :1], REDDEST * colours[:, 1:]
    offsets = torch.cat([red, -(RED * red + BLUE * blue) / GREEN, blue], 1)
    room = torch.where(offsets > 0, 1 - grey, grey)  # how far each channel may go its way
    share = (room / offsets.abs().clamp(min=1e-12)).amin(1, keepdim=True).clamp(max=1)
    return (grey + share * offsets).clamp(0, 1)  # for rounding


def lab_ab(pictures: Tensor) -> Tensor:
    """``(N, 3, H, W)``, sRGB -> ``(N, 2, H, W)``: a and b of CIELAB, white point D65.

    Green to red and blue to yellow, 0 for grey; sRGB reaches from -108 to 99.
    """
    _channels(pictures)
    low = pictures / 12.92
    linear = torch.where(pictures > 0.04045, ((pictures.clamp(min=0) + 0.055) / 1.055) ** 2.4, low)
    xyz = torch.einsum("ij,njhw->nihw", pictures.new_tensor(_TO_XYZ), linear)
    root = xyz.clamp(min=1e-9) ** (1 / 3)
    f = torch.where(xyz > (6 / 29) ** 3, root, xyz * (29 / 6) ** 2 / 3 + 4 / 29)
    return torch.cat([500 * (f[:, :1] - f[:, 1:2]), 200 * (f[:, 1:2] - f[:, 2:])], 1)


def ab_psnr(pictures: Tensor, targets: Tensor) -> Tensor:
    """Closeness in ``lab_ab``, whatever the luminance, ``(N,)``, dB.

        10 log10( 255^2 / mean over pixels of ((a - a')^2 + (b - b')^2) / 2 )

    Grey pictures score what their targets lack of colour.

    Raises:
        InputError: the shapes differ.
    """
    if pictures.shape != targets.shape:
        raise InputError(f"pictures {tuple(pictures.shape)} and targets {tuple(targets.shape)}")
    error = (lab_ab(pictures) - lab_ab(targets)).square().flatten(1).mean(1)
    return 10 * torch.log10(AB_RANGE**2 / error)


def colourfulness(pictures: Tensor) -> Tensor:
    """How colourful pictures look, ``(N,)``; the sum M-hat(3) of [3], for levels of 255.

        sqrt(std(rg)^2 + std(yb)^2) + 0.3 sqrt(mean(rg)^2 + mean(yb)^2)
        rg = R - G,    yb = (R + G) / 2 - B

    0 for grey; in [3] 15 is called slightly, 45 averagely, 82 highly colourful.
    """
    red, green, blue = (255 * channel.flatten(1) for channel in _channels(pictures))
    opponents = torch.stack([red - green, (red + green) / 2 - blue], 1)  # (N, 2, H W)
    spread = opponents.var(2, correction=0).sum(1).sqrt()
    return spread + 0.3 * opponents.mean(2).square().sum(1).sqrt()


def _channels(pictures: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    if pictures.ndim != 4 or pictures.shape[1] != 3:
        raise InputError(f"Colours need red, green and blue, not {tuple(pictures.shape)}.")
    red, green, blue = pictures.split(1, dim=1)
    return red, green, blue
