"""The lesson's U-Net, on any of torchvision's ResNets.

    DynamicUnet    an encoder, and a decoder made to fit it                     [1, 2]
    UnetBlock      one step of the decoder: up, join the skip connection, convolve
    Encoder        a ResNet without its classifier, giving what it holds at each size  [3]

It takes pictures ``(N, 3, H, W)`` in **normalized** range (ImageNet's mean 0 and standard
deviation 1, about -2.12 to 2.64) and gives pictures of the same size and range, or, with
``n_classes`` other than 3, that many logits for each pixel. The lesson's forms on ResNet-34:

    form           options                                                   parameters
    GAN            blur, self_attention, norm="weight", y_range=(-3, 3)      41,413,534
    feature loss   blur, norm="weight"                                       41,229,213
    CamVid         n_classes=12, bottle                                      41,133,018

Where it differs from fastai v1, it does what v1 meant to: the skip connections pass
gradients to the encoder (in the lecture's version they were cut), ``blur`` is off unless
asked for (there it was always on), ICNR survives weight norm (there it was lost), and every
size of picture passes, not only the one that the network was built for.

References:
    [1] Ronneberger et al., U-Net, 2015. https://arxiv.org/abs/1505.04597
    [2] Howard and Gugger, fastai: a layered API for deep learning, 2020.
        https://arxiv.org/abs/2002.04688
    [3] He et al., Deep residual learning, 2015. https://arxiv.org/abs/1512.03385
    [4] Bachlechner et al., ReZero is all you need, 2020. https://arxiv.org/abs/2003.04887
"""

from typing import Literal

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from lesson7.core.errors import ConfigError
from lesson7.core.layers import Norm, PixelShuffleUpsample, ResBlock, SelfAttention2d, conv_block
from lesson7.core.vision import models

Block = Literal["convs", "residual"]


class Encoder(nn.Module):
    """A ResNet without pool and classifier, whose parts keep torchvision's names [3].

    ``channels`` are those of what ``forward`` returns.

    Args:
        resnet: what to take the layers from. They are shared, not copied.
    """

    def __init__(self, resnet: models.ResNet) -> None:
        super().__init__()
        self.conv1, self.bn1, self.relu = resnet.conv1, resnet.bn1, resnet.relu
        self.maxpool = resnet.maxpool
        self.layer1, self.layer2 = resnet.layer1, resnet.layer2
        self.layer3, self.layer4 = resnet.layer3, resnet.layer4
        widest = resnet.fc.in_features
        self.channels = (self.conv1.out_channels, widest // 8, widest // 4, widest // 2, widest)

    def forward(self, x: Tensor) -> list[Tensor]:
        """``(N, 3, H, W)`` -> five, at 1/2, 1/4, 1/8, 1/16 and 1/32 of its size, rounded up."""
        stem = self.relu(self.bn1(self.conv1(x)))  # (N, 64, H/2, W/2)
        quarter = self.layer1(self.maxpool(stem))  # (N, 64, H/4, W/4)
        eighth = self.layer2(quarter)  # (N, 128, H/8, W/8)
        sixteenth = self.layer3(eighth)  # (N, 256, H/16, W/16)
        return [stem, quarter, eighth, sixteenth, self.layer4(sixteenth)]


class UnetBlock(nn.Module):
    """Enlarge what comes from below, join the skip connection, convolve twice.

    It makes ``in_channels // 2 + skip_channels`` channels, ``out_channels``; half as many if
    ``last``.

    Args:
        in_channels: of what comes from below, at half the size.
        skip_channels: of the encoder's stage at this size.
        last: whether this is the decoder's last step.
        blur: blur what was enlarged; see ``PixelShuffleUpsample``.
        self_attention: end with ``SelfAttention2d``.
        norm: of the convolutions.
        block: "convs": two convolutions, as in the lesson. "residual", which the lesson suggests
            to try: ``x + gamma * f(x)``, where ``f`` are the two convolutions, without the
            last ReLU so that corrections may be negative, and ``gamma`` starts at 0 [4]. With
            the lesson's own ``x + f(x)`` a new network's output is four times as large as
            with "convs", and saturates the sigmoid. In the last block a 1x1 convolution
            halves the channels of ``x``.

    Raises:
        ConfigError: there is no such ``norm`` or ``block``.
    """

    def __init__(
        self,
        in_channels: int,
        skip_channels: int,
        *,
        last: bool = False,
        blur: bool = False,
        self_attention: bool = False,
        norm: Norm = None,
        block: Block = "convs",
    ) -> None:
        super().__init__()
        if block not in ("convs", "residual"):
            raise ConfigError(f"block {block!r} is unknown: choose convs or residual")
        joined = in_channels // 2 + skip_channels
        self.out_channels = joined // 2 if last else joined
        self.up = PixelShuffleUpsample(in_channels, in_channels // 2, blur=blur, norm=norm)
        self.skip_norm = nn.BatchNorm2d(skip_channels)
        out, residual = self.out_channels, block == "residual"
        self.conv1 = conv_block(joined, out, norm=norm)
        self.conv2 = conv_block(out, out, norm=norm, slope=None if residual else 0.0)
        self.around: nn.Module | None = None
        if residual:
            self.gamma = nn.Parameter(torch.zeros(1))
            self.around = nn.Identity()
            if last:
                self.around = conv_block(joined, out, kernel_size=1, norm=norm, slope=None)
        self.attention = SelfAttention2d(out) if self_attention else nn.Identity()

    def forward(self, below: Tensor, skip: Tensor) -> Tensor:
        """``(N, in, h, w)`` and ``(N, skip, H, W)`` -> ``(N, out, H, W)``."""
        y = _resize(self.up(below), skip)  # (N, in/2, H, W)
        x = torch.relu(torch.cat([y, self.skip_norm(skip)], 1))  # (N, in/2 + skip, H, W)
        y = self.conv2(self.conv1(x))
        if self.around is not None:
            y = self.around(x) + self.gamma * y
        return self.attention(y)


class DynamicUnet(nn.Module):
    """A U-Net whose decoder fits its encoder; takes and gives normalized pictures [1, 2].

    Args:
        encoder: the name of one of torchvision's ResNets, with random weights; or such a
            network, which brings its weights along: to start from ImageNet's, give
            ``models.get_model("resnet34", weights="DEFAULT")``, which downloads them.
        n_classes: channels of the output; 3 for pictures.
        blur: blur after each pixel shuffle of the decoder but the last.
        self_attention: let the pixels at 1/8 of the size look at each other.
        norm: of the decoder's convolutions; see ``lesson7.core.layers``.
        y_range: lowest and highest value of the output, which then ends in a sigmoid. None:
            the output is not bounded.
        last_cross: show the picture itself to the last layers, a residual block and a 1x1
            convolution.
        bottle: halve the channels inside that residual block.
        block: what each step of the decoder is made of; see ``UnetBlock``.

    Raises:
        ConfigError: ``encoder`` is no ResNet, an option is unknown, or ``y_range`` is empty.
    """

    def __init__(
        self,
        encoder: str | models.ResNet = "resnet34",
        *,
        n_classes: int = 3,
        blur: bool = False,
        self_attention: bool = False,
        norm: Norm = None,
        y_range: tuple[float, float] | None = None,
        last_cross: bool = True,
        bottle: bool = False,
        block: Block = "convs",
    ) -> None:
        super().__init__()
        if y_range is not None and y_range[0] >= y_range[1]:
            raise ConfigError(f"y_range must be (lowest, highest), got {y_range}")
        self.y_range = y_range
        self.encoder = Encoder(_resnet(encoder) if isinstance(encoder, str) else encoder)
        *skips, deepest = self.encoder.channels
        self.bottleneck = nn.Sequential(
            nn.BatchNorm2d(deepest),
            nn.ReLU(inplace=True),
            conv_block(deepest, 2 * deepest, norm=norm),
            conv_block(2 * deepest, deepest, norm=norm),
        )
        self.up = nn.ModuleList()
        channels = deepest
        for index, skip in enumerate(reversed(skips)):
            step = UnetBlock(
                channels, skip, last=index == len(skips) - 1, blur=blur, norm=norm, block=block,
                self_attention=self_attention and index == len(skips) - 3,
            )  # fmt: skip
            self.up.append(step)
            channels = step.out_channels
        self.enlarge = PixelShuffleUpsample(channels, channels, norm=norm)
        self.cross: nn.Module | None = None
        if last_cross:
            channels += 3
            inner = channels // 2 if bottle else channels
            self.cross = ResBlock(channels, inner=inner, norm=norm)
        self.head = conv_block(channels, n_classes, kernel_size=1, norm=norm, slope=None)

    def groups(self) -> list[nn.Module]:
        """Layers for freezing and learning rates: half the encoder, the other half, the rest."""
        encoder = self.encoder
        rest = [child for child in self.children() if child is not encoder]
        return [
            nn.ModuleList([encoder.conv1, encoder.bn1, encoder.layer1, encoder.layer2]),
            nn.ModuleList([encoder.layer3, encoder.layer4]),
            nn.ModuleList(rest),
        ]

    def forward(self, x: Tensor) -> Tensor:
        """``(N, 3, H, W)``, normalized -> ``(N, n_classes, H, W)``, any H and W from 8 up.

        Each step of the decoder makes its map exactly twice as large; where the encoder had
        rounded up, the map is resized to the skip connection's size, and at the end to the
        picture's. In training mode the batch norms need more than one pixel at 1/32 of the
        size, of one picture or of several.
        """
        skips = self.encoder(x)  # 64 at 1/2, 64 at 1/4, 128 at 1/8, 256 at 1/16, 512 at 1/32
        y = self.bottleneck(skips.pop())  # (N, 512, H/32, W/32)
        for up in self.up:
            y = up(y, skips.pop())  # 512 at 1/16, 384 at 1/8, 256 at 1/4, 96 at 1/2
        y = _resize(self.enlarge(y), x)  # (N, 96, H, W)
        if self.cross is not None:
            y = self.cross(torch.cat([y, x], 1))  # (N, 99, H, W)
        y = self.head(y)  # (N, n_classes, H, W)
        if self.y_range is None:
            return y
        low, high = self.y_range
        return torch.sigmoid(y) * (high - low) + low


def _resnet(name: str) -> models.ResNet:
    names = models.list_models(module=models, include=["resne*", "wide_resne*"])
    if name not in names:
        raise ConfigError(f"encoder {name!r} is none of torchvision's: {', '.join(names)}")
    return models.get_model(name, weights=None)


def _resize(x: Tensor, like: Tensor) -> Tensor:
    """``x`` at the height and width of ``like``, by nearest neighbour."""
    size = like.shape[-2:]
    return x if x.shape[-2:] == size else F.interpolate(x, size=size, mode="nearest")
