"""What ``colour`` is judged by, in training and by the benchmark."""

import numpy as np
import pytest
import torch
from torch import nn

from lesson7.restoration import colour_judging
from lesson7.restoration.chroma import chroma, luminance, painted
from lesson7.restoration.colour_judging import GreyPictures
from lesson7.restoration.data import MadeUp, split
from tests.benchmarks import colour as benchmark


class Eyes(nn.Module):
    """Sees the colours themselves, and half of them."""

    def forward(self, pictures):
        return [pictures, pictures[:, :, ::2, ::2]]


class Tone(nn.Module):
    """Adds a little to red, whatever it is shown."""

    def __init__(self, red):
        super().__init__()
        self.red = nn.Parameter(torch.tensor(red))

    def forward(self, grey):
        return grey + self.red * torch.tensor([1.0, 0, 0]).view(3, 1, 1)


@pytest.fixture(scope="module")
def pictures():
    photographs = MadeUp(30)
    _, judges = split(30)
    photographs._kept[judges[0]] = np.full_like(photographs._kept[judges[0]], 90)
    return GreyPictures(photographs, eyes=Eyes(), n_judged=2)


def judged(pictures, red):
    with torch.inference_mode():
        return colour_judging.evaluate(pictures, Tone(red))


def test_what_judges_has_colours_itself(pictures):
    assert len(pictures.grey) == len(pictures.target) == 2
    assert chroma(pictures.target).abs().flatten(1).amax(1).min() > 0.1
    assert chroma(pictures.grey).abs().max() < 1e-6


def test_grey_gains_nothing_and_colours_are_counted(pictures):
    nothing, something = judged(pictures, 0.0), judged(pictures, 0.3)
    assert nothing["gain"] == pytest.approx(0, abs=0.02)
    assert nothing["colourfulness"] == pytest.approx(0, abs=0.01)
    assert nothing["features"] == pytest.approx(1, abs=0.01)
    assert something["colourfulness"] > 0.1
    assert something["gain"] == pytest.approx(
        something["ab_psnr"] - pictures.grey_psnr.mean().item(), abs=1e-4
    )


def test_the_benchmark_tells_grey_from_one_tone_and_both_from_the_truth(pictures):
    grey, target = pictures.grey, pictures.target
    tone = benchmark.one_tone(pictures.photographs, pictures.train, grey)
    found = chroma(tone).flatten(2)
    assert found.std(2).max() < 0.06  # one tone, weaker where there is little room
    torch.testing.assert_close(luminance(tone), luminance(grey), atol=1e-5, rtol=0)
    half = painted(luminance(target), chroma(target) / 2)
    measured = {
        name: benchmark.measure(each, target, Eyes())
        for name, each in {"grey": grey, "half": half, "truth": target}.items()
    }
    rows = {name: benchmark.compare(each, measured["grey"]) for name, each in measured.items()}
    assert rows["grey"]["ab_psnr"]["difference"] == (0, 0, 0)
    assert rows["half"]["ab_psnr"]["difference"][0] == pytest.approx(6.0, abs=1.5)  # half of it
    assert rows["half"]["features"]["difference"][0] < -30
    assert rows["truth"].keys() == {"colourfulness", "features"}  # infinitely close
    ours, theirs = (rows[name]["colourfulness"]["value"][0] for name in ("half", "truth"))
    assert ours == pytest.approx(theirs / 2, rel=0.02)
    assert np.isfinite(rows["half"]["ab_psnr"]["value"]).all()
