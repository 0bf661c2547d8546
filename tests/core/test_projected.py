"""The critic that looks through a pretrained network, and what it minimises, worked by hand."""

import pytest
import torch

from lesson7.core import backbones, projected
from lesson7.core.errors import InputError
from lesson7.core.projected import ProjectedCritic


@pytest.fixture(scope="module", params=["squeezenet", "resnet18"])
def eyes(request):
    torch.manual_seed(0)
    return backbones.load(request.param, None, takes="signed")


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


def test_pictures_are_enlarged_for_the_eyes_only_if_a_size_was_given(eyes):
    images = torch.rand(2, 3, 64, 96)
    for size, widest in ((None, 24), (128, 32)):
        seen = ProjectedCritic(eyes, size).project(images)
        assert torch.equal(seen[0], images)
        assert seen[1].shape[-1] in (widest, widest - 1)


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


def test_hinge_asks_no_more_of_scores_beyond_the_margin():
    real = torch.tensor([2.0, 0.0], requires_grad=True)
    fake = torch.tensor([-2.0, 0.0], requires_grad=True)
    loss = projected.hinge_critic(real, fake)
    loss.backward()
    assert loss.item() == 1
    assert real.grad.tolist() == [0, -0.5]
    assert fake.grad.tolist() == [0, 0.5]


def test_every_head_counts_alike_however_many_scores_it_gives():
    """Hinge of the first 0.5 + 1.5, of the second 0 + 0: 1. For the maker -(0.5 - 2) / 2."""
    real = [torch.tensor([0.5, 0.5, 0.5]), torch.tensor([1.0])]
    fake = [torch.tensor([0.5, 0.5, 0.5]), torch.tensor([-2.0])]
    assert projected.critic_loss(real, fake).item() == 1
    assert projected.generator_loss(fake).item() == 0.75


def test_an_empty_batch_is_refused():
    for real, fake in ((0, 2), (2, 0)):
        with pytest.raises(InputError, match="empty"):
            projected.hinge_critic(torch.ones(real), torch.ones(fake))
