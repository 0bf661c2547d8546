"""GIFs: as many frames as promised, for ever, without flicker."""

import io

import numpy as np
import pytest
from PIL import Image

from lesson7.bedrooms.film import FRAMES_A_TURN, filming, gif
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


def test_a_film_is_made_in_turns_of_some_frames_each():
    """Whoever else waits has a turn between two of them."""
    taken = []

    class Counted(list):
        def __iter__(self):
            for frame in super().__iter__():
                taken.append(frame)
                yield frame

    pictures, counts = Counted((frames(12) * 4)[: 2 * FRAMES_A_TURN + 5]), []
    for _ in filming(pictures):
        counts.append(len(taken))
        taken.clear()
    assert counts[1:] == [FRAMES_A_TURN, 5]  # the first turn looks at all, for the palette


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
