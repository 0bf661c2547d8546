"""Pictures: opened safely, turned into tensors and back, and laid out on sheets.

A tensor does not say which numbers stand for black and white, so the four ranges of this
project have names, and each has one function in each direction:

    uint8           0 .. 255, whole numbers: files and screens
    unit            0 .. 1: metrics, pixel losses, resizing
    signed          -1 .. 1: what a generator that ends in tanh draws
    normalized      ImageNet's mean 0 and deviation 1 per channel, about -2.1 .. 2.6: what
                    encoders trained on ImageNet take

    open_image                          anything -> a clean picture (see ``intake``)
    to_uint8 ... to_normalized          a picture -> tensor (C, H, W)
    from_uint8 ... from_normalized      tensor (C, H, W) -> a picture
    normalize, denormalize              unit <-> normalized, for batches too
    as_unit                             the range that is named -> unit, for batches too
    grid                                pictures of one size -> one sheet

C is 1 for mode L, 3 for RGB, 4 for RGBA. torch is imported when the first tensor is made:
what only opens pictures, as the page does when it comes up, does not wait for it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal, get_args

import numpy as np
from PIL import Image

from lesson7.core.errors import ConfigError, InputError
from lesson7.core.intake import open_image

if TYPE_CHECKING:
    from torch import Tensor

__all__ = [
    "IMAGENET_MEAN",
    "IMAGENET_STD",
    "Range",
    "as_unit",
    "denormalize",
    "from_normalized",
    "from_signed",
    "from_uint8",
    "from_unit",
    "grid",
    "normalize",
    "open_image",
    "to_normalized",
    "to_signed",
    "to_uint8",
    "to_unit",
]

IMAGENET_MEAN = (0.485, 0.456, 0.406)  # red, green, blue; unit range
IMAGENET_STD = (0.229, 0.224, 0.225)

Range = Literal["unit", "signed", "normalized"]
"""The ranges that networks take and give, by name."""

_CHANNELS = {"L": 1, "RGB": 3, "RGBA": 4}
_MODES = {channels: mode for mode, channels in _CHANNELS.items()}


def to_uint8(image: Image.Image) -> Tensor:
    """A picture -> uint8 tensor ``(C, H, W)``, values 0 to 255.

    Raises:
        InputError: the mode is not L, RGB or RGBA (``open_image`` gives the last two).
    """
    import torch

    if image.mode not in _CHANNELS:
        raise InputError(f"A picture of mode {image.mode} has no tensor; open it safely first.")
    pixels = torch.from_numpy(np.array(image))  # (H, W) or (H, W, C), a copy
    return pixels.reshape(image.height, image.width, -1).permute(2, 0, 1).contiguous()


def to_unit(image: Image.Image) -> Tensor:
    """A picture -> float32 tensor ``(C, H, W)``, values 0 to 1. Raises as ``to_uint8``."""
    return to_uint8(image).float() / 255


def to_signed(image: Image.Image) -> Tensor:
    """A picture -> float32 tensor ``(C, H, W)``, values -1 to 1. Raises as ``to_uint8``."""
    return to_uint8(image).float() / 127.5 - 1


def to_normalized(image: Image.Image) -> Tensor:
    """An RGB picture -> float32 tensor ``(3, H, W)``, normalised as ImageNet's are.

    Raises:
        InputError: the mode is not RGB.
    """
    return normalize(to_unit(image))


def from_uint8(tensor: Tensor) -> Image.Image:
    """uint8 tensor ``(C, H, W)``, on any device -> a picture of mode L, RGB or RGBA.

    Raises:
        InputError: the tensor has another type, other dimensions, or C is not 1, 3 or 4.
    """
    if tensor.ndim != 3 or tensor.shape[0] not in _MODES or str(tensor.dtype) != "torch.uint8":
        raise InputError(
            f"A tensor {tuple(tensor.shape)} of {tensor.dtype} is no picture (C, H, W)."
        )
    pixels = tensor.permute(1, 2, 0).cpu().numpy()  # (H, W, C)
    return Image.fromarray(pixels[..., 0].copy() if pixels.shape[2] == 1 else pixels.copy())


def from_unit(tensor: Tensor) -> Image.Image:
    """Float tensor ``(C, H, W)`` -> a picture; 0 is black, 1 white, beyond is clamped.

    Raises:
        InputError: the tensor holds NaN, is not of floats, or is no picture (as ``from_uint8``).
    """
    if not tensor.is_floating_point() or tensor.isnan().any():
        raise InputError("The network drew no picture this time. Please try another input.")
    return from_uint8(tensor.float().mul(255).round().clamp(0, 255).byte())


def from_signed(tensor: Tensor) -> Image.Image:
    """Float tensor ``(C, H, W)`` -> a picture; -1 is black, 1 white. Raises as ``from_unit``."""
    return from_unit(tensor.float().add(1).div(2))


def from_normalized(tensor: Tensor) -> Image.Image:
    """Float tensor ``(3, H, W)``, normalised -> an RGB picture. Raises as ``from_unit``."""
    return from_unit(denormalize(tensor.float()))


def normalize(unit: Tensor) -> Tensor:
    """unit -> normalized: ``(x - mean) / std`` per channel; ``(..., 3, H, W)`` both ways.

    Raises:
        InputError: there are not three channels.
    """
    mean, std = _statistics(unit)
    return (unit - mean) / std


def denormalize(normalized: Tensor) -> Tensor:
    """normalized -> unit: ``x * std + mean`` per channel; the inverse of ``normalize``.

    Values are not clamped: a network's overshoot stays visible to losses and metrics.

    Raises:
        InputError: there are not three channels.
    """
    mean, std = _statistics(normalized)
    return normalized * std + mean


def as_unit(images: Tensor, given: Range) -> Tensor:
    """Pictures ``(..., C, H, W)`` in the range ``given`` -> unit range, not clamped.

    Raises:
        ConfigError: no range has that name.
        InputError: normalized pictures do not have three channels.
    """
    if given == "unit":
        return images
    if given == "signed":
        return (images + 1) / 2
    if given == "normalized":
        return denormalize(images)
    raise ConfigError(f"range {given} is unknown: choose one of {', '.join(get_args(Range))}")


def _statistics(like: Tensor) -> tuple[Tensor, Tensor]:
    """ImageNet's mean and deviation, each ``(3, 1, 1)``, on the tensor's device."""
    if like.ndim < 3 or like.shape[-3] != 3:
        raise InputError(f"Normalising needs red, green and blue, not {tuple(like.shape)}.")
    return (
        like.new_tensor(IMAGENET_MEAN).reshape(3, 1, 1),
        like.new_tensor(IMAGENET_STD).reshape(3, 1, 1),
    )


def grid(images: Sequence[Image.Image], columns: int, *, gap: int = 2) -> Image.Image:
    """Lay pictures of one size out on a white sheet, row by row.

    Args:
        images: one picture or more, of equal size.
        columns: how many stand side by side, at least 1; the last row may be shorter.
        gap: white pixels between neighbours, none around the sheet.

    Returns:
        An RGB sheet, ``columns * (width + gap) - gap`` pixels wide (fewer columns if there
        are fewer pictures).

    Raises:
        InputError: there is no picture.
        ConfigError: sizes differ, ``columns`` is below 1, or ``gap`` is negative.
    """
    if not images:
        raise InputError("There is no picture to lay out.")
    width, height = images[0].size
    if any(image.size != (width, height) for image in images):
        raise ConfigError("The pictures of one sheet must have one size.")
    if columns < 1 or gap < 0:
        raise ConfigError(f"columns={columns}, gap={gap}: at least 1 column, no negative gap.")
    columns = min(columns, len(images))
    rows = -(-len(images) // columns)
    size = (columns * (width + gap) - gap, rows * (height + gap) - gap)
    sheet = Image.new("RGB", size, "white")
    for index, image in enumerate(images):
        row, column = divmod(index, columns)
        sheet.paste(image.convert("RGB"), (column * (width + gap), row * (height + gap)))
    return sheet
