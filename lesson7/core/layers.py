"""Layers that more than one model uses.

Everything here is a plain ``nn.Module``: no data, no files, no device, no training. A
layer used by one model only lives in that model's ``model.py``.

Shapes are written ``(N, C, H, W)``: images in the batch, channels, rows, columns.

    conv_block    convolution, activation, batch norm, in that order
    ResBlock      x + f(x), the same shape out as in                     [1]

The lesson puts batch norm *after* the activation; most of the field puts it before.
Either works, and here the lesson's order is used everywhere.

References:
    [1] He et al., Deep residual learning, 2015. https://arxiv.org/abs/1512.03385
    [2] He et al., Delving deep into rectifiers, 2015 (the initialisation).
        https://arxiv.org/abs/1502.01852
"""

from torch import Tensor, nn


def conv_block(
    in_channels: int, out_channels: int, *, kernel_size: int = 3, stride: int = 1
) -> nn.Sequential:
    """Convolution without bias, ReLU, batch norm.

    ``(N, in, H, W)`` -> ``(N, out, ceil(H / stride), ceil(W / stride))`` for odd kernels. The
    weight starts Kaiming-normal [2]; batch norm's shift takes the place of the bias.
    """
    conv = nn.Conv2d(
        in_channels, out_channels, kernel_size, stride, padding=(kernel_size - 1) // 2, bias=False
    )
    nn.init.kaiming_normal_(conv.weight, nonlinearity="relu")
    return nn.Sequential(conv, nn.ReLU(inplace=True), nn.BatchNorm2d(out_channels))


class ResBlock(nn.Module):
    """Two 3x3 conv blocks and the way around them: ``x + f(x)`` [1].

    As in the lesson nothing follows the sum, so a stack of blocks is a sum of corrections
    to its input.

    Args:
        channels: of the input and of the output.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.conv1 = conv_block(channels, channels)
        self.conv2 = conv_block(channels, channels)

    def forward(self, x: Tensor) -> Tensor:
        """``(N, C, H, W)`` -> ``(N, C, H, W)``."""
        return x + self.conv2(self.conv1(x))
