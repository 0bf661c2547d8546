"""The networks that draw bedrooms, and the lesson's critic.

    LessonGenerator   noise -> 64x64, the DCGAN generator of the lesson      3,613,696   [1]
    LessonCritic      64x64 -> a score                                       2,802,624   [1]
    Generator         noise -> 64x64 or 128x128, ours                        under 5 million

Generators take latents ``(N, latent)`` and return pictures ``(N, 3, size, size)`` in signed
range. ``stages`` yields what they hold at each resolution, 4x4 first, for those who want to
look inside. The critic of the modern recipe is ``core.projected``'s.

References:
    [1] Radford et al., Unsupervised representation learning with deep convolutional GANs,
        2015. https://arxiv.org/abs/1511.06434
    [2] Liu et al., Towards faster and stabilized GAN training for high-fidelity few-shot
        image synthesis (FastGAN), 2021. https://arxiv.org/abs/2101.04775
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise

import torch
from torch import Tensor, nn

from lesson7.bedrooms.layers import Doubling, Excitation
from lesson7.core.errors import ConfigError

# channels at 4, 8, 16, ... pixels; alike up to 32, so that the larger grows from the smaller
WIDTHS = {64: (320, 256, 160, 80, 32), 128: (320, 256, 160, 80, 48, 24)}


def _up(in_channels: int, out_channels: int, *, first: bool = False) -> nn.Sequential:
    """Transposed 4x4 convolution, ReLU, batch norm: 1x1 -> 4x4 if ``first``, else doubled."""
    stride, padding = (1, 0) if first else (2, 1)
    conv = nn.ConvTranspose2d(in_channels, out_channels, 4, stride, padding, bias=False)
    nn.init.kaiming_normal_(conv.weight)
    return nn.Sequential(conv, nn.ReLU(inplace=True), nn.BatchNorm2d(out_channels))


class LessonGenerator(nn.Module):
    """The lesson's generator: five transposed convolutions and one extra at 32x32.

    Noise of 100 numbers becomes 512x4x4, 256x8x8, 128x16x16, 64x32x32, and through tanh
    3x64x64. The activation stands before the batch norm, as everywhere in the lesson.
    """

    latent = 100
    size = 64

    def __init__(self) -> None:
        super().__init__()
        extra = nn.ConvTranspose2d(64, 64, 3, 1, 1, bias=False)
        nn.init.kaiming_normal_(extra.weight)
        self.stage = nn.ModuleList(
            [
                _up(self.latent, 512, first=True),  # (N, 512, 4, 4)
                _up(512, 256),  # (N, 256, 8, 8)
                _up(256, 128),  # (N, 128, 16, 16)
                _up(128, 64),  # (N, 64, 32, 32)
                nn.Sequential(extra, nn.ReLU(inplace=True), nn.BatchNorm2d(64)),
                nn.Sequential(nn.ConvTranspose2d(64, 3, 4, 2, 1, bias=False), nn.Tanh()),
            ]
        )

    def stages(self, z: Tensor) -> Iterator[Tensor]:
        """Each stage's output, ``(N, C, S, S)``, the last one being the picture."""
        x = z[:, :, None, None]
        for stage in self.stage:
            x = stage(x)
            yield x

    def forward(self, z: Tensor) -> Tensor:
        """``(N, 100)`` -> ``(N, 3, 64, 64)``, signed."""
        *_, picture = self.stages(z)
        return picture


class LessonCritic(nn.Module):
    """The lesson's critic: strided 4x4 convolutions down to one number, no sigmoid.

    The lesson averages the scores over the batch inside the network; here each picture keeps
    its own, and the loss averages. The first convolution has a bias and no batch norm.
    """

    def __init__(self) -> None:
        super().__init__()
        first = nn.Conv2d(3, 64, 4, 2, 1)
        layers: list[nn.Module] = [
            nn.Sequential(first, nn.LeakyReLU(0.2, inplace=True)),  # (N, 64, 32, 32)
            self._down(64, 64, 3, 1),  # the extra layer
            self._down(64, 128, 4, 2),  # (N, 128, 16, 16)
            self._down(128, 256, 4, 2),  # (N, 256, 8, 8)
            self._down(256, 512, 4, 2),  # (N, 512, 4, 4)
            nn.Conv2d(512, 1, 4, bias=False),  # (N, 1, 1, 1)
        ]
        self.layers = nn.Sequential(*layers)
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight)
                if module.bias is not None:
                    nn.init.zeros_(module.bias)

    @staticmethod
    def _down(in_channels: int, out_channels: int, kernel_size: int, stride: int) -> nn.Sequential:
        conv = nn.Conv2d(in_channels, out_channels, kernel_size, stride, 1, bias=False)
        return nn.Sequential(conv, nn.LeakyReLU(0.2, inplace=True), nn.BatchNorm2d(out_channels))

    def forward(self, images: Tensor) -> Tensor:
        """``(N, 3, 64, 64)``, signed -> scores ``(N,)``."""
        scores: Tensor = self.layers(images)
        return scores.flatten()


class Generator(nn.Module):
    """Our generator: the lesson's, with corrections, skip-layer excitation and wider late stages.

    Transposed 4x4 convolutions with stride 2 are kept: they cost less than half of enlarging
    and a 3x3 convolution. Each of a cell's 2x2 pixels comes from other weights, so a blur
    follows where such a grid would be seen. Each stage but the last adds a residual 3x3
    convolution, and the 4x4 and 8x8 stages weigh the channels at 16x16 and 32x32 [2]; at full
    size that would cost as much as a convolution. Batch norm stands before the activation, its
    scale and shift read off the latent but at the first stage, which begins with a layout that
    all rooms share; behind it each stage has its grain.

    Args:
        size: of the pictures, 64 or 128.
        latent: numbers that a picture is drawn from.
        widths: channels at 4, 8, 16, ... pixels; None: those of ``WIDTHS``.

    Raises:
        ConfigError: there is no generator of that size, or the widths lead to another one.
    """

    def __init__(
        self, size: int = 64, latent: int = 128, widths: Sequence[int] | None = None
    ) -> None:
        super().__init__()
        if size not in WIDTHS:
            raise ConfigError(f"size {size} is not among {', '.join(map(str, WIDTHS))}")
        widths = tuple(widths or WIDTHS[size])
        if 2 * 2 ** len(widths) != size:
            raise ConfigError(f"{len(widths)} widths do not lead from 4 to {size} pixels")
        self.size, self.latent, self.widths = size, latent, widths
        self.first = nn.Linear(latent, widths[0] * 4 * 4)
        self.first_norm = nn.BatchNorm2d(widths[0])
        last = len(widths) - 2
        self.stage = nn.ModuleList(
            Doubling(latent, a, b, 8 * 2**index, correct=index < last)
            for index, (a, b) in enumerate(pairwise(widths))
        )
        self.excite_late = Excitation(widths[0], widths[2])
        self.excite_last = Excitation(widths[1], widths[3])
        self.to_rgb = nn.Conv2d(widths[-1], 3, 3, 1, 1)
        for module in self.modules():
            if isinstance(module, nn.Conv2d | nn.ConvTranspose2d):
                nn.init.normal_(module.weight, std=0.02)
            elif isinstance(module, nn.Linear):
                nn.init.normal_(module.weight, std=0.02)
                nn.init.zeros_(module.bias)
        nn.init.normal_(self.first.bias, std=0.1)  # a room has a floor and a ceiling

    @classmethod
    def holding(cls, state: Mapping[str, Tensor]) -> "Generator":
        """A generator of the size, latent and widths that a state dict was made with."""
        n_stages = sum(key.endswith(".up.weight") for key in state)
        ups = [state[f"stage.{index}.up.weight"] for index in range(n_stages)]
        widths = [up.shape[0] for up in ups] + [ups[-1].shape[1]]
        generator = cls(2 * 2 ** len(widths), state["first.weight"].shape[1], widths)
        generator.load_state_dict(state)
        return generator

    def stages(self, z: Tensor) -> Iterator[Tensor]:
        """What it holds at 4, 8, ... pixels, ``(N, C, S, S)``, and then the picture."""
        x = self.first(z).view(len(z), -1, 4, 4)  # (N, 320, 4, 4)
        x = torch.relu(self.first_norm(x))
        held = [x]
        yield x
        for stage in self.stage:
            x = stage(x, z)  # (N, C, 2S, 2S)
            if len(held) == 2:
                x = self.excite_late(held[0], x)
            elif len(held) == 3:
                x = self.excite_last(held[1], x)
            held.append(x)
            yield x
        yield torch.tanh(self.to_rgb(x))

    def forward(self, z: Tensor) -> Tensor:
        """``(N, latent)`` -> ``(N, 3, size, size)``, signed."""
        *_, picture = self.stages(z)
        return picture
