"""What the benchmark computes itself: masks, quotients, intervals."""

import random

import numpy as np
import pytest
import torch
from PIL import Image

from lesson7.core.errors import ConfigError
from lesson7.restoration import pairs
from lesson7.restoration.data import MadeUp, degrade
from tests.benchmarks import crops, restoration_set, restorers
from tests.benchmarks import restoration as benchmark

BLACK = Image.new("RGB", (256, 256))


@pytest.mark.parametrize("seed", range(5))
def test_the_strokes_are_where_the_number_was_written(seed):
    """On black, after JPEG, what is bright is the number: its mask finds it, and all of it."""
    case = restorers.case_of(BLACK, seed, "number")
    bright = case.damaged.mean(0)
    assert 50 < case.strokes.sum() < 800
    assert bright[case.strokes].mean() > 0.6
    assert bright[~case.strokes].mean() < 0.01
    assert (bright > 0.7).logical_and(~case.strokes).sum() < 0.2 * case.strokes.sum()


@pytest.mark.parametrize("seed", range(5))
def test_the_ring_is_around_the_number_and_untouched_by_it(seed):
    case = restorers.case_of(BLACK, seed, "number")
    _, (left, top, right, bottom) = degrade(BLACK, random.Random(seed))
    rows, columns = np.nonzero(case.around.numpy())
    scale = 256 / 96
    assert not (case.around & case.strokes).any()
    assert case.damaged.mean(0)[case.around].mean() < 0.05
    assert rows.min() == max(round(top * scale) - restorers.RING, 0)
    assert columns.max() == min(round(right * scale) + restorers.RING, 256) - 1
    middle = case.around[round((top + bottom) / 2 * scale), round((left + right) / 2 * scale)]
    assert not middle


def test_the_masks_by_hand():
    """A box of 4x2 in a picture of 64x48, shown twice as large: the ring goes 16 beyond."""
    strokes, around = restorers.number_masks("", (20, 20, 24, 22), (64, 48), (128, 96))
    assert strokes.shape == (96, 128)
    assert not strokes.any()
    assert around.sum() == (8 + 32) * (4 + 32) - 8 * 4
    assert around[24, 24]
    assert not around[40, 40]
    assert not around[23, 40]


@pytest.mark.parametrize("form", ["number", "medium", "family"])
def test_the_cases_are_those_that_judge_during_training(form):
    photographs = MadeUp(3)
    for index in range(3):
        case = restorers.case_of(photographs[index], index, form)
        of_training = None if form == "family" else form
        damaged, target = pairs.judging_pair(photographs, index, form=of_training)
        assert torch.equal(case.damaged, damaged)
        assert torch.equal(case.target, target)
        assert (case.strokes is not None) == (form == "number")


def test_a_number_that_is_gone_scores_1():
    """The same error everywhere, and four times the error in the strokes."""
    case = restorers.case_of(MadeUp(1)[0], 0, "number")

    def off(case: restorers.Case) -> torch.Tensor:
        return case.target + 0.1

    def seen(case: restorers.Case) -> torch.Tensor:
        return case.target + 0.1 + 0.1 * (case.strokes if case.strokes is not None else 0)

    for restorer, expected in ((off, 1), (seen, 4)):
        measured = benchmark.measure(restorer, [case], lambda x: [x], whole=False)
        assert benchmark.value(measured, "number", np.array([0])) == pytest.approx(expected, 1e-3)


def test_who_is_told_of_the_number_sees_a_copy_without_it_and_with_the_same_damage_beside():
    """On black nothing is left of it; away from its blocks of 16 x 16 pixels JPEG is the same."""
    black = restorers.case_of(BLACK, 0, "number")
    answer = restorers.told(restorers.bilinear)(black)
    assert black.damaged.max() > 0.8
    assert answer.max() < 0.02
    case = restorers.case_of(MadeUp(1)[0], 0, "number")
    pixels = [np.asarray(copy).astype(int) for copy in (case.small, case.spared)]
    assert pixels[0].shape == pixels[1].shape
    changed = np.argwhere(np.abs(pixels[0] - pixels[1]).max(2) > 0)
    rows, columns = (changed[:, axis] for axis in (0, 1))
    assert 0 < np.ptp(rows) < 48
    assert 0 < np.ptp(columns) < 64
    assert (pixels[0] == pixels[1]).mean() > 0.7


def test_the_number_is_a_quotient_of_means_not_a_mean_of_quotients():
    measured = {"inside": np.array([3.0, 1.0]), "around": np.array([1.0, 0.0])}
    assert benchmark.value(measured, "number", np.array([0, 1])) == 4
    assert benchmark.value(measured, "number", np.array([0, 0, 1])) == pytest.approx(3.5)


def test_an_interval_holds_the_mean_and_narrows():
    values = np.random.default_rng(0).normal(5, 1, 400)
    mean, low, high = benchmark.interval(lambda chosen: values[chosen].mean(), 400)
    assert mean == values.mean()
    assert high - low == pytest.approx(2 * 1.96 / 20, rel=0.1)
    wide = benchmark.interval(lambda chosen: values[chosen].mean(), 25)
    assert wide[2] - wide[1] > 2 * (high - low)


def test_differences_are_taken_photograph_by_photograph():
    """One that is 1 dB better on each of very different photographs is 1 dB better, surely."""
    base = {"psnr": np.array([20.0, 25, 30, 35]), "features": np.array([0.5, 0.4, 0.3, 0.2])}
    better = {"psnr": base["psnr"] + 1, "features": base["features"] * 0.6}
    found = benchmark.compare(better, base)
    assert found["psnr"]["difference"] == pytest.approx((1, 1, 1))
    assert found["features"]["difference"] == pytest.approx((-40, -40, -40))
    assert found["psnr"]["value"][0] == 28.5
    assert "number" not in found


def test_non_local_means_takes_noise_away_and_keeps_the_colours():
    flat = torch.tensor([0.8, 0.4, 0.1]).reshape(3, 1, 1).expand(3, 64, 64)
    noise = 0.03 * torch.randn(3, 64, 64, generator=torch.Generator().manual_seed(0))
    case = restorers.Case(BLACK, flat + noise, flat)
    smooth = restorers.non_local_means(case, 10)
    assert (smooth - flat).square().mean() < 0.3 * noise.square().mean()


def test_a_crop_is_where_it_is_said_and_every_pixel_is_doubled():
    picture = torch.zeros(3, 256, 256)
    picture[0, 60, 100], picture[1, 61, 101] = 1, 1
    cut = np.asarray(crops.crop(picture, left=100, top=60))
    assert cut.shape == (192, 192, 3)
    assert (cut[:2, :2] == (255, 0, 0)).all()
    assert (cut[2:4, 2:4] == (0, 255, 0)).all()
    assert cut.sum() == 2 * 4 * 255


def test_a_page_has_a_row_for_each_network_in_its_order():
    rows = {name: [Image.new("RGB", (192, 192), name)] * 2 for name in ("red", "blue")}
    page = np.asarray(crops.page(rows))
    red, blue = ((page == colour).all(2) for colour in ((255, 0, 0), (0, 0, 255)))
    assert red.sum() == blue.sum() == 2 * 192 * 192
    assert np.flatnonzero(red.any(1)).max() < np.flatnonzero(blue.any(1)).min()


def test_a_picture_gives_a_vector_for_each_of_sixteen_places_at_each_depth():
    """Eyes that see the picture, and half of it: rows of places first, then the next picture."""
    first = torch.arange(64.0).view(1, 8, 8).expand(3, 8, 8)
    shallow, deep = restoration_set.vectors(lambda x: [x, x / 2], [first, first + 100])
    assert shallow.shape == deep.shape == (32, 3)
    assert shallow[0].tolist() == [4.5] * 3  # the mean of 0, 1, 8 and 9
    assert shallow[1].tolist() == [6.5] * 3  # of 2, 3, 10 and 11
    assert shallow[4].tolist() == [20.5] * 3
    torch.testing.assert_close(shallow[16:], shallow[:16] + 100)
    torch.testing.assert_close(deep, shallow / 2)


@pytest.mark.parametrize("spec", ["restoration-pixel", "=restoration-pixel", "pixel="])
def test_a_network_without_a_name_or_a_place_is_refused(spec):
    assert restorers.named_places(["a=b", "c=d=e"]) == [("a", "b"), ("c", "d=e")]
    with pytest.raises(ConfigError, match="NAME=PLACE"):
        restorers.named_places(["a=b", spec])
