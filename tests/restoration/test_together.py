"""Generator and projected critic: who learns in a step, and from what."""

from dataclasses import replace

import pytest
import torch
from accelerate import Accelerator
from torch import Tensor, nn

from lesson7.core import backbones
from lesson7.core.images import normalize
from lesson7.core.metrics import feature_distance
from lesson7.core.projected import ProjectedCritic
from lesson7.core.runs import Run
from lesson7.restoration.adversarial import Pace, train
from lesson7.restoration.compact import CompactUnet
from lesson7.restoration.game import accelerator
from lesson7.restoration.opponents import AGAINST, opponents
from lesson7.restoration.recipes import RECIPES
from lesson7.restoration.together import Settings, Together
from tests.commands import tensors
from tests.restoration.test_adversarial import changed, copy, won

SMALL = Settings(bfloat16=False, warm_up=0)


def pairs(n: int = 8) -> tuple[Tensor, Tensor]:
    """Targets, and copies that are darker: what is wanted of the generator is plain."""
    rng = torch.Generator().manual_seed(0)
    target = torch.rand(n, 3, 32, 32, generator=rng)
    return target * 0.7, target


class Shown(nn.Module):
    """Whatever is damaged, this is what comes back; the network within learns nothing of it."""

    def __init__(self, within: nn.Module, picture: Tensor) -> None:
        super().__init__()
        self.within, self.picture = within, picture

    def forward(self, damaged: Tensor) -> Tensor:
        return self.picture + 0 * self.within(damaged)


def together(settings: Settings = SMALL, seed: int = 0) -> Together:
    torch.manual_seed(seed)
    generator = nn.Sequential(nn.Conv2d(3, 6, 3, padding=1), nn.BatchNorm2d(6), nn.ReLU(),
                              nn.Dropout2d(0.2), nn.Conv2d(6, 3, 3, padding=1))  # fmt: skip
    torch.manual_seed(3)  # the eyes and their mixing are the same in all of them
    eyes = backbones.load("resnet18", None, takes="signed")
    return Together(generator, ProjectedCritic(eyes, size=None), settings, Accelerator(cpu=True))


def test_both_learn_from_one_batch_and_the_eyes_do_not():
    game = together()
    generator, critic, eyes = (
        copy(network) for network in (game.generator, game.critic, game.critic._features[0])
    )
    game.step(*pairs())
    assert changed(game.generator, generator) == set(generator)
    learnt = changed(game.critic, critic)
    assert {
        "pixels.0.parametrizations.weight.original",
        "heads.0.0.parametrizations.weight.original",
    } <= learnt
    assert not any(name.startswith("mixing") for name in learnt)
    assert changed(game.critic._features[0], eyes) == set()


def test_the_critic_learns_from_its_own_loss_alone():
    """Whatever the generator is asked for, the critic's step from the same state is the same."""
    states = []
    for weights in ((0.1, 1.0, 20.0), (5.0, 0.0, 0.0)):
        game = together(Settings(bfloat16=False, warm_up=0, weights=weights))
        game.step(*pairs())
        states.append({name: p.clone() for name, p in game.critic.named_parameters()})
    assert all(torch.equal(states[0][name], states[1][name]) for name in states[0])


@pytest.mark.parametrize("directions", [False, True])
def test_the_parts_are_what_they_say(directions):
    """Of equal pictures the features' part and the pixels' are 0; of others by hand."""
    settings = Settings(bfloat16=False, warm_up=0, weights=(0.5, 2.0, 10.0), directions=directions)
    game = together(settings)
    damaged, target = pairs(4)
    same = game.validate(nn.Identity(), target, target)
    assert same["valid_generator_features"] == same["valid_generator_pixel"] == 0
    valid = game.validate(nn.Identity(), damaged, target)
    apart = (normalize(damaged) - normalize(target)).abs().mean().item()
    assert valid["valid_generator_pixel"] == pytest.approx(10 * apart, rel=1e-5)
    unlike = feature_distance(lambda x: game.seen(x).features, damaged, target).mean().item()
    if not directions:
        mixed = [game.critic.project(2 * pictures - 1)[1:] for pictures in (damaged, target)]
        apart_at = [(a - b).abs().mean().item() for a, b in zip(*mixed, strict=True)]
        unlike = sum(apart_at) / 3
    assert valid["valid_generator_features"] == pytest.approx(2 * unlike, rel=1e-5)
    scores = game.critic.judge(game.seen(damaged).projected)
    heads = [each.mean().item() for each in scores]
    assert valid["valid_generator_adversarial"] == pytest.approx(-0.5 * sum(heads) / 4, rel=1e-4)


def test_a_step_says_the_same_parts_as_a_validation():
    game = together()
    names = {f"valid_{name}" for name in game.step(*pairs())}
    assert names == {*game.validate(game.generator, *pairs())}


def test_the_critic_looks_from_another_corner_in_each_step(monkeypatch):
    """In ``finish``: at both pictures from the same one; a validation looks at the whole."""
    game, shown = together(replace(SMALL, directions=True)), []
    look = game.critic.look
    monkeypatch.setattr(game.critic, "look", lambda x: (shown.append(x.detach()), look(x))[1])
    place = torch.arange(48 * 48.0).view(1, 1, 48, 48).expand(8, 3, 48, 48) / 2304
    monkeypatch.setattr(game, "generator", Shown(game.generator, place))
    for _ in range(6):
        game.step(place, place)
    targets, restored = shown[::2], shown[1::2]
    assert {x.shape for x in shown} == {(8, 3, 41, 41)}
    assert all(torch.equal(a, b) for a, b in zip(targets, restored, strict=True))
    assert len({x[0, 0, 0, 0].item() for x in targets}) > 2
    shown.clear()
    game.validate(nn.Identity(), *pairs())
    assert {x.shape[-1] for x in shown} == {32}


def test_validation_changes_nothing():
    game = together()
    before = {"generator": copy(game.generator), "critic": copy(game.critic)}
    whole = game.validate(game.generator, *pairs(8), batch_size=8)
    assert game.validate(game.generator, *pairs(8), batch_size=3) == pytest.approx(whole, rel=1e-4)
    assert changed(game.generator, before["generator"]) == set()
    assert changed(game.critic, before["critic"]) == set()


def test_a_generator_that_is_asked_for_the_pixels_comes_closer_to_them():
    game = together(Settings(bfloat16=False, warm_up=0, lr=3e-3, weights=(0.01, 0.1, 20.0)))
    damaged, target = pairs(4)
    before = game.validate(game.generator, damaged, target)["valid_generator_pixel"]

    def closer() -> bool:
        after = game.validate(game.generator, damaged, target)["valid_generator_pixel"]
        return after < 0.7 * before

    assert won(lambda: game.step(damaged, target), closer, steps=60)


def test_a_generator_that_is_asked_for_the_verdict_takes_the_critic_in():
    """The critic's rate is 0, so only one of the two can win.

    Yet its norms settle from step to step, which moves the verdict, too: it must fall
    further than with a generator that does not learn either.
    """
    (damaged, target), after = pairs(4), {}
    for lr in (3e-3, 0.0):
        game = together(
            Settings(bfloat16=False, warm_up=0, lr=lr, critic_lr=0.0, weights=(1.0, 0.0, 0.0))
        )
        before = game.validate(game.generator, damaged, target)["valid_generator_adversarial"]
        for _ in range(15):
            game.step(damaged, target)
        valid = game.validate(game.generator, damaged, target)
        after[lr] = valid["valid_generator_adversarial"]
    assert after[3e-3] < min(before, after[0.0] - 0.01)


def test_a_critic_learns_to_tell_them_apart():
    game = together(Settings(bfloat16=False, warm_up=0, lr=0.0, critic_lr=1e-3))
    losses: list[float] = []
    assert won(
        lambda: losses.append(game.step(*pairs())["critic_loss"].item()),
        lambda: sum(losses[-5:]) < 0.5 * sum(losses[:5]),
        steps=40,
    )


def test_the_first_steps_are_small_ones():
    """Adam's first step moves each weight by the rate: a quarter, a half, three quarters, all."""
    game = together(Settings(bfloat16=False, lr=1e-3, warm_up=3))
    rates = []
    for _ in range(5):
        rates.append(game.generator_optimizer.param_groups[0]["lr"])
        game.step(*pairs(4))
    assert rates == pytest.approx([2.5e-4, 5e-4, 7.5e-4, 1e-3, 1e-3])


def test_in_the_last_third_of_a_run_the_generators_rate_falls_to_nothing():
    settings = Settings(warm_up=1, steps=9)
    shares = [settings.share_of_lr(step) for step in range(11)]
    assert shares == pytest.approx([1 / 2, 1, 1, 1, 1, 1, 1, 2 / 3, 1 / 3, 0, 0])


def test_a_run_that_was_cut_ends_with_the_same_weights_bit_by_bit(tmp_path):
    def run_to(images, folder, *, resume=False):
        settings = replace(SMALL, steps=10)  # so its rate falls in the second half
        game = together(settings, seed=10 if resume else 9)  # what it starts with must not matter
        game.accelerator = accelerator(4)
        run = Run.open("best", folder, resume=resume)
        batches = torch.utils.data.DataLoader(
            torch.utils.data.TensorDataset(*pairs(12)), 4, shuffle=True, drop_last=True
        )
        train(
            game, batches, run, Pace(images), judged=pairs(2), evaluate=lambda _: {"psnr": 20.0},
            samples=lambda *_: None, moments=(8,), seed=4, resume=resume,
        )  # fmt: skip
        return run.load_checkpoint()["parts"]

    whole = run_to(40, tmp_path / "whole")
    run_to(20, tmp_path / "cut")
    again = run_to(40, tmp_path / "cut", resume=True)
    pairs_of = list(zip(tensors(whole), tensors(again), strict=True))
    assert len(pairs_of) > 60
    assert all(torch.equal(a, b) for a, b in pairs_of)


def test_bfloat16_trains_too():
    game = together(Settings())
    assert all(value.isfinite() for value in game.step(*pairs()).values())
    assert all(p.isfinite().all() and p.dtype == torch.float32 for p in game.generator.parameters())


@pytest.mark.parametrize("name", AGAINST)
@pytest.mark.parametrize("bfloat16", [True, False])
def test_the_recipes_precision_is_the_games(name, bfloat16):
    recipe = RECIPES[name]
    recipe = replace(recipe, settings=replace(recipe.settings, bfloat16=bfloat16))
    game = opponents(name, recipe, CompactUnet(), None, None, steps=7)
    assert game.bfloat16 == bfloat16
    if isinstance(game, Together):
        kinds = {p.dtype for p in game.critic._features[0].parameters()}
        assert kinds == {torch.bfloat16 if bfloat16 else torch.float32}
        learns = {p.requires_grad for p in game.generator.groups()[0].parameters()}
        assert learns == {name == "finish"}
        assert game.settings.directions == (name == "finish")
        assert game.settings.steps == (7 if name == "finish" else None)
