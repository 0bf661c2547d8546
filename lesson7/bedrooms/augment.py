"""Augmentation that gradients pass through, for real and generated pictures alike.

With a few thousand photographs a critic soon knows them by heart. Showing it changed
pictures, real and fake ones changed by the same law, stops that, and the generator still
learns to draw unchanged ones, because the changes can be told from the picture [1].

    augment     colour, then place, then a hole

References:
    [1] Zhao et al., Differentiable augmentation for data-efficient GAN training, 2020.
        https://arxiv.org/abs/2006.10738
"""

import torch
import torch.nn.functional as F
from torch import Tensor


def augment(images: Tensor, hole: float = 0.3) -> Tensor:
    """Change each picture at random; the draws follow torch's seed.

    Brightness is shifted by up to 0.5, colourfulness multiplied by 0 to 2, contrast by 0.5
    to 1.5; the picture is moved by up to an eighth each way over grey, and a grey square is
    put on it.

    Args:
        images: ``(N, 3, H, W)``, signed.
        hole: the square's side as a share of the picture's, in [0, 1].

    Returns:
        The same shape; values may leave [-1, 1].
    """
    return _hole(_moved(_coloured(images)), hole)


def _coloured(x: Tensor) -> Tensor:
    brightness, colour, contrast = torch.rand(3, len(x), 1, 1, 1, device=x.device)
    x = x + (brightness - 0.5)
    grey = x.mean(1, keepdim=True)
    x = grey + (x - grey) * (colour * 2)
    middle = x.mean((1, 2, 3), keepdim=True)
    return middle + (x - middle) * (contrast + 0.5)


def _moved(x: Tensor) -> Tensor:
    height, width = x.shape[2:]
    down, right = height // 8, width // 8
    padded = F.pad(x, (right, right, down, down))
    tops = torch.randint(2 * down + 1, (len(x),)).tolist()
    lefts = torch.randint(2 * right + 1, (len(x),)).tolist()
    return torch.stack(
        [
            one[:, top : top + height, left : left + width]
            for one, top, left in zip(padded, tops, lefts, strict=True)
        ]
    )


def _hole(x: Tensor, share: float) -> Tensor:
    n, _, height, width = x.shape
    rows = torch.arange(height, device=x.device).view(1, 1, height, 1)
    columns = torch.arange(width, device=x.device).view(1, 1, 1, width)
    centre = torch.rand(2, n, 1, 1, 1, device=x.device)
    outside = ((rows - centre[0] * height).abs() >= share * height / 2) | (
        (columns - centre[1] * width).abs() >= share * width / 2
    )
    return x * outside
