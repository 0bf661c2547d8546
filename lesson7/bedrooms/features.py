"""Two networks trained on ImageNet that look at bedrooms: frozen, cut short.

    ResNet18      64, 128, 256 channels at 1/4, 1/8, 1/16 of the picture's size       [1]
    SqueezeNet    128, 256, 512 channels at about 1/4, 1/8, 1/16                      [2]
    load          either of them, with its weights

Both take signed pictures ``(N, 3, S, S)`` and return a list of features, largest first.
They serve twice: one of them as the eyes of the modern critic, both as the measure by which
all recipes are judged. A recipe is judged fairly only by the one that its critic did not use.

References:
    [1] He et al., Deep residual learning, 2015. https://arxiv.org/abs/1512.03385
    [2] Iandola et al., SqueezeNet, 2016. https://arxiv.org/abs/1602.07360
"""

from pathlib import Path

import torch
from torch import Tensor, nn

from lesson7.core import weight_file
from lesson7.core.errors import ConfigError, WeightsDamaged, WeightsMissing
from lesson7.core.images import normalize
from lesson7.core.vision import models

FILES = {
    "resnet18": "resnet18_to_layer3_bn_folded.safetensors",
    "squeezenet": "squeezenet1_1.safetensors",
}


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


class ResNet18(nn.Module):
    """ResNet-18 without its last stage, 2,780,544 parameters."""

    channels = (64, 128, 256)

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, 64, 7, 2, 3)
        self.pool = nn.MaxPool2d(3, 2, 1)
        self.layer1 = nn.Sequential(_Block(64, 64, 1), _Block(64, 64, 1))
        self.layer2 = nn.Sequential(_Block(64, 128, 2), _Block(128, 128, 1))
        self.layer3 = nn.Sequential(_Block(128, 256, 2), _Block(256, 256, 1))

    def forward(self, images: Tensor) -> list[Tensor]:
        """``(N, 3, S, S)``, signed -> ``(N, 64, S/4, S/4)``, ``(N, 128, S/8, S/8)``, ..."""
        x = normalize((images + 1) / 2)
        x = self.layer1(self.pool(torch.relu(self.conv1(x))))
        y = self.layer2(x)
        return [x, y, self.layer3(y)]


class SqueezeNet(nn.Module):
    """SqueezeNet 1.1 without its classifier, 722,496 parameters."""

    channels = (128, 256, 512)
    mean = (104.0, 117.0, 123.0)  # blue, green, red; uint8 range

    def __init__(self) -> None:
        super().__init__()
        self.features: nn.Sequential = models.squeezenet1_1(weights=None).features
        for module in self.features.modules():
            if isinstance(module, nn.ReLU):
                module.inplace = False  # the features that are returned must stay as they are

    def forward(self, images: Tensor) -> list[Tensor]:
        """``(N, 3, S, S)``, signed -> features after the fire modules 4, 7 and 12."""
        mean = images.new_tensor(self.mean).view(3, 1, 1)
        x = (images.flip(1) + 1) * 127.5 - mean
        held = []
        for index, layer in enumerate(self.features):
            x = layer(x)
            if index in (4, 7, 12):
                held.append(x)
        return held


def load(name: str, folder: Path | None) -> ResNet18 | SqueezeNet:
    """The frozen network ``name``, in eval mode; ``folder`` None: with random weights (dry runs).

    Raises:
        ConfigError: there is no such network.
        WeightsMissing, WeightsDamaged: its file is not in ``folder``, or does not fit.
    """
    if name not in FILES:
        raise ConfigError(f"features {name} are unknown: choose one of {', '.join(FILES)}")
    network = ResNet18() if name == "resnet18" else SqueezeNet()
    if folder is not None:
        file = folder / FILES[name]
        if not file.exists():
            raise WeightsMissing(f"{file} is missing: give the folder of {FILES[name]}")
        found = weight_file.read_tensors(file.read_bytes(), file.name)
        wanted = network.state_dict()
        try:
            network.load_state_dict({key: found[key] for key in wanted})
        except (KeyError, RuntimeError) as error:
            raise WeightsDamaged(f"{file} does not fit {name}: {error}") from error
    return network.eval().requires_grad_(False)
