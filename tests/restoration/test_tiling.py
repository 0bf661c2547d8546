"""Tiles: every pixel is answered for once, seen with its surroundings, and put where it was."""

import itertools

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from lesson7.core.errors import ConfigError, InputError
from lesson7.core.intake import MAX_PIXELS, MAX_SIDE
from lesson7.restoration import tiling
from lesson7.restoration.tiling import ALIGN, FADE, MARGIN, MOST, cuts, most_cuts, plan, window

SMALLEST_MOST = (3 * tiling.SHARED) ** 2


def finish(steps):
    """Run a generator to its end: what it yielded, and what it returned."""
    seen = []
    while True:
        try:
            seen.append(next(steps))
        except StopIteration as end:
            return seen, end.value


def noise(width, height, seed=0):
    rng = np.random.default_rng(seed)
    return Image.fromarray(rng.integers(0, 256, (height, width, 3), dtype=np.uint8))


# ------------------------------------------------------------------------------- the plan


@settings(deadline=None)
@given(st.integers(1, MAX_SIDE), st.integers(1, 60))
def test_weights_add_up_to_one_and_are_zero_near_cuts(length, count):
    count = min(count, most_cuts(length))
    total = torch.zeros(length)
    for cut in cuts(length, count):
        assert 0 <= cut.start <= cut.begin < cut.end <= cut.stop <= length
        total[cut.start : cut.stop] += cut.weights
        if cut.start > 0:
            assert cut.start % ALIGN == 0
            assert (cut.weights[:MARGIN] == 0).all()
        if cut.stop < length:
            assert cut.stop % ALIGN == 0
            assert (cut.weights[-MARGIN:] == 0).all()
    torch.testing.assert_close(total, torch.ones(length))


@settings(deadline=None)
@given(st.integers(1, MAX_SIDE), st.integers(1, 60))
def test_tiles_follow_each_other_and_are_of_one_length(length, count):
    tiles = cuts(length, min(count, most_cuts(length)))
    assert tiles[0].begin == 0
    assert tiles[-1].end == length
    for one, next_one in itertools.pairwise(tiles):
        assert one.end == next_one.begin
        assert one.stop - next_one.start == 2 * MARGIN + FADE
        assert next_one.end - next_one.begin >= FADE
    lengths = [tile.length for tile in tiles]
    assert max(lengths) - min(lengths) < 2 * ALIGN


@settings(deadline=None)
@given(st.integers(16, MAX_SIDE), st.integers(16, MAX_SIDE), st.sampled_from([SMALLEST_MOST, MOST]))
def test_no_tile_is_larger_than_allowed(width, height, most):
    height = min(height, max(16, MAX_PIXELS // width))
    columns, rows = plan(width, height, most)
    for column, row in itertools.product(columns, rows):
        assert column.length * row.length <= most


def test_a_picture_that_fits_is_one_tile():
    columns, rows = plan(512, MOST // 512)
    assert columns == [tiling.Cut(0, 512, 0, 512)]
    assert rows == [tiling.Cut(0, MOST // 512, 0, MOST // 512)]
    assert columns[0].weights.tolist() == [1.0] * 512


def test_the_plan_is_the_cheapest_that_is_allowed():
    """Against every number of columns and rows."""
    for width, height in [(1024, 1024), (1920, 1080), (4000, 3000), (8192, 512), (700, 5000)]:
        costs = []
        for x, y in itertools.product(
            range(1, most_cuts(width) + 1), range(1, most_cuts(height) + 1)
        ):
            columns, rows = cuts(width, x), cuts(height, y)
            if max(c.length for c in columns) * max(r.length for r in rows) <= MOST:
                costs.append(sum(c.length for c in columns) * sum(r.length for r in rows))
        columns, rows = plan(width, height)
        assert sum(c.length for c in columns) * sum(r.length for r in rows) == min(costs)


def test_tiles_that_would_be_all_margin_are_refused():
    with pytest.raises(ConfigError, match="all margin"):
        plan(1000, 1000, SMALLEST_MOST - 1)


@settings(deadline=None)
@given(st.integers(16, 3000), st.integers(16, 3000), st.data())
def test_a_window_is_aligned_and_holds_the_crop_with_its_margin(width, height, data):
    left, top = data.draw(st.integers(0, width - 1)), data.draw(st.integers(0, height - 1))
    right = data.draw(st.integers(left + 1, width))
    bottom = data.draw(st.integers(top + 1, height))
    box = window((width, height), (left, top, right, bottom))
    for start, stop, side, first, last in [
        (box[0], box[2], width, left, right), (box[1], box[3], height, top, bottom)
    ]:  # fmt: skip
        assert start == 0 or (start % ALIGN == 0 and 0 <= first - MARGIN - start < ALIGN)
        assert stop == side or (stop % ALIGN == 0 and 0 <= stop - last - MARGIN < ALIGN)
        assert 0 <= start <= first < last <= stop <= side


# ------------------------------------------------------------------------------ the sweep


@pytest.mark.parametrize("size", [(16, 16), (17, 900), (1300, 1100), (2000, 641), (612, 2111)])
def test_the_identity_gives_the_picture_back(size):
    picture = noise(*size)
    steps, result = finish(tiling.sweep(lambda x: x, picture, SMALLEST_MOST))
    assert result.mode == "RGB"
    assert np.array_equal(np.asarray(result), np.asarray(picture))
    total = steps[0][1]
    assert steps == [(n, total) for n in range(total + 1)]
    assert (total > 1) == (size[0] * size[1] > SMALLEST_MOST)


def blur(x):
    """A network that looks exactly as far as is allowed, with zeros beyond what it sees."""
    kernel = torch.ones(1, 1, 1, 2 * MARGIN + 1) / (2 * MARGIN + 1)
    planes = x.transpose(0, 1)  # (3, 1, h, w)
    planes = F.conv2d(planes, kernel, padding=(0, MARGIN))
    return F.conv2d(planes, kernel.mT, padding=(MARGIN, 0)).transpose(0, 1)


def test_what_looks_as_far_as_the_margin_leaves_no_seam():
    picture = noise(900, 560)
    _, tiled = finish(tiling.sweep(blur, picture, SMALLEST_MOST))
    _, whole = finish(tiling.sweep(blur, picture, 900 * 560))
    difference = np.abs(np.asarray(tiled).astype(int) - np.asarray(whole))
    assert difference.max() <= 1  # rounding
    assert difference.mean() < 0.01


def every_sixteenth(x):
    """Marks the pixels whose place in the tile is a multiple of 16."""
    y = torch.zeros_like(x)
    y[..., ::ALIGN, ::ALIGN] = 1
    return y


def test_strides_fall_where_they_would_in_the_whole_picture():
    _, result = finish(tiling.sweep(every_sixteenth, noise(1300, 1100), SMALLEST_MOST))
    expected = np.zeros((1100, 1300), np.uint8)
    expected[::ALIGN, ::ALIGN] = 255
    assert np.array_equal(np.asarray(result)[..., 0], expected)


def test_one_tiles_answer_turns_into_the_next_ones_step_by_step(monkeypatch):
    """Each tile answers with its number: columns 0, 1, 2 of one row."""
    numbers = iter([0.0, 1.0, 0.0])
    columns = cuts(1700, 3)
    monkeypatch.setattr(tiling, "plan", lambda *_: (columns, cuts(50, 1)))
    _, result = finish(tiling.sweep(lambda x: x * 0 + next(numbers), noise(1700, 50)))
    line = np.asarray(result)[0, :, 0].astype(int)
    first, second = columns[1].begin, columns[1].end
    assert (line[:first] == 0).all()
    assert (line[first + FADE : second] == 255).all()
    assert (line[second + FADE :] == 0).all()
    slope = np.round((np.arange(FADE) + 0.5) / FADE * 255).astype(int)
    assert np.abs(line[first : first + FADE] - slope).max() <= 1
    assert np.abs(line[second : second + FADE] - slope[::-1]).max() <= 1


def test_corners_between_four_tiles_are_mixed_by_both_sides(monkeypatch):
    """Tiles of 0, 1 / 1, 0: in the middle of the fade each counts for a quarter."""
    numbers = iter([0.0, 1.0, 1.0, 0.0])
    columns, rows = cuts(800, 2), cuts(700, 2)
    monkeypatch.setattr(tiling, "plan", lambda *_: (columns, rows))
    _, result = finish(tiling.sweep(lambda x: x * 0 + next(numbers), noise(800, 700)))
    values = np.asarray(result)[..., 0] / 255
    x = columns[0].weights[columns[0].end :].numpy()  # what the first counts, after its end
    y = rows[0].weights[rows[0].end :].numpy()
    corner = values[rows[0].end :, columns[0].end :][:FADE, :FADE]
    expected = y[:FADE, None] * (1 - x[None, :FADE]) + (1 - y[:FADE, None]) * x[None, :FADE]
    assert np.abs(corner - expected).max() < 0.51 / 255
    steps = np.abs(np.diff(values, axis=0)).max(), np.abs(np.diff(values, axis=1)).max()
    assert max(steps) <= 1 / FADE + 1 / 255  # no seam is steeper than the fade


def test_values_beyond_the_range_are_clamped():
    _, result = finish(tiling.sweep(lambda x: x * 4 - 1, noise(64, 64)))
    expected = np.clip(np.asarray(noise(64, 64)) * 4.0 - 255, 0, 255)
    assert np.abs(np.asarray(result) - expected).max() < 1


def test_what_is_no_number_is_never_shown():
    with pytest.raises(InputError, match="no picture"):
        finish(
            tiling.sweep(lambda x: x.index_fill(-1, torch.tensor([0]), torch.nan), noise(40, 40))
        )


def test_nothing_is_run_after_the_last_question():
    runs = []
    steps = tiling.sweep(lambda x: runs.append(1) or x, noise(1300, 1100), SMALLEST_MOST)
    assert next(steps)[0] == 0
    assert runs == []
    next(steps)
    steps.close()
    assert len(runs) == 1
