"""Train a network that says which digit it is.

    python -m lesson7.mnist.train --recipe resnet --data data/mnist

Recipes:

    cnn       the lesson's plain network, its crop, 3 epochs at 0.1
    cnn10     the same, 10 epochs
    blocks    the lesson's refactored network, 10 epochs at 0.1
    resnet    the lesson's ResNet, 12 epochs at 0.05
    member    one of the five that ours is made of (``gather.py``), each with a ``--seed`` of
              its own: DigitNet on MNIST and its strangers (``strangers.py``), 20 epochs

The lesson judges by the test set after every epoch, and so do the lesson's recipes here; their
seeds were chosen by it, and none of their options. ``member`` is judged by 5,000 training images
that it is not trained on, and meets the test set once, after the last epoch.
"""

from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import torch
import torch.nn.functional as F
import typer
from torch import Tensor, nn

from lesson7.core import commands, inspection, runs, runtime, weights
from lesson7.core.errors import ConfigError
from lesson7.core.training import Phase, Settings, Task, fit
from lesson7.mnist import data, strangers
from lesson7.mnist.judge import evaluate
from lesson7.mnist.model import NO_DIGIT, BlockCNN, DigitNet, PlainCNN, ResNet

LESSON = Settings()
OURS = Settings(ema_decay=0.999, bfloat16=True, weight_decay=0.02, clip=1.0)


@dataclass(frozen=True)
class Recipe:
    """A network and how it is trained."""

    build: Callable[[], nn.Module]
    phase: Phase
    batch_size: int = 128
    augment: Callable[[Tensor], Tensor] = data.lesson_crop
    strangers: bool = False
    settings: Settings = LESSON


RECIPES = {
    "cnn": Recipe(PlainCNN, Phase(epochs=3, max_lr=0.1)),
    "cnn10": Recipe(PlainCNN, Phase(epochs=10, max_lr=0.1)),
    "blocks": Recipe(BlockCNN, Phase(epochs=10, max_lr=0.1)),
    "resnet": Recipe(ResNet, Phase(epochs=12, max_lr=0.05)),
    "member": Recipe(
        DigitNet,
        Phase(epochs=20, max_lr=4e-3, pct_start=0.2),
        augment=partial(data.augment, least=0.0),
        strangers=True,
        settings=OURS,
    ),
}
N_PRINTED, N_DRAWN, N_NO_DIGIT = 3_000, 8_000, 15_000


@dataclass(frozen=True)
class Sets:
    """What to train on, what judges every epoch, and the test set."""

    train: data.Digits
    judge: tuple[Tensor, Tensor]
    test: tuple[Tensor, Tensor]


def lesson_sets(folder: Path | None) -> Sets:
    """All of MNIST's training set, judged by its test set, as in the lesson."""
    if folder is None:
        train, test = data.made_up(512), data.made_up(64)
    else:
        train, test = data.load(folder, train=True), data.load(folder, train=False)
    return Sets(data.Digits([train[0]], train[1]), test, test)


def stranger_sets(folder: Path | None, cache: Path) -> Sets:
    """MNIST less what is held out, two in five redrawn, with other digits and no digits.

    Drawing takes minutes, so the pictures are kept in the file ``cache``.
    """
    if folder is None:
        train, test = data.made_up(320), data.made_up(64)
    else:
        train, test = data.load(folder, train=True), data.load(folder, train=False)
    share = len(train[0]) / 60_000
    keep, held = data.hold_out(len(train[0]), n_held_out=len(train[0]) // 12)
    images, labels = train[0][keep], train[1][keep]
    if cache.exists():
        drawn = torch.load(cache, weights_only=True)
    else:
        drawn = _drawn(images, share)
        cache.parent.mkdir(parents=True, exist_ok=True)
        unfinished = cache.with_suffix(".part")
        torch.save(drawn, unfinished)
        unfinished.replace(cache)
    each_way = [images] * 3 + drawn["strangers"]
    variants = [torch.cat([each, drawn["others"]]) for each in each_way]
    digits = data.Digits(variants, torch.cat([labels, drawn["others_labels"]]))
    return Sets(digits, (train[0][held], train[1][held]), test)


def _drawn(images: Tensor, share: float) -> dict[str, Any]:
    """``images`` redrawn twice; printed digits, digits from strokes and no digits with labels."""
    printed, printed_labels = strangers.printed_digits(int(N_PRINTED * share) + 10, 0)
    by_hand, by_hand_labels = strangers.drawn_digits(int(N_DRAWN * share) + 10, 3)
    nothing = strangers.no_digits(int(N_NO_DIGIT * share) + 10, images, 2)
    nothing_labels = torch.full((len(nothing),), NO_DIGIT)
    return {
        "strangers": [strangers.as_strangers_draw(images, seed) for seed in (1, 4)],
        "others": torch.cat([printed, by_hand, nothing]),
        "others_labels": torch.cat([printed_labels, by_hand_labels, nothing_labels]),
    }


def build_task(recipe: Recipe, sets: Sets) -> Task:
    """The recipe as something that ``fit`` can train."""

    def loss(model: nn.Module, batch: tuple[Tensor, Tensor]) -> Tensor:
        images, labels = batch
        fed = recipe.augment(data.one_of(images).float() / 255)
        return F.cross_entropy(model(fed), labels)

    return Task(
        model=recipe.build().to(memory_format=torch.channels_last),  # type: ignore[call-overload]
        batches=sets.train.batches(recipe.batch_size),
        loss=loss,
        evaluate=lambda model: evaluate(model, *sets.judge),
    )


def main(
    context: typer.Context,
    recipe: Annotated[str, typer.Option(help=f"One of {', '.join(RECIPES)}.")] = "resnet",
    folder: runs.DataDir = Path("data/mnist"),
    out: runs.OutDir = None,
    epochs: Annotated[int | None, typer.Option(min=1, help="Instead of the recipe's.")] = None,
    minutes: runs.Minutes = None,
    resume: runs.Resume = False,
    seed: runs.Seed = 0,
    dry_run: runs.DryRun = False,
    ship: runs.Ship = False,
    summary: runs.Summary = False,
    show_batch: runs.ShowBatch = False,
    find_lr: runs.FindLr = False,
) -> None:
    """Train one of the digit networks; see the module's docstring for the recipes."""
    chosen = RECIPES[runs.choose("recipe", recipe, RECIPES)]
    runs.check_shipping(ship=ship, dry_run=dry_run)
    if ship and chosen.strangers:
        raise ConfigError("one member is not what visitors get: gather five, and ship these")
    runtime.seed_everything(seed)
    if summary:
        typer.echo(inspection.summary(chosen.build(), torch.zeros(2, 1, 28, 28)))
        return
    name = f"mnist-{recipe}"
    run = runs.Run.open(name, out, resume=resume)
    source = None if dry_run else folder
    cache = run.folder.parent / f"mnist-redrawn{'-dry' if dry_run else ''}.pt"
    with runs.one_process_first():
        sets = stranger_sets(source, cache) if chosen.strangers else lesson_sets(source)
    task = build_task(chosen, sets)
    if show_batch:
        images, _ = next(iter(task.batches))
        fed = chosen.augment(data.one_of(images).float() / 255)
        typer.echo(inspection.show_batch(fed, run.samples))
        return
    if find_lr:
        typer.echo(inspection.find_lr(task, run.samples, chosen.settings))
        return
    settings = replace(chosen.settings, seed=seed, minutes=minutes)
    phase = replace(chosen.phase, epochs=epochs or chosen.phase.epochs)
    if dry_run:
        phase, settings = replace(phase, epochs=1), replace(settings, max_steps_per_epoch=3)
    run.write_options({"recipe": recipe, "phase": asdict(phase), "data": folder,
                       "settings": asdict(settings), "n_train": len(sets.train)})  # fmt: skip
    result = fit(task, [phase], run, settings, resume=resume)
    if not result.finished:
        typer.echo(f"stopped after {result.minutes:.1f} minutes; go on with --resume")
        return
    judged = evaluate(task.model.eval(), *sets.test)
    test = {f"test_{name}": round(value, 6) for name, value in judged.items()}
    if run.writes and run.rows()[-1]["epoch"] != "test":  # resumed only to ship
        run.log({"epoch": "test", **test})
    typer.echo(f"test accuracy {test['test_accuracy']:.4f}")
    if ship and run.writes:
        record = weights.Record(
            metrics=test,
            data="MNIST, 60,000 training images",
            licence="CC BY-SA 3.0 (MNIST)",
            command=runs.command_of(context, "lesson7.mnist.train", "recipe", "seed"),
            hardware=runs.hardware(),
            minutes=result.minutes,
        )
        weights.save(name, task.model, {}, record=record)
        run.keep_record(name)


if __name__ == "__main__":
    commands.run(main)
