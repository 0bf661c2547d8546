"""Every figure of speed and quality that README.md claims, and how it is measured.

    SECTIONS    figures that are measured together, with the data that they need
    measured    a section -> a line for each of its figures

A figure stands here as README.md has it, so that a test finds those that only one of the two
has. What measures it is the other benchmarks and what judged the training.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from lesson7.bedrooms import rooms
from lesson7.core import backbones, weights
from lesson7.core.errors import DataError, WeightsError
from lesson7.human_numbers import judge
from lesson7.human_numbers.data import VALID, text
from lesson7.human_numbers.predict import MODELS
from lesson7.human_numbers.tasks import build_task
from lesson7.human_numbers.train import RECIPES
from lesson7.mnist import data as mnist
from lesson7.mnist import predict
from lesson7.mnist.judge import evaluate
from lesson7.restoration import data as photographs_
from lesson7.restoration.colour_judging import GreyPictures
from lesson7.restoration.colour_judging import through as coloured
from tests.benchmarks import bedrooms, colour, restoration, restoration_set
from tests.benchmarks.restorers import bilinear, case_of, network_of, through


@dataclass(frozen=True)
class Figure:
    """What README.md claims.

    Args:
        what: it is about.
        claim: the figure, in README.md's words.
        yardstick: what it is compared with.
    """

    what: str
    claim: str
    yardstick: str


Reading = tuple[str, str]  # the figure as it is now; its ratio to the yardstick, in words


@dataclass(frozen=True)
class Section:
    """Figures that are measured together.

    Args:
        name: heading.
        measure: (data folder, quick) -> a reading for each figure, in their order.
        figures: what is claimed.
        needs: folders below the data folder.
    """

    name: str
    measure: Callable[[Path, bool], list[Reading]]
    figures: tuple[Figure, ...]
    needs: tuple[str, ...] = ()


def errors_beside(accuracy: float, yardstick: float) -> str:
    """How many errors there are for each of the yardstick's; both are shares of 1.

    >>> errors_beside(0.9965, 0.9954)
    '0.76 of its errors'
    """
    return f"{(1 - accuracy) / (1 - yardstick):.2f} of its errors"


# ------------------------------------------------------------------------------------ digits

LESSONS_DIGITS = {"cnn": 0.9864, "resnet": 0.9954, "best": 0.9954}


def digits(images: Tensor, labels: Tensor) -> list[Reading]:
    """The three networks of the page, on uint8 images ``(N, 1, 28, 28)``."""
    readings = []
    for name, lessons in LESSONS_DIGITS.items():
        with torch.inference_mode():
            accuracy = evaluate(predict.load(name), images, labels)["accuracy"]
        readings.append((f"{accuracy:.2%}", errors_beside(accuracy, lessons)))
    return readings


def _digits(data: Path, quick: bool) -> list[Reading]:
    images, labels = mnist.load(data / "mnist", train=False)
    return digits(images[:200], labels[:200]) if quick else digits(images, labels)


DIGITS = Section(
    "Digits: right on MNIST's test images",
    _digits,
    (
        Figure("the lesson's CNN", "98.79 %", "the lesson: 98.64 %"),
        Figure("the lesson's ResNet", "99.54 %", "the lesson: 99.54 %"),
        Figure("ours", "99.68 %", "the lesson: 99.54 %"),
    ),
    needs=("mnist",),
)


# ------------------------------------------------------------------------------- restoration

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
        Figure("best", "1.21 dB above it", _BILINEAR),
        Figure("best, features", "29 % closer, taken", _BILINEAR),
        Figure("best, features of all", "taken together 80 %", _BILINEAR),
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
    for ours in ("compact, bfloat16", "compact"):
        ratio = times["lesson"] / times[ours]
        readings.append((f"{times[ours]:.2f} s", f"1/{ratio:.1f} of its {times['lesson']:.2f} s"))
    return readings


SPEED = Section(
    "Restoration: time for 512 x 512 pixels",
    _speed,
    (
        Figure("bfloat16", "a seventeenth of the time", "the lesson's U-Net"),
        Figure("float32", "a tenth in float32", "the lesson's U-Net"),
    ),
)


# ---------------------------------------------------------------------------------- bedrooms


def _rooms(data: Path, quick: bool) -> list[Reading]:
    n = 20 if quick else bedrooms.N_SAMPLES
    ours = rooms.load("modern")
    most = n if quick else None
    bench = bedrooms.Bench(data / "bedrooms", data / "backbones", int(ours.size), most)
    train = {name: vectors[:n] for name, vectors in bench.train.items()}
    real = bench.measure(train)["distance_squeezenet"]
    drawn = bench.measure(bench.embed(bedrooms.draw(ours, n)))
    distance, recall = drawn["distance_squeezenet"], drawn["recall_squeezenet"]
    return [(f"{distance:,.0f}", f"{distance / real:.1f} times as far"), (f"{recall:.2f}", "of 1")]


BEDROOMS = Section(
    "Bedrooms: Fréchet distance through SqueezeNet, 2,000 rooms",
    _rooms,
    (
        Figure("ours, rooms", "Fréchet distance 1,160", "photographs: 1,011"),
        Figure("ours, recall", "recall 0.44", "1"),
    ),
    needs=("bedrooms", "backbones"),
)


# ----------------------------------------------------------------------------- human numbers

LESSONS_GRU = 0.755


def _counting(data: Path, quick: bool) -> list[Reading]:
    networks = {
        name: weights.load(f"human-numbers-{name}", MODELS[name]) for name in ("model5", "counter")
    }
    readings = []
    for name, network in networks.items():
        with torch.inference_mode():
            if quick:
                read = judge.read_through(network, torch.tensor(text(VALID)[:200]))
            else:
                read = build_task(RECIPES[name], network).evaluate(network)
        accuracy = read["accuracy"]
        readings.append((f"{accuracy:.2%}", errors_beside(accuracy, LESSONS_GRU)))
    last = VALID[0] + 5 if quick else VALID[-1]
    with torch.inference_mode():
        counted = judge.count_up(networks["counter"], VALID[0], last)
    readings.append((f"{counted:,} in a row", f"{counted / (last - VALID[0]):.0%} of them"))
    return readings


HUMAN_NUMBERS = Section(
    "Human numbers: next words right from 8,001 to 9,999",
    _counting,
    (
        Figure("the lesson's GRU", "84.7 %", "the lesson: 75.5 %"),
        Figure("ours", "99.98 %", "the lesson's GRU: 75.5 %"),
        Figure("ours, counting", "counts from 8,001 to 9,999 without a mistake", "all 1,998"),
    ),
)


# ---------------------------------------------------------------------------------- together

SECTIONS = (DIGITS, RESTORATION, COLOUR, SPEED, BEDROOMS, HUMAN_NUMBERS)


def measured(section: Section, data: Path, *, quick: bool) -> list[tuple[Figure, Reading | str]]:
    """Each figure with its reading, or with why there is none.

    Args:
        data: the folder with the data sets; nothing is downloaded.
        quick: a rehearsal on next to nothing, whose readings mean nothing.
    """
    absent = [str(data / each) for each in section.needs if not (data / each).is_dir()]
    if absent:
        return [(figure, f"not measured: {', '.join(absent)} absent") for figure in section.figures]
    try:
        readings = section.measure(data, quick)
    except (DataError, WeightsError) as error:
        return [(figure, f"not measured: {error}") for figure in section.figures]
    return list(zip(section.figures, readings, strict=True))
