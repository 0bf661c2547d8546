"""From a finished run to the weights that visitors get.

    ship    halve, measure what halving costs, write into weights/ with the run's record

A loss of 0.05 dB or more by half precision is refused: it would be visible in the figures.
"""

import copy
from typing import Any

import torch
from torch import nn

from lesson7.core import weights
from lesson7.core.errors import ConfigError
from lesson7.core.runs import Run
from lesson7.restoration.compact import CompactUnet
from lesson7.restoration.critic import Critic
from lesson7.restoration.judging import Pictures, evaluate
from lesson7.restoration.recipes import InUnits

N_JUDGED, N_FAMILY = 200, 100
LARGEST_LOSS = 0.05  # dB, by half precision
LICENCE = "CC BY-SA 4.0"
DATA = "Oxford-IIIT Pet and other photographs of cats and dogs, 9 of 10"


def ship(
    recipe: str, network: nn.Module, pictures: Pictures, run: Run, *, command: str, hardware: str,
    minutes: float, name: str | None = None,
) -> dict[str, float]:  # fmt: skip
    """Write ``weights/restoration-<name>.safetensors`` and the run's record beside it.

    Args:
        recipe: names the record.
        network: the compact network or its critic, trained.
        pictures: as ``Pictures``; 200 that never trained measure a restorer.
        run: the run that made it; its last line has the critic's accuracy.
        command: that trains it again.
        hardware: where it was trained.
        minutes: how long that took.
        name: of the weights; None: the recipe's.

    Returns:
        What was measured, by name.

    Raises:
        ConfigError: half precision costs too much, or this network is not the one shipped.
    """
    shipped: nn.Module
    config: dict[str, Any]
    if isinstance(network, InUnits) and isinstance(network.network, Critic):
        last = run.rows()[-1]
        measured = {name: last[name] for name in ("valid_loss", "accuracy")}
        shipped, config = network.network, {"channels": network.network.channels}
    elif isinstance(network, CompactUnet):
        measured = measure(network, pictures)
        shipped, config = network, {"widths": list(network.widths)}
    else:
        raise ConfigError("only the compact network and its critic are shipped")
    record = weights.Record(
        metrics=measured, data=DATA, licence=LICENCE, command=command, hardware=hardware,
        minutes=round(minutes, 1),
    )  # fmt: skip
    weights.save(f"restoration-{name or recipe}", shipped, config, record=record, half=True)
    run.keep_record(f"restoration-{recipe}")
    return measured


def measure(network: CompactUnet, pictures: Pictures) -> dict[str, float]:
    """The halved network's ``evaluate`` on more pictures, and what halving cost, in dB."""
    halved = copy.deepcopy(network)
    for parameter in halved.parameters():
        if parameter.dim() >= 2:
            parameter.data = parameter.data.half().float()
    judges = Pictures(
        pictures.photographs, n_judged=N_JUDGED, n_family=N_FAMILY, eyes=pictures.eyes
    )
    with torch.inference_mode():
        before, after = evaluate(judges, network.eval()), evaluate(judges, halved.eval())
    loss = before["psnr"] - after["psnr"]
    if loss >= LARGEST_LOSS:
        raise ConfigError(f"half precision costs {loss:.3f} dB, {LARGEST_LOSS} or more")
    features = {"features": round(after.pop("features"), 4)} if "features" in after else {}
    renamed = {f"{name}_db": round(value, 4) for name, value in after.items()} | features
    return {**renamed, "lost_by_half_precision_db": round(loss, 5)}
