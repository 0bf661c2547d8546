"""The recipes as something that can be trained.

restoration_task    pixel and feature: pairs of damaged and target, and a loss of both
colour_task         colour: pairs of grey and target, and a loss of the colours
critic_task         critic: real or restored, patch by patch
"""

from collections.abc import Callable
from functools import partial
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from lesson7.core.training import Task
from lesson7.restoration import colour_judging
from lesson7.restoration.colour_judging import GreyPictures
from lesson7.restoration.generated import RealOrRestored
from lesson7.restoration.grey_pairs import GreyPairs
from lesson7.restoration.judging import Pictures, evaluate, samples
from lesson7.restoration.losses import chroma_loss, critic_loss, patch_accuracy
from lesson7.restoration.pairs import Pairs
from lesson7.restoration.recipes import InUnits, Recipe

Loss = Callable[[Tensor, Tensor], Tensor]


def restoration_task(
    recipe: Recipe, network: nn.Module, loss: Loss, pairs: Pairs, pictures: Pictures
) -> Task:
    """Train ``network`` on ``pairs`` by ``loss(restored, target)``, judged by ``pictures``."""
    return Task(
        model=network.to(memory_format=torch.channels_last),  # type: ignore[call-overload]
        batches=pairs.batches(recipe.batch_size),
        loss=partial(_loss_of_batch, loss),
        evaluate=partial(evaluate, pictures),
        groups=network.groups(),  # type: ignore[operator]
        samples=partial(samples, pictures),
    )


def colour_task(
    recipe: Recipe, network: nn.Module, pairs: GreyPairs, pictures: GreyPictures
) -> Task:
    """Train ``network`` to colour ``pairs``, judged by ``pictures``."""
    return Task(
        model=network.to(memory_format=torch.channels_last),  # type: ignore[call-overload]
        batches=pairs.batches(recipe.batch_size),
        loss=partial(_loss_of_batch, chroma_loss),
        evaluate=partial(colour_judging.evaluate, pictures),
        groups=network.groups(),  # type: ignore[operator]
        samples=partial(colour_judging.samples, pictures),
    )


def _loss_of_batch(loss: Loss, model: nn.Module, batch: tuple[Tensor, Tensor]) -> Tensor:
    damaged, target = batch
    return loss(model(damaged.contiguous(memory_format=torch.channels_last)), target)


def critic_task(recipe: Recipe, critic: InUnits, folder: Path) -> Task:
    """Train ``critic`` to tell ``folder``'s real crops from its restored ones.

    Each patch has the label of its picture, and the loss is the mean over patches.
    """

    def loss(model: nn.Module, batch: tuple[Tensor, Tensor]) -> Tensor:
        crops, labels = batch
        mirrored = torch.rand(len(crops), 1, 1, 1, device=crops.device) < 0.5
        crops = torch.where(mirrored, crops.flip(3), crops)
        logits = model(crops.contiguous(memory_format=torch.channels_last)).float().flatten(1)
        return F.binary_cross_entropy_with_logits(logits, labels[:, None].expand_as(logits))

    judges = RealOrRestored(folder, tenth=True).batches(32, shuffle=False)

    def judge(model: nn.Module) -> dict[str, float]:
        device = next(model.parameters()).device
        logits, labels = [], []
        for crops, are_real in judges:
            logits.append(model(crops.to(device)).float().flatten(1).cpu())
            labels.append(are_real.bool())
        scores, real = torch.cat(logits), torch.cat(labels)
        return {
            "valid_loss": critic_loss(scores[real], scores[~real]).item(),
            "accuracy": patch_accuracy(scores[real], scores[~real]),
        }

    return Task(
        model=critic.to(memory_format=torch.channels_last),  # type: ignore[call-overload]
        batches=RealOrRestored(folder, tenth=False).batches(recipe.batch_size),
        loss=loss,
        evaluate=judge,
    )
