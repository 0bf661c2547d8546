"""Three networks trained on ImageNet, cut short, to look through.

    ResNet18      64, 128, 256 channels at 1/4, 1/8, 1/16 of the picture's size       [1]
    SqueezeNet    128, 256, 512 channels at about 1/4, 1/8, 1/16                      [2]
    VGG19         64, 128, 256 channels at 1/1, 1/2, 1/4                              [3, 4]
    load          one of them by name, with its weights, frozen
    fill          the weights of a file into one of them, which goes on learning

Each takes pictures ``(N, 3, H, W)``, any H and W from 16 up (SqueezeNet: 32), in the range
named when it is built (unit, signed or normalized, see ``images``), does its own
preprocessing, and returns a list of features, largest first. They serve as the eyes of a
critic, as the measure of a perceptual loss, as the judge of what others made; ResNet18 also
as a U-Net's encoder.

References:
    [1] He et al., Deep residual learning, 2015. https://arxiv.org/abs/1512.03385
    [2] Iandola et al., SqueezeNet, 2016. https://arxiv.org/abs/1602.07360
    [3] Simonyan and Zisserman, Very deep convolutional networks, 2014.
        https://arxiv.org/abs/1409.1556
    [4] Gatys et al., A neural algorithm of artistic style, 2015 (weights scaled so that every
        channel's mean activation is 1). https://arxiv.org/abs/1508.06576
"""

from pathlib import Path
from typing import TypeVar

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from lesson7.core import weight_file
from lesson7.core.errors import ConfigError, WeightsDamaged, WeightsMissing
from lesson7.core.images import Range, as_unit, normalize
from lesson7.core.vision import models

Network = TypeVar("Network", bound="Backbone")


class Backbone(nn.Module):
    """What the three share.

    Args:
        takes: the range of the pictures that ``forward`` is given.
    """

    file: str
    """The safetensors file of its weights; it may hold more than is used."""

    channels: tuple[int, ...]
    """Of the features that ``forward`` returns."""

    def __init__(self, takes: Range) -> None:
        super().__init__()
        self.takes: Range = takes


class _Block(nn.Module):
    """ResNet-18's block with batch norm folded into the convolutions."""

    def __init__(self, in_channels: int, out_channels: int, stride: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(in_channels, out_channels, 3, stride, 1)
        self.conv2 = nn.Conv2d(out_channels, out_channels, 3, 1, 1)
        self.downsample = nn.Sequential()
        if stride != 1:
            self.downsample.append(nn.Conv2d(in_channels, out_channels, 1, stride))

    def forward(self, x: Tensor) -> Tensor:
        y = self.conv2(torch.relu(self.conv1(x)))
        return torch.relu(y + self.downsample(x))


class ResNet18(Backbone):
    """ResNet-18 without its last stage and without batch norm, 2,780,544 parameters."""

    file = "resnet18_to_layer3_bn_folded.safetensors"
    channels = (64, 128, 256)

    def __init__(self, takes: Range = "unit") -> None:
        super().__init__(takes)
        self.conv1 = nn.Conv2d(3, 64, 7, 2, 3)
        self.pool = nn.MaxPool2d(3, 2, 1)
        self.layer1 = nn.Sequential(_Block(64, 64, 1), _Block(64, 64, 1))
        self.layer2 = nn.Sequential(_Block(64, 128, 2), _Block(128, 128, 1))
        self.layer3 = nn.Sequential(_Block(128, 256, 2), _Block(256, 256, 1))

    def stages(self, normalized: Tensor) -> list[Tensor]:
        """``(N, 3, H, W)`` -> all four stages, each ReLU's output: a U-Net's skips and bottom.

        Channels 64, 64, 128, 256 at 1/2 (the stem, before the pool), 1/4, 1/8, 1/16, sizes
        rounded up. The pictures are normalized ones, whatever ``forward`` takes.
        """
        stem = torch.relu(self.conv1(normalized))
        one = self.layer1(self.pool(stem))
        two = self.layer2(one)
        return [stem, one, two, self.layer3(two)]

    def forward(self, images: Tensor) -> list[Tensor]:
        """``(N, 3, H, W)`` -> ``(N, 64, H/4, W/4)``, ``(N, 128, H/8, W/8)``, ..., rounded up."""
        ready = images if self.takes == "normalized" else normalize(as_unit(images, self.takes))
        return self.stages(ready)[1:]


class SqueezeNet(Backbone):
    """SqueezeNet 1.1 without its classifier, 722,496 parameters."""

    file = "squeezenet1_1.safetensors"
    channels = (128, 256, 512)
    mean = (104.0, 117.0, 123.0)  # blue, green, red; uint8 range

    def __init__(self, takes: Range = "unit") -> None:
        super().__init__(takes)
        self.features: nn.Sequential = models.squeezenet1_1(weights=None).features
        for module in self.features.modules():
            if isinstance(module, nn.ReLU):
                module.inplace = False  # the features that are returned must stay as they are

    def forward(self, images: Tensor) -> list[Tensor]:
        """``(N, 3, H, W)`` -> features after the fire modules 4, 7 and 12."""
        mean = images.new_tensor(self.mean).view(3, 1, 1)
        x = as_unit(images, self.takes).flip(1) * 255 - mean
        held = []
        for index, layer in enumerate(self.features):
            x = layer(x)
            if index in (4, 7, 12):
                held.append(x)
        return held


class VGG19(Backbone):
    """VGG-19 up to conv3_1, activations scaled to a mean of about 1 [4], 555,340 parameters.

    The first layer, ``pre``, is 1x1 and turns unit red, green, blue into what Caffe's
    networks take. Edges are reflected, not filled with zeros, so that a border is no edge.
    """

    file = "vgg19_normalised_to_conv3_1.safetensors"
    channels = (64, 128, 256)

    def __init__(self, takes: Range = "unit") -> None:
        super().__init__(takes)
        self.pre = nn.Conv2d(3, 3, 1)
        self.conv1_1 = nn.Conv2d(3, 64, 3)
        self.conv1_2 = nn.Conv2d(64, 64, 3)
        self.conv2_1 = nn.Conv2d(64, 128, 3)
        self.conv2_2 = nn.Conv2d(128, 128, 3)
        self.conv3_1 = nn.Conv2d(128, 256, 3)

    def forward(self, images: Tensor) -> list[Tensor]:
        """``(N, 3, H, W)`` -> relu1_2, relu2_2 and relu3_1, at 1/1, 1/2, 1/4, rounded down."""
        x = self.pre(as_unit(images, self.takes))
        one = _reflected(self.conv1_2, _reflected(self.conv1_1, x))
        two = _reflected(self.conv2_2, _reflected(self.conv2_1, F.max_pool2d(one, 2)))
        return [one, two, _reflected(self.conv3_1, F.max_pool2d(two, 2))]


def _reflected(conv: nn.Conv2d, x: Tensor) -> Tensor:
    return torch.relu(conv(F.pad(x, (1, 1, 1, 1), mode="reflect")))


NETWORKS: dict[str, type[ResNet18] | type[SqueezeNet] | type[VGG19]] = {
    "resnet18": ResNet18,
    "squeezenet": SqueezeNet,
    "vgg19": VGG19,
}


def load(name: str, folder: Path | None, *, takes: Range) -> Backbone:
    """The frozen network ``name``, in eval mode.

    Args:
        name: one of ``NETWORKS``.
        folder: of the files; None: random weights (dry runs, tests).
        takes: the range of the pictures that it will be given.

    Raises:
        ConfigError: there is no such network.
        WeightsMissing, WeightsDamaged: see ``fill``.
    """
    if name not in NETWORKS:
        raise ConfigError(f"network {name} is unknown: choose one of {', '.join(NETWORKS)}")
    network = NETWORKS[name](takes)
    if folder is not None:
        fill(network, folder)
    return network.eval().requires_grad_(False)


def fill(network: Network, folder: Path) -> Network:
    """Read the network's weights from its file in ``folder``; returns the network itself.

    Raises:
        WeightsMissing: the file is not there.
        WeightsDamaged: it is, and does not fit.
    """
    file = folder / network.file
    if not file.exists():
        raise WeightsMissing(f"{file} is missing: give the folder of {network.file}")
    found = weight_file.read_tensors(file.read_bytes(), file.name)
    wanted = network.state_dict()
    try:
        network.load_state_dict({key: found[key] for key in wanted})
    except (KeyError, RuntimeError) as error:
        kind = type(network).__name__
        raise WeightsDamaged(f"{file} does not fit {kind}: {error}") from error
    return network
