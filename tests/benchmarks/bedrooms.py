"""How far the drawn bedrooms are from photographs, by numbers that can be compared.

Usage:

    python -m tests.benchmarks.bedrooms lesson=runs/bedrooms-wgan-64-001 \\
        modern=runs/bedrooms-modern-64-001 --data data/bedrooms

For each run, or shipped generator (``ours=bedrooms-modern``), 2,000 samples against the 400
photographs that never train:

    distance     Fréchet, on the last features of SqueezeNet and of ResNet-18's layer3. The
                 modern critic looks through one of them; the other one judges it fairly.
    precision    share of samples among the photographs, of photographs among the samples
    recall       (k-nearest neighbours, k = 3, sets as large as that of the photographs that
                 never train, mean over all that the samples fill)
    copying      share of samples whose nearest photograph, of all, is one that never
                 trained. By chance it is 400 in 5,227, 7.7 %; copies would make it 0.
    closest      distance to the nearest training photograph which only one in twenty samples
                 falls below, as a multiple of what it is for photographs that never trained.
                 Copies would be here: they would make it much less than 1.
    nearest      the median of these distances, likewise: below 1 where rooms are ordinary, for
                 what is in all photographs is near to some of them
    crosshatch   how much a grid of 2, 4 or 8 pixels stands out of a picture's spectrum, mean of
                 the first 400 (``grids.py``)

beside two yardsticks: 2,000 training photographs in place of samples, and the run named
``lesson``, if there is one; ``share`` says how far from the one to the other a run is (0 =
like photographs, 1 = like the lesson's). A sheet of 64 samples beside their nearest training
photographs is written to ``--sheet``; do not publish it, the photographs are not ours.
"""

import json
from pathlib import Path
from typing import Annotated

import torch
import torch.nn.functional as F
import typer
from torch import Tensor, nn

from lesson7.bedrooms import data, judge, rooms
from lesson7.bedrooms.model import Generator, LessonGenerator
from lesson7.core.errors import ConfigError
from lesson7.core.runs import Run
from tests.benchmarks.grids import crosshatch

N_SAMPLES, N_GRIDS, N_SHOWN = 2_000, 400, 64


def generator_of(place: str) -> nn.Module:
    """The generator in the run's checkpoint, averaged if the run averages, or a shipped one."""
    recipe = place.removeprefix("bedrooms-")
    if place != recipe and recipe in rooms.GENERATORS:
        return rooms.load(recipe)
    run = Run(Path(place))
    options = run.options()
    parts = run.load_checkpoint()["parts"]
    if options["recipe"] == "wgan":
        network: nn.Module = LessonGenerator()
        network.load_state_dict(parts["generator"])
    else:
        network = Generator(options["size"])
        prefix = "module."
        average = {
            k.removeprefix(prefix): v for k, v in parts["average"].items() if k != "n_averaged"
        }
        network.load_state_dict(average)
    return network.eval()


def draw(network: nn.Module, n: int, seed: int = 2) -> Tensor:
    """``n`` pictures, the same for the same seed."""
    z = torch.randn(n, int(network.latent), generator=torch.Generator().manual_seed(seed))
    with torch.inference_mode():
        return torch.cat([network(part) for part in z.split(50)])


def grid_of(pictures: Tensor) -> dict[str, float]:
    """The mean crosshatch of the first pictures, ``(N, 3, S, S)``."""
    found = [crosshatch(picture.float()) for picture in pictures[:N_GRIDS]]
    return {"crosshatch": sum(found) / len(found)}


class Bench:
    """Photographs, embedded once, and what is measured against them.

    Args:
        folder: of the photographs.
        backbones: folder of the networks that judge.
        size: of the photographs' crops, pixels.
        most: photographs of either kind, for a rehearsal; None: all.
        without: a list of photographs that are left out on either side; None: no one.
    """

    def __init__(
        self,
        folder: Path,
        backbones: Path,
        size: int,
        most: int | None = None,
        without: Path | None = None,
    ) -> None:
        squares = data.load(folder, size)
        train, held = (part[:most] for part in data.split(len(squares)))
        if without is not None:
            left_out = data.named(folder, without)
            train, held = train[~left_out[train]], held[~left_out[held]]
        photographs = data.Photographs(squares[train], size)
        self.train_crops = photographs.sample(len(train), seed=0)
        held_crops = data.Photographs(squares[held], size).sample(len(held), seed=0)
        self.networks = {name: judge.network(name, backbones) for name in judge.NETWORKS}
        self.train = self.embed(self.train_crops)
        self.held = self.embed(held_crops)

    def embed(self, images: Tensor) -> dict[str, Tensor]:
        return {name: judge.embed(network, images) for name, network in self.networks.items()}

    def measure(self, vectors: dict[str, Tensor]) -> dict[str, float]:
        """Everything in the module's docstring but ``share``, for vectors of samples."""
        row = {}
        for name, fake in vectors.items():
            real, train = self.held[name], self.train[name]
            row[f"distance_{name}"] = judge.frechet_distance(fake, real)
            sets = [part for part in fake.split(len(real)) if len(part) == len(real)]
            parts = [judge.precision_recall(part, real) for part in sets]
            row[f"precision_{name}"] = sum(p for p, _ in parts) / len(parts)
            row[f"recall_{name}"] = sum(r for _, r in parts) / len(parts)
            to_train, _ = judge.nearest(fake, train)
            to_held, _ = judge.nearest(fake, real)
            usual, _ = judge.nearest(real, train)
            row[f"copying_{name}"] = (to_held < to_train).float().mean().item()
            row[f"closest_{name}"] = (to_train.quantile(0.05) / usual.quantile(0.05)).item()
            row[f"nearest_{name}"] = (to_train.median() / usual.median()).item()
        return row

    def sheet(self, pictures: Tensor, vectors: Tensor, file: Path) -> None:
        """Samples with the nearest training photograph to the right of each."""
        _, nearest = judge.nearest(vectors[:N_SHOWN], self.train["resnet18"])
        photographs = self.train_crops[nearest]
        shown = F.interpolate(pictures[:N_SHOWN], size=photographs.shape[2:])
        pairs = torch.stack([shown, photographs], 1).flatten(0, 1)
        data.lay_out(pairs, file, columns=16)


def main(
    runs: Annotated[list[str], typer.Argument(help="NAME=FOLDER of runs; one may be 'lesson'.")],
    folder: Annotated[Path, typer.Option("--data")] = Path("data/bedrooms"),
    backbones: Annotated[Path, typer.Option()] = Path("data/backbones"),
    size: Annotated[int, typer.Option(help="Pixels of the photographs' crops.")] = 64,
    without: Annotated[
        Path | None, typer.Option(help="A list of photographs to leave out, as in training.")
    ] = None,
    sheet: Annotated[Path | None, typer.Option(help="Folder for sheets of neighbours.")] = None,
    out: Annotated[Path | None, typer.Option(help="JSON file of the table.")] = None,
) -> None:
    """Measure runs; see the module's docstring."""
    if any("=" not in run for run in runs):
        raise ConfigError("name each run: NAME=FOLDER")
    bench = Bench(folder, backbones, size, without=without)
    real = {name: vectors[:N_SAMPLES] for name, vectors in bench.train.items()}
    rows = {"photographs": bench.measure(real) | grid_of(bench.train_crops)}
    for spec in runs:
        name, _, place = spec.partition("=")
        pictures = draw(generator_of(place), N_SAMPLES)
        vectors = bench.embed(pictures)
        rows[name] = bench.measure(vectors) | grid_of(pictures)
        if sheet is not None:
            sheet.mkdir(parents=True, exist_ok=True)
            bench.sheet(pictures, vectors["resnet18"], sheet / f"{name}-neighbours.png")
    for row in rows.values():
        for net in judge.NETWORKS if "lesson" in rows else ():
            best, worst = (rows[key][f"distance_{net}"] for key in ("photographs", "lesson"))
            row[f"share_{net}"] = (row[f"distance_{net}"] - best) / (worst - best)
    for key in rows["photographs"]:
        typer.echo(
            f"{key:24}" + "".join(f"{name} {row[key]:10.4f}  " for name, row in rows.items())
        )
    if out is not None:
        out.write_text(json.dumps(rows, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    typer.run(main)
