"""How far restored photographs, taken together, are from photographs.

    python -m tests.benchmarks.restoration_set pixel=restoration-pixel best=restoration-best

``tests.benchmarks.restoration`` compares each picture with the photograph it was. A network that
invents hairs where hairs were lost is far from the truth by that measure, however much the hairs
look like hairs. This one asks whether the pictures could be photographs at all: the Fréchet
distance [1] between what SqueezeNet sees in 16 places of each restored picture and in those of the
photographs, at three depths, as a share of what bilinear enlarging leaves. The photographs are the
same 200, the damage is the lesson's, and networks are named as there. SqueezeNet trained none of
them. As a yardstick: the distance between the photographs' two halves, which is larger than that
of all from themselves would be, for a Fréchet distance is biased upwards for few pictures.

References:
    [1] Heusel et al., GANs trained by a two time-scale update rule, 2017.
        https://arxiv.org/abs/1706.08500
"""

from pathlib import Path
from typing import Annotated

import torch
import torch.nn.functional as F
import typer
from torch import Tensor, nn

from lesson7.bedrooms.judge import frechet_distance
from lesson7.core import backbones
from lesson7.restoration.data import Photographs, find, split
from tests.benchmarks.restorers import (
    Case,
    EyesDir,
    PetsDir,
    Restorer,
    bilinear,
    case_of,
    named_places,
    network_of,
    through,
)

PLACES = 4  # along a side


def vectors(eyes: nn.Module, pictures: list[Tensor]) -> list[Tensor]:
    """What is seen in each place of each picture, at each depth: ``(pictures * 16, channels)``."""
    seen: list[list[Tensor]] = []
    with torch.inference_mode():
        for picture in pictures:
            pooled = [F.adaptive_avg_pool2d(x, PLACES)[0] for x in eyes(picture[None])]
            seen.append([x.flatten(1).T for x in pooled])
    return [torch.cat(depth) for depth in zip(*seen, strict=True)]


def distances(
    restorer: Restorer, cases: list[Case], truth: list[Tensor], eyes: nn.Module
) -> list[float]:
    """From the photographs' vectors to those of the restored cases, at each depth."""
    found = vectors(eyes, [restorer(case) for case in cases])
    return [frechet_distance(a, b) for a, b in zip(found, truth, strict=True)]


def main(
    networks: Annotated[list[str], typer.Argument(help="NAME=PLACE of networks.")],
    folder: PetsDir = Path("data/pets"),
    eyes_folder: EyesDir = Path("data/backbones"),
    n: Annotated[int, typer.Option("--n", help="Photographs.")] = 200,
) -> None:
    """Print the table; see the module's docstring."""
    named = named_places(networks)
    photographs = Photographs(find(folder))
    cases = [case_of(photographs[i], i, "number") for i in split(len(photographs))[1][:n]]
    eyes = backbones.load("squeezenet", eyes_folder, takes="unit")
    truth = vectors(eyes, [case.target for case in cases])
    restorers: dict[str, Restorer] = {"bilinear": bilinear}
    restorers |= {name: through(network_of(place)) for name, place in named}
    base: list[float] = []
    for name, restorer in restorers.items():
        found = distances(restorer, cases, truth, eyes)
        base = base or found
        report(name, found, base)
    halves = [frechet_distance(*depth.chunk(2)) for depth in truth]
    report("(two halves)", halves, base)


def report(name: str, found: list[float], base: list[float]) -> None:
    """One line: a share of ``base`` for each depth."""
    shares = "".join(f"{one / other:10.1%}" for one, other in zip(found, base, strict=True))
    typer.echo(f"{name:16}{shares}")


if __name__ == "__main__":
    typer.run(main)
