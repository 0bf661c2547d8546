"""Pictures one after the other, as a GIF that every program plays.

    gif         frames -> the bytes of a GIF that plays for ever
    filming     the same, some frames at a time                         [1]

MP4 would be smaller, but needs an encoder that none of our packages brings. Pillow writes a
whole GIF or none of it, so here it only compresses the frames, and what goes around them is
ours: a page has other visitors, who wait while one call is under way.

References:
    [1] CompuServe, Graphics interchange format, version 89a, 1990.
        https://www.w3.org/Graphics/GIF/spec-gif89a.txt
"""

import struct
from collections.abc import Iterator, Sequence
from itertools import islice

import numpy as np
from PIL import GifImagePlugin, Image

from lesson7.core.errors import ConfigError
from lesson7.core.images import grid

FPS = 20  # a GIF counts in hundredths of a second, and browsers slow down what is faster than 50
FRAMES_A_PART = 16  # a twentieth of a second on one core, at 192 pixels

_FOR_EVER = b"!\xff\x0bNETSCAPE2.0\x03\x01\x00\x00\x00"
_END = b";"


def gif(frames: Sequence[Image.Image], *, fps: int = FPS, side: int | None = None) -> bytes:
    """The frames as a GIF, repeated for ever.

    All frames share one palette of 256 colours: palettes of their own would make still walls
    flicker.

    Args:
        frames: one or more, of equal size.
        fps: frames per second, 1 to 50.
        side: pixels to which each frame is enlarged; None leaves them.

    Raises:
        ConfigError: there are no frames, or ``fps`` is out of its range.
    """
    return b"".join(filming(frames, fps=fps, side=side))


def filming(
    frames: Sequence[Image.Image], *, fps: int = FPS, side: int | None = None
) -> Iterator[bytes]:
    """``gif``, in parts: first what they share, then ``FRAMES_A_PART`` frames each, or fewer."""
    if not frames or not 1 <= fps <= 50:
        raise ConfigError(f"{len(frames)} frames at {fps} a second make no GIF")
    # of Pillow's ways to 256 colours the quickest by far; and the few bright ones survive it
    palette = grid(frames, 12, gap=0).quantize(256, method=Image.Quantize.FASTOCTREE)
    size = frames[0].size if side is None else (side, side)
    table = bytes(palette.getpalette() or []).ljust(3 * 256, b"\0")
    yield b"GIF89a" + struct.pack("<HHBBB", *size, 0b1_111_0_111, 0, 0) + table + _FOR_EVER
    reduced = (
        frame.resize(size, Image.Resampling.BICUBIC).quantize(
            palette=palette, dither=Image.Dither.FLOYDSTEINBERG
        )
        for frame in frames
    )
    blocks = _blocks(reduced, round(1000 / fps))
    while part := list(islice(blocks, FRAMES_A_PART)):
        yield b"".join(part)
    yield _END


def _blocks(frames: Iterator[Image.Image], ms: int) -> Iterator[bytes]:
    """As many as frames: of each what changed, or nothing, and then the one before stays."""
    before = held = next(frames)
    corner, stays = (0, 0), ms
    for frame in frames:
        changed = Image.fromarray(np.asarray(frame) != np.asarray(before)).getbbox()
        if changed is None:
            stays += ms
            yield b""
            continue
        yield _block(held, corner, stays)
        before, held = frame, frame.crop(changed)
        corner, stays = changed[:2], ms
    yield _block(held, corner, stays)


def _block(frame: Image.Image, corner: tuple[int, int], ms: int) -> bytes:
    return b"".join(GifImagePlugin.getdata(frame, corner, duration=ms))
