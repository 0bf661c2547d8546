"""Generator and critic of the restoration GAN, who learn in turns [1].

    Settings     how to train
    Switch       whose turn it is
    Turns        one step of either, and a validation of both

A batch teaches one of the two. The critic learns until it tells targets from restored
pictures better than by chance; then the generator has a single batch to answer. So neither
runs away from the other, whichever learns faster.

What the lesson's numbers hid is told apart here: the critic's loss, the generator's
adversarial part and its pixels' part. Validation judges both and switches nothing. (fastai's
validation went on switching, so what it printed was a mean of both losses, and the smoothed
loss of the generator stood under the critic's name.)

References:
    [1] Ledig et al., Photo-realistic single image super-resolution using a GAN, 2016.
        https://arxiv.org/abs/1609.04802
    [2] Loshchilov and Hutter, Decoupled weight decay, 2017. https://arxiv.org/abs/1711.05101
"""

from dataclasses import dataclass
from typing import Any

import torch
from accelerate import Accelerator
from torch import Tensor, nn

from lesson7.restoration import losses
from lesson7.restoration.game import Game, learnt


@dataclass(frozen=True)
class Settings:
    """How to train; the defaults are the lesson's, but for the average and the precision.

    Args:
        lr: Adam's rate for the generator, constant.
        critic_rate: the critic's rate is so many times as high.
        betas: Adam's; the first is 0, for what is sought moves.
        weight_decay: decoupled [2], on all parameters of both.
        weights: of the generator's two parts, adversarial and pixels.
        threshold: of the critic's loss on one batch, below which the generator's turn comes.
        clip: largest norm of either network's gradient; None: any.
        ema_decay: of the generator's averaged weights, per step of the generator; 0.998
            forgets half in 350 steps.
        bfloat16: compute in bfloat16 where torch's autocast does; weights stay float32.
    """

    lr: float = 1e-4
    critic_rate: float = 5.0
    betas: tuple[float, float] = (0.0, 0.99)
    weight_decay: float = 1e-3
    weights: tuple[float, float] = (1.0, 50.0)
    threshold: float = 0.65
    clip: float | None = None
    ema_decay: float = 0.998
    bfloat16: bool = True


class Switch:
    """Whose turn it is: the critic's first; after each of the generator's, the critic's again.

    The critic keeps its turn until its loss on the batch just seen is below ``threshold``: a
    critic that guesses pays log 2 = 0.693.

    Args:
        threshold: 0.65 in the lesson's code (0.5 in a comment beside it).
    """

    def __init__(self, threshold: float = 0.65) -> None:
        self.threshold = threshold
        self.critics_turn = True
        self.critic_steps = self.generator_steps = 0

    def after_critic(self, loss: float) -> None:
        """Say that the critic had a step, and what it paid."""
        self.critic_steps += 1
        self.critics_turn = loss >= self.threshold

    def after_generator(self) -> None:
        """Say that the generator had a step."""
        self.generator_steps += 1
        self.critics_turn = True

    def counts(self) -> dict[str, float]:
        """The steps that each had."""
        return {"critic_steps": self.critic_steps, "generator_steps": self.generator_steps}

    def state_dict(self) -> dict[str, Any]:
        """What resuming needs; the threshold is the caller's."""
        return {"critics_turn": self.critics_turn, **self.counts()}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on from ``state_dict``."""
        self.critics_turn = state["critics_turn"]
        self.critic_steps, self.generator_steps = state["critic_steps"], state["generator_steps"]


class Turns(Game):
    """Generator and critic, their optimisers, and one step of each.

    A step of one leaves the other as it is, bit by bit: the one that does not learn is in
    eval mode, gets no gradient, and has an optimiser of its own.

    Args:
        generator: see ``Game``.
        critic: crops of unit range -> logits of any shape.
        settings: how.
        accelerator: see ``Game``.
    """

    def __init__(
        self, generator: nn.Module, critic: nn.Module, settings: Settings, accelerator: Accelerator
    ) -> None:
        super().__init__(
            generator, critic, accelerator,
            ema_decay=settings.ema_decay, bfloat16=settings.bfloat16,
        )  # fmt: skip
        self.settings = settings
        self.generator_optimizer = self._adam(generator, settings.lr)
        self.critic_optimizer = self._adam(critic, settings.lr * settings.critic_rate)
        self.switch = Switch(settings.threshold)

    def parts(self) -> dict[str, Any]:
        """What the checkpoint holds, by name."""
        return {**super().parts(), "switch": self.switch}

    def counts(self) -> dict[str, float]:
        """The steps that each had."""
        return self.switch.counts()

    def step(self, damaged: Tensor, target: Tensor) -> dict[str, Tensor]:
        """A step of whoever's turn it is; returns what is logged."""
        if self.switch.critics_turn:
            return self.critic_step(damaged, target)
        return self.generator_step(damaged, target)

    def critic_step(self, damaged: Tensor, target: Tensor) -> dict[str, Tensor]:
        """Teach the critic that ``target`` is real and what becomes of ``damaged`` is not.

        Args:
            damaged, target: ``(N, 3, H, W)``, unit range.

        Returns:
            Its loss and the share of patches that it got right.
        """
        self.generator.eval()
        self.critic.train()
        with self.precision():
            with torch.no_grad():
                restored = self.generator(damaged)
            real_logits, fake_logits = self.critic(target), self.critic(restored)
            loss = losses.critic_loss(real_logits, fake_logits)
        self._learn(loss, self.critic_optimizer)
        self.switch.after_critic(loss.item())
        accuracy = losses.patch_accuracy(real_logits, fake_logits)
        return {"critic_loss": loss, "critic_accuracy": torch.tensor(accuracy)}

    def generator_step(self, damaged: Tensor, target: Tensor) -> dict[str, Tensor]:
        """Teach the generator to come close to ``target`` and to take the critic in.

        Args:
            damaged, target: ``(N, 3, H, W)``, unit range.

        Returns:
            The two parts of its loss, weighted.
        """
        self.generator.train()
        self.critic.eval()
        with self.precision():
            restored = self.generator(damaged)
            parts = losses.generator_parts(
                fake_logits=self.critic(restored), restored=restored, target=target,
                weights=self.settings.weights,
            )  # fmt: skip
        self._learn(losses.total(parts), self.generator_optimizer)
        self.average.update_parameters(self.generator)
        self.switch.after_generator()
        return {f"generator_{name}": part for name, part in parts.items()}

    def judged(self, generator: nn.Module, damaged: Tensor, target: Tensor) -> dict[str, Tensor]:
        """What both steps log, of a batch from which nobody learns; no turn is taken."""
        restored = generator(damaged)
        real_logits, fake_logits = self.critic(target), self.critic(restored)
        parts = losses.generator_parts(
            fake_logits=fake_logits, restored=restored, target=target,
            weights=self.settings.weights,
        )  # fmt: skip
        accuracy = losses.patch_accuracy(real_logits, fake_logits)
        return {
            **{f"generator_{name}": part for name, part in parts.items()},
            "critic_loss": losses.critic_loss(real_logits, fake_logits),
            "critic_accuracy": torch.tensor(accuracy),
        }

    def _adam(self, network: nn.Module, lr: float) -> torch.optim.AdamW:
        betas, decay = self.settings.betas, self.settings.weight_decay
        return torch.optim.AdamW(learnt(network), lr, betas=betas, weight_decay=decay)

    def _learn(self, loss: Tensor, optimizer: torch.optim.Optimizer) -> None:
        """One step down the loss, for the optimiser's network and no other."""
        theirs = [parameter for group in optimizer.param_groups for parameter in group["params"]]
        self.accelerator.backward(loss, inputs=theirs)
        if self.settings.clip is not None:
            self.accelerator.clip_grad_norm_(theirs, self.settings.clip)
        optimizer.step()
        optimizer.zero_grad()
