"""Train a network that makes photographs whole.

    python -m lesson7.restoration.train --recipe pixel --data data/pets

Recipes, each from the lesson, each for our compact network or, with ``--network lesson``,
for the lesson's U-Net on ResNet-34:

    pixel       squared error of the pixels, encoder frozen at first              [1]
    feature     from a run of ``pixel``: what VGG sees of both must agree, too    [2]

All are judged by a tenth of the photographs that never trains, in dB of PSNR above what
bilinear enlarging gives: for the lesson's damage, and for that of the family.

References:
    [1] Ronneberger et al., U-Net, 2015. https://arxiv.org/abs/1505.04597
    [2] Johnson et al., Perceptual losses for real-time style transfer and
        super-resolution, 2016. https://arxiv.org/abs/1603.08155
"""

from dataclasses import asdict, replace
from pathlib import Path
from typing import Annotated

import torch
import typer
from torch import Tensor, nn

from lesson7.core import backbones, inspection, runs, runtime, weights
from lesson7.core.training import Task, fit
from lesson7.restoration import data, degradations
from lesson7.restoration.compact import CompactUnet
from lesson7.restoration.pairs import Pairs
from lesson7.restoration.recipes import (
    NETWORKS, RECIPES, Normalized, Pictures, Recipe, judged_by, pixel_loss, shown_by,
)  # fmt: skip


def build_network(name: str, folder: Path | None) -> nn.Module:
    """The network ``name``; the compact one with its encoder's weights from ``folder``."""
    network = NETWORKS[name]()
    if isinstance(network, CompactUnet):
        if folder is not None:
            backbones.fill(network.encoder, folder)
        return network
    return Normalized(network)


def build_task(recipe: Recipe, network: nn.Module, pairs: Pairs, pictures: Pictures) -> Task:
    """The recipe as something that ``fit`` can train."""

    def loss(model: nn.Module, batch: tuple[Tensor, Tensor]) -> Tensor:
        damaged, target = batch
        damaged = damaged.contiguous(memory_format=torch.channels_last)
        return pixel_loss(model(damaged), target)

    inner = network.network if isinstance(network, Normalized) else network
    return Task(
        model=network.to(memory_format=torch.channels_last),  # type: ignore[call-overload]
        batches=pairs.batches(recipe.batch_size),
        loss=loss,
        evaluate=judged_by(pictures),
        groups=inner.groups(),
        samples=shown_by(pictures),
    )


def main(
    recipe: Annotated[str, typer.Option(help=f"One of {', '.join(RECIPES)}.")] = "pixel",
    network: Annotated[str, typer.Option(help=f"One of {', '.join(NETWORKS)}.")] = "compact",
    folder: runs.DataDir = Path("data/pets"),
    backbones_folder: Annotated[
        Path, typer.Option("--backbones", help="Folder of the pretrained networks.")
    ] = Path("data/backbones"),
    out: runs.OutDir = None,
    start: Annotated[
        Path | None, typer.Option(help="Begin with the weights of this finished run.")
    ] = None,
    form: Annotated[
        str, typer.Option(help=f"The lesson's damage, one of {', '.join(data.FORMS)}.")
    ] = "number",
    family: Annotated[
        float | None, typer.Option(help="Share of crops with the family's damage, 0 to 1.")
    ] = None,
    degrade: Annotated[
        str | None,
        typer.Option(help="Members of the family, with commas between; all if left out."),
    ] = None,
    size: Annotated[int | None, typer.Option(help="Of a crop, in pixels.")] = None,
    epochs: Annotated[int | None, typer.Option(help="Of the last phase.")] = None,
    minutes: runs.Minutes = None,
    resume: runs.Resume = False,
    seed: runs.Seed = 0,
    dry_run: runs.DryRun = False,
    ship: runs.Ship = False,
    summary: runs.Summary = False,
    show_batch: runs.ShowBatch = False,
    find_lr: runs.FindLr = False,
) -> None:
    """Train one of the restoration networks; see the module's docstring for the recipes."""
    chosen = RECIPES[runs.choose("recipe", recipe, RECIPES)]
    runs.choose("network", network, NETWORKS)
    runs.choose("form", form, data.FORMS)
    names = None
    if degrade:
        known = degradations.DEGRADATIONS
        names = [runs.choose("degrade", name.strip(), known) for name in degrade.split(",")]
    chosen = replace(
        chosen,
        size=size or chosen.size,
        family=chosen.family if family is None else family,
    )
    if epochs:
        last = replace(chosen.phases[-1], epochs=epochs)
        chosen = replace(chosen, phases=(*chosen.phases[:-1], last))
    runtime.seed_everything(seed)
    if summary:
        example = torch.zeros(1, 3, chosen.size, chosen.size)
        typer.echo(inspection.summary(build_network(network, None), example))
        return
    settings = replace(chosen.settings, seed=seed, minutes=minutes)
    if dry_run:
        chosen = replace(
            chosen,
            size=64,
            batch_size=2,
            repeats=1,
            phases=tuple(replace(phase, epochs=1) for phase in chosen.phases),
        )
        settings = replace(settings, max_steps_per_epoch=2)
    run = runs.Run.open(f"restoration-{recipe}", out, resume=resume)
    photographs = data.MadeUp(20) if dry_run else data.Photographs(data.find(folder))
    pictures = Pictures(photographs, **({"n_judged": 2, "n_family": 2} if dry_run else {}))
    pairs = Pairs(
        photographs, pictures.train, chosen.size,
        form=form, family=chosen.family, names=names, repeats=chosen.repeats, seed=seed,
    )  # fmt: skip
    built = build_network(network, None if dry_run else backbones_folder)
    if start is not None:
        built.load_state_dict(runs.Run(start).weights())
    task = build_task(chosen, built, pairs, pictures)
    if show_batch:
        damaged, target = next(iter(task.batches))
        typer.echo(inspection.show_batch(torch.cat([damaged, target]), run.samples, columns=8))
        return
    if find_lr:
        typer.echo(inspection.find_lr(task, run.samples))
        return
    run.write_options({
        "recipe": recipe, "network": network, "start": start, "data": folder, "form": form,
        "size": chosen.size, "batch_size": chosen.batch_size, "family": chosen.family,
        "degrade": names, "repeats": chosen.repeats,
        "phases": [asdict(phase) for phase in chosen.phases], "settings": asdict(settings),
        "n_train": len(pictures.train), "n_judge": len(pictures.judge),
    })  # fmt: skip
    result = fit(task, chosen.phases, run, settings, resume=resume)
    if not result.finished:
        typer.echo(f"stopped after {result.minutes:.1f} minutes; go on with --resume")


if __name__ == "__main__":
    typer.run(main)
