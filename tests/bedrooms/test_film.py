"""GIFs: as many frames as promised, for ever, without flicker."""

import io

import numpy as np
import pytest
from PIL import Image

from lesson7.bedrooms.film import gif
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


@pytest.mark.parametrize(("n", "fps"), [(0, 20), (3, 0), (3, 51)])
def test_what_is_no_film_is_refused(n, fps):
    with pytest.raises(ConfigError, match="no GIF"):
        gif(frames(n), fps=fps)
