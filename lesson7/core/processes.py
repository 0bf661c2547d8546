"""Several processes that share one job, as ``accelerate launch`` starts them [1].

    this_one    which of how many this is; one of one without ``accelerate launch``
    agreed      what the first process says, to all
    epoch_of    prepared batches, told which epoch it is

References:
    [1] https://huggingface.co/docs/accelerate
"""

from datetime import timedelta
from typing import Any, TypeVar

import torch
from accelerate import PartialState, skip_first_batches
from accelerate.utils import broadcast_object_list

PATIENCE = timedelta(days=7)
"""How long a process waits for the others; shares of one job may differ by hours."""

T = TypeVar("T")


def this_one() -> PartialState:
    """Which of how many processes this is.

    Where each process is to have a graphics card of its own, the card is chosen here.
    """
    return PartialState(cpu=not torch.cuda.is_available(), timeout=PATIENCE)


def agreed(value: T) -> T:
    """The first process's value, in all of them; they wait for each other.

    Args:
        value: picklable; what the other processes hand in is not looked at.
    """
    this_one()
    [value] = broadcast_object_list([value])
    return value


def epoch_of(batches: Any, epoch: int, done: int = 0) -> Any:
    """The batches of an epoch, without the first ``done``.

    Their data set is told the epoch, too: Accelerate itself tells it only where there is one
    process, and in several everybody would see the first epoch's crops for ever. What skips
    batches is told as well: before 1.15 it counts epochs from 0 again.

    Args:
        batches: a ``DataLoader`` that ``Accelerator.prepare`` returned.
        epoch: counted from 0.
        done: batches taken before.
    """
    left = skip_first_batches(batches, done) if done else batches
    for row in (batches, left):
        row.set_epoch(epoch)
    if hasattr(batches.dataset, "set_epoch"):
        batches.dataset.set_epoch(epoch)
    return left
