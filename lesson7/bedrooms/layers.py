"""What our generator is made of.

    Doubling      a stage: twice as large, with grain, and a correction
    Grain         noise, as much of it as a channel takes                          [3]
    Modulated     batch norm that listens to the latent                            [2]
    Excitation    an early stage weighs a late one's channels                      [1]
    blurred       without what changes from pixel to pixel                         [4]

References:
    [1] Liu et al., Towards faster and stabilized GAN training for high-fidelity few-shot
        image synthesis (FastGAN), 2021. https://arxiv.org/abs/2101.04775
    [2] Chen et al., On self modulation for generative adversarial networks, 2018.
        https://arxiv.org/abs/1810.01365
    [3] Karras et al., A style-based generator architecture for generative adversarial
        networks, 2018 (noise in every stage). https://arxiv.org/abs/1812.04948
    [4] Zhang, Making convolutional networks shift-invariant again, 2019 (blur where the
        resolution changes). https://arxiv.org/abs/1904.11486
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

FINE = 32  # pixels: stages of this size and larger are blurred


class Excitation(nn.Module):
    """Let an early, small stage say which channels of a late, large one matter [1].

    Each channel is multiplied by 0 to 1. The small stage is averaged to 2x2 and read by one
    convolution.
    """

    def __init__(self, small_channels: int, channels: int) -> None:
        super().__init__()
        hidden = small_channels // 4
        self.weigh = nn.Sequential(
            nn.AdaptiveAvgPool2d(2),
            nn.Conv2d(small_channels, hidden, 2),
            nn.SiLU(inplace=True),
            nn.Conv2d(hidden, channels, 1),
            nn.Sigmoid(),
        )

    def forward(self, small: Tensor, x: Tensor) -> Tensor:
        """``(N, C_small, s, s)``, ``(N, C, S, S)`` -> ``(N, C, S, S)``."""
        return x * self.weigh(small)


class Modulated(nn.Module):
    """Batch norm whose scale and shift are read off the latent [2].

    With scale and shift of its own, a picture differs from the others of its batch at every
    stage; without, ours soon drew one room from all latents.
    """

    def __init__(self, latent: int, channels: int) -> None:
        super().__init__()
        self.norm = nn.BatchNorm2d(channels, affine=False)
        self.read = nn.Linear(latent, 2 * channels)

    def forward(self, x: Tensor, z: Tensor) -> Tensor:
        """``(N, C, S, S)``, ``(N, latent)`` -> ``(N, C, S, S)``."""
        scale, shift = self.read(z)[:, :, None, None].chunk(2, 1)
        return self.norm(x) * (1 + scale) + shift


class Grain(nn.Module):
    """Adds noise, a number for each place, as much of it as each channel has learnt to take [3].

    Carpet and bedding are full of what nobody could foretell. A generator that has nothing
    random but its latent must make them out of the places themselves, and lays the same few
    pixels side by side like tiles. In training each picture has new noise at every look; in
    eval mode it is always the same, so that a latent is one picture.

    Args:
        channels: of the stage.
        size: of the stage, pixels.
    """

    fixed: Tensor

    def __init__(self, channels: int, size: int) -> None:
        super().__init__()
        self.amount = nn.Parameter(0.1 * torch.randn(channels))  # at 0 nothing would pull at it
        fixed = torch.randn(1, 1, size, size, generator=torch.Generator().manual_seed(size))
        self.register_buffer("fixed", fixed)

    def forward(self, x: Tensor) -> Tensor:
        """``(N, C, S, S)`` -> the same."""
        noise = torch.randn_like(x[:, :1]) if self.training else self.fixed.to(x.dtype)
        return x + self.amount.to(x.dtype)[:, None, None] * noise


class Doubling(nn.Module):
    """A stage of the generator: twice as large, blurred if ``FINE``, with grain, corrected.

    Args:
        latent: numbers in a latent.
        in_channels, out_channels: of what comes in, of what comes out.
        size: of what comes out, pixels.
        correct: add what a 3x3 convolution makes of it, ``y + f(y)``.
    """

    def __init__(
        self, latent: int, in_channels: int, out_channels: int, size: int, *, correct: bool
    ) -> None:
        super().__init__()
        self.up = nn.ConvTranspose2d(in_channels, out_channels, 4, 2, 1, bias=False)
        self.up_norm = Modulated(latent, out_channels)
        self.grain = Grain(out_channels, size)
        self.blurs = size >= FINE
        self.correct = correct
        if correct:
            self.conv = nn.Conv2d(out_channels, out_channels, 3, 1, 1, bias=False)
            self.norm = Modulated(latent, out_channels)

    def forward(self, x: Tensor, z: Tensor) -> Tensor:
        """``(N, C_in, S / 2, S / 2)``, ``(N, latent)`` -> ``(N, C_out, S, S)``."""
        x = self.up(x)
        if self.blurs:
            x = blurred(x)
        y = torch.relu(self.grain(self.up_norm(x, z)))
        return y + torch.relu(self.norm(self.conv(y), z)) if self.correct else y


def blurred(x: Tensor) -> Tensor:
    """Each place with its neighbours, 1 2 1 each way: what changes at every pixel is gone [4].

    ``(N, C, S, S)`` -> the same. At the borders the last pixels stand for those beyond.
    """
    line = x.new_tensor([1.0, 2.0, 1.0]) / 4
    kernel = (line[:, None] * line).expand(x.shape[1], 1, 3, 3)
    return F.conv2d(F.pad(x, (1, 1, 1, 1), mode="replicate"), kernel, groups=x.shape[1])
