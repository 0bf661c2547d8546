"""Tile by tile: without a seam, telling how far it is, and stopped when nobody waits."""

import time

import numpy as np
import pytest
import torch
from PIL import Image, ImageFilter

from lesson7.core import runtime, weights
from lesson7.core.errors import ConfigError, ImageError, InputError
from lesson7.restoration import networks, predict, tiling
from tests.restoration.pictures import photograph, pixels
from tests.restoration.stand_ins import Same, compact

BILINEAR = Image.Resampling.BILINEAR


# ------------------------------------------------------------------------------- the tiles


def swept(network, picture, columns, rows, monkeypatch):
    """What the network makes of the picture in so many tiles, in levels of 255."""
    sides = tiling.cuts(picture.width, columns), tiling.cuts(picture.height, rows)
    monkeypatch.setattr(tiling, "plan", lambda *_: sides)
    work = tiling.sweep(network, picture)
    with torch.inference_mode():
        while True:
            try:
                next(work)
            except StopIteration as end:
                return pixels(end.value)


SHIPPED = [recipe for recipe in networks.TILED if f"restoration-{recipe}" in weights.entries()]


@pytest.mark.parametrize("recipe", [None, *SHIPPED])
def test_tiles_leave_no_seam(recipe, monkeypatch):
    """In float32; with random weights, which change pictures a lot, and with the shipped ones.

    The tiles are the smallest that there may be, so that all of them is near a seam.
    """
    network = networks.load(recipe) if recipe else compact()
    picture = photograph(560, 544).filter(ImageFilter.UnsharpMask(2, 200))
    tiles, whole = (swept(network, picture, n, n, monkeypatch) for n in (2, 1))
    assert np.abs(tiles - whole).max() <= 1


def test_a_crop_that_is_compared_is_the_crop_of_the_whole(random_networks):
    image = photograph(500, 400)
    crops = predict.compare(image, scale=1.5, strength=0.8, centre=(0.3, 0.9), side=200)
    assert list(crops) == ["input", *networks.TILED]
    left, top = 125, 400  # 0.3 * 750 - 100; at the lower border
    box = (left, top, left + 200, top + 200)
    enlarged = image.resize((750, 600), BILINEAR)
    assert np.array_equal(pixels(crops["input"]), pixels(enlarged.crop(box)))
    for recipe in networks.TILED:
        whole = predict.restore(image, recipe, 1.5, 0.8)
        # in bfloat16, where that is faster, rounding depends on the size of what is computed
        assert np.abs(pixels(crops[recipe]) - pixels(whole.crop(box))).max() <= 3


def test_a_crop_of_a_small_picture_is_the_picture(random_networks):
    crops = predict.compare(photograph(40, 30), scale=2)
    assert {crop.size for crop in crops.values()} == {(80, 60)}


def test_only_some_recipes_can_be_compared(random_networks):
    crops = predict.compare(photograph(), recipes=["gan"])
    assert list(crops) == ["input", "gan"]
    for unknown in ("paint", "colour"):  # a crop does not tell its colours
        with pytest.raises(ConfigError, match="choose one of pixel, gan, feature"):
            predict.compare(photograph(), recipes=[unknown])


@pytest.mark.parametrize("bad", [
    {"side": 15}, {"side": 513}, {"centre": (0.5, 1.1)}, {"centre": (float("nan"), 0)},
    {"strength": 2}, {"scale": 5},
])  # fmt: skip
def test_a_crop_out_of_range_is_refused(random_networks, bad):
    with pytest.raises(InputError):
        predict.compare(photograph(), **bad)


# -------------------------------------------------------------------- progress and stopping


def test_progress_rises_from_zero_to_one_and_counts_tiles(use, monkeypatch):
    use(Same())
    monkeypatch.setattr(tiling, "plan", lambda *_: (tiling.cuts(900, 3), tiling.cuts(700, 2)))
    seen = []
    predict.restore(photograph(900, 700), progress=lambda *report: seen.append(report))
    fractions = [fraction for fraction, _ in seen]
    assert fractions == pytest.approx([n / 6 for n in range(7)])
    assert seen[2][1] == "Restoring: 2 of 6 tiles"
    assert seen[-1] == (1.0, "Restored")
    monkeypatch.undo()
    seen.clear()
    predict.restore(photograph(), strength=0, progress=lambda *report: seen.append(report))
    assert [fraction for fraction, _ in seen] == [1.0]


class Stop(Exception):
    """Raised by a visitor who does not want to wait."""


def test_what_progress_raises_stops_the_work(use, monkeypatch):
    network = Same()
    runs = []
    network.register_forward_hook(lambda *_: runs.append(1))
    use(network)
    predict.restore(photograph())  # measures the precisions
    runs.clear()
    monkeypatch.setattr(tiling, "plan", lambda *_: (tiling.cuts(900, 3), tiling.cuts(700, 2)))

    def stop(fraction, words):
        if fraction > 0.3:
            raise Stop

    with pytest.raises(Stop):
        predict.restore(photograph(900, 700), progress=stop)
    assert len(runs) == 2


def test_a_stream_refuses_at_once_and_runs_only_when_asked(use, monkeypatch):
    network = Same()
    runs = []
    network.register_forward_hook(lambda *_: runs.append(1))
    use(network)
    predict.restore(photograph())
    runs.clear()
    with pytest.raises(InputError):
        predict.stream(photograph(), scale=9)
    with pytest.raises(ImageError):
        predict.stream(b"no picture")
    monkeypatch.setattr(tiling, "plan", lambda *_: (tiling.cuts(900, 3), tiling.cuts(700, 2)))
    steps = predict.stream(photograph(900, 700))
    assert next(steps).fraction == 0
    assert runs == []
    assert next(steps).restored is None
    steps.close()
    assert len(runs) == 1


def test_no_tile_takes_two_cores_a_second(random_networks, monkeypatch):
    """So that a stop is heeded within one. Counted on one thread, in seconds of a core."""
    monkeypatch.setattr(runtime, "use_threads", lambda: torch.set_num_threads(1))
    before = torch.get_num_threads()
    try:
        steps = predict.stream(photograph(1400, 1100))
        next(steps)
        times = [time.process_time()]
        for _ in range(2):
            next(steps)
            times.append(time.process_time())
    finally:
        torch.set_num_threads(before)
    assert min(np.diff(times)) < 2
