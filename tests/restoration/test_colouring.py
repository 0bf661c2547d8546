"""Colouring a picture: once, small, its light and shade kept; black-and-white is recognised."""

import numpy as np
import pytest
import torch
from PIL import Image

from lesson7.core.errors import InputError
from lesson7.core.images import from_unit, to_unit
from lesson7.restoration import colouring, predict
from lesson7.restoration.chroma import chroma
from lesson7.restoration.data import MadeUp
from lesson7.restoration.grey_pairs import GreyPairs, is_pale, working_size
from tests.restoration.pictures import photograph, pixels, with_alpha
from tests.restoration.stand_ins import Broken, Pink, Same


def constant(blue, red):
    """Finds the same colour everywhere, and keeps the sizes that it was shown."""
    sizes = []

    def colours(grey):
        assert (grey == grey[:, :1]).all()
        sizes.append(tuple(grey.shape[2:]))
        return torch.tensor([blue, red]).view(1, 2, 1, 1).expand(1, 2, *grey.shape[2:])

    colours.sizes = sizes
    return colours


@pytest.mark.parametrize("size", [(300, 200), (90, 700), (16, 16), (17, 900)])
def test_luminance_stays_and_colours_are_those_found(size):
    image = photograph(*size)
    result = colouring.coloured(constant(0.05, -0.08), image)
    assert (result.size, result.mode) == (size, "RGB")
    assert np.abs(pixels(result.convert("L")) - pixels(image.convert("L"))).max() <= 1
    light = pixels(image.convert("L"))
    found = chroma(to_unit(result)[None])[0][:, torch.from_numpy((light > 60) & (light < 200))]
    assert found[0].mean() == pytest.approx(0.05, abs=0.005)
    assert found[1].mean() == pytest.approx(-0.08, abs=0.005)


def test_the_network_sees_the_picture_once_and_small():
    for size in ((1200, 800), (100, 2000), (176, 176)):
        colours = constant(0, 0)
        colouring.coloured(colours, photograph(*size))
        assert colours.sizes == [working_size(size)[::-1]]
        assert max(colours.sizes[0]) <= 528
        assert min(colours.sizes[0]) >= 16


def test_its_own_colours_do_not_matter(monkeypatch):
    """But for rounding, most where there is little room; nor do the strips of the result."""
    image = photograph(200, 150)
    grey = image.convert("L").convert("RGB")
    same = colouring.coloured(constant(0.1, 0.02), image)
    again = colouring.coloured(constant(0.1, 0.02), grey)
    assert np.abs(pixels(same) - pixels(again)).max() <= 4
    monkeypatch.setattr(colouring, "STRIP", 200 * 7)
    assert np.abs(pixels(colouring.coloured(constant(0.1, 0.02), image)) - pixels(same)).max() <= 1


def test_colours_end_where_things_end():
    """Found at a sixth of the size, a red square has red to its edge and not beyond."""
    image = Image.new("RGB", (1056, 1056), (90, 90, 90))
    image.paste((170, 170, 170), (400, 400, 700, 700))

    def colours(grey):
        red = torch.where(grey[:, :1] > 0.5, 0.1, 0.0)
        return torch.cat([torch.zeros_like(red), red], 1)

    found = chroma(to_unit(colouring.coloured(colours, image))[None])[0, 1]
    assert found[550, 402:410].min() > 0.07
    assert found[550, 390:398].max() < 0.03


def test_strength_goes_from_its_own_colours_to_those_found(use):
    use(Pink())
    image = Image.new("RGB", (40, 40), (100, 110, 150))
    whole, half, none = (pixels(predict.restore(image, "colour", 1, one)) for one in (1, 0.5, 0))
    assert np.array_equal(none, pixels(image))
    assert np.abs(half - (whole + none) / 2).max() <= 1
    assert whole[5, 5, 0] - whole[5, 5, 1] == pytest.approx(60, abs=2)


def test_a_grey_picture_gets_colours_and_keeps_its_transparency(use):
    use(Pink())
    alpha = np.full((30, 40), 255, np.uint8)
    alpha[:10] = 0
    image = with_alpha(photograph(40, 30).convert("L").convert("RGB"), alpha)
    result = predict.restore(image, "colour", scale=2)
    assert (result.mode, result.size) == ("RGBA", (80, 60))
    assert pixels(result)[40:, :, 0].mean() > pixels(result)[40:, :, 1].mean() + 20


def test_progress_grows_and_the_result_comes_last(use, monkeypatch):
    use(Pink())
    monkeypatch.setattr(colouring, "STRIP", 100 * 20)
    steps = list(predict.stream(photograph(100, 90), "colour"))
    fractions = [step.fraction for step in steps]
    assert fractions == sorted(fractions)
    assert (fractions[0], fractions[-1], len(steps)) == (0, 1, 7)
    assert steps[1].words == "Colouring: 1 of 6 parts"
    assert [step.restored is None for step in steps] == [True] * 6 + [False]


def test_a_network_that_finds_nothing_gives_a_grey_picture_and_never_the_input(use):
    use(Same())
    result = pixels(predict.restore(photograph(), "colour"))
    assert np.ptp(result, axis=2).max() <= 1
    use(Broken(float("nan")))
    with pytest.raises(InputError, match="numbers that are no picture"):
        predict.restore(photograph(), "colour")


def test_black_and_white_is_recognised_in_any_tone():
    image = photograph(400, 300)
    grey = np.asarray(image.convert("L"), float)[..., None]
    for tone in ((1, 1, 1), (1, 0.9, 0.7), (0.85, 0.95, 1)):
        toned = Image.fromarray((grey * tone).astype(np.uint8))
        assert colouring.is_colourless(toned)
    assert not colouring.is_colourless(image)
    faded = Image.blend(image.convert("L").convert("RGB"), image, 0.3)
    assert not colouring.is_colourless(faded)
    assert colouring.is_colourless(Image.new("RGB", (20, 20), "red"))
    *_, last = predict.stream(image.convert("L"), strength=0)
    assert last.colourless


# ------------------------------------------------------------------------------ to train with


def test_crops_are_grey_beside_their_colours():
    pairs = GreyPairs(MadeUp(12), range(12), 64, aged=0.0)
    grey, target = pairs[3]
    assert grey.shape == target.shape == (3, 64, 64)
    assert (grey == grey[:1]).all()
    assert np.array_equal(pixels(from_unit(grey[:1])), pixels(from_unit(target).convert("L")))
    assert all(torch.equal(*both) for both in zip(pairs[3], (grey, target), strict=True))
    pairs.set_epoch(1)
    assert not torch.equal(pairs[3][1], target)


def test_some_are_worn_and_their_targets_are_not():
    worn = GreyPairs(MadeUp(12), range(12), 64, aged=1.0)
    whole = GreyPairs(MadeUp(12), range(12), 64, aged=0.0)
    different = 0
    for item in range(12):
        (grey, target), (clean, same) = worn[item], whole[item]
        assert torch.equal(target, same)
        assert (grey == grey[:1]).all()
        different += not torch.equal(grey, clean)
    assert different >= 10


def test_what_has_no_colours_does_not_train():
    photographs = MadeUp(12)
    photographs._kept[4] = np.repeat(photographs._kept[4][..., :1], 3, axis=2)
    assert is_pale(photographs[4])
    assert not is_pale(photographs[5])
    pairs = GreyPairs(photographs, range(12), 64)
    assert chroma(pairs[4][1][None]).abs().max() > 0.05
