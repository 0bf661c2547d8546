"""Pictures one after the other, as a GIF that every program plays.

    gif         frames -> the bytes of a GIF that plays for ever
    filming     the same for a page, whose other visitors have their turns meanwhile

MP4 would be smaller, but needs an encoder that none of our packages brings.
"""

import io
from collections.abc import Iterator, Sequence

from PIL import Image

from lesson7.core.errors import ConfigError
from lesson7.core.images import grid

FPS = 20  # a GIF counts in hundredths of a second, and browsers slow down what is faster than 50
FRAMES_A_TURN = 16  # some hundredths of a second on one core, at 192 pixels


def gif(frames: Sequence[Image.Image], *, fps: int = FPS, side: int | None = None) -> bytes:
    """A GIF that plays the frames for ever, in 256 colours that fit all of them.

    One palette for all, so that what does not move does not flicker.

    Args:
        frames: RGB pictures of one size, at least one. Equal neighbours may become one
            frame that is shown for longer.
        fps: frames per second, 1 to 50.
        side: pixels to which square frames are enlarged; None: as they are.

    Raises:
        ConfigError: there are no frames, or ``fps`` is out of its range.
    """
    *_, film = filming(frames, fps=fps, side=side)
    assert film is not None
    return film


def filming(
    frames: Sequence[Image.Image], *, fps: int = FPS, side: int | None = None
) -> Iterator[bytes | None]:
    """``gif`` in turns: None after every ``FRAMES_A_TURN`` frames, and the film at the end.

    The last turn writes the file, which Pillow does in one go.
    """
    if not frames or not 1 <= fps <= 50:
        raise ConfigError(f"{len(frames)} frames at {fps} a second make no GIF")
    # of Pillow's ways to 256 colours the quickest by far; and the few bright ones survive it
    palette = grid(frames, 12, gap=0).quantize(256, method=Image.Quantize.FASTOCTREE)
    size = frames[0].size if side is None else (side, side)
    reduced: list[Image.Image] = []
    for frame in frames:
        large = frame.resize(size, Image.Resampling.BICUBIC)
        reduced.append(large.quantize(palette=palette, dither=Image.Dither.FLOYDSTEINBERG))
        if len(reduced) % FRAMES_A_TURN == 0:
            yield None
    out = io.BytesIO()
    reduced[0].save(
        out, "GIF", save_all=True, append_images=reduced[1:], duration=round(1000 / fps), loop=0
    )
    yield out.getvalue()
