"""Layers that more than one model uses.

Everything here is a plain ``nn.Module`` or an initialiser: no data, no files, no device, no
training. A layer used by one model only lives in that model's package.

Shapes are written ``(N, C, H, W)``: images in the batch, channels, rows, columns.

    conv_block              convolution, activation, batch norm, in that order
    ResBlock                x + f(x), the same shape out as in                       [1]
    SelfAttention2d         every pixel looks at every other pixel                   [3]
    PixelShuffleUpsample    (N, C, H, W) -> (N, C', sH, sW) without checkerboards    [4, 5, 6]
    icnr_                   the initialisation that makes it so                      [5]

The lesson puts batch norm *after* the activation; most of the field puts it before.
Either works, and here the lesson's order is used everywhere. ``norm`` may also be
``"weight"`` [7] or ``"spectral"`` [8], which norm the convolution's weight instead of what
comes out of it, or None; the convolution then has a bias.

References:
    [1] He et al., Deep residual learning, 2015. https://arxiv.org/abs/1512.03385
    [2] He et al., Delving deep into rectifiers, 2015 (the initialisation).
        https://arxiv.org/abs/1502.01852
    [3] Zhang et al., Self-attention GAN, 2018. https://arxiv.org/abs/1805.08318
    [4] Shi et al., Sub-pixel convolution, 2016. https://arxiv.org/abs/1609.05158
    [5] Aitken et al., Checkerboard artifact free sub-pixel convolution, 2017.
        https://arxiv.org/abs/1707.02937
    [6] Sugawara et al., Super-resolution without any checkerboard artifacts, 2018.
        https://arxiv.org/abs/1806.02658
    [7] Salimans and Kingma, Weight normalization, 2016. https://arxiv.org/abs/1602.07868
    [8] Miyato et al., Spectral normalization for GANs, 2018. https://arxiv.org/abs/1802.05957
"""

from collections.abc import Callable
from typing import Literal

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.utils.parametrizations import spectral_norm, weight_norm

from lesson7.core.errors import ConfigError

Norm = Literal["batch", "weight", "spectral"] | None

_WEIGHT_NORMS: dict[Norm, Callable[[nn.Conv2d], nn.Module]] = {
    "weight": weight_norm,
    "spectral": spectral_norm,
}


def conv_block(
    in_channels: int,
    out_channels: int,
    *,
    kernel_size: int = 3,
    stride: int = 1,
    norm: Norm = "batch",
    slope: float | None = 0.0,
) -> nn.Sequential:
    """Convolution, activation, batch norm; the last two may be left out.

    ``(N, in, H, W)`` -> ``(N, out, ceil(H / stride), ceil(W / stride))`` for odd kernels, and
    ``floor`` for kernel 4 with stride 2. The weight starts Kaiming-normal [2], the bias at 0;
    with batch norm, its shift takes the place of the bias.

    Args:
        in_channels: channels of the input.
        out_channels: channels of the output.
        kernel_size: side of the kernel in pixels.
        stride: step of the kernel in pixels.
        norm: see the top of this file.
        slope: of the activation below zero. 0: ReLU; None: no activation.

    Raises:
        ConfigError: there is no such norm.
    """
    padding = (kernel_size - 1) // 2
    bias = norm != "batch"
    conv = nn.Conv2d(in_channels, out_channels, kernel_size, stride, padding, bias=bias)
    nn.init.kaiming_normal_(conv.weight, nonlinearity="relu")
    layers = _normed(conv, norm)
    if slope is not None:
        layers.insert(1, nn.LeakyReLU(slope, inplace=True) if slope else nn.ReLU(inplace=True))
    return nn.Sequential(*layers)


def _normed(conv: nn.Conv2d, norm: Norm) -> list[nn.Module]:
    """The initialised convolution with ``norm``: on its weight, or as a layer of its own."""
    if norm not in (None, "batch", *_WEIGHT_NORMS):
        raise ConfigError(f"norm {norm!r} is unknown: choose batch, weight, spectral or None")
    if conv.bias is not None:
        nn.init.zeros_(conv.bias)
    if norm in _WEIGHT_NORMS:
        return [_WEIGHT_NORMS[norm](conv)]
    return [conv] if norm is None else [conv, nn.BatchNorm2d(conv.out_channels)]


class ResBlock(nn.Module):
    """Two 3x3 conv blocks and the way around them: ``x + f(x)`` [1].

    As in the lesson nothing follows the sum, so a stack of blocks is a sum of corrections
    to its input. Without batch norm the corrections are never negative, for they come out of
    a ReLU; the layers that follow have to weigh them.

    Args:
        channels: of the input and of the output.
        inner: channels between the two convolutions; ``channels`` if None. Fewer make a
            bottleneck.
        norm: see the top of this file.
    """

    def __init__(self, channels: int, *, inner: int | None = None, norm: Norm = "batch") -> None:
        super().__init__()
        inner = channels if inner is None else inner
        self.conv1 = conv_block(channels, inner, norm=norm)
        self.conv2 = conv_block(inner, channels, norm=norm)

    def forward(self, x: Tensor) -> Tensor:
        """``(N, C, H, W)`` -> ``(N, C, H, W)``."""
        return x + self.conv2(self.conv1(x))


class SelfAttention2d(nn.Module):
    """Every pixel looks at every other pixel, and takes from those that matter to it [3].

        y[j] = x[j] + gamma * sum over i of h[i] * softmax over i of (f[i] . g[j])

    ``f``, ``g`` (an eighth of the channels) and ``h`` are 1x1 convolutions of ``x`` without
    bias, with spectral norm [8]; ``i`` and ``j`` number the pixels. ``gamma`` starts at 0, so
    a new layer changes nothing.

    All pairs of pixels are held at once: ``4 (H W)**2`` bytes in float32, 1.1 GB at 128x128.

    Args:
        channels: of the input and of the output, at least 8.

    Raises:
        ConfigError: ``channels`` is below 8.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        if channels < 8:
            raise ConfigError(f"self-attention needs at least 8 channels, got {channels}")
        self.f = self._conv(channels, channels // 8)
        self.g = self._conv(channels, channels // 8)
        self.h = self._conv(channels, channels)
        self.gamma = nn.Parameter(torch.zeros(1))

    @staticmethod
    def _conv(in_channels: int, out_channels: int) -> nn.Module:
        conv = nn.Conv2d(in_channels, out_channels, 1, bias=False)
        nn.init.kaiming_normal_(conv.weight, nonlinearity="relu")
        return spectral_norm(conv)

    def forward(self, x: Tensor) -> Tensor:
        """``(N, C, H, W)`` -> ``(N, C, H, W)``."""
        f, g, h = (conv(x).flatten(2) for conv in (self.f, self.g, self.h))  # (N, C/8 or C, HW)
        attention = (f.mT @ g).softmax(1)  # (N, HW, HW), each column sums to 1
        return x + self.gamma * (h @ attention).view_as(x)


def icnr_(weight: Tensor, scale: int = 2) -> Tensor:
    """Fill a convolution's weight so that pixel shuffle starts as nearest neighbour [5].

    Pixel shuffle makes a ``scale x scale`` cell of ``scale**2`` successive channels. They all
    get one kernel, Kaiming-normal [2], so that the cell holds one value.

    Args:
        weight: ``(C * scale**2, C_in, k, k)``, changed in place. Norms of the weight must come
            afterwards: a weight that is computed from others cannot be filled.
        scale: the factor of the pixel shuffle.

    Returns:
        ``weight``.

    Raises:
        ConfigError: the number of output channels is no multiple of ``scale**2``.
    """
    cell = scale**2
    if weight.shape[0] % cell:
        raise ConfigError(f"{weight.shape[0]} channels do not make cells of {scale} x {scale}")
    kernels = weight.new_empty(weight.shape[0] // cell, *weight.shape[1:])
    nn.init.kaiming_normal_(kernels, nonlinearity="relu")
    with torch.no_grad():
        return weight.copy_(kernels.repeat_interleave(cell, 0))


class PixelShuffleUpsample(nn.Module):
    """Make an image ``scale`` times larger by learning the new pixels [4].

    A 1x1 convolution computes ``scale**2`` values for each output channel and each pixel;
    pixel shuffle lays them out as a ``scale x scale`` cell::

        (N, C_in, H, W) --conv, ReLU--> (N, C_out * s*s, H, W) --shuffle--> (N, C_out, s*H, s*W)

    The weights start with ICNR [5] and are normed *afterwards*: weight norm keeps a weight as
    a direction and a length, and takes both from the initialised kernel. In fastai v1 the
    order was the other way round, and the initialisation was lost.

    Args:
        in_channels: channels of the input, ``C_in``.
        out_channels: channels of the output, ``C_out``.
        scale: how many times wider and higher, an integer of at least 2.
        blur: also average each ``scale x scale`` neighbourhood, stride 1, the first row and
            column repeated, which removes the checkerboards that training puts back [6].
        norm: see the top of this file.

    Raises:
        ConfigError: ``scale`` is below 2; there is no such norm.
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        *,
        scale: int = 2,
        blur: bool = False,
        norm: Norm = "weight",
    ) -> None:
        super().__init__()
        if scale < 2:
            raise ConfigError(f"an image is made at least 2 times larger, not {scale} times")
        self.scale, self.blur = scale, blur
        conv = nn.Conv2d(in_channels, out_channels * scale**2, 1, bias=norm != "batch")
        icnr_(conv.weight, scale)
        self.conv = nn.Sequential(*_normed(conv, norm))

    def forward(self, x: Tensor) -> Tensor:
        """``(N, C_in, H, W)`` -> ``(N, C_out, scale * H, scale * W)``, values >= 0."""
        y = F.pixel_shuffle(torch.relu(self.conv(x)), self.scale)
        if not self.blur:
            return y
        before = self.scale - 1
        y = F.pad(y, (before, 0, before, 0), mode="replicate")
        return F.avg_pool2d(y, self.scale, stride=1)
