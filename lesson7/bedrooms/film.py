"""Pictures one after the other, as a GIF that every program plays.

    gif     frames -> the bytes of a GIF that plays for ever

MP4 would be smaller, but needs an encoder that none of our packages brings.
"""

import io
from collections.abc import Sequence

from PIL import Image

from lesson7.core.errors import ConfigError
from lesson7.core.images import grid

FPS = 20  # a GIF counts in hundredths of a second, and browsers slow down what is faster than 50


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
    if not frames or not 1 <= fps <= 50:
        raise ConfigError(f"{len(frames)} frames at {fps} a second make no GIF")
    palette = grid(frames, 12, gap=0).quantize(256)
    if side is not None:
        frames = [frame.resize((side, side), Image.Resampling.BICUBIC) for frame in frames]
    reduced = [frame.quantize(palette=palette, dither=Image.Dither.FLOYDSTEINBERG)
               for frame in frames]  # fmt: skip
    out = io.BytesIO()
    reduced[0].save(
        out, "GIF", save_all=True, append_images=reduced[1:], duration=round(1000 / fps), loop=0
    )
    return out.getvalue()
