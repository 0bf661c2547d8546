"""The GAN phase: whose turn it is, who learns in it, and that a cut changes nothing."""

from collections.abc import Callable
from math import log
from pathlib import Path

import pytest
import torch
from accelerate import Accelerator
from torch import nn
from torch.nn.utils.parametrizations import spectral_norm
from torch.utils.data import DataLoader, TensorDataset

from lesson7.core.errors import ConfigError
from lesson7.core.runs import Run
from lesson7.restoration import losses
from lesson7.restoration.adversarial import Pace, train
from lesson7.restoration.game import accelerator
from lesson7.restoration.turns import Settings, Switch, Turns
from tests.commands import tensors

SMALL = Settings(bfloat16=False)
HOW = {"moments": (8,), "seed": 4}


def small_generator() -> nn.Module:
    """Draws random numbers, keeps running statistics: what resuming could get wrong."""
    return nn.Sequential(
        nn.Conv2d(3, 6, 3, padding=1), nn.BatchNorm2d(6), nn.ReLU(), nn.Dropout2d(0.2),
        nn.Conv2d(6, 3, 3, padding=1),
    )  # fmt: skip


def small_critic() -> nn.Module:
    """Patches, spectral norm and dropout, as the real one."""
    return nn.Sequential(
        spectral_norm(nn.Conv2d(3, 6, 4, 2, 1)), nn.LeakyReLU(0.2), nn.Dropout2d(0.15),
        spectral_norm(nn.Conv2d(6, 1, 4)),
    )  # fmt: skip


def pairs(n: int = 12) -> tuple[torch.Tensor, torch.Tensor]:
    """Targets, and damaged copies that are a little darker and noisy."""
    rng = torch.Generator().manual_seed(0)
    target = torch.rand(n, 3, 16, 16, generator=rng)
    return target * 0.8 + 0.1 * torch.rand(n, 3, 16, 16, generator=rng), target


@pytest.fixture
def turns() -> Turns:
    torch.manual_seed(0)
    return Turns(small_generator(), small_critic(), SMALL, Accelerator(cpu=True))


def won(step: Callable[[], object], reached: Callable[[], bool], steps: int) -> bool:
    """Whether it is reached, asked after every fifth step; none is taken after that."""
    for number in range(1, steps + 1):
        step()
        if number % 5 == 0 and reached():
            return True
    return False


def copy(network: nn.Module) -> dict[str, torch.Tensor]:
    return {key: tensor.clone() for key, tensor in network.state_dict().items()}


def changed(network: nn.Module, before: dict[str, torch.Tensor]) -> set[str]:
    return {k for k, tensor in network.state_dict().items() if not torch.equal(tensor, before[k])}


# ------------------------------------------------------------------------- whose turn it is


def test_turns_follow_the_critics_loss():
    """Starts with the critic; below .65 the generator has one step, then the critic again."""
    switch, critics_losses, seen = Switch(0.65), iter([0.7, 0.65, 0.64, 0.9, 0.1, 0.2]), ""
    for _ in range(9):
        if switch.critics_turn:
            switch.after_critic(next(critics_losses))
            seen += "c"
        else:
            switch.after_generator()
            seen += "g"
    assert seen == "cccgccgcg"
    assert switch.counts() == {"critic_steps": 6, "generator_steps": 3}


@pytest.mark.parametrize("script", [[], [0.3], [0.3, None], [0.7]])
def test_a_restored_switch_goes_on_where_it_was(script):
    switch = Switch()
    for loss in script:
        if loss is None:
            switch.after_generator()
        else:
            switch.after_critic(loss)
    again = Switch()
    again.load_state_dict(switch.state_dict())
    assert again.state_dict() == switch.state_dict()
    assert again.critics_turn == (script[-1:] != [0.3])


def test_the_turns_of_the_loop_are_the_switchs(turns, monkeypatch):
    """The critic's losses are scripted; what is logged says whose step it was."""
    scripted = iter([0.7, 0.6, 0.6, 0.7, 0.7])
    after = turns.switch.after_critic
    monkeypatch.setattr(turns.switch, "after_critic", lambda _: after(next(scripted)))
    steps = ["critic" if "critic_loss" in turns.step(*pairs(2)) else "generator" for _ in range(7)]
    assert steps == ["critic", "critic", "generator", "critic", "generator", "critic", "critic"]


# ---------------------------------------------------------------------------- who learns


def test_a_critics_step_leaves_the_generator_as_it_is_bit_by_bit(turns):
    generator, critic, average = copy(turns.generator), copy(turns.critic), copy(turns.average)
    turns.critic_step(*pairs(4))
    assert changed(turns.generator, generator) == set()
    assert changed(turns.average, average) == set()
    assert {"0.parametrizations.weight.original", "3.bias"} <= changed(turns.critic, critic)
    assert turns.generator_optimizer.state_dict()["state"] == {}
    assert all(p.grad is None for p in turns.generator.parameters())


def test_a_generators_step_leaves_the_critic_as_it_is_bit_by_bit(turns):
    """Also the vectors from which spectral norm is estimated, which are no parameters."""
    generator, critic = copy(turns.generator), copy(turns.critic)
    turns.generator_step(*pairs(4))
    assert changed(turns.critic, critic) == set()
    assert changed(turns.generator, generator) == set(generator)
    assert turns.critic_optimizer.state_dict()["state"] == {}
    assert all(p.grad is None for p in turns.critic.parameters())


def test_who_does_not_learn_is_in_eval_mode(turns):
    turns.critic_step(*pairs(2))
    assert (turns.critic.training, turns.generator.training) == (True, False)
    turns.generator_step(*pairs(2))
    assert (turns.critic.training, turns.generator.training) == (False, True)


def test_the_critics_rate_is_five_times_the_generators_and_momentum_is_none(turns):
    (ours,), (theirs,) = (
        turns.generator_optimizer.param_groups, turns.critic_optimizer.param_groups
    )  # fmt: skip
    assert (ours["lr"], theirs["lr"]) == (1e-4, pytest.approx(5e-4))
    for group in (ours, theirs):
        assert group["betas"] == (0.0, 0.99)
        assert group["weight_decay"] == 1e-3


def test_a_frozen_encoder_stays_as_it_is():
    generator = small_generator()
    generator[0].requires_grad_(False)
    turns = Turns(generator, small_critic(), SMALL, Accelerator(cpu=True))
    before = copy(generator)
    turns.generator_step(*pairs(4))
    assert not {"0.weight", "0.bias"} & changed(generator, before)
    assert {"4.weight", "4.bias"} <= changed(generator, before)
    assert not generator[0].weight.requires_grad


def test_the_average_moves_with_the_generators_steps_only(turns):
    turns.generator_step(*pairs(4))
    first = turns.generator.state_dict()["0.weight"].clone()
    turns.generator_step(*pairs(4))
    second = turns.generator.state_dict()["0.weight"]
    mean = turns.average.module.state_dict()["0.weight"]
    torch.testing.assert_close(mean, 0.998 * first + 0.002 * second)


class Unsure(nn.Module):
    """A critic that cannot tell."""

    def forward(self, images):
        return torch.zeros(len(images), 1, 2, 2)


def test_what_is_validated_is_the_losses_by_hand(turns):
    """Logits of 0: log 2 for both, half of the patches right. The pixels weigh 50."""
    damaged, target = pairs(2)
    turns.critic = Unsure()
    with torch.no_grad():
        expected = losses.pixel_loss(turns.generator.eval()(damaged), target).item()
    valid = turns.validate(turns.generator, damaged, target)
    assert valid["valid_critic_loss"] == pytest.approx(log(2), rel=1e-5)
    assert valid["valid_critic_accuracy"] == 0.5
    assert valid["valid_generator_adversarial"] == pytest.approx(log(2), rel=1e-5)
    assert valid["valid_generator_pixel"] == pytest.approx(50 * expected, rel=1e-5)


def test_validation_changes_nothing_and_takes_no_turn(turns):
    before = {"generator": copy(turns.generator), "critic": copy(turns.critic)}
    state = turns.switch.state_dict()
    whole = turns.validate(turns.generator, *pairs(10), batch_size=10)
    assert turns.validate(turns.generator, *pairs(10), batch_size=4) == pytest.approx(
        whole, rel=1e-4
    )
    assert turns.switch.state_dict() == state
    assert changed(turns.generator, before["generator"]) == set()
    assert changed(turns.critic, before["critic"]) == set()


# ------------------------------------------------------------------------------ the run


def run_to(images: int, folder: Path, *, resume: bool = False, **options) -> tuple:
    """Train until so many crops were shown: 12 pairs, batches of 4, so 3 steps are an epoch."""
    torch.manual_seed(10 if resume else 9)  # what a resumed run starts with must not matter
    generator, critic = small_generator(), small_critic()
    drawn = []

    def samples(network: nn.Module, where: Path, n: int) -> None:
        drawn.append(n)
        (where / f"{n}.txt").write_text("sample")

    run = Run.open("gan", folder, resume=resume)
    game = Turns(generator, critic, options.pop("settings", SMALL), accelerator(HOW["seed"]))
    result = train(
        game, DataLoader(TensorDataset(*pairs()), 4, shuffle=True, drop_last=True),
        run, Pace(images, **options), judged=pairs(2),
        evaluate=lambda network: {"psnr": 20.0}, samples=samples, resume=resume, **HOW,
    )  # fmt: skip
    return result, run, generator


@pytest.mark.parametrize("cut", [12, 20])
@pytest.mark.parametrize("threshold", [0.65, 10.0])
def test_a_run_that_was_cut_ends_with_the_same_weights_bit_by_bit(tmp_path, cut, threshold):
    """Cut at an epoch's end or within one; with both networks' turns in play."""
    settings = Settings(bfloat16=False, threshold=threshold)
    _, whole, generator = run_to(40, tmp_path / "whole", settings=settings)
    run_to(cut, tmp_path / "cut", settings=settings)
    result, again, resumed = run_to(40, tmp_path / "cut", settings=settings, resume=True)
    assert result.finished
    states = [run.load_checkpoint() for run in (whole, again)]
    assert states[0]["place"][:2] == states[1]["place"][:2] == [10, 40]
    assert states[0]["parts"]["switch"] == states[1]["parts"]["switch"]
    compared = 0
    for a, b in zip(tensors(states[0]["parts"]), tensors(states[1]["parts"]), strict=True):
        assert torch.equal(a, b)
        compared += 1
    assert compared > 40
    assert changed(resumed, copy(generator)) == set()


def test_a_run_leaves_its_record(tmp_path: Path):
    settings = Settings(bfloat16=False, threshold=10.0)
    result, run, generator = run_to(16, tmp_path, settings=settings)
    rows = run.rows()
    assert rows[0]["critic_steps"] == rows[0]["generator_steps"] == 2
    assert {"critic_loss", "critic_accuracy", "generator_adversarial", "generator_pixel"} <= set(
        rows[0]
    )
    valid = {name for name in rows[-1] if name.startswith("valid_")}
    assert valid == {
        "valid_critic_loss", "valid_critic_accuracy", "valid_generator_adversarial",
        "valid_generator_pixel",
    }  # fmt: skip
    assert result.metrics["psnr"] == rows[-1]["psnr"] == 20
    assert {file.stem for file in (tmp_path / "snapshots").iterdir()} == {"000000000", "000000008"}
    assert {file.name for file in run.samples.iterdir()} == {"0.txt", "16.txt"}
    averaged = run.weights()
    assert all(torch.equal(averaged[k], v) for k, v in generator.state_dict().items())


def test_minutes_stop_a_run_that_can_go_on(tmp_path: Path):
    result, run, _ = run_to(10**6, tmp_path, minutes=0)
    assert not result.finished
    assert run.checkpoint.exists()
    assert run.rows()[-1]["images"] == 4


def test_bfloat16_trains_too(tmp_path: Path):
    result, _, generator = run_to(16, tmp_path, settings=Settings(threshold=10.0))
    assert result.finished
    assert all(p.isfinite().all() and p.dtype == torch.float32 for p in generator.parameters())


def test_a_generator_learns_from_its_turns(turns):
    """One batch, a hundred steps each at most: it comes closer to the target than it was."""
    damaged, target = pairs(4)
    before = turns.validate(turns.generator, damaged, target)["valid_generator_pixel"]
    for group in turns.generator_optimizer.param_groups:
        group["lr"] = 5e-3

    def both() -> None:
        turns.critic_step(damaged, target)
        turns.generator_step(damaged, target)

    def closer() -> bool:
        after = turns.validate(turns.generator, damaged, target)["valid_generator_pixel"]
        return after < 0.7 * before

    assert won(both, closer, steps=100)


def test_nothing_to_train_on_is_refused(tmp_path: Path):
    loader = DataLoader(TensorDataset(*pairs(2)), 4, drop_last=True)
    with pytest.raises(ConfigError, match="no full batch"):
        train(
            Turns(small_generator(), small_critic(), SMALL, accelerator(0)), loader,
            Run.open("x", tmp_path), Pace(4), judged=pairs(2), evaluate=lambda _: {},
            samples=lambda *_: None,
        )  # fmt: skip
