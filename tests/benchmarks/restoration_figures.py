"""The figures of the Restoration tab that README.md claims: photographs, colours, time.

gains, colours    photographs -> readings, for those who have other photographs
SECTIONS          the figures, as ``tests.benchmarks.claims`` knows them
"""

from pathlib import Path

import numpy as np
import torch
from torch import nn

from lesson7.core import backbones
from lesson7.restoration import data as photographs_
from lesson7.restoration.colour_judging import GreyPictures
from lesson7.restoration.colour_judging import through as coloured
from tests.benchmarks import colour, restoration, restoration_set
from tests.benchmarks.claims import Figure, Reading, Section
from tests.benchmarks.restorers import bilinear, case_of, network_of, through

_BILINEAR = "bilinear enlarging"
_BOTH = ("psnr", "features")
GAINS = {"pixel": ("psnr",), "feature": _BOTH, "gan": _BOTH, "best": _BOTH}


def gains(photographs: list, seeds: list[int], eyes: nn.Module) -> list[Reading]:
    """What each recipe gains over bilinear enlarging, then ``best`` as a set, as figures go.

    Args:
        photographs: their shorter side is 256 pixels.
        seeds: of the damage of each.
        eyes: takes unit range, gives features.
    """
    cases = [case_of(each, seed, "number") for each, seed in zip(photographs, seeds, strict=True)]
    base = restoration.measure(bilinear, cases, eyes, whole=False)
    chosen, readings = np.arange(len(cases)), []
    for recipe, measures in GAINS.items():
        restorer = through(network_of(f"restoration-{recipe}"))
        found = restoration.measure(restorer, cases, eyes, whole=False)
        for measure in measures:
            ours, theirs = (restoration.value(each, measure, chosen) for each in (found, base))
            if measure == "psnr":
                error = 10 ** ((theirs - ours) / 10)  # dB are logarithms of squared errors
                readings.append((f"{ours - theirs:.2f} dB", f"{error:.2f} of its squared error"))
            else:
                readings.append(
                    (f"{1 - ours / theirs:.1%}", f"{ours / theirs:.2f} of its distance")
                )
    truth = restoration_set.vectors(eyes, [case.target for case in cases])
    best = through(network_of("restoration-best"))
    (*_, ours), (*_, theirs) = (
        restoration_set.distances(each, cases, truth, eyes) for each in (best, bilinear)
    )
    return [*readings, (f"{1 - ours / theirs:.0%}", f"{ours / theirs:.2f} of its distance")]


def _gains(data: Path, quick: bool) -> list[Reading]:
    all_of_them = photographs_.Photographs(photographs_.find(data / "pets"))
    seeds = photographs_.split(len(all_of_them))[1][: 4 if quick else 200]
    eyes = backbones.load("squeezenet", data / "backbones", takes="unit")
    return gains([all_of_them[seed] for seed in seeds], seeds, eyes)


RESTORATION = Section(
    "Restoration: 200 photographs, the lesson's damage",
    _gains,
    (
        Figure("by pixel loss", "2.08 dB of PSNR above bilinear", _BILINEAR),
        Figure("by feature loss", "1.22 dB above it", _BILINEAR),
        Figure("by feature loss, features", "23 % closer for", _BILINEAR),
        Figure("against a critic", "2.04 dB above it", _BILINEAR),
        Figure("against a critic, features", "6 % closer", _BILINEAR),
        Figure("best", "1.16 dB above it", _BILINEAR),
        Figure("best, features", "30 % closer, taken", _BILINEAR),
        Figure("best, features of all", "taken together 81 %", _BILINEAR),
    ),
    needs=("pets", "backbones"),
)


def colours(cases: GreyPictures) -> list[Reading]:
    """What ``colour`` brings back, beside the grey photographs."""
    with torch.inference_mode():
        ours = coloured(network_of("restoration-colour"), cases.grey)
    found, grey, truth = (
        {name: values.mean() for name, values in measured.items()}
        for measured in (
            colour.measure(each, cases.target, cases.eyes)
            for each in (ours, cases.grey, cases.target)
        )
    )
    gain = found["ab_psnr"] - grey["ab_psnr"]
    distance = found["features"] / grey["features"]
    share = found["colourfulness"] / truth["colourfulness"]
    return [
        (f"{gain:.2f} dB", f"{10 ** (-gain / 10):.2f} of its squared error"),
        (f"{1 - distance:.1%}", f"{distance:.2f} of its distance"),
        (f"{share:.0%}", f"{share:.2f} of theirs"),
    ]


def _colours(data: Path, quick: bool) -> list[Reading]:
    all_of_them = photographs_.Photographs(photographs_.find(data / "pets"))
    eyes = backbones.load("squeezenet", data / "backbones", takes="unit")
    return colours(GreyPictures(all_of_them, eyes=eyes, n_judged=4 if quick else 200))


COLOUR = Section(
    "Restoration: 200 photographs without their colours",
    _colours,
    (
        Figure("colours", "1.28 dB of PSNR above grey, in the colours", "grey"),
        Figure("colours, features", "16 % closer than grey", "grey"),
        Figure("colours, colourfulness", "60 % as colourful", "the photographs"),
    ),
    needs=("pets", "backbones"),
)


def _speed(data: Path, quick: bool) -> list[Reading]:
    times = restoration.speed(64, 1) if quick else restoration.speed()
    readings = []
    for ours, theirs in (
        ("compact", "lesson"),
        ("compact, bfloat16", "lesson, bfloat16"),
        ("compact, bfloat16", "lesson"),
    ):
        ratio = times[theirs] / times[ours]
        readings.append((f"{times[ours]:.2f} s", f"1/{ratio:.1f} of its {times[theirs]:.2f} s"))
    return readings


SPEED = Section(
    "Restoration: time for 512 x 512 pixels",
    _speed,
    (
        Figure("float32", "a tenth of the time", "the lesson's U-Net"),
        Figure("bfloat16", "a tenth in bfloat16", "the lesson's U-Net in bfloat16"),
        Figure("bfloat16 beside float32", "a seventeenth or less", "the lesson's in float32"),
    ),
)


SECTIONS = (RESTORATION, COLOUR, SPEED)
