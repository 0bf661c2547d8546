"""How good the colours are that black-and-white photographs get.

Usage:

    python -m tests.benchmarks.colour ours=restoration-colour --data data/pets --out colour.json

A network is named as NAME=PLACE, as in ``tests.benchmarks.restoration``. All colour the middle
squares of the first 200 photographs that never train and have colours themselves, 256 pixels,
as a visitor's photograph is coloured:

    colourfulness   how colourful they look, whatever they should look like            [1]
    ab_psnr         dB: closeness of a and b of CIELAB                                 [2]
    features        distance to the truth for SqueezeNet, through which nothing here trains

beside grey, beside one tone for all (the mean chroma of photographs that train), which is what
a network must beat that sees nothing, and beside the truth. Behind each value is its 95 %
interval, by resampling photographs, and below it the difference to grey, photograph by
photograph (for features in per cent).

References:
    [1] Hasler and Süsstrunk, Measuring colourfulness in natural images, 2003.
        https://doi.org/10.1117/12.477378
    [2] Zhang et al., Colorful image colorization, 2016. https://arxiv.org/abs/1603.08511
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import numpy as np
import torch
import typer
from torch import Tensor, nn

from lesson7.core import backbones
from lesson7.core.images import to_unit
from lesson7.core.metrics import feature_distance
from lesson7.restoration.chroma import ab_psnr, chroma, colourfulness, luminance, painted
from lesson7.restoration.colour_judging import GreyPictures, through
from lesson7.restoration.data import Photographs, find
from tests.benchmarks.restoration import interval
from tests.benchmarks.restorers import EyesDir, PetsDir, named_places, network_of

TONED_BY = 200  # photographs that train, of which the one tone is the mean
EIGHT = 8  # pictures at a time

Measured = Mapping[str, np.ndarray]
Row = dict[str, dict[str, tuple[float, ...]]]


def measure(pictures: Tensor, target: Tensor, eyes: nn.Module) -> Measured:
    """Each measure, photograph by photograph: arrays ``(N,)``.

    Args:
        pictures, target: ``(N, 3, H, W)``, unit range.
        eyes: takes unit range, gives features.
    """
    rows = []
    with torch.inference_mode():
        for ours, theirs in zip(pictures.split(EIGHT), target.split(EIGHT), strict=True):
            rows.append({
                "colourfulness": colourfulness(ours),
                "ab_psnr": ab_psnr(ours, theirs),
                "features": feature_distance(eyes, ours, theirs),
            })  # fmt: skip
    return {key: torch.cat([row[key] for row in rows]).numpy() for key in rows[0]}


def one_tone(photographs: Photographs, indices: list[int], grey: Tensor) -> Tensor:
    """All of ``grey`` in the mean chroma of the photographs ``indices``."""
    means = [chroma(to_unit(photographs[index])[None]).mean((2, 3)) for index in indices]
    tone = torch.cat(means).mean(0).view(1, 2, 1, 1)
    return painted(luminance(grey), tone.expand(len(grey), 2, *grey.shape[2:]))


def compare(measured: Measured, base: Measured) -> Row:
    """Every measure, and how it differs from ``base``, each with its interval.

    What is infinite, such as the closeness of the truth to itself, is left out.
    """
    result: Row = {}
    for name, values in measured.items():
        if not np.isfinite(values).all():
            continue
        n = len(values)

        def difference(chosen: np.ndarray, name: str = name, values: np.ndarray = values) -> float:
            ours, theirs = values[chosen].mean(), base[name][chosen].mean()
            return float(100 * (ours / theirs - 1) if name == "features" else ours - theirs)

        result[name] = {
            "value": interval(lambda chosen, values=values: float(values[chosen].mean()), n),
            "difference": interval(difference, n),
        }
    return result


def report(rows: Mapping[str, Row]) -> None:
    """Print the table."""
    names = ("colourfulness", "ab_psnr", "features")
    typer.echo(f"{'':14}" + "".join(f"{name:>30}" for name in names))
    for who, row in rows.items():
        for kind, sign in (("value", ""), ("difference", "+")):
            cells = []
            for name in names:
                digits = 4 if (name, kind) == ("features", "value") else 2
                numbers = row.get(name, {}).get(kind)
                cells.append("" if numbers is None else
                             "{:{s}.{d}f} [{:{s}.{d}f}, {:{s}.{d}f}]".format(
                                 *numbers, s=sign, d=digits))  # fmt: skip
            label = who if kind == "value" else "  to grey"
            typer.echo(f"{label:14}" + "".join(f"{cell:>30}" for cell in cells))


def main(
    networks: Annotated[list[str], typer.Argument(help="NAME=PLACE of networks.")],
    folder: PetsDir = Path("data/pets"),
    eyes_folder: EyesDir = Path("data/backbones"),
    n: Annotated[int, typer.Option("--n", help="Photographs.")] = 200,
    out: Annotated[Path | None, typer.Option(help="JSON file of the table.")] = None,
) -> None:
    """Measure networks; see the module's docstring."""
    named = named_places(networks)
    photographs = Photographs(find(folder))
    eyes = backbones.load("squeezenet", eyes_folder, takes="unit")
    cases = GreyPictures(photographs, n_judged=n, eyes=eyes)
    found = {
        "grey": cases.grey,
        "one tone": one_tone(photographs, cases.train[:TONED_BY], cases.grey),
    }
    with torch.inference_mode():
        found |= {name: through(network_of(place), cases.grey) for name, place in named}
    found["truth"] = cases.target
    measured = {name: measure(each, cases.target, eyes) for name, each in found.items()}
    rows = {name: compare(each, measured["grey"]) for name, each in measured.items()}
    report(rows)
    if out is not None:
        text = json.dumps({"n": len(cases.target), "rows": rows}, indent=2)
        out.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    typer.run(main)
