"""The adversarial phase: a generator that must also take in a critic.

    train        the loop
    Settings     how to train (from ``turns``, where the steps are)

Every line of metrics holds the means since the last one: the critic's loss and accuracy, the
generator's adversarial part and its pixels' part, and how many steps each has had. Every
quarter of an hour the averaged generator and the critic are judged on pairs that never train.
"""

from collections.abc import Callable
from pathlib import Path

import torch
from accelerate import Accelerator
from accelerate.utils import DataLoaderConfiguration
from torch import Tensor, nn
from torch.utils.data import DataLoader

from lesson7.core.adversarial import Pace, Progress, endless
from lesson7.core.errors import ConfigError
from lesson7.core.runs import Run
from lesson7.core.task import Result
from lesson7.restoration import losses
from lesson7.restoration.turns import Content, Settings, Turns

__all__ = ["Pace", "Settings", "train"]


def train(
    generator: nn.Module,
    critic: nn.Module,
    batches: DataLoader,
    run: Run,
    settings: Settings,
    pace: Pace,
    *,
    judged: tuple[Tensor, Tensor],
    evaluate: Callable[[nn.Module], dict[str, float]],
    samples: Callable[[nn.Module, Path, int], None],
    content: Content = losses.pixel_loss,
    resume: bool = False,
) -> Result:
    """Train both in turns, in place; leave the record in ``run``.

    Parameters that do not require gradients, such as a frozen encoder's, stay as they are. In
    the lesson the convolutions of the generator's encoder never learnt in this phase.

    Args:
        generator: damaged crops -> restored ones, both ``(N, 3, H, W)``, unit range.
        critic: crops of unit range -> logits, any shape.
        batches: of ``(damaged, target)``, shuffled; one batch is one step of one network.
        run: gets metrics, samples, snapshots and the checkpoint.
        settings: how to train.
        pace: how long (in crops, or minutes), how often to write.
        judged: damaged and target, ``(N, 3, H, W)`` twice, on which both are validated.
        evaluate: metrics of the generator alone; like ``samples`` it gets the averaged one.
        samples: writes pictures, see ``lesson7.core.adversarial.Progress``.
        content: what the generator's second part measures: the pixels' error, or, to join
            two of the lesson's ideas, a ``FeatureLoss``.
        resume: go on from the run's checkpoint; the weights end as without the break.

    Returns:
        The last metrics. ``generator`` then holds the averaged weights.

    Raises:
        ConfigError: there is no full batch, or there are several processes.
        FloatingPointError: a loss became infinite or NaN; the last checkpoint is intact.
    """
    loader = DataLoaderConfiguration(use_seedable_sampler=True, data_seed=settings.seed)
    accelerator = Accelerator(dataloader_config=loader, cpu=not torch.cuda.is_available())
    if accelerator.num_processes > 1:
        raise ConfigError("two networks take turns, so this runs in one process only")
    if len(batches) == 0:
        raise ConfigError("there is nothing to train on: no full batch")
    turns = Turns(generator, critic, settings, content, accelerator)

    def measure(drawn: nn.Module) -> dict[str, float]:
        return evaluate(drawn) | turns.validate(drawn, *judged)

    progress = Progress(
        run, turns.average.module, turns.parts(), measure, samples, pace,
        moments=settings.moments, counts=turns.switch.counts, seed=settings.seed, resume=resume,
    )  # fmt: skip
    source = endless(accelerator.prepare(batches), progress.step)
    for _ in progress.steps():
        damaged, target = (crops.to(memory_format=torch.channels_last) for crops in next(source))
        progress.note(len(damaged), turns.step(damaged, target))
    metrics = progress.metrics or measure(turns.average.module.eval())
    generator.load_state_dict(turns.average.module.state_dict())
    generator.eval()
    return Result(metrics, progress.seconds / 60, progress.finished)
