"""The adversarial phase: a generator that must also take in a critic.

    train    the loop, for whoever plays: ``turns.Turns`` (the lesson's way) or
             ``together.Together`` (ours)

Every line of metrics holds the means since the last one: the critic's loss, the parts of the
generator's, and how many steps each has had. Every quarter of an hour the averaged generator
and the critic are judged on pairs that never train.
"""

from collections.abc import Callable
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader

from lesson7.core.adversarial import Pace, Progress, endless
from lesson7.core.errors import ConfigError
from lesson7.core.runs import Run
from lesson7.core.task import Result
from lesson7.restoration.game import Game

__all__ = ["Pace", "train"]


def train(
    game: Game,
    batches: DataLoader,
    run: Run,
    pace: Pace,
    *,
    judged: tuple[Tensor, Tensor],
    evaluate: Callable[[nn.Module], dict[str, float]],
    samples: Callable[[nn.Module, Path, int], None],
    moments: tuple[int, ...] = (1_000, 3_000, 10_000, 30_000, 100_000, 300_000),
    seed: int = 0,
    resume: bool = False,
) -> Result:
    """Train both, in place; leave the record in ``run``.

    Parameters that do not require gradients, such as a frozen encoder's, stay as they are. In
    the lesson the convolutions of the generator's encoder never learnt in this phase.

    Args:
        game: the two networks; the generator takes damaged crops to restored ones, both
            ``(N, 3, H, W)``, unit range.
        batches: of ``(damaged, target)``, shuffled; one batch is one step.
        run: gets metrics, samples, snapshots and the checkpoint.
        pace: how long (in crops, or minutes), how often to write.
        judged: damaged and target, ``(N, 3, H, W)`` twice, on which both are validated.
        evaluate: metrics of the generator alone; like ``samples`` it gets the averaged one.
        samples: writes pictures, see ``lesson7.core.adversarial.Progress``.
        moments: crops shown, after which the generator is kept for the training story.
        seed: of everything random, the one that ``game.accelerator`` was given.
        resume: go on from the run's checkpoint; the weights end as without the break.

    Returns:
        The last metrics. ``game.generator`` then holds the averaged weights.

    Raises:
        ConfigError: there is no full batch.
        FloatingPointError: a loss became infinite or NaN; the last checkpoint is intact.
    """
    if len(batches) == 0:
        raise ConfigError("there is nothing to train on: no full batch")

    def measure(drawn: nn.Module) -> dict[str, float]:
        return evaluate(drawn) | game.validate(drawn, *judged)

    averaged = game.average.module
    progress = Progress(
        run, averaged, game.parts(), measure, samples, pace,
        moments=moments, counts=game.counts, seed=seed, resume=resume,
    )  # fmt: skip
    source = endless(game.accelerator.prepare(batches), progress.step)
    for _ in progress.steps():
        damaged, target = (crops.to(memory_format=torch.channels_last) for crops in next(source))
        progress.note(len(damaged), game.step(damaged, target))
    metrics = progress.metrics or measure(averaged.eval())
    game.generator.load_state_dict(averaged.state_dict())
    game.generator.eval()
    return Result(metrics, progress.seconds / 60, progress.finished)
