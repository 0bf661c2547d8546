"""From rooms of 64 pixels to rooms of 128: a run begins where a smaller one ended.

What a room is made of is decided at 4x4 to 32x32 pixels, which cost little to learn at 64 and
much at 128, where the critic looks at four times as many. So the generator keeps those stages,
and the critic its heads; what is new begins at random, and soon follows what it is fed [1].

    grow       copy what fits
    inherit    the smaller run's history: its moments, metrics, photographs and minutes

References:
    [1] Karras et al., Progressive growing of GANs, 2017. https://arxiv.org/abs/1710.10196
        (there new layers are blended in; batch norm does without that here)
"""

import shutil
from collections.abc import Mapping

import torch
from torch import Tensor, nn

from lesson7.core.adversarial import Progress
from lesson7.core.errors import ConfigError
from lesson7.core.runs import Run


def grow(network: nn.Module, state: Mapping[str, Tensor]) -> list[str]:
    """Copy into a network every tensor of a smaller one that has its name and shape.

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


def inherit(progress: Progress, smaller: Run) -> None:
    """Let a run that has not begun go on counting where the smaller one ended.

    Its snapshots and metrics are copied, so that the time machine tells the whole story, and
    photographs and minutes are those of both.
    """
    progress.images, progress.seconds = smaller.load_checkpoint()["place"][1:]
    snapshots = progress.run.folder / "snapshots"
    shutil.copytree(smaller.folder / "snapshots", snapshots, dirs_exist_ok=True)
    torch.save(smaller.weights(), snapshots / f"{progress.images:09d}.pt")
    for row in smaller.rows():
        progress.run.log(row)
