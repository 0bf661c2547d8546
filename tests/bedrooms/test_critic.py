"""The modern critic, its eyes, and the augmentation in front of it."""

import pytest
import torch

from lesson7.bedrooms import judge
from lesson7.bedrooms.augment import augment
from lesson7.bedrooms.critic import ProjectedCritic


@pytest.fixture(scope="module", params=judge.NETWORKS)
def eyes(request):
    torch.manual_seed(0)
    return judge.network(request.param, None)


def test_eyes_see_three_scales_and_do_not_learn(eyes):
    seen = eyes(torch.rand(2, 3, 96, 96) * 2 - 1)
    assert tuple(x.shape[1] for x in seen) == eyes.channels
    assert seen[0].shape[-1] in (23, 24)
    assert not any(parameter.requires_grad for parameter in eyes.parameters())
    assert not eyes.training


def test_every_picture_gets_a_score_of_its_own(eyes):
    critic = ProjectedCritic(eyes)
    assert critic(torch.rand(3, 3, 64, 64)).shape == (3,)
    assert len(critic.judge(critic.project(torch.rand(3, 3, 64, 64)))) == 4


def test_larger_pictures_are_judged_too(eyes):
    assert ProjectedCritic(eyes, 128)(torch.rand(2, 3, 128, 128)).shape == (2,)


def test_only_the_heads_learn_and_they_can_be_held_still(eyes):
    critic = ProjectedCritic(eyes)
    learning = {name.split(".")[0] for name, p in critic.named_parameters() if p.requires_grad}
    assert learning == {"pixels", "heads"}
    critic.learn(False)
    assert not any(p.requires_grad for p in critic.parameters())
    critic.learn(True)
    assert {n.split(".")[0] for n, p in critic.named_parameters() if p.requires_grad} == learning


def test_the_eyes_are_not_saved_but_the_mixing_is(eyes):
    parts = {key.split(".")[0] for key in ProjectedCritic(eyes).state_dict()}
    assert parts == {"mixing", "pixels", "heads"}


def test_the_score_pulls_at_every_picture(eyes):
    images = (torch.rand(2, 3, 64, 64) * 2 - 1).requires_grad_(True)
    ProjectedCritic(eyes)(images).sum().backward()
    assert images.grad.isfinite().all()
    assert (images.grad.flatten(1).abs().sum(1) > 0).all()


def test_augmentation_changes_every_picture_and_lets_gradients_through():
    images = (torch.rand(16, 3, 64, 64) * 2 - 1).requires_grad_(True)
    changed = augment(images)
    assert changed.shape == images.shape
    assert ((changed - images).abs().flatten(1).max(1).values > 0.1).all()
    changed.sum().backward()
    assert (images.grad.flatten(1).abs().sum(1) > 0).all()


def test_augmentation_puts_a_grey_square_on_each_picture():
    changed = augment(torch.full((32, 3, 64, 64), 0.9), hole=0.5)
    blank = (changed == 0).all(1).flatten(1).float().mean(1)
    assert (blank > 0.05).all()
    assert (blank < 0.6).all()


def test_augmentation_follows_torchs_seed():
    images = torch.rand(4, 3, 64, 64)
    torch.manual_seed(5)
    first = augment(images)
    torch.manual_seed(5)
    torch.testing.assert_close(first, augment(images), rtol=0, atol=0)
