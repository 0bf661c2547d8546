"""Where a network runs, with how many threads, in which precision, from which seed.

    device              the graphics card if there is one, else the processor
    take_card           this process has been lent the card of a ZeroGPU Space
    use_threads         how many threads one job may use
    seed_everything     one seed for all that draws random numbers, for training
    generator           a source of random numbers of one's own, for predictions
    check_seed          whatever a visitor typed -> a seed, or words
    autocast            the faster of float32 and bfloat16, measured on this machine
    faster_dtype        the same as a type

bfloat16 halves the memory that a network moves, and modern processors multiply it faster;
others only imitate it, many times slower. Which is which cannot be read off a version, so it
is measured: once for each kind of module and shape of input, when it is first used.
"""

import operator
import os
import random
import threading
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from lesson7.core.errors import ConfigError, InputError

MAX_SEED = 2**63 - 1
_ROUNDS = 3  # timed runs in each precision, after one to warm up
_WORTH_IT = 0.9  # bfloat16 must take less than this share of float32's time
_HOPELESS = 5.0  # a first run of bfloat16 over this many times float32's ends the comparison

_card_taken = False
_choices: dict[tuple[Any, ...], torch.dtype] = {}
_measuring = threading.Lock()


def device() -> torch.device:
    """The device to run on: the first CUDA card if torch sees one, else the processor.

    On a ZeroGPU Space torch claims to see a card at all times, and there is one only in a
    process that was lent it: the processor, then, until ``take_card`` is called.

    Apple's MPS is left out: nothing here has been tested on it.
    """
    lent = os.environ.get("SPACES_ZERO_GPU", "").lower() in ("1", "t", "true")
    there = _card_taken if lent else True
    return torch.device("cuda" if there and torch.cuda.is_available() else "cpu")


def take_card() -> None:
    """Say that this process has been lent the card of a ZeroGPU Space, for as long as it lives."""
    global _card_taken
    _card_taken = True


def use_threads(count: int | None = None) -> None:
    """Let one job use ``count`` threads of the processor.

    Args:
        count: by default two, which is what a free Space has; one where several processes,
            started by ``accelerate launch``, have fewer than two cores each. More than the
            machine has cores makes every job slower.

    Raises:
        ConfigError: ``count`` is below 1.
    """
    if count is None:
        beside = int(os.environ.get("LOCAL_WORLD_SIZE", 1))
        count = 2 if beside == 1 else max(1, min(2, (os.cpu_count() or 1) // beside))
    if count < 1:
        raise ConfigError(f"A job needs at least one thread, not {count}.")
    if torch.get_num_threads() != count:
        torch.set_num_threads(count)


def check_seed(seed: object) -> int:
    """A whole number from 0 to 2**63 - 1, or an error that says so.

    Args:
        seed: an int, also NumPy's; nothing is rounded or read from text.

    Raises:
        InputError: it is something else: True, 3.5, 3.0, NaN, "7", None, -1, 2**63.
    """
    whole = hasattr(seed, "__index__") and not isinstance(seed, bool | np.bool_ | Tensor)
    value = operator.index(seed) if whole else -1  # type: ignore[arg-type]
    if not 0 <= value <= MAX_SEED:
        raise InputError(f"The seed must be a whole number from 0 to {MAX_SEED}.")
    return value


def seed_everything(seed: int) -> None:
    """Seed Python's, NumPy's and torch's shared sources of random numbers (all devices).

    For training scripts. A prediction takes a ``generator`` of its own instead, so that two
    visitors do not change each other's results.

    Raises:
        InputError: see ``check_seed``.
    """
    seed = check_seed(seed)
    random.seed(seed)
    np.random.seed(seed % 2**32)  # all that NumPy's shared source can take
    torch.manual_seed(seed)


def generator(seed: int) -> torch.Generator:
    """A new source of random numbers on the processor: equal seeds draw equal numbers.

    Draw on the processor and move the result: cards draw other numbers from the same seed.

    Raises:
        InputError: see ``check_seed``.
    """
    return torch.Generator().manual_seed(check_seed(seed))


def faster_dtype(
    module: nn.Module, *inputs: Tensor, clock: Callable[[], float] = time.perf_counter
) -> torch.dtype:
    """``torch.bfloat16`` where that is measured to be faster on this input, else ``float32``.

    Each precision runs once to warm up and three times by the clock, in turns; the best
    times are compared, and bfloat16 must win by a tenth, being the less exact one. Later
    calls with a module of the same kind and size, and inputs of the same shapes on the same
    device with as many threads, get the same answer without measuring.

    Args:
        module: in eval mode; called as ``module(*inputs)`` without gradients.
        inputs: tensors such as it will get, on its device.
        clock: gives seconds; for tests.

    Raises:
        ConfigError: the module is in training mode, where measuring would change it.
    """
    if module.training:
        raise ConfigError("Measure precision in eval mode: training mode changes the module.")
    key = (
        type(module),
        sum(parameter.numel() for parameter in module.parameters()),
        tuple((tuple(tensor.shape), tensor.dtype, tensor.device) for tensor in inputs),
        torch.get_num_threads(),
    )
    with _measuring:  # two measurements at a time would disturb each other
        if key not in _choices:
            _choices[key] = _measure(module, inputs, clock)
        return _choices[key]


def autocast(module: nn.Module, *inputs: Tensor) -> torch.autocast:
    """A context in which the module runs in its faster precision (see ``faster_dtype``).

    Weights stay float32, and what comes out may be bfloat16: go on with ``.float()``.

    >>> network, batch = nn.Linear(8, 8).eval(), torch.zeros(1, 8)
    >>> with torch.inference_mode(), autocast(network, batch):
    ...     answer = network(batch).float()
    """
    dtype = faster_dtype(module, *inputs)
    kind = inputs[0].device.type if inputs else "cpu"
    return torch.autocast(kind, dtype=torch.bfloat16, enabled=dtype is torch.bfloat16)


def _measure(
    module: nn.Module, inputs: tuple[Tensor, ...], clock: Callable[[], float]
) -> torch.dtype:
    kind = inputs[0].device.type if inputs else "cpu"

    def seconds(bfloat16: bool) -> float:
        with (
            torch.inference_mode(),
            torch.autocast(kind, dtype=torch.bfloat16, enabled=bfloat16),
        ):
            start = clock()
            module(*inputs)
            if kind == "cuda":
                torch.cuda.synchronize()
            return clock() - start

    seconds(bfloat16=False)
    exact = [seconds(bfloat16=False)]
    if seconds(bfloat16=True) > _HOPELESS * exact[0]:
        return torch.float32  # the processor only imitates it
    short = [seconds(bfloat16=True)]
    for _ in range(_ROUNDS - 1):
        exact.append(seconds(bfloat16=False))
        short.append(seconds(bfloat16=True))
    return torch.bfloat16 if min(short) < _WORTH_IT * min(exact) else torch.float32
