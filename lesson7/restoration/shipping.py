"""From a finished run to the weights that visitors get.

    ship          store in 8 bits, measure what that costs, write weights and the run's record

A loss of 0.05 dB or more by being stored is refused: it would be visible in the figures.
"""

from functools import partial
from typing import Any

import torch
from torch import nn

from lesson7.core import weight_file, weights
from lesson7.core.errors import ConfigError
from lesson7.core.runs import Run
from lesson7.restoration import colour_judging
from lesson7.restoration.colour_judging import GreyPictures
from lesson7.restoration.compact import CompactUnet
from lesson7.restoration.critic import Critic
from lesson7.restoration.judging import Pictures, evaluate
from lesson7.restoration.recipes import InUnits

N_JUDGED, N_FAMILY = 200, 100
BITS: weight_file.Bits = 8
LARGEST_LOSS = 0.05  # dB, by being stored in so few bits
SHARES = ("features", "colourfulness")  # of what is measured; the others are in dB
LICENCE = "CC BY-SA 4.0"
DATA = "Oxford-IIIT Pet and other photographs of cats and dogs, 9 of 10"


def ship(
    recipe: str, network: nn.Module, pictures: Pictures | GreyPictures, run: Run, *, command: str,
    hardware: str, minutes: float, name: str | None = None,
) -> dict[str, float]:  # fmt: skip
    """Write ``weights/restoration-<name>.safetensors`` and the run's record beside it.

    Args:
        recipe: names the record.
        network: the compact network or its critic, trained.
        pictures: for colouring ``GreyPictures``; 200 that never trained measure a restorer.
        run: the run that made it; its last line has the critic's accuracy.
        command: that trains it again.
        hardware: where it was trained.
        minutes: how long that took.
        name: of the weights; None: the recipe's.

    Returns:
        What was measured, by name.

    Raises:
        ConfigError: storing it costs too much, or this network is not the one shipped.
    """
    shipped: nn.Module
    config: dict[str, Any]
    if isinstance(network, InUnits) and isinstance(network.network, Critic):
        last = run.rows()[-1]
        measured = {name: last[name] for name in ("valid_loss", "accuracy")}
        shipped, config = network.network, {"channels": network.network.channels}
    elif isinstance(network, CompactUnet):
        measured = measure(network, pictures)
        shipped, config = network, {"widths": list(network.widths), "blur": network.blur}
    else:
        raise ConfigError("only the compact network and its critic are shipped")
    record = weights.Record(
        metrics=measured, data=DATA, licence=LICENCE, command=command, hardware=hardware,
        minutes=round(minutes, 1),
    )  # fmt: skip
    weights.save(f"restoration-{name or recipe}", shipped, config, record=record, bits=BITS)
    run.keep_record(f"restoration-{recipe}")
    return measured


def measure(network: CompactUnet, pictures: Pictures | GreyPictures) -> dict[str, float]:
    """``evaluate`` on more pictures, of the network as it is stored; and what storing costs, in dB.

    Raises:
        ConfigError: that is ``LARGEST_LOSS`` or more.
    """
    stored = weight_file.rounded(network, BITS)
    photographs, eyes = pictures.photographs, pictures.eyes
    if isinstance(pictures, GreyPictures):
        grey = GreyPictures(photographs, n_judged=N_JUDGED, eyes=pictures.eyes)
        judged, closeness = partial(colour_judging.evaluate, grey), "ab_psnr"
    else:
        more = Pictures(photographs, n_judged=N_JUDGED, n_family=N_FAMILY, eyes=eyes)
        judged, closeness = partial(evaluate, more), "psnr"
    with torch.inference_mode():
        before, after = judged(network.eval()), judged(stored)
    loss = before[closeness] - after[closeness]
    if loss >= LARGEST_LOSS:
        raise ConfigError(f"{BITS} bits cost {loss:.3f} dB, {LARGEST_LOSS} or more")
    named = {
        name if name in SHARES else f"{name}_db": round(value, 4) for name, value in after.items()
    }
    return {**named, "lost_by_storing_db": round(loss, 5)}
