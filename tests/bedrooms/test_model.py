"""The generators and the lesson's critic."""

import pytest
import torch

from lesson7.bedrooms.model import Generator, LessonCritic, LessonGenerator
from lesson7.core.errors import ConfigError


def count(network):
    return sum(parameter.numel() for parameter in network.parameters())


def test_the_lessons_networks_have_the_lessons_parameters():
    assert count(LessonGenerator()) == 3_613_696
    assert count(LessonCritic()) == 2_802_624


def test_the_lessons_generator_doubles_from_4_to_64():
    shapes = [tuple(x.shape[1:]) for x in LessonGenerator().stages(torch.randn(2, 100))]
    assert shapes == [(512, 4, 4), (256, 8, 8), (128, 16, 16), (64, 32, 32), (64, 32, 32),
                      (3, 64, 64)]  # fmt: skip


def test_the_lessons_critic_gives_each_picture_a_score_of_its_own():
    assert LessonCritic()(torch.randn(5, 3, 64, 64)).shape == (5,)


@pytest.mark.parametrize("size", [64, 128])
def test_ours_doubles_to_its_size_and_fits_in_ten_megabytes(size):
    network = Generator(size).eval()
    with torch.inference_mode():
        *held, picture = network.stages(torch.randn(2, network.latent))
        again = network(torch.zeros(3, network.latent))
    assert [x.shape[-1] for x in held] == [4 * 2**i for i in range(len(held))]
    assert held[-1].shape[-1] == size
    assert picture.shape == (2, 3, size, size)
    assert again.shape == (3, 3, size, size)
    assert picture.abs().max() <= 1
    assert 2 * count(network) < 9_900_000


def test_another_size_is_refused():
    with pytest.raises(ConfigError, match="size 96"):
        Generator(96)
    with pytest.raises(ConfigError, match="4 widths"):
        Generator(64, 8, (8, 8, 8, 8))


@pytest.mark.parametrize("build", [LessonGenerator, Generator])
def test_a_picture_depends_on_its_own_latent_alone_once_trained(build):
    network = build().eval()
    z = torch.randn(3, network.latent)
    with torch.inference_mode():
        torch.testing.assert_close(network(z)[:1], network(z[:1]), rtol=1e-4, atol=1e-5)


def test_every_weight_of_the_generator_learns():
    network = Generator()
    network(torch.randn(4, network.latent)).square().mean().backward()
    silent = [n for n, p in network.named_parameters() if p.grad is None or not p.grad.any()]
    assert silent == []
