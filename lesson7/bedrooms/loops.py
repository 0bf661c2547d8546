"""The two plain loops, and what each needs to know.

    Recipe, RECIPES    batch size, rates, which network the critic looks through, ...
    train_wgan         the lesson's: Wasserstein loss, clipped weights                   [1]
    train_modern       ours: a critic on ImageNet's features, augmentation, an average   [2, 3, 4]
    Watch              makes of a generator and the parts of a run its ``Progress``

References:
    [1] Arjovsky et al., Wasserstein GAN, 2017. https://arxiv.org/abs/1701.07875
    [2] Sauer et al., Projected GANs converge faster, 2021. https://arxiv.org/abs/2111.01007
    [3] Zhao et al., Differentiable augmentation, 2020. https://arxiv.org/abs/2006.10738
    [4] Yazıcı et al., The unusual effectiveness of averaging in GAN training, 2018.
        https://arxiv.org/abs/1806.04498
"""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from accelerate import Accelerator
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from lesson7.bedrooms import data, losses
from lesson7.bedrooms.augment import augment
from lesson7.bedrooms.growing import Origin
from lesson7.bedrooms.model import Generator, LessonCritic, LessonGenerator
from lesson7.bedrooms.progress import Progress
from lesson7.bedrooms.thumbnails import Thumbnails, difference
from lesson7.core import projected
from lesson7.core.adversarial import placed, precision

Watch = Callable[[nn.Module, int, dict], Progress]


@dataclass(frozen=True)
class Recipe:
    """What both loops need to know.

    Args:
        batch_size: photographs, and fakes, in one step of the critic.
        lr: Adam's rate for both networks; its first beta is 0, for what is sought moves.
        images: photographs to show in all, repetitions counted.
        bfloat16: compute in bfloat16 where torch's autocast does; weights stay float32.
        clip: the critic's weights are kept within this bound (wgan).
        critic_steps: of the critic for one of the generator (wgan).
        first_critic_steps: the same for the first ten steps of the generator (wgan): the
            paper's advice to train the critic far before it is asked.
        ema_decay: of the generator's averaged weights, per step (modern). 0.998 forgets half
            in 350 steps.
        features: the network that the critic looks through (modern).
        critic_size: pixels to which it enlarges what it looks at (modern).
        alike: weight of the difference between rooms drawn from the latents of photographs
            and those photographs, seen from far away (modern): see ``thumbnails.py``.
    """

    batch_size: int
    lr: float = 2e-4
    images: int = 2_000_000
    bfloat16: bool = True
    clip: float = 0.01
    critic_steps: int = 5
    first_critic_steps: int = 25
    ema_decay: float = 0.998
    features: str = "resnet18"
    critic_size: int = 96
    alike: float = 10.0


RECIPES = {"wgan": Recipe(batch_size=128), "modern": Recipe(batch_size=32)}


def train_wgan(
    recipe: Recipe, photographs: data.Photographs, accelerator: Accelerator, watch: Watch
) -> Progress:
    """The lesson's loop: five steps of the critic, its weights clipped, then one of the generator.

    Both networks stay in training mode, and every batch of either draws fresh noise.
    """
    device = accelerator.device
    generator, critic = placed(LessonGenerator(), device), placed(LessonCritic(), device)
    generator_optimizer = torch.optim.Adam(generator.parameters(), recipe.lr, betas=(0.0, 0.99))
    critic_optimizer = torch.optim.Adam(critic.parameters(), recipe.lr, betas=(0.0, 0.99))
    parts = {
        "generator": generator,
        "critic": critic,
        "generator_optimizer": generator_optimizer,
        "critic_optimizer": critic_optimizer,
    }
    progress = watch(generator, generator.latent, parts)
    n = recipe.batch_size
    for step in progress.steps():
        generator.train()
        n_critic = recipe.first_critic_steps if step < 10 else recipe.critic_steps
        for _ in range(n_critic):
            clip(critic, recipe.clip)
            real = photographs.batch(n).to(device)
            with precision(device, bfloat16=recipe.bfloat16):
                with torch.no_grad():
                    fake = generator(torch.randn(n, generator.latent, device=device))
                real_scores, fake_scores = critic(real).float(), critic(fake).float()
                critic_loss = losses.wasserstein_critic(real_scores, fake_scores)
            accelerator.backward(critic_loss)
            critic_optimizer.step()
            critic_optimizer.zero_grad()
        clip(critic, recipe.clip)
        with precision(device, bfloat16=recipe.bfloat16):
            fake = generator(torch.randn(n, generator.latent, device=device))
            generator_loss = losses.wasserstein_generator(critic(fake).float())
        accelerator.backward(generator_loss, inputs=list(generator.parameters()))
        generator_optimizer.step()
        generator_optimizer.zero_grad()
        progress.note(n * n_critic, noted(critic_loss, generator_loss, real_scores, fake_scores))
    return progress


def train_modern(
    recipe: Recipe,
    size: int,
    eyes: nn.Module,
    photographs: data.Photographs,
    accelerator: Accelerator,
    watch: Watch,
    origin: Origin | None = None,
    *,
    resume: bool = False,
) -> Progress:
    """Our loop: one step of the critic's heads, one of the generator, on the same fakes.

    What the frozen network sees of the fakes is computed once: the critic learns from it
    without their history, and then the generator's gradient runs back through it.

    Args:
        size: of the pictures, 64 or 128.
        eyes: the frozen network, see ``projected.ProjectedCritic``.
        origin: what the run began with; None: at random.
        resume: it goes on where it was stopped, so it has its origin's weights already.
    """
    device = accelerator.device
    generator = placed(Generator(size), device)
    critic = placed(projected.ProjectedCritic(eyes, recipe.critic_size), device)
    if origin is not None and not resume:
        origin.give(generator, critic)
    average = AveragedModel(generator, multi_avg_fn=warmed_up(recipe.ema_decay), use_buffers=True)
    learnt = [parameter for parameter in critic.parameters() if parameter.requires_grad]
    generator_optimizer = torch.optim.Adam(generator.parameters(), recipe.lr, betas=(0.0, 0.99))
    critic_optimizer = torch.optim.Adam(learnt, recipe.lr, betas=(0.0, 0.99))
    parts = {
        "generator": generator,
        "critic": critic,
        "average": average,
        "generator_optimizer": generator_optimizer,
        "critic_optimizer": critic_optimizer,
    }
    progress = watch(average.module, generator.latent, parts)
    if origin is not None and not resume:
        origin.inherit(progress)
    alone = 0 if origin is None else origin.alone
    n = recipe.batch_size
    half = n // 2
    known = Thumbnails(photographs.sample(len(photographs), seed=0))  # also of those not shown
    for step in progress.steps():
        real = photographs.batch(n).to(device, memory_format=torch.channels_last)
        latents = torch.randn(n, generator.latent, device=device)
        theirs = known.latents(real[:half]).to(device)
        latents[:half, : theirs.shape[1]] = theirs
        with precision(device, bfloat16=recipe.bfloat16):
            fake = generator(latents)
            with torch.no_grad():
                real_seen = critic.project(augment(real))
            fake_seen = critic.project(augment(fake.float()))
            real_scores = critic.judge(real_seen)
            fake_scores = critic.judge([seen.detach() for seen in fake_seen])
            critic_loss = projected.critic_loss(real_scores, fake_scores)
        accelerator.backward(critic_loss)
        critic_optimizer.step()
        critic_optimizer.zero_grad()
        critic.learn(False)
        with precision(device, bfloat16=recipe.bfloat16):
            generator_loss = projected.generator_loss(critic.judge(fake_seen))
        unlike = difference(fake[:half].float(), real[:half])
        if step >= alone:
            accelerator.backward(generator_loss + recipe.alike * unlike)
            generator_optimizer.step()
            generator_optimizer.zero_grad()
            average.update_parameters(generator)
        critic.learn(True)
        real_mean, fake_mean = (
            torch.stack([scores.mean() for scores in head_scores])
            for head_scores in (real_scores, fake_scores)
        )
        metrics = noted(critic_loss, generator_loss, real_mean, fake_mean)
        progress.note(n, {**metrics, "unlike": unlike, "variety": variety(fake) / variety(real)})
    return progress


def variety(images: Tensor) -> Tensor:
    """How much a batch varies from picture to picture, mean over pixels: 0 after a collapse."""
    return images.detach().float().std(0).mean()


def warmed_up(decay: float) -> Callable:
    """An exponential moving average that forgets its first, random weights sooner."""

    def update(averages: list[Tensor], current: list[Tensor], n: Tensor) -> None:
        now = min(decay, (1 + n.item()) / (10 + n.item()))
        get_ema_multi_avg_fn(now)(averages, current, n)

    return update


def clip(critic: nn.Module, bound: float) -> None:
    """Clamp every parameter, those of batch norm included, to [-bound, bound]."""
    with torch.no_grad():
        for parameter in critic.parameters():
            parameter.clamp_(-bound, bound)


def noted(
    critic_loss: Tensor, generator_loss: Tensor, real: Tensor, fake: Tensor
) -> dict[str, Tensor]:
    """A step as metrics."""
    return {
        "critic_loss": critic_loss,
        "generator_loss": generator_loss,
        "real_score": real.mean(),
        "fake_score": fake.mean(),
        "score_difference": real.mean() - fake.mean(),
    }
