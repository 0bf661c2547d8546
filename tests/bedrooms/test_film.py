"""GIFs: as many frames as promised, for ever, without flicker."""

import io

import numpy as np
import pytest
from PIL import Image

from lesson7.bedrooms.film import FRAMES_A_PART, filming, gif
from lesson7.core.errors import ConfigError


def frames(n):
    """A ramp of red that moves by ten in each frame, over green."""
    ramp = np.arange(16, dtype=np.uint8) * 8
    pictures = np.full((n, 16, 16, 3), 100, np.uint8)
    for index, picture in enumerate(pictures):
        picture[..., 0] = ramp + 10 * index
    return [Image.fromarray(picture) for picture in pictures]


def test_a_gif_has_all_frames_and_repeats_for_ever():
    with Image.open(io.BytesIO(gif(frames(12), fps=20, side=32))) as film:
        assert (film.format, film.size, film.n_frames) == ("GIF", (32, 32), 12)
        assert film.info["loop"] == 0
        durations = []
        for index in range(12):
            film.seek(index)
            durations.append(film.info["duration"])
            red = np.asarray(film.convert("RGB"), float)[..., 0].mean()
            assert red == pytest.approx(60 + 10 * index, abs=3)
        assert durations == [50] * 12


def test_frames_that_stand_still_keep_their_time():
    """Equal neighbours may become one frame, shown for longer."""
    still = [frames(1)[0]] * 4 + frames(3)[1:]
    with Image.open(io.BytesIO(gif(still, fps=10))) as film:
        total = 0
        for index in range(film.n_frames):
            film.seek(index)
            total += film.info["duration"]
    assert total == 600


def shades(n):
    """Noise that drifts, in a third of the picture only, and then stands still for a while."""
    rng = np.random.default_rng(0)
    pictures = rng.integers(0, 256, (n, 24, 24, 3), dtype=np.uint8)
    pictures[:, :, :16] = pictures[0, :, :16]
    pictures[n // 2 : n // 2 + 3] = pictures[n // 2]
    return [Image.fromarray(picture) for picture in pictures]


def played(film):
    """What a player shows at each hundredth of a second."""
    shown = []
    with Image.open(io.BytesIO(film)) as opened:
        assert opened.format == "GIF"
        for index in range(opened.n_frames):
            opened.seek(index)
            shown += [opened.convert("RGB").tobytes()] * (opened.info["duration"] // 10)
    return shown


@pytest.mark.parametrize("n", [1, 2, 7, 36])
@pytest.mark.parametrize("side", [None, 48])
def test_a_film_plays_as_pillow_would_have_written_it(n, side):
    """To the last bit; its own writer takes all frames in one call, where others wait."""
    pictures = shades(n)
    sheet = Image.fromarray(np.concatenate([np.asarray(one) for one in pictures], 1))
    palette = sheet.quantize(256, method=Image.Quantize.FASTOCTREE)
    size = pictures[0].size if side is None else (side, side)
    first, *others = [
        one.resize(size, Image.Resampling.BICUBIC).quantize(palette=palette) for one in pictures
    ]
    out = io.BytesIO()
    first.save(out, "GIF", save_all=True, append_images=others, duration=50, loop=0)
    assert len(played(out.getvalue())) == 5 * n
    assert played(gif(pictures, side=side)) == played(out.getvalue())


def test_a_film_comes_in_parts_of_some_frames_each():
    """Whoever else waits has a turn between two parts."""
    taken = []

    class Counted(list):
        def __iter__(self):
            for frame in super().__iter__():
                taken.append(frame)
                yield frame

    pictures, counts = Counted(shades(2 * FRAMES_A_PART + 5)), []
    parts = filming(pictures)
    next(parts)
    taken.clear()  # the palette is of all of them
    for _ in parts:
        counts.append(len(taken))
        taken.clear()
    assert sum(counts) == len(pictures)
    assert max(counts) <= FRAMES_A_PART + 1


def test_few_bright_colours_survive_many_dull_ones():
    """A plant in one of many grey rooms stays green."""
    grey = np.random.default_rng(0).normal(120, 25, (12, 64, 64, 1)).clip(0, 255)
    pictures = np.repeat(grey, 3, 3).astype(np.uint8)
    pictures[5, 20:28, 20:28] = (60, 200, 30)
    film = gif([Image.fromarray(picture) for picture in pictures])
    with Image.open(io.BytesIO(film)) as opened:
        opened.seek(5)
        plant = np.asarray(opened.convert("RGB"), float)[21:27, 21:27].mean((0, 1))
    assert np.abs(plant - (60, 200, 30)).max() < 30


@pytest.mark.parametrize(("n", "fps"), [(0, 20), (3, 0), (3, 51)])
def test_what_is_no_film_is_refused(n, fps):
    with pytest.raises(ConfigError, match="no GIF"):
        gif(frames(n), fps=fps)
