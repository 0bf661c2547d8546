"""Train a network that draws bedrooms.

    python -m lesson7.bedrooms.train --recipe modern --data data/bedrooms

Recipes, two plain loops (``loops.py``, with the papers):

    wgan      the lesson's: DCGAN networks, Wasserstein loss, clipped weights
    modern    ours: a critic on ImageNet's features, augmentation, averaged weights,
              latents of photographs (see ``thumbnails.py``)

``--start`` names a run to grow from, at 64 pixels or 128, or ``bedrooms-modern`` to go on from
what is shipped (see ``growing.py``); ``--without lesson7/bedrooms/not_rooms.txt`` leaves out of our
photographs those that show no room.

``--ship`` also ships a run that is not finished: ``--resume --minutes 0 --ship`` ships one
that was stopped as it is, but for one more step.

Both are judged while they train by the Fréchet distance of 1,000 samples from 400
photographs that never train (see ``judge.py``). The losses tell next to nothing.
"""

from dataclasses import asdict, replace
from pathlib import Path
from typing import Annotated

import torch
import typer
from accelerate import Accelerator
from torch import nn

from lesson7.bedrooms import data, growing, judge, shipping
from lesson7.bedrooms.augment import augment
from lesson7.bedrooms.loops import RECIPES, Recipe, train_modern, train_wgan
from lesson7.bedrooms.model import WIDTHS, Generator, LessonCritic, LessonGenerator
from lesson7.bedrooms.progress import Progress
from lesson7.core import commands, inspection, runs, runtime
from lesson7.core.adversarial import Pace, placed
from lesson7.core.errors import ConfigError
from lesson7.core.projected import ProjectedCritic


def main(
    context: typer.Context,
    recipe: Annotated[str, typer.Option(help=f"One of {', '.join(RECIPES)}.")] = "modern",
    size: Annotated[int, typer.Option(help="Pixels: 64, or 128 for modern.")] = 64,
    folder: runs.DataDir = Path("data/bedrooms"),
    backbones: Annotated[Path, typer.Option(help="Folder of the networks that judge.")] = Path(
        "data/backbones"
    ),
    out: runs.OutDir = None,
    start: Annotated[
        Path | None,
        typer.Option(help="The run to grow from, or bedrooms-modern (modern at 128)."),
    ] = None,
    without: Annotated[
        Path | None, typer.Option(help="A list of photographs not to show, a name a line.")
    ] = None,
    images: Annotated[int | None, typer.Option(help="Photographs to show in all.")] = None,
    eyes: Annotated[str | None, typer.Option(help="The modern critic's network.")] = None,
    minutes: runs.Minutes = None,
    resume: runs.Resume = False,
    seed: runs.Seed = 0,
    dry_run: runs.DryRun = False,
    ship: Annotated[
        bool, typer.Option("--ship", help="Write the result into weights/ at the end.")
    ] = False,
    record: Annotated[
        bool, typer.Option("--record", help="Write its record there, and no weights.")
    ] = False,
    summary: runs.Summary = False,
    show_batch: runs.ShowBatch = False,
) -> None:
    """Train one of the two; see the module's docstring for the recipes."""
    chosen = RECIPES[runs.choose("recipe", recipe, RECIPES)]
    if recipe == "wgan" and size != 64:
        raise ConfigError("the lesson's networks draw 64 pixels: leave --size out")
    if size not in WIDTHS:
        raise ConfigError(f"--size {size} is unknown: choose one of {', '.join(map(str, WIDTHS))}")
    if eyes is not None:
        runs.choose("eyes", eyes, judge.NETWORKS)
    if start is not None and (recipe, size) != ("modern", 128):
        raise ConfigError("--start is for --recipe modern --size 128")
    chosen = replace(chosen, images=images or chosen.images, features=eyes or chosen.features)
    if (ship or record) and dry_run:
        raise ConfigError("made-up rooms are not for visitors: leave --ship or --dry-run out")
    if size == 128:
        chosen = replace(chosen, critic_size=128)
    runtime.seed_everything(seed)
    if summary:
        typer.echo(summaries(chosen, recipe, size))
        return
    accelerator = Accelerator(cpu=not torch.cuda.is_available())
    if accelerator.num_processes > 1:
        raise ConfigError("two networks share each step, so this runs in one process only")
    run = runs.Run.open(f"bedrooms-{recipe}-{size}", out, resume=resume)
    pace = Pace(chosen.images, minutes)
    squares = data.made_up(48, size) if dry_run else data.load(folder, size)
    if dry_run:
        chosen = replace(chosen, batch_size=4, critic_steps=2, first_critic_steps=2)
        pace = replace(pace, images=24 if images is None else images)
    train_on, held = data.split(len(squares), held_back=16 if dry_run else data.HELD_BACK)
    left_out = torch.zeros(len(squares)).bool()
    if without is not None and not dry_run:
        left_out = data.named(folder, without)
    shown = (~left_out[train_on]).nonzero().flatten()
    if len(shown) == 0:
        raise ConfigError(f"{without} leaves no photograph to train on")
    photographs = data.Photographs(squares[train_on], size, shown)
    if show_batch:
        shown = augment(photographs.batch(32)) if recipe == "modern" else photographs.batch(32)
        typer.echo(inspection.show_batch((shown.clamp(-1, 1) + 1) / 2, run.samples))
        return
    networks = {
        name: placed(judge.network(name, None if dry_run else backbones), accelerator.device)
        for name in judge.NETWORKS
    }
    if chosen.bfloat16:  # they do not learn, so nothing needs their float32 weights
        networks = {name: network.bfloat16() for name, network in networks.items()}
    held_back = data.Photographs(squares[held], size).sample(len(held), seed=0)
    judges = judge.Judges(networks, held_back, n=16 if dry_run else 1_000)
    counts = {"n_train": len(shown), "n_held_back": len(held)}
    asked = {"recipe": recipe, "size": size, "seed": seed, "data": folder, "start": start}
    run.write_options({**asked, "without": without, **asdict(chosen), **counts})

    def watch(drawn: nn.Module, latent: int, parts: dict) -> Progress:
        return Progress(run, drawn, latent, parts, judges, pace, seed=seed, resume=resume)

    if recipe == "wgan":
        progress = train_wgan(chosen, photographs, accelerator, watch)
    else:
        network = networks[chosen.features]
        origin = None if start is None else growing.origin(start)
        progress = train_modern(
            chosen, size, network, photographs, accelerator, watch, origin, resume=resume
        )
    if not progress.finished:
        typer.echo(f"stopped after {progress.images:,} pictures; go on with --resume")
    if ship:
        command = runs.command_of(context, "lesson7.bedrooms.train", "recipe", "size", "seed")
        shipping.ship(recipe, progress, held_back, judges, command)
    elif record:
        shipping.record_of(recipe, progress)


def summaries(recipe: Recipe, name: str, size: int) -> str:
    """The layers of both networks, as tables."""
    pictures = torch.zeros(2, 3, size, size)
    if name == "wgan":
        networks = [(LessonGenerator(), torch.zeros(2, 100)), (LessonCritic(), pictures)]
    else:
        eyes = judge.network(recipe.features, None)
        generator = Generator(size)
        critic = ProjectedCritic(eyes, recipe.critic_size)
        networks = [(generator, torch.zeros(2, generator.latent)), (critic, pictures)]
    return "\n\n".join(inspection.summary(network, example) for network, example in networks)


if __name__ == "__main__":
    commands.run(main)
