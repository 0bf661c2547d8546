"""Measure the digit networks on MNIST's whole test set and on what MNIST does not have.

    python -m tests.benchmarks.digits --data data/mnist

Three tables: the networks on the 10,000 test images as they are (accuracy, calibration, time
per image in ratio to the smallest); our network through ``predict.read``, as a visitor meets
it, on the test set, nine kinds of strangers' digits, and real scans of 8x8 pixels; and the share
of scribbles, letters and groups of digits that it turns away.

With ``--held-out`` the 5,000 training images that chose between versions of our network take the
place of the test set: so versions are compared, and the test set stays out of it. The lesson's
networks were trained on these images, so their rows say nothing then.
"""

import statistics
import time
from pathlib import Path
from typing import Annotated

import numpy as np
import torch
import typer

from lesson7.mnist import data, predict, strangers, strokes
from lesson7.mnist.judge import evaluate
from tests.mnist.scans import small_scans
from tests.mnist.stand_ins import DIGITS, OTHER_FACES, STAND_INS, by_mouse

LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZabcdefghjkmnpqrstuvwxyz"


def networks(images: torch.Tensor, labels: torch.Tensor) -> None:
    """Each shipped network on the test images as MNIST has them."""
    one = images[:1].float() / 255
    times: dict[str, list[float]] = {name: [] for name in predict.NETWORKS}
    with torch.inference_mode():
        for _ in range(200):  # in turn, so that a slow moment hits all
            for name, each in times.items():
                started = time.perf_counter()
                predict.load(name)(one)
                each.append(time.perf_counter() - started)
        print("network  parameters  accuracy  calibration   time")
        for name in predict.NETWORKS:
            network = predict.load(name)
            found = evaluate(network, images, labels)
            size = sum(p.numel() for p in network.parameters())
            ratio = statistics.median(times[name]) / statistics.median(times["cnn"])
            print(f"{name:8} {size:10,} {found['accuracy']:9.2%} "
                  f"{found['calibration_error']:12.2%} {ratio:5.1f}x")  # fmt: skip


def as_a_visitor(name: str, images: np.ndarray, labels: np.ndarray, n_strangers: int) -> None:
    """Right and turned away, MNIST's images first (``name``), then what strangers send."""
    rng = np.random.default_rng(0)
    print(f"\n{'digits, through predict.read':32} {'right':>7} {'turned away':>12}")
    report(name, images, labels)
    scores = []
    for name, degrade in STAND_INS.items():
        pictures = [degrade(image, rng) for image in images[:n_strangers]]
        scores.append(report(name.replace("_", " "), pictures, labels[:n_strangers]))
    for width in (1, 3, 12):
        asked = [*DIGITS] * (n_strangers // 10)
        drawn = [by_mouse(digit, rng, width) for digit in asked]
        scores.append(report(f"by mouse, {width} px", drawn, asked))
    print(f"{'mean of the strangers':32} {np.mean(scores):7.2%}")
    report("real scans of 8x8, 13 writers", *small_scans())


def report(name: str, pictures, labels) -> float:
    answers = [predict.read(picture).digit for picture in pictures]
    right = float(np.mean([a == int(b) for a, b in zip(answers, labels, strict=True)]))
    print(f"{name:32} {right:7.2%} {np.mean([a is None for a in answers]):12.2%}")
    return right


def no_digits(images: np.ndarray, n: int) -> None:
    """The share turned away of what is not one digit; letters in typefaces never trained on."""
    rng = np.random.default_rng(1)
    by_hand = [strokes.LETTERS[rng.choice([*strokes.LETTERS])] for _ in range(n)]
    in_print = [LETTERS[i % len(LETTERS)] for i in range(n)]
    groups = {
        "scribbles": [strokes.scribble(rng) for _ in range(n)],
        "letters in print": [strangers.printed(letter, rng, OTHER_FACES) for letter in in_print],
        "letters by hand": [strokes.polyline(letter, rng) for letter in by_hand],
        "two or three digits": [strangers.several(images, rng) for _ in range(n)],
    }  # fmt: skip
    print(f"\n{'no digit':32} {'turned away':>12}")
    for name, pictures in groups.items():
        away = np.mean([predict.read(255 - picture).digit is None for picture in pictures])
        print(f"{name:32} {away:12.2%}")


def main(
    folder: Annotated[Path, typer.Option("--data", help="Folder of MNIST.")] = Path("data/mnist"),
    strangers_each: Annotated[int, typer.Option(help="Pictures of each kind.")] = 500,
    test_images: Annotated[
        int, typer.Option(help="Of MNIST's images, for the visitor's table.")
    ] = 10_000,
    held_out: Annotated[
        bool, typer.Option("--held-out", help="Held-out images instead of the test set.")
    ] = False,
) -> None:
    """Print the three tables."""
    images, labels = data.load(folder, train=held_out)
    if held_out:
        chosen = data.hold_out(len(images))[1]
        images, labels = images[chosen], labels[chosen]
    networks(images, labels)
    plain, answers = images[:, 0].numpy(), labels.numpy()
    name = "MNIST's held-out images" if held_out else "MNIST's test set"
    as_a_visitor(name, plain[:test_images], answers[:test_images], strangers_each)
    no_digits(plain, strangers_each)


if __name__ == "__main__":
    typer.run(main)
