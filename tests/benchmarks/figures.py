"""Every figure of speed and quality that README.md claims, and how it is measured.

    SECTIONS    figures that are measured together, with the data that they need

What measures them is the other benchmarks and what judged the training. Those of the Restoration
tab are many, and stand in ``restoration_figures.py``.
"""

from pathlib import Path

import torch
from torch import Tensor

from lesson7.bedrooms import rooms
from lesson7.bedrooms.data import NOT_ROOMS
from lesson7.core import weights
from lesson7.human_numbers import judge
from lesson7.human_numbers.data import VALID, text
from lesson7.human_numbers.predict import MODELS
from lesson7.human_numbers.tasks import build_task
from lesson7.human_numbers.train import RECIPES
from lesson7.mnist import data as mnist
from lesson7.mnist import predict
from lesson7.mnist.judge import evaluate
from tests.benchmarks import bedrooms, restoration_figures
from tests.benchmarks.claims import Figure, Reading, Section, errors_beside

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


# ---------------------------------------------------------------------------------- bedrooms


def _rooms(data: Path, quick: bool) -> list[Reading]:
    n = 20 if quick else bedrooms.N_SAMPLES
    ours = rooms.load("modern")
    most = n if quick else None
    photographs, judges = data / "bedrooms", data / "backbones"
    without = None if quick else NOT_ROOMS
    bench = bedrooms.Bench(photographs, judges, int(ours.size), most, without)
    train = {name: vectors[:n] for name, vectors in bench.train.items()}
    real = bench.measure(train)
    drawn = bench.measure(bench.embed(bedrooms.draw(ours, n)))
    distance, recall = drawn["distance_squeezenet"], drawn["recall_squeezenet"]
    farther = distance / real["distance_squeezenet"]
    found = f"of {real['recall_squeezenet']:.2f}"
    return [(f"{distance:,.0f}", f"{farther:.1f} times as far"), (f"{recall:.2f}", found)]


BEDROOMS = Section(
    "Bedrooms: Fréchet distance through SqueezeNet, 2,000 rooms",
    _rooms,
    (
        Figure("ours, rooms", "Fréchet distance 1,072", "photographs: 939"),
        Figure("ours, recall", "recall 0.52", "photographs: 0.62"),
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

SECTIONS = (DIGITS, *restoration_figures.SECTIONS, BEDROOMS, HUMAN_NUMBERS)
