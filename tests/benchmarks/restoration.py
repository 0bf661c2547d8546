"""How good the restored photographs are, beside enlarging and beside a classic of denoising.

Usage:

    python -m tests.benchmarks.restoration pixel=restoration-pixel \\
        lesson=runs/restoration-lesson-001 --data data/pets --out restoration.json
    python -m tests.benchmarks.restoration --speed

A network is named as NAME=PLACE; the place is the name of shipped weights, a safetensors file
of our compact network, or the folder of a run. All restore the middle squares of the first 200
photographs that never train, 256 pixels, after the lesson's damage (or another ``--form``;
one in twelve that the family leaves whole is left out):

    psnr        dB
    ssim        -1 to 1
    features    distance for SqueezeNet, through which no network here trains
    number      mean squared error in the number's strokes, as a multiple of that in a ring
                around the number: 1 where nothing is left of it
    identity    dB, 100 at most: an undamaged photograph against itself after restoration
    crosshatch  how much a grid of 2, 4 or 8 pixels stands out of the picture's spectrum; a
                photograph has the value below the table

beside bilinear and bicubic enlarging and OpenCV's non-local means [1] after bilinear
enlarging, its strength chosen on the first forty of these. Behind each value is its 95 %
interval, by resampling photographs, and below it the difference to bilinear, photograph by
photograph (for features in per cent).

``--told`` adds a row for each network: what it makes of a copy whose number somebody who knew every
pixel of it took out before JPEG smeared it, and filled in from around it [2]. So much of the error
is left where finding the number costs nothing.

``--trained`` takes photographs that train: how much closer they come out was learnt by heart.

``--speed`` times our network and the lesson's on a picture of 512x512 pixels, in turns.

References:
    [1] Buades et al., Non-local means denoising, 2011. https://doi.org/10.5201/ipol.2011.bcm_nlm
    [2] Telea, An image inpainting technique based on the fast marching method, 2004.
        https://doi.org/10.1080/10867651.2004.10487596
"""

import json
import random
import statistics
import time
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Annotated

import numpy as np
import torch
import typer
from PIL import Image
from torch import Tensor, nn

from lesson7.core import backbones, metrics, runtime
from lesson7.core.errors import ConfigError
from lesson7.core.runs import choose
from lesson7.restoration.data import FORMS, Photographs, find, split
from lesson7.restoration.recipes import build_network
from tests.benchmarks.grids import crosshatch
from tests.benchmarks.restorers import (
    Case,
    EyesDir,
    PetsDir,
    Restorer,
    best_strength,
    bicubic,
    bilinear,
    case_of,
    named_places,
    network_of,
    non_local_means,
    through,
    told,
)

RESAMPLED = 2_000
MEASURES = ("psnr", "ssim", "features", "number", "identity", "crosshatch")

Measured = Mapping[str, np.ndarray]


def measure(restorer: Restorer, cases: list[Case], eyes: nn.Module, *, whole: bool) -> Measured:
    """What each measure is made of, photograph by photograph: arrays ``(N,)``.

    Args:
        eyes: takes unit range, gives features.
        whole: also restore undamaged photographs; enlarging leaves those as they are.
    """
    rows: list[dict[str, float]] = []
    for case in cases:
        image, target = restorer(case), case.target
        row = {
            "psnr": metrics.psnr(image[None], target[None]).item(),
            "ssim": metrics.ssim(image[None], target[None]).item(),
            "crosshatch": crosshatch(image),
        }
        with torch.inference_mode():
            row["features"] = metrics.feature_distance(eyes, image[None], target[None]).item()
        if case.strokes is not None and case.around is not None:
            errors = (image - target).square().mean(0)
            row["inside"] = errors[case.strokes].mean().item()
            row["around"] = errors[case.around].mean().item()
        if whole:
            small = Image.fromarray(target.mul(255).round().byte().permute(1, 2, 0).numpy())
            again = restorer(Case(small, target, target))
            row["identity"] = min(metrics.psnr(again[None], target[None]).item(), 100.0)
        rows.append(row)
    return {key: np.array([row[key] for row in rows]) for key in rows[0]}


def value(measured: Measured, name: str, chosen: np.ndarray) -> float:
    """A measure over the chosen photographs: their mean, or the quotient of two means."""
    if name == "number":
        return float(measured["inside"][chosen].mean() / measured["around"][chosen].mean())
    return float(measured[name][chosen].mean())


def interval(
    statistic: Callable[[np.ndarray], float], n: int, seed: int = 0
) -> tuple[float, float, float]:
    """A statistic of ``n`` photographs, and the 95 % interval of it by resampling them.

    Args:
        statistic: of the photographs whose indices it is given.
    """
    rng = np.random.default_rng(seed)
    drawn = [statistic(rng.integers(0, n, n)) for _ in range(RESAMPLED)]
    low, high = np.percentile(drawn, [2.5, 97.5])
    return statistic(np.arange(n)), float(low), float(high)


def compare(measured: Measured, base: Measured) -> dict[str, dict[str, tuple[float, ...]]]:
    """Every measure that there is, and how it differs from ``base``, each with its interval."""
    n = len(measured["psnr"])
    result = {}
    for name in MEASURES:
        needed = {"inside", "around"} if name == "number" else {name}
        if not needed <= measured.keys():
            continue
        found = {"value": interval(lambda chosen, name=name: value(measured, name, chosen), n)}
        if needed <= base.keys():

            def difference(chosen: np.ndarray, name: str = name) -> float:
                ours, theirs = (value(each, name, chosen) for each in (measured, base))
                return 100 * (ours / theirs - 1) if name == "features" else ours - theirs

            found["difference"] = interval(difference, n)
        result[name] = found
    return result


def report(rows: Mapping[str, Mapping[str, Mapping[str, tuple[float, ...]]]]) -> None:
    """Print the table."""
    typer.echo(f"{'':18}" + "".join(f"{name:>29}" for name in MEASURES))
    for restorer, row in rows.items():
        for kind in ("value", "difference"):
            cells = []
            for name in MEASURES:
                numbers = row.get(name, {}).get(kind)
                digits = 2 if name in ("psnr", "identity", "number", "crosshatch") else 4
                digits = 1 if (name, kind) == ("features", "difference") else digits
                sign = "+" if kind == "difference" else ""
                cells.append("" if numbers is None else
                             "{:{s}.{d}f} [{:{s}.{d}f}, {:{s}.{d}f}]".format(
                                 *numbers, s=sign, d=digits))  # fmt: skip
            label = restorer if kind == "value" else "  to bilinear"
            typer.echo(f"{label:18}" + "".join(f"{cell:>29}" for cell in cells))


def speed(side: int = 512, rounds: int = 5) -> dict[str, float]:
    """Median seconds of both networks for one picture, and how many times ours is as fast.

    The lesson's as the lesson runs it, in float32, and, for comparison, as we run ours.
    """
    runtime.use_threads()
    picture = torch.rand(1, 3, side, side, generator=runtime.generator(0))
    ours, lesson, laid_out = (
        build_network(name, None).eval() for name in ("compact", "lesson", "lesson")
    )
    for network in (ours, laid_out):
        network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    tidy = picture.contiguous(memory_format=torch.channels_last)
    half = torch.autocast("cpu", dtype=torch.bfloat16)
    runs: dict[str, Callable[[], Tensor]] = {
        "lesson": lambda: lesson(picture),
        "lesson, bfloat16": lambda: _within(half, lambda: laid_out(tidy)),
        "compact": lambda: ours(tidy),
        "compact, bfloat16": lambda: _within(half, lambda: ours(tidy)),
    }
    times: dict[str, list[float]] = {name: [] for name in runs}
    with torch.inference_mode():
        for _ in range(rounds + 1):  # in turns, so that a slow moment hits all
            for name, run in runs.items():
                started = time.perf_counter()
                run()
                times[name].append(time.perf_counter() - started)
    found = {name: statistics.median(each[1:]) for name, each in times.items()}
    for name in ("compact", "compact, bfloat16"):
        found[f"lesson / {name}"] = found["lesson"] / found[name]
    alike = "lesson, bfloat16 / compact, bfloat16"
    found[alike] = found["lesson, bfloat16"] / found["compact, bfloat16"]
    return found


def _within(context: torch.autocast, run: Callable[[], Tensor]) -> Tensor:
    with context:
        return run()


def main(
    networks: Annotated[list[str] | None, typer.Argument(help="NAME=PLACE of networks.")] = None,
    folder: PetsDir = Path("data/pets"),
    eyes_folder: EyesDir = Path("data/backbones"),
    form: Annotated[
        str, typer.Option(help=f"Of the damage: {', '.join(FORMS)}, family.")
    ] = "number",
    n: Annotated[int, typer.Option("--n", help="Photographs.")] = 200,
    out: Annotated[Path | None, typer.Option(help="JSON file of the table.")] = None,
    trained: Annotated[bool, typer.Option("--trained", help="Photographs that train.")] = False,
    inpainted: Annotated[bool, typer.Option("--told", help="Also without the number.")] = False,
    timed: Annotated[bool, typer.Option("--speed", help="Time the networks instead.")] = False,
) -> None:
    """Measure networks; see the module's docstring."""
    if timed:
        found = speed()
        typer.echo("\n".join(f"{name:26} {number:8.3f}" for name, number in found.items()))
        if out is not None:
            out.write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")
        return
    choose("form", form, (*FORMS, "family"))
    named = named_places(networks or [])
    if inpainted and form != "number":
        raise ConfigError("only the form number has a number to take out: leave --told out")
    ours: dict[str, Restorer] = {name: through(network_of(place)) for name, place in named}
    photographs = Photographs(find(folder))
    train, judges = split(len(photographs))
    judges = random.Random(0).sample(train, n) if trained else judges[:n]
    cases = [case_of(photographs[index], index, form) for index in judges]
    cases = [case for case in cases if not torch.equal(case.damaged, case.target)]
    eyes = backbones.load("squeezenet", eyes_folder, takes="unit")
    others: dict[str, Restorer] = {"bilinear": bilinear, "bicubic": bicubic}
    found = {name: measure(each, cases, eyes, whole=False) for name, each in others.items()}
    found |= {name: measure(each, cases, eyes, whole=True) for name, each in ours.items()}
    if inpainted:
        found |= {f"{name}, told": measure(told(each), cases, eyes, whole=False)
                  for name, each in ours.items()}  # fmt: skip
    strength = best_strength(cases[:40])
    smoothed = partial(non_local_means, strength=strength)
    found["non-local means"] = measure(smoothed, cases, eyes, whole=True)
    rows = {name: compare(each, found["bilinear"]) for name, each in found.items()}
    report(rows)
    itself = sum(crosshatch(case.target) for case in cases) / len(cases)
    typer.echo(f"crosshatch of the photographs themselves: {itself:.2f}")
    if out is not None:
        out.write_text(json.dumps({"form": form, "n": len(cases), "rows": rows}, indent=2) + "\n",
                       encoding="utf-8")  # fmt: skip


if __name__ == "__main__":
    typer.run(main)
