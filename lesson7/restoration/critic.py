"""The lesson's critic: patch by patch, is this a photograph or the generator's work?

    Critic         picture -> a map of logits, one for each patch        44,705,665    [1, 2]
    patch_box      which pixels a patch is judged by

It takes pictures ``(N, 3, H, W)`` in normalized range. High logits mean real: the sigmoid
of a logit is the probability that its patch belongs to a photograph. The lesson flattens
the map, ``critic(images).flatten(1)``, and gives each patch the label of its picture.

References:
    [1] Isola et al., Image-to-image translation with conditional adversarial networks
        (patches), 2016. https://arxiv.org/abs/1611.07004
    [2] Miyato et al., Spectral normalization for GANs, 2018. https://arxiv.org/abs/1802.05957
    [3] Huang et al., Densely connected convolutional networks, 2016.
        https://arxiv.org/abs/1608.06993
"""

import torch
from torch import Tensor, nn
from torch.nn.utils.parametrizations import spectral_norm

from lesson7.core.errors import ConfigError, InputError
from lesson7.core.layers import SelfAttention2d, conv_block

SMALLEST = 64  # pixels: the side of a picture that has one patch
STRIDE = 16  # pixels from one patch to the next
FIELD = 102  # pixels: the side of what a patch is judged by
MARGIN = 19  # pixels by which the first patch's field begins outside of the picture


class DenseBlock(nn.Module):
    """Two 3x3 convolutions beside the way around them: ``[f(x), x]``, twice the channels [3].

    Args:
        channels: of the input.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.conv1 = _spectral(channels, channels)
        self.conv2 = _spectral(channels, channels)

    def forward(self, x: Tensor) -> Tensor:
        """``(N, C, H, W)`` -> ``(N, 2 C, H, W)``."""
        return torch.cat([self.conv2(self.conv1(x)), x], 1)


class Critic(nn.Module):
    """Four halvings, each convolution with spectral norm [2]; no batch norm.

    At 128 channels this is the lesson's network to the letter, at 32 it has a sixteenth of
    its weights: 2,802,145.

    Args:
        channels: after the first convolution; it ends with 16 times as many.
        attention: let the pixels at a quarter of the size look at each other. All the
            picture then reaches each patch, beyond its own field.
        dropout: probability of dropping a channel; half of that after the first convolution.

    Raises:
        ConfigError: ``channels`` is below 1, or ``dropout`` not in [0, 1).
    """

    def __init__(
        self, channels: int = 128, *, attention: bool = True, dropout: float = 0.15
    ) -> None:
        super().__init__()
        if channels < 1 or not 0 <= dropout < 1:
            raise ConfigError(f"no critic has {channels} channels and dropout {dropout}")
        self.channels = c = channels
        last = nn.Conv2d(16 * c, 1, 4, bias=False)
        nn.init.kaiming_normal_(last.weight, nonlinearity="relu")
        self.first = _spectral(3, c, halve=True)
        self.dense = nn.Sequential(nn.Dropout2d(dropout / 2), DenseBlock(c))
        self.down1 = nn.Sequential(nn.Dropout2d(dropout), _spectral(2 * c, 4 * c, halve=True))
        self.attention = SelfAttention2d(4 * c) if attention else nn.Identity()
        self.down2 = nn.Sequential(nn.Dropout2d(dropout), _spectral(4 * c, 8 * c, halve=True))
        self.down3 = nn.Sequential(nn.Dropout2d(dropout), _spectral(8 * c, 16 * c, halve=True))
        self.last = spectral_norm(last)

    def forward(self, images: Tensor) -> Tensor:
        """``(N, 3, H, W)``, normalized -> logits ``(N, 1, H // 16 - 3, W // 16 - 3)``.

        A picture of 128 x 128 has 5 x 5 patches, one of 256 x 256 has 13 x 13.

        Raises:
            InputError: a side is below 64 pixels.
        """
        height, width = images.shape[-2:]
        if min(height, width) < SMALLEST:
            raise InputError(f"A picture of {width} x {height} is too small: {SMALLEST} or more.")
        x = self.dense(self.first(images))  # (N, 2 c, H/2, W/2)
        x = self.attention(self.down1(x))  # (N, 4 c, H/4, W/4)
        x = self.down3(self.down2(x))  # (N, 16 c, H/16, W/16)
        return self.last(x)


def patch_box(row: int, column: int, height: int, width: int) -> tuple[int, int, int, int]:
    """Which pixels the logit at ``row`` and ``column`` of the critic's map is judged by.

    A square of 102 x 102 pixels, 16 further for each patch, cut off at the picture's borders.
    Squares overlap: to paint the map onto the picture, give each patch the 16 x 16 pixels in
    the middle of its own, from ``16 * row + 24`` and ``16 * column + 24`` on.

    Args:
        row: of the map, 0 to ``height // 16 - 4``.
        column: of the map, 0 to ``width // 16 - 4``.
        height: of the picture, pixels.
        width: of the picture, pixels.

    Returns:
        Left, top, right, bottom in pixels, as Pillow has them: right and bottom lie outside.

    Raises:
        InputError: the picture has no such patch.

    >>> patch_box(0, 4, 128, 128)
    (45, 0, 128, 83)
    """
    if not (0 <= row < height // STRIDE - 3 and 0 <= column < width // STRIDE - 3):
        raise InputError(f"There is no patch {row}, {column} in a picture of {width} x {height}.")
    left, top = STRIDE * column - MARGIN, STRIDE * row - MARGIN
    return max(left, 0), max(top, 0), min(left + FIELD, width), min(top + FIELD, height)


def _spectral(in_channels: int, out_channels: int, *, halve: bool = False) -> nn.Sequential:
    """Convolution with spectral norm, leaky ReLU: 3x3, or 4x4 to half the size."""
    size, stride = (4, 2) if halve else (3, 1)
    return conv_block(
        in_channels, out_channels, kernel_size=size, stride=stride, norm="spectral", slope=0.2
    )
