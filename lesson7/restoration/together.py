"""Generator and projected critic, who learn together, a step of each from every batch [1].

    Settings     how to train
    Together     the step, and a validation of both

What the frozen network sees of the restored pictures is computed once and serves three times:
the critic's heads learn from it, they judge it for the generator, and it is compared with what
the network sees of the targets. The heads ask for some photograph, the comparison asks for this
one, and the pixels keep its colours where they are. An average over what a lost detail may have
been satisfies the last two; only the heads object to it, because no photograph is so soft [2].

What is compared is either how strongly each mixed feature answers, which brings texture, or the
direction of the features alone [3], which puts it in its place: one after the other.

References:
    [1] Sauer et al., Projected GANs converge faster, 2021. https://arxiv.org/abs/2111.01007
    [2] Ledig et al., Photo-realistic single image super-resolution using a GAN, 2016
        (three such parts). https://arxiv.org/abs/1609.04802
    [3] Zhang et al., The unreasonable effectiveness of deep features as a perceptual metric,
        2018. https://arxiv.org/abs/1801.03924
"""

from dataclasses import dataclass
from typing import Any, NamedTuple

import torch
import torch.nn.functional as F
from accelerate import Accelerator
from torch import Tensor, nn
from torch.optim.lr_scheduler import LambdaLR

from lesson7.core import projected
from lesson7.core.images import normalize
from lesson7.core.metrics import distance_between
from lesson7.restoration.game import Game, learnt
from lesson7.restoration.losses import same_window, total


@dataclass(frozen=True)
class Settings:
    """How to train.

    Args:
        lr: Adam's rate for the generator, constant after ``warm_up`` steps from 0: Adam's first
            steps go as far for a small gradient as for a large one, which would jolt a network
            that has learnt.
        steps: of the run: in the last third of them the generator's rate falls to 0; None: never.
        critic_lr: the same for the critic's heads.
        betas: Adam's; the first is 0, for what is sought moves.
        weights: of the heads' verdict, of what the network sees, and of the pixels.
        directions: compare directions, from a corner that moves (``losses.same_window``);
            otherwise strengths, of whole crops.
        ema_decay: of the generator's averaged weights, per step; 0.998 forgets half in 350.
        bfloat16: compute in bfloat16 where torch's autocast does; weights stay float32.
    """

    lr: float = 2e-4
    warm_up: int = 100
    steps: int | None = None
    critic_lr: float = 2e-4
    betas: tuple[float, float] = (0.0, 0.99)
    weights: tuple[float, float, float] = (0.4, 1.0, 20.0)
    directions: bool = False
    ema_decay: float = 0.998
    bfloat16: bool = True

    def share_of_lr(self, step: int) -> float:
        """What the generator's rate is multiplied by in a step, counted from 0."""
        warm = min((step + 1) / (self.warm_up + 1), 1.0)
        if self.steps is None:
            return warm
        return min(warm, max(3 * (1 - step / self.steps), 0.0))


class Seen(NamedTuple):
    """Pictures through the critic's frozen network."""

    features: list[Tensor]
    """As they come out of it, ``(N, C, h, w)`` at three depths."""

    projected: list[Tensor]
    """The signed pictures, and the features mixed: what the heads judge."""


class Together(Game):
    """Generator and critic, their optimisers, and one step of both.

    Args:
        generator: see ``Game``.
        critic: looks at signed pictures; its heads learn.
        settings: how.
        accelerator: see ``Game``.
    """

    critic: projected.ProjectedCritic

    def __init__(
        self,
        generator: nn.Module,
        critic: projected.ProjectedCritic,
        settings: Settings,
        accelerator: Accelerator,
    ) -> None:
        super().__init__(
            generator, critic, accelerator,
            ema_decay=settings.ema_decay, bfloat16=settings.bfloat16,
        )  # fmt: skip
        self.settings = settings
        self.generator_optimizer = self._adam(generator, settings.lr)
        self.critic_optimizer = self._adam(critic, settings.critic_lr)
        self.warming = LambdaLR(self.generator_optimizer, settings.share_of_lr)

    def parts(self) -> dict[str, Any]:
        """What the checkpoint holds, by name."""
        return {**super().parts(), "warming": self.warming}

    def step(self, damaged: Tensor, target: Tensor) -> dict[str, Tensor]:
        """Teach the critic that ``target`` is real, and the generator to be taken for it.

        Args:
            damaged, target: ``(N, 3, H, W)``, unit range.

        Returns:
            The critic's loss and the parts of the generator's, weighted.
        """
        self.generator.train()
        self.critic.train()
        with self.precision():
            restored = self.generator(damaged).float()
            if self.settings.directions:
                restored, target = same_window(restored, target)
            with torch.no_grad():
                real = self.seen(target)
            fake = self.seen(restored)
            judged = self.critic.judge([x.detach() for x in fake.projected])
            critic_loss = projected.critic_loss(self.critic.judge(real.projected), judged)
        self.accelerator.backward(critic_loss)
        self.critic_optimizer.step()
        self.critic_optimizer.zero_grad()
        self.critic.learn(False)
        with self.precision():
            parts = self._parts(restored, target, real, fake)
        self.accelerator.backward(total(parts))
        self.critic.learn(True)
        self.generator_optimizer.step()
        self.generator_optimizer.zero_grad()
        self.warming.step()
        self.average.update_parameters(self.generator)
        return {"critic_loss": critic_loss, **parts}

    def judged(self, generator: nn.Module, damaged: Tensor, target: Tensor) -> dict[str, Tensor]:
        """What ``step`` logs, of a batch from which nobody learns."""
        restored = generator(damaged).float()
        real, fake = self.seen(target), self.seen(restored)
        scores = self.critic.judge(real.projected), self.critic.judge(fake.projected)
        loss = projected.critic_loss(*scores)
        return {"critic_loss": loss, **self._parts(restored, target, real, fake)}

    def seen(self, pictures: Tensor) -> Seen:
        """What the critic's network and its heads see of ``(N, 3, H, W)``, unit range."""
        signed = 2 * pictures - 1
        features = self.critic.look(signed)
        return Seen(features, self.critic.project(signed, features))

    def _parts(self, restored: Tensor, target: Tensor, real: Seen, fake: Seen) -> dict[str, Tensor]:
        """The generator's loss by parts, weighted."""
        adversarial, features, pixels = self.settings.weights
        verdict = projected.generator_loss(self.critic.judge(fake.projected))
        unlike = self._unlike(fake, real)
        apart = F.l1_loss(normalize(restored.float()), normalize(target.float()))
        return {
            "generator_adversarial": adversarial * verdict,
            "generator_features": features * unlike,
            "generator_pixel": pixels * apart,
        }

    def _unlike(self, fake: Seen, real: Seen) -> Tensor:
        if self.settings.directions:
            return distance_between(fake.features, real.features).mean()
        mixed = zip(fake.projected[1:], real.projected[1:], strict=True)  # without the pictures
        return torch.stack([F.l1_loss(a.float(), b.float()) for a, b in mixed]).mean()

    def _adam(self, network: nn.Module, lr: float) -> torch.optim.Adam:
        return torch.optim.Adam(learnt(network), lr, betas=self.settings.betas)
