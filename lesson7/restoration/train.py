"""Train a network that makes photographs whole.

    python -m lesson7.restoration.train --recipe pixel --data data/pets

Recipes, each from the lesson, each for our compact network or, with ``--network lesson``,
for the lesson's U-Net on ResNet-34:

    pixel       squared error of the pixels, encoder frozen at first              [1]
    polish      the same from a run of ``pixel``: more numbers, more undamaged pictures
    feature     from a run of ``pixel`` or ``best``: what VGG sees of both must agree, too [2];
                with VGG-19, whose layers lie shallow, also what ResNet-18 sees of them [7]
    critic      from a run of ``pixel``: tell its work from photographs
    gan         from a run of ``pixel`` and one of ``critic``: both, in turns     [3]
    best        from a run of ``pixel``: what ResNet-18 sees of both must agree, and a critic
                who looks through it must take it for a photograph; both learn together [6]
    finish      from a run of ``feature`` that began with ``best``: against a critic again, with
                less of it, and by directions [7]
    colour      from a run of ``pixel``: the colours of black-and-white photographs [4, 5]

Instead of a run of ``pixel`` one of ``polish`` will do, or the shipped weights by their names:
``--start restoration-pixel``, ``--critic restoration-critic``. All are judged by a tenth of the
photographs, which never trains (critic by another tenth): critic by the share of patches that it
gets right; colour in dB of the colours alone above grey; the others in dB of PSNR above what
bilinear enlarging gives, for the lesson's damage and for that of the family. DeOldify, which the
lesson ends with, colours by feature loss and a short turn against a critic; here it is the error
of the colours.

References:
    [1] Ronneberger et al., U-Net, 2015. https://arxiv.org/abs/1505.04597
    [2] Johnson et al., Perceptual losses for real-time style transfer and
        super-resolution, 2016. https://arxiv.org/abs/1603.08155
    [3] Isola et al., Image-to-image translation with conditional adversarial networks,
        2016. https://arxiv.org/abs/1611.07004
    [4] Zhang et al., Colorful image colorization, 2016. https://arxiv.org/abs/1603.08511
    [5] Iizuka et al., Let there be color!, 2016 (the whole picture decides).
        https://doi.org/10.1145/2897824.2925974
    [6] Sauer et al., Projected GANs converge faster, 2021. https://arxiv.org/abs/2111.01007
    [7] Zhang et al., The unreasonable effectiveness of deep features as a perceptual metric,
        2018. https://arxiv.org/abs/1801.03924
"""

from dataclasses import asdict, replace
from pathlib import Path
from typing import Annotated

import torch
import typer

from lesson7.core import commands, inspection, runs, runtime
from lesson7.core.backbones import load as load_backbone
from lesson7.core.errors import ConfigError
from lesson7.core.training import Task, fit
from lesson7.restoration import adversarial, data, degradations, shipping
from lesson7.restoration.colour_judging import GreyPictures
from lesson7.restoration.feature_loss import feature_loss
from lesson7.restoration.generated import save_restored
from lesson7.restoration.grey_pairs import GreyPairs
from lesson7.restoration.judging import Pictures
from lesson7.restoration.losses import pixel_loss
from lesson7.restoration.opponents import AGAINST, check_network, opponents
from lesson7.restoration.pairs import Pairs, lesson_augment
from lesson7.restoration.recipes import (
    NETWORKS,
    PRETRAINED,
    RECIPES,
    Recipe,
    build_critic,
    build_network,
    with_weights,
)
from lesson7.restoration.tasks import Loss, colour_task, critic_task, restoration_task


def rehearsed(recipe: Recipe) -> Recipe:
    """The recipe for a dry run: seconds instead of hours."""
    phases = tuple(replace(phase, epochs=1) for phase in recipe.phases)
    settings = replace(recipe.settings, max_steps_per_epoch=2)
    return replace(recipe, size=64, batch_size=2, repeats=1, phases=phases, settings=settings)


def loss_weights(text: str, instead_of: tuple[float, ...]) -> tuple[float, ...]:
    """The numbers in ``text``, with commas between; as many as there were.

    Raises:
        ConfigError: there are more or fewer, or one is no number.
    """
    try:
        found = tuple(float(part) for part in text.split(","))
    except ValueError:
        found = ()
    if len(found) != len(instead_of):
        like = ",".join(f"{weight:g}" for weight in instead_of)
        raise ConfigError(f"--weights {text}: write {len(instead_of)} numbers, such as {like}")
    return found


def main(
    context: typer.Context,
    recipe: Annotated[str, typer.Option(help=f"One of {', '.join(RECIPES)}.")] = "pixel",
    network: Annotated[
        str | None, typer.Option(help=f"One of {', '.join(NETWORKS)}; default the recipe's.")
    ] = None,
    folder: runs.DataDir = Path("data/pets"),
    backbones: Annotated[Path, typer.Option(help="Folder of the pretrained networks.")] = Path(
        "data/backbones"
    ),
    out: runs.OutDir = None,
    start: Annotated[
        Path | None, typer.Option(help="The run of pixel or polish, or shipped weights by name.")
    ] = None,
    critic: Annotated[Path | None, typer.Option(help="The same of critic (gan).")] = None,
    vgg: Annotated[str, typer.Option(help="vgg19, or the lesson's vgg16_bn (feature).")] = "vgg19",
    form: Annotated[
        str, typer.Option(help=f"The lesson's damage, one of {', '.join(data.FORMS)}.")
    ] = "number",
    family: Annotated[
        float | None, typer.Option(help="Share of crops with the family's damage, 0 to 1.")
    ] = None,
    degrade: Annotated[
        str | None, typer.Option(help="Members of the family, with commas between; default all.")
    ] = None,
    augment: Annotated[
        bool, typer.Option("--lesson-augment", help="Warp, turn, zoom and light as the lesson.")
    ] = False,
    size: Annotated[
        int | None, typer.Option(min=32, max=data.SIZE, help="Of a crop, in pixels.")
    ] = None,
    epochs: Annotated[int | None, typer.Option(min=1, help="Of the last phase.")] = None,
    max_lr: Annotated[float | None, typer.Option(help="Of the last phase, of all layers.")] = None,
    weights: Annotated[
        str | None, typer.Option(help="Of the loss's parts, with commas (gan, best, finish).")
    ] = None,
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
    runs.check_shipping(ship=ship, dry_run=dry_run)
    network = runs.choose("network", network or chosen.network, NETWORKS)
    runs.choose("form", form, data.FORMS)
    names = None
    if degrade:
        known = degradations.DEGRADATIONS
        names = [runs.choose("degrade", name.strip(), known) for name in degrade.split(",")]
    chosen = rehearsed(chosen) if dry_run else chosen
    chosen = replace(
        chosen,
        size=size or chosen.size,
        family=chosen.family if family is None else family,
        network=network,
        settings=replace(chosen.settings, seed=seed, minutes=minutes),
    )
    if network not in PRETRAINED:  # an average would long remember its first, random weights
        learning = tuple(replace(phase, frozen=0) for phase in chosen.phases)
        latest = replace(chosen.settings, ema_decay=None)
        chosen = replace(chosen, phases=learning, settings=latest)
    last = chosen.phases[-1]
    last = replace(last, epochs=epochs or last.epochs, max_lr=max_lr or last.max_lr)
    chosen = replace(chosen, phases=(*chosen.phases[:-1], last))
    if weights:
        if recipe not in AGAINST:
            raise ConfigError(f"--weights are of {', '.join(AGAINST)}: leave them out")
        chosen = replace(chosen, weights=loss_weights(weights, chosen.weights))
    if find_lr and recipe in AGAINST:
        against = ", ".join(AGAINST)
        raise ConfigError(f"--find-lr is not for {against}, in which two learn: leave it out")
    check_network(recipe, chosen)
    runtime.seed_everything(seed)
    pretrained = None if dry_run else backbones
    if summary:
        built = build_critic(network) if recipe == "critic" else build_network(network, None)
        typer.echo(inspection.summary(built, torch.zeros(1, 3, chosen.size, chosen.size)))
        return
    run = runs.Run.open(f"restoration-{recipe}", out, resume=resume)
    with runs.one_process_first():  # to download them
        photographs = data.MadeUp(20) if dry_run else data.Photographs(data.find(folder))
    eyes = load_backbone("squeezenet", pretrained, takes="unit")
    few = {"n_judged": 2, "n_family": 2} if dry_run else {}
    needed_by = recipe if chosen.begins and not dry_run else None
    restorer = with_weights(build_network(network, pretrained), start, needed_by=needed_by)
    pictures: Pictures | GreyPictures
    task: Task
    loss: Loss = pixel_loss
    if recipe == "colour":
        pictures = GreyPictures(photographs, eyes=eyes, **({"n_judged": 2} if dry_run else {}))
        crops = GreyPairs(photographs, pictures.train, chosen.size,
                          aged=chosen.family, repeats=chosen.repeats, seed=seed)  # fmt: skip
        task = colour_task(chosen, restorer, crops, pictures)
    else:
        pictures = Pictures(photographs, eyes=eyes, **few)
        pairs = Pairs(
            photographs, pictures.train, chosen.size,
            form=form, family=chosen.family, whole=chosen.whole, numbers=chosen.numbers,
            names=names, augment=lesson_augment(chosen.size) if augment else None,
            repeats=chosen.repeats, seed=seed,
        )  # fmt: skip
        if recipe == "critic":
            with runs.one_process_first():
                save_restored(restorer, pairs, run.folder / "crops", anew=run.writes and not resume)
            task = critic_task(chosen, build_critic(network), run.folder / "crops")
        else:
            if recipe == "feature":
                loss = feature_loss(vgg, pretrained).to(runtime.device())
            task = restoration_task(chosen, restorer, loss, pairs, pictures)
    if show_batch:
        first, second = next(iter(task.batches))
        shown = first if recipe == "critic" else torch.cat([first, second])
        typer.echo(inspection.show_batch(shown, run.samples, columns=8))
        return
    if find_lr:
        typer.echo(inspection.find_lr(task, run.samples, chosen.settings))
        return
    game = None
    steps = chosen.phases[-1].epochs * len(task.batches)
    if recipe in AGAINST:
        game = opponents(recipe, chosen, task.model, critic, pretrained, steps=steps)
    how = {"seed": seed, **asdict(game.settings)} if game else asdict(chosen.settings)
    run.write_options({
        "recipe": recipe, "start": start, "critic": critic, "vgg": vgg,
        "data": folder, "form": form, "degrade": names, "lesson_augment": augment,
        **asdict(chosen), "settings": how,
        "n_train": len(pictures.train), "n_judge": len(pictures.judge),
    })  # fmt: skip
    if game is not None:
        assert isinstance(pictures, Pictures)
        assert task.samples is not None
        result = adversarial.train(
            game, task.batches, run, adversarial.Pace(steps * chosen.batch_size, minutes),
            evaluate=task.evaluate, samples=task.samples,
            judged=(pictures.lesson[0][:8], pictures.lesson[1][:8]), seed=seed, resume=resume,
        )  # fmt: skip
    else:
        result = fit(task, chosen.phases, run, chosen.settings, resume=resume)
    if not result.finished:
        typer.echo(f"stopped after {result.minutes:.1f} minutes; go on with --resume")
        return
    if ship and run.writes:
        if chosen.ships and start is not None and start.is_dir():
            begun = runs.Run(start)
            if begun.options()["recipe"] == chosen.ships:  # the first stage of what is shipped
                begun.keep_record(f"restoration-{chosen.ships}")
        command = runs.command_of(context, "lesson7.restoration.train", "recipe", "seed")
        measured = shipping.ship(
            recipe, task.model, pictures, run, name=chosen.ships, command=command,
            hardware=runs.hardware(), minutes=result.minutes,
        )  # fmt: skip
        typer.echo("  ".join(f"{name} {value:.5g}" for name, value in measured.items()))


if __name__ == "__main__":
    commands.run(main)
