"""Several processes that share one job, as ``accelerate launch`` starts them [1].

    this_one    which of how many this is; one of one without ``accelerate launch``
    agreed      what the first process says, to all

References:
    [1] https://huggingface.co/docs/accelerate
"""

from datetime import timedelta
from typing import TypeVar

import torch
from accelerate import PartialState
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
