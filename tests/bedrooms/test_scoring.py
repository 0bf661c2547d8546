"""The critics that are shipped score as those that were trained."""

import pytest
import torch

from lesson7.bedrooms.model import LessonCritic
from lesson7.bedrooms.scoring import LessonScorer, PixelScorer, scorer
from lesson7.core import backbones, weights
from lesson7.core.projected import ProjectedCritic
from lesson7.core.weights import Record


@pytest.fixture(scope="module")
def pictures():
    return torch.rand(6, 3, 64, 64, generator=torch.Generator().manual_seed(0)) * 2 - 1


def trained(critic, pictures):
    """Not as it was made: batch norm has seen something, and every weight was moved."""
    with torch.no_grad():
        for parameter in critic.parameters():
            parameter.add_(0.02 * torch.randn_like(parameter))
        critic.train()(pictures)
    return critic.eval()


def test_the_lessons_critic_is_shipped_whole(pictures):
    critic = trained(LessonCritic(), pictures)
    with torch.inference_mode():
        torch.testing.assert_close(scorer(critic)(pictures), critic(pictures))


def test_of_ours_the_head_that_looks_at_pixels_without_its_spectral_norm(pictures):
    critic = ProjectedCritic(backbones.load("squeezenet", None, takes="signed"), 64)
    trained(critic, pictures)
    shipped = scorer(critic)
    assert not any("parametrizations" in key for key in shipped.state_dict())
    with torch.inference_mode():
        wanted = critic.judge([pictures, *critic.project(pictures)[1:]])[0].mean(1)
        torch.testing.assert_close(shipped(pictures), wanted, rtol=1e-4, atol=1e-5)


def test_scores_are_told_beside_those_of_photographs(pictures):
    critic = scorer(trained(LessonCritic(), pictures))
    critic.compare_with(pictures[:3], pictures[3:])
    with torch.inference_mode():
        drawn = critic(pictures[:3])
    assert critic.drawn == pytest.approx((drawn.mean().item(), drawn.std().item()))
    assert critic.beside_photographs(critic.photographs[0]) == 0
    assert critic.beside_photographs(sum(critic.photographs)) == pytest.approx(1)


@pytest.mark.parametrize("build", [LessonScorer, PixelScorer])
def test_a_scorer_travels_as_weights_with_what_is_usual(build, tmp_path, monkeypatch):
    critic = build((0.5, 2.0), (1.5, 3.0))
    record = Record({}, "nothing", "none", "a test", "here", 0)
    weights.save("critic", critic, critic.config, record=record, folder=tmp_path, bits=16)
    monkeypatch.setenv("LESSON7_WEIGHTS", str(tmp_path))
    again = weights.load("critic", build)
    assert (again.drawn, again.photographs) == ((0.5, 2.0), (1.5, 3.0))
    assert again.said_by
