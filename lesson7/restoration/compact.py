"""The network that is shipped: a U-Net small enough to be quick on two cores.

    CompactUnet     ResNet-18's first three stages, and a decoder narrower than they are

What was changed from the lesson's ``DynamicUnet``, and why: the encoder ends at 1/16 and
its batch norms are folded away, so that crops of any size and number train alike; most of
the decoder's work is done at 1/4 and 1/8, where a pixel costs a sixteenth; it draws not the
picture but what must be added to it, so that what is not damaged passes through, and starts
as the identity; and there is no sigmoid at the end, for the same reason.

References:
    [1] Ronneberger et al., U-Net, 2015. https://arxiv.org/abs/1505.04597
    [2] Shi et al., Real-time single image and video super-resolution using an efficient
        sub-pixel convolutional neural network, 2016. https://arxiv.org/abs/1609.05158
    [3] Zhang et al., Residual learning of deep CNN for image denoising, 2016.
        https://arxiv.org/abs/1608.03981
    [4] Sugawara et al., Super-resolution without any checkerboard artifacts, 2018.
        https://arxiv.org/abs/1806.02658
    [5] Zhang, Making convolutional networks shift-invariant again, 2019 (the filter).
        https://arxiv.org/abs/1904.11486
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from lesson7.core.backbones import ResNet18
from lesson7.core.errors import InputError
from lesson7.core.images import normalize
from lesson7.core.layers import icnr_

STRIDE = 16  # pixels of the picture that one pixel of the bottleneck stands for


class CompactUnet(nn.Module):
    """Restores pictures of any size; 3.9 million parameters, 2.8 of them in the encoder.

    Args:
        widths: the decoder's channels at 1/8, 1/4, 1/2 and full resolution.
        blur: blur whatever was enlarged, see ``Shuffle``; a loss that asks for texture needs
            it, or gets a crosshatch.
    """

    def __init__(self, widths: tuple[int, ...] = (128, 80, 48, 16), *, blur: bool = False) -> None:
        super().__init__()
        self.widths, self.blur = tuple(widths), blur
        eighth, quarter, half, full = widths
        self.encoder = ResNet18()
        self.up8 = UpBlock(256, 128, eighth, blur=blur)
        self.up4 = UpBlock(eighth, 64, quarter, blur=blur)
        self.up2 = UpBlock(quarter, 64, half, blur=blur)
        self.up1 = Shuffle(half, full, blur=blur)
        self.cross = conv(full + 3, full)
        self.head = nn.Conv2d(full, 3, 3, padding=1)
        nn.init.zeros_(self.head.weight)
        assert self.head.bias is not None
        nn.init.zeros_(self.head.bias)

    def groups(self) -> list[nn.Module]:
        """Layers for freezing and learning rates: the encoder, and the rest."""
        rest = [self.up8, self.up4, self.up2, self.up1, self.cross, self.head]
        return [self.encoder, nn.ModuleList(rest)]

    def forward(self, damaged: Tensor) -> Tensor:
        """``(N, 3, H, W)``, unit range -> the same; beyond the range where it overshoots.

        Sides that are no multiple of 16 are mirrored up to one, and cut again.

        Raises:
            InputError: a side is below 16 pixels.
        """
        height, width = damaged.shape[-2:]
        if min(height, width) < STRIDE:
            raise InputError(f"A picture of {width} x {height} is too small: {STRIDE} or more.")
        padding = (0, -width % STRIDE, 0, -height % STRIDE)
        x = F.pad(damaged, padding, mode="reflect") if any(padding) else damaged
        seen = normalize(x)
        half, quarter, eighth, bottom = self.encoder.stages(seen)
        y = self.up8(bottom, eighth)
        y = self.up4(y, quarter)
        y = self.up2(y, half)
        y = self.cross(torch.cat([self.up1(y), seen], 1))
        return x[..., :height, :width] + self.head(y)[..., :height, :width]


def conv(in_channels: int, out_channels: int) -> nn.Sequential:
    """3x3 convolution with bias, then ReLU; the size stays."""
    layer = nn.Conv2d(in_channels, out_channels, 3, padding=1)
    nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")
    return nn.Sequential(layer, nn.ReLU(inplace=True))


class Shuffle(nn.Module):
    """Twice the size: 1x1 convolution to four times the channels, pixel shuffle [2], ReLU.

    The four channels that become one 2x2 cell start equal, so that there is no chequerboard
    at first. Training may bring it back; a blur of (1, 2, 1) / 4 in both directions, which takes
    away all that changes from each pixel to the next and nothing else entirely, keeps it
    out [4, 5].

    Args:
        in_channels: of the input.
        out_channels: of the result.
        blur: do so; the borders are repeated. It has no weights.
    """

    def __init__(self, in_channels: int, out_channels: int, *, blur: bool = False) -> None:
        super().__init__()
        self.blur = blur
        self.conv = nn.Conv2d(in_channels, 4 * out_channels, 1)
        icnr_(self.conv.weight)
        assert self.conv.bias is not None
        nn.init.zeros_(self.conv.bias)

    def forward(self, x: Tensor) -> Tensor:
        """``(N, in, H, W)`` -> ``(N, out, 2 H, 2 W)``."""
        y = torch.relu(F.pixel_shuffle(self.conv(x), 2))
        if not self.blur:
            return y
        y = F.pad(y, (1, 1, 1, 1), mode="replicate")
        return F.avg_pool2d(F.avg_pool2d(y, 2, stride=1), 2, stride=1)


class UpBlock(nn.Module):
    """A step of the decoder: up, join the skip connection, one residual block.

    Args:
        in_channels: of what comes from below, at half the size.
        skip_channels: of the encoder's stage at this size.
        out_channels: of the result.
        blur: see ``Shuffle``.
    """

    def __init__(
        self, in_channels: int, skip_channels: int, out_channels: int, *, blur: bool = False
    ) -> None:
        super().__init__()
        self.up = Shuffle(in_channels, out_channels, blur=blur)
        self.join = conv(out_channels + skip_channels, out_channels)
        self.conv1 = conv(out_channels, out_channels)
        self.conv2 = nn.Conv2d(out_channels, out_channels, 3, padding=1)
        nn.init.zeros_(self.conv2.weight)  # each block starts as the identity

    def forward(self, below: Tensor, skip: Tensor) -> Tensor:
        """``(N, in, H, W)`` and ``(N, skip, 2 H, 2 W)`` -> ``(N, out, 2 H, 2 W)``."""
        x = self.join(torch.cat([self.up(below), skip], 1))
        return x + self.conv2(self.conv1(x))
