"""Two convolutions or a residual block in each step of a U-Net's decoder: which learns faster?

Usage:

    python -m tests.benchmarks.blocks --data data/pets [--crops 4800] [--size 64]

The lesson leaves it as something to try. Both are the lesson's network on ResNet-18, which is
pretrained up to its third stage; both see the same crops of 64 pixels with the lesson's damage,
in the same order, by the recipe ``pixel`` with one cycle and without its average, which would lag
behind in so few steps; and both are judged by 48 photographs that never trained, at 256 pixels.
One after the other, so the minutes compare on a machine that does nothing else.
"""

import tempfile
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Annotated, get_args

import typer
from torch import nn

from lesson7.core import backbones, runs, runtime
from lesson7.core.training import Phase, fit
from lesson7.core.vision import models, torchvision
from lesson7.restoration import data
from lesson7.restoration.judging import Pictures
from lesson7.restoration.losses import pixel_loss
from lesson7.restoration.model import Block, DynamicUnet
from lesson7.restoration.pairs import Pairs
from lesson7.restoration.recipes import RECIPES, InUnits
from lesson7.restoration.tasks import restoration_task

MAX_LR = (1e-4, 3e-4, 6e-4)  # of the encoder's halves and the decoder


def encoder(folder: Path) -> models.ResNet:
    """ResNet-18 whose first three stages are those of ``backbones.ResNet18``, the last random.

    There batch norm was folded into the convolutions; what is left of it is a bias.
    """
    network = models.resnet18(weights=None, norm_layer=torchvision.ops.FrozenBatchNorm2d)
    known = backbones.fill(backbones.ResNet18(), folder).state_dict()
    state = network.state_dict()
    for name, value in known.items():
        place, _, kind = name.rpartition(".")
        if kind == "bias":  # of conv1: bn1's; of downsample.0: downsample.1's
            head, _, last = place.rpartition(".")
            place = f"{head}.1" if last == "0" else place.replace("conv", "bn")
        assert state[f"{place}.{kind}"].shape == value.shape, name
        state[f"{place}.{kind}"] = value
    network.load_state_dict(state)
    return network


def network(block: Block, folder: Path) -> nn.Module:
    """The lesson's U-Net for the GAN, on ResNet-18, unit range in and out."""
    build = partial(DynamicUnet, encoder(folder), blur=True, self_attention=True, norm="weight")
    return InUnits(build(y_range=(-3, 3), block=block))


def main(
    folder: Annotated[Path, typer.Option("--data")] = Path("data/pets"),
    backbones_folder: Annotated[Path, typer.Option("--backbones")] = Path("data/backbones"),
    crops: Annotated[int, typer.Option(help="That each is shown.")] = 4_800,
    size: Annotated[int, typer.Option(help="Of a crop, pixels.")] = 64,
    seed: runs.Seed = 0,
) -> None:
    """Train both, print what each reached."""
    photographs = data.Photographs(data.find(folder))
    pictures = Pictures(photographs)
    chosen = RECIPES["pixel"]
    rounds = -(-crops // len(pictures.train))
    pairs = Pairs(photographs, pictures.train, size, family=0.0, repeats=rounds, seed=seed)
    steps = crops // chosen.batch_size
    settings = replace(chosen.settings, seed=seed, max_steps_per_epoch=steps, ema_decay=None)
    typer.echo(f"{'block':10}{'parameters':>12}{'minutes':>9}{'gain, dB':>10}{'loss':>9}")
    for block in get_args(Block):
        runtime.seed_everything(seed)
        trained = network(block, backbones_folder)
        task = restoration_task(chosen, trained, pixel_loss, pairs, pictures)
        with tempfile.TemporaryDirectory() as place:
            run = runs.Run.open("blocks", Path(place) / block)
            found = fit(task, [Phase(1, MAX_LR, pct_start=0.2)], run, settings)
            loss = run.rows()[-1]["train_loss"]
        size = sum(each.numel() for each in trained.parameters())
        gain = found.metrics["gain"]
        typer.echo(f"{block:10}{size:12,}{found.minutes:9.1f}{gain:10.2f}{loss:9.4f}")


if __name__ == "__main__":
    typer.run(main)
