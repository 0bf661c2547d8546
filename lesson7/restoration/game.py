"""Two networks that train each other: what every way of doing so has in common.

Game           generator, critic, the generator's average, and a validation of both
accelerator    what it is built with
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any

import torch
from accelerate import Accelerator
from accelerate.utils import DataLoaderConfiguration
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from lesson7.core.adversarial import placed, precision
from lesson7.core.errors import ConfigError


class Game(ABC):
    """Generator and critic.

    Args:
        generator: damaged crops -> restored ones, ``(N, 3, H, W)``, unit range; trained in place.
        critic: trained in place.
        accelerator: whose device the networks go to.
        ema_decay: of the generator's averaged weights, per step of the generator; 0.998
            forgets half in 350 steps.
        bfloat16: compute in bfloat16 where torch's autocast does; weights stay float32.
    """

    settings: Any
    """How it trains: the dataclass of that name beside the subclass."""
    generator_optimizer: torch.optim.Optimizer
    critic_optimizer: torch.optim.Optimizer

    def __init__(
        self,
        generator: nn.Module,
        critic: nn.Module,
        accelerator: Accelerator,
        *,
        ema_decay: float,
        bfloat16: bool,
    ) -> None:
        self.accelerator, self.bfloat16 = accelerator, bfloat16
        self.generator = placed(generator, accelerator.device)
        self.critic = placed(critic, accelerator.device)
        decay = get_ema_multi_avg_fn(ema_decay)
        self.average = AveragedModel(self.generator, multi_avg_fn=decay, use_buffers=True)

    def parts(self) -> dict[str, Any]:
        """What the checkpoint holds, by name."""
        return {
            "generator": self.generator,
            "critic": self.critic,
            "average": self.average,
            "generator_optimizer": self.generator_optimizer,
            "critic_optimizer": self.critic_optimizer,
        }

    def counts(self) -> Mapping[str, float]:
        """Numbers that every line of metrics holds as they are, such as the steps of each."""
        return {}

    @abstractmethod
    def step(self, damaged: Tensor, target: Tensor) -> dict[str, Tensor]:
        """One step, of whoever learns in it.

        Args:
            damaged, target: ``(N, 3, H, W)``, unit range.

        Returns:
            What is logged: losses, their parts weighted.
        """

    @abstractmethod
    def judged(self, generator: nn.Module, damaged: Tensor, target: Tensor) -> dict[str, Tensor]:
        """What ``step`` logs, of a batch from which nobody learns."""

    def validate(
        self, generator: nn.Module, damaged: Tensor, target: Tensor, *, batch_size: int = 8
    ) -> dict[str, float]:
        """Judge ``generator`` and the critic on pairs that never train; nothing is changed.

        Args:
            generator: the averaged one, or any.
            damaged, target: held-back pairs, ``(N, 3, H, W)``, unit range.
            batch_size: pairs at a time. The means are over pairs, whatever it is.

        Returns:
            What the steps log, with ``valid_`` before the names.
        """
        generator.eval()
        self.critic.eval()
        sums: dict[str, float] = {}
        for part in zip(damaged.split(batch_size), target.split(batch_size), strict=True):
            given, wanted = (crops.to(self.accelerator.device) for crops in part)
            with torch.no_grad(), self.precision():
                found = self.judged(generator, given, wanted)
            for name, value in found.items():
                sums[name] = sums.get(name, 0.0) + value.item() * len(given)
        return {f"valid_{name}": value / len(damaged) for name, value in sums.items()}

    def precision(self) -> torch.autocast:
        """The context in which both run."""
        return precision(self.accelerator.device, bfloat16=self.bfloat16)


def accelerator(seed: int) -> Accelerator:
    """Of one process, whose batches are shuffled by ``seed``.

    Raises:
        ConfigError: there are several processes.
    """
    loader = DataLoaderConfiguration(use_seedable_sampler=True, data_seed=seed)
    made = Accelerator(dataloader_config=loader, cpu=not torch.cuda.is_available())
    if made.num_processes > 1:
        raise ConfigError("two networks train each other, so this runs in one process only")
    return made


def learnt(network: nn.Module) -> list[nn.Parameter]:
    """The parameters that learn; a frozen encoder's do not."""
    return [parameter for parameter in network.parameters() if parameter.requires_grad]
