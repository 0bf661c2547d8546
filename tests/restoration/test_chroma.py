"""Colours apart from light and shade: numbers worked by hand, and what is promised of them."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as st_numpy

from lesson7.core.errors import InputError
from lesson7.core.images import from_unit, to_unit
from lesson7.restoration.chroma import (
    ab_psnr,
    chroma,
    colourfulness,
    lab_ab,
    luminance,
    painted,
)
from lesson7.restoration.losses import chroma_loss
from tests.restoration.pictures import photograph

RED, GREEN, BLUE, GREY = (1, 0, 0), (0, 1, 0), (0, 0, 1), (0.5, 0.5, 0.5)


def flat(*colours, size=2):
    """Pictures of one colour each, ``(N, 3, size, size)``."""
    return torch.tensor(colours, dtype=torch.float).view(-1, 3, 1, 1).expand(-1, 3, size, size)


def test_luminance_and_chroma_are_those_of_jpeg_files():
    """Pillow's own conversion is the oracle; it cuts off to levels of 255."""
    image = photograph()
    pictures = to_unit(image)[None]
    y, cb, cr = (
        torch.from_numpy(np.array(band)).float() for band in image.convert("YCbCr").split()
    )
    torch.testing.assert_close(luminance(pictures)[0, 0] * 255, y, atol=1.1, rtol=0)
    ours = chroma(pictures)[0] * 255 + 128
    torch.testing.assert_close(ours, torch.stack([cb, cr]), atol=1.1, rtol=0)
    assert chroma(flat(GREY)).abs().max() < 1e-6
    assert chroma(flat(BLUE))[0, 0].max() == pytest.approx(0.5)
    assert chroma(flat(RED))[0, 1].max() == pytest.approx(0.5)


def test_what_was_taken_apart_is_put_together():
    pictures = to_unit(photograph())[None]
    again = painted(luminance(pictures), chroma(pictures))
    torch.testing.assert_close(again, pictures, atol=1e-5, rtol=0)


@settings(max_examples=60, deadline=None)
@given(st_numpy.arrays(np.float32, (2, 5, 5), elements=st.floats(-0.75, 0.75, width=32)),
       st_numpy.arrays(np.float32, (5, 5), elements=st.floats(0, 1, width=32)))  # fmt: skip
def test_too_strong_a_colour_is_weakened_until_its_luminance_can_stay(colours, grey):
    light, wanted = torch.from_numpy(grey)[None, None], torch.from_numpy(colours)[None]
    result = painted(light, wanted)
    assert 0 <= result.min() <= result.max() <= 1
    torch.testing.assert_close(luminance(result), light, atol=1e-5, rtol=0)
    found = chroma(result)
    cross = found[:, 0] * wanted[:, 1] - found[:, 1] * wanted[:, 0]
    assert cross.abs().max() < 1e-5  # the same hue
    shown = np.asarray(from_unit(result[0]).convert("L"), int)
    assert np.abs(shown - grey * 255).max() <= 1.01


@pytest.mark.parametrize(
    ("colour", "ab"),
    [(RED, (80.09, 67.20)), (GREEN, (-86.18, 83.18)), (BLUE, (79.19, -107.86)),
     (GREY, (0.0, 0.0)), ((0, 0, 0), (0.0, 0.0)), ((1, 1, 0), (-21.55, 94.48))],
)  # fmt: skip
def test_a_and_b_of_known_colours(colour, ab):
    """The values that every table of CIELAB, D65, gives for sRGB's corners."""
    assert lab_ab(flat(colour))[0, :, 0, 0].tolist() == pytest.approx(ab, abs=0.05)


def test_closeness_of_colours_is_blind_to_light():
    pictures = to_unit(photograph())[None]
    assert torch.isinf(ab_psnr(pictures, pictures))
    assert ab_psnr(flat((0.2, 0.2, 0.2)), flat(GREY)) > 80
    error = (80.09**2 + 67.20**2) / 2
    expected = 10 * np.log10(255**2 / error)
    assert ab_psnr(flat(GREY), flat(RED)).item() == pytest.approx(expected, abs=0.01)
    with pytest.raises(InputError, match="targets"):
        ab_psnr(pictures, flat(GREY))


def test_colourfulness_by_hand():
    """Half red, half blue: rg is 255, then 0; yb is 127.5, then -255."""
    picture = torch.cat([flat(RED), flat(BLUE)], 3)
    spread = np.hypot(255 / 2, (127.5 + 255) / 2)
    mean = np.hypot(255 / 2, (127.5 - 255) / 2)
    assert colourfulness(picture).item() == pytest.approx(spread + 0.3 * mean, abs=1e-3)
    assert colourfulness(flat(GREY)).item() == pytest.approx(0, abs=1e-4)


def test_the_loss_by_hand():
    """Red has a chroma of (-0.1687, 0.5): a norm of 0.5277, so it counts 4 times, the most.

    Grey is off by that: 0.1687 - 0.025 and 0.5 - 0.025, mean 0.3094, times 4.
    """
    assert chroma_loss(flat(GREY), flat(RED)).item() == pytest.approx(1.2375, abs=1e-3)
    assert chroma_loss(flat(RED), flat(GREY)).item() == pytest.approx(1.2375 / 4, abs=1e-3)
    faint = painted(torch.full((1, 1, 2, 2), 0.5), torch.full((1, 2, 2, 2), 0.02))
    by_hand = (1 + 0.02 * 2**0.5 / 0.1) * 0.02**2 / 0.1  # below 0.05: a parabola
    assert chroma_loss(flat(GREY), faint).item() == pytest.approx(by_hand, rel=1e-3)


def test_the_loss_does_not_mind_the_luminance():
    assert chroma_loss(flat((0.1, 0.1, 0.1)), flat((0.9, 0.9, 0.9))).item() < 1e-9
    with pytest.raises(InputError, match="target"):
        chroma_loss(flat(GREY), flat(GREY, RED))


def test_what_has_not_three_channels_is_refused():
    with pytest.raises(InputError, match="red, green and blue"):
        luminance(torch.zeros(1, 1, 4, 4))
