"""What there is to train, and how: the vocabulary of ``lesson7.core.training``.

    Task               the model, its batches, its loss and how it is judged
    Phase              some epochs of one cycle, with some groups of layers frozen
    Settings           how to train, whatever the task
    Result             how a training ended
    freeze             let groups of layers keep their weights
    build_optimizer    AdamW with one learning rate per group

References:
    [1] Smith and Topin, Super-convergence, 2017. https://arxiv.org/abs/1708.07120
    [2] Loshchilov and Hutter, Decoupled weight decay, 2017. https://arxiv.org/abs/1711.05101
    [3] Morales-Brotons et al., Exponential moving average of weights in deep learning,
        2024. https://arxiv.org/abs/2411.18704
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader

from lesson7.core.errors import ConfigError

NORMS = (nn.BatchNorm1d, nn.BatchNorm2d)


@dataclass
class Task:
    """Everything that one training needs, apart from its schedule.

    Args:
        model: trained in place.
        batches: the training batches; shuffled anew by seed and epoch if they were
            built with ``shuffle=True``.
        loss: ``loss(model, batch)`` -> scalar. May draw random numbers from torch.
        evaluate: ``evaluate(model)`` -> metrics by name; called in eval mode, without
            gradients, on the averaged weights if there are any.
        groups: groups of layers with learning rates of their own, earliest first; all
            of ``model``'s parameters must be in exactly one. Default: one group.
        samples: ``samples(model, folder, epoch)`` writes pictures or text of the same
            inputs each time.
        stateful: objects with ``state_dict`` and ``load_state_dict`` that belong in the
            checkpoint, such as a hidden state carried across batches.
    """

    model: nn.Module
    batches: DataLoader
    loss: Callable[[nn.Module, Any], Tensor]
    evaluate: Callable[[nn.Module], dict[str, float]]
    groups: Sequence[nn.Module] = ()
    samples: Callable[[nn.Module, Path, int], None] | None = None
    stateful: Sequence[Any] = field(default_factory=tuple)


@dataclass(frozen=True)
class Phase:
    """Some epochs under one cycle of the learning rate.

    Args:
        epochs: passes over the training batches, at least 1.
        max_lr: the highest rate; see ``lesson7.core.schedule.spread`` for groups.
        pct_start: share of the steps in which the rate rises.
        frozen: how many groups, counted from the first, keep their weights. Their batch
            norms go on learning, as in the lesson.
    """

    epochs: int
    max_lr: float | tuple[float, ...]
    pct_start: float = 0.3
    frozen: int = 0


@dataclass(frozen=True)
class Settings:
    """How to train, whatever the task.

    Args:
        seed: of everything random.
        weight_decay: decoupled [2], on all parameters.
        beta2: Adam's second beta; the first one follows the cycle.
        ema_decay: per step, in [0, 1); the averaged weights are what is judged and kept [3].
            None: no average.
        clip: largest norm of the gradient; None: any.
        bfloat16: compute in bfloat16 where torch's autocast does; weights stay float32.
        minutes: stop after this time with a checkpoint.
        checkpoint_minutes: also write one this often within an epoch.
        max_steps_per_epoch: cut epochs short (dry runs).
    """

    seed: int = 0
    weight_decay: float = 0.01
    beta2: float = 0.99
    ema_decay: float | None = None
    clip: float | None = None
    bfloat16: bool = False
    minutes: float | None = None
    checkpoint_minutes: float = 5.0
    max_steps_per_epoch: int | None = None


@dataclass(frozen=True)
class Result:
    """How a training ended: ``finished`` is False if ``minutes`` ran out before the epochs."""

    metrics: dict[str, float]
    minutes: float
    finished: bool


def freeze(groups: Sequence[nn.Module], frozen: int) -> None:
    """Let the first ``frozen`` groups keep their weights, batch norms apart.

    A frozen group's batch norms keep learning scale and shift and keep moving their running
    statistics: the lesson found that fixing them costs accuracy.

    Raises:
        ConfigError: there are fewer groups than that.
    """
    if not 0 <= frozen <= len(groups):
        raise ConfigError(f"cannot freeze {frozen} of {len(groups)} groups")
    for index, group in enumerate(groups):
        for module in group.modules():
            learns = index >= frozen or isinstance(module, NORMS)
            for parameter in module.parameters(recurse=False):
                parameter.requires_grad_(learns)


def build_optimizer(groups: Sequence[nn.Module], settings: Settings) -> torch.optim.AdamW:
    """AdamW [2] with one parameter group for each group of layers; the cycle sets the rates."""
    parameters = [{"params": [p for p in g.parameters() if p.requires_grad]} for g in groups]
    return torch.optim.AdamW(
        parameters, lr=0.0, betas=(0.95, settings.beta2), weight_decay=settings.weight_decay
    )
