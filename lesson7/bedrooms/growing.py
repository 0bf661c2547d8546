"""Where a run begins that does not begin at random.

    origin     what --start names: one of these
    Earlier    at the end of another run: at 64 pixels, to go on at 128 [1], or at 128
    Shipped    at the generator that visitors have, whose run nobody kept
    grow       copy what fits

What a room is made of is decided at 4x4 to 32x32 pixels, which cost little to learn at 64 and
much at 128, where the critic looks at four times as many. So the generator keeps those stages,
and the critic its heads; what is new begins at random, and soon follows what it is fed [1]. From a
run at 128 pixels it keeps all stages, which may have got other parts since.

Of a shipped network there is the averaged generator and no critic. So new heads learn alone
at first, until they can tell its rooms from photographs: a generator that listened to them
from the start would be talked out of what it knows.

References:
    [1] Karras et al., Progressive growing of GANs, 2017. https://arxiv.org/abs/1710.10196
        (there new layers are blended in; batch norm does without that here)
"""

import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import torch
from torch import Tensor, nn

from lesson7.bedrooms.model import Generator
from lesson7.core import weights
from lesson7.core.adversarial import Progress
from lesson7.core.errors import ConfigError
from lesson7.core.runs import Run

SHIPPED = "bedrooms-modern"


class Origin(Protocol):
    """What a run can begin with."""

    @property
    def alone(self) -> int:
        """Steps at first, in which the critic learns and the generator waits."""

    def give(self, generator: nn.Module, critic: nn.Module) -> None:
        """Copy into both what fits."""

    def inherit(self, progress: Progress) -> None:
        """Let a run that has not begun go on counting, with the history until now.

        Metrics and what the rooms looked like are copied, so that the time machine tells the
        whole story, and photographs and minutes are those of both.
        """


@dataclass(frozen=True)
class Earlier:
    """A run that ended, or was stopped, at 64 pixels or at 128."""

    run: Run
    alone: int = 0

    def give(self, generator: nn.Module, critic: nn.Module) -> None:
        """Copy its averaged generator and its critic's heads, as far as they fit."""
        grow(generator, self.run.weights())
        grow(critic, self.run.load_checkpoint()["parts"]["critic"])

    def inherit(self, progress: Progress) -> None:
        """Its snapshots and sheets, its metrics, and the place, all as of its checkpoint.

        Snapshots of a network that had other parts cannot be drawn any more: only sheets that
        were made of them come along.
        """
        progress.images, progress.seconds = self.run.load_checkpoint()["place"][1:]
        folder = progress.run.folder
        (folder / "snapshots").mkdir(exist_ok=True)
        (folder / "moments").mkdir(exist_ok=True)
        for sheet in self.run.folder.glob("moments/*.webp"):
            if int(sheet.stem) <= progress.images:
                shutil.copyfile(sheet, folder / "moments" / sheet.name)
        states = {progress.images: self.run.weights()}
        for file in self.run.folder.glob("snapshots/*.pt"):
            states[int(file.stem)] = torch.load(file, map_location="cpu", weights_only=True)
        for images, state in states.items():
            if images <= progress.images and _can_be_drawn(state):
                torch.save(state, folder / "snapshots" / f"{images:09d}.pt")
        _log_again(self.run, progress)


@dataclass(frozen=True)
class Shipped:
    """The generator of ``bedrooms-modern`` in ``weights/``, and the record beside it."""

    alone: int = 600

    def give(self, generator: nn.Module, critic: nn.Module) -> None:
        """Copy the generator; the critic keeps its new heads."""
        generator.load_state_dict(weights.load(SHIPPED, Generator).state_dict())

    def inherit(self, progress: Progress) -> None:
        """Its sheets of the time machine, its metrics, and the place where it ended."""
        record = Run(weights.folder_in_use() / "runs" / SHIPPED)
        last = record.rows()[-1]
        progress.images, progress.seconds = last["images"], 60 * last["minutes"]
        sheets = progress.run.folder / "moments"
        shutil.copytree(record.folder / "moments", sheets, dirs_exist_ok=True)
        _log_again(record, progress)


def _log_again(earlier: Run, progress: Progress) -> None:
    for row in earlier.rows():
        if row["images"] <= progress.images:
            progress.run.log(row)


def _can_be_drawn(state: Mapping[str, Tensor]) -> bool:
    """Whether it is of a network with the parts that ours has."""
    try:
        Generator.holding(state)
    except (RuntimeError, KeyError):
        return False
    return True


def origin(start: Path) -> Origin:
    """What ``--start`` names: ``SHIPPED``, or the folder of a run."""
    return Shipped() if str(start) == SHIPPED else Earlier(Run(start))


def grow(network: nn.Module, state: Mapping[str, Tensor]) -> list[str]:
    """Copy into a network every tensor of an earlier one that has its name and shape.

    Returns:
        The names of the network's tensors that were not there, and stay as they are.

    Raises:
        ConfigError: nothing fits, so the two have nothing in common.
    """
    own = network.state_dict()
    fitting = {
        name: tensor
        for name, tensor in state.items()
        if name in own and own[name].shape == tensor.shape
    }
    if not fitting:
        raise ConfigError("the run to grow from holds another kind of network")
    network.load_state_dict({**own, **fitting})
    return [name for name in own if name not in fitting]
