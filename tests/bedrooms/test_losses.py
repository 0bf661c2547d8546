"""Losses with numbers worked by hand."""

import pytest
import torch
from torch import nn

from lesson7.bedrooms import losses
from lesson7.core.errors import InputError


def test_real_scores_above_fake_ones_make_the_critics_loss_negative():
    """The paper's sign: the lesson's notebook has the opposite one."""
    high, low = torch.tensor([3.0, 1.0]), torch.tensor([-1.0])
    assert losses.wasserstein_critic(high, low).item() == -3
    assert losses.wasserstein_critic(low, high).item() == 3


def test_the_generator_is_pulled_towards_higher_scores():
    scores = torch.tensor([1.0, 2.0], requires_grad=True)
    losses.wasserstein_generator(scores).backward()
    assert scores.grad.tolist() == [-0.5, -0.5]


class Linear(nn.Module):
    """f(x) = sum(w x), whose slope is w wherever it is measured."""

    def __init__(self, weight):
        super().__init__()
        self.weight = nn.Parameter(weight)

    def forward(self, x):
        return (x * self.weight).flatten(1).sum(1)


def test_the_penalty_of_a_linear_critic_is_its_norms_distance_from_one():
    """w = (3, 4): |w| = 5, so (5 - 1)^2 = 16, and its slope is 2 (5 - 1) w / 5 = (4.8, 6.4)."""
    critic = Linear(torch.tensor([3.0, 4.0]).view(1, 1, 2))
    real, fake = torch.randn(6, 1, 1, 2), torch.randn(6, 1, 1, 2)
    penalty = losses.gradient_penalty(critic, real, fake)
    penalty.backward()
    assert penalty.item() == pytest.approx(16)
    assert critic.weight.grad.flatten().tolist() == pytest.approx([4.8, 6.4])


def test_a_critic_of_slope_one_pays_nothing():
    critic = Linear(torch.tensor([0.6, 0.8]).view(1, 1, 2))
    penalty = losses.gradient_penalty(critic, torch.randn(4, 1, 1, 2), torch.randn(4, 1, 1, 2))
    assert penalty.item() == pytest.approx(0, abs=1e-10)


def test_the_penalty_is_measured_between_real_and_fake():
    """f(x) = x^2 / 2 has slope x: between 3 and 5 the penalty is between 4 and 16."""

    def critic(x):
        return x.square().flatten(1).sum(1) / 2

    real, fake = torch.full((50, 1, 1, 1), 3.0), torch.full((50, 1, 1, 1), 5.0)
    penalty = losses.gradient_penalty(critic, real, fake).item()
    assert 4 < penalty < 16
    assert 6 < penalty < 13, "the places are not spread between the two"


def test_the_penalty_sends_no_gradient_into_the_pictures():
    critic = Linear(torch.tensor([3.0, 4.0]).view(1, 1, 2))
    fake = torch.randn(4, 1, 1, 2, requires_grad=True)
    losses.gradient_penalty(critic, torch.randn(4, 1, 1, 2), fake).backward()
    assert fake.grad is None


def test_empty_batches_and_unequal_pairs_are_refused():
    some, none = torch.ones(2), torch.ones(0)
    for call in (
        lambda: losses.wasserstein_critic(some, none),
        lambda: losses.wasserstein_generator(none),
        lambda: losses.gradient_penalty(torch.sum, torch.ones(2, 3, 2, 2), torch.ones(1, 3, 2, 2)),
    ):
        with pytest.raises(InputError):
            call()
