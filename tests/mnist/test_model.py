"""The digit networks have the lesson's parameters and shapes."""

import math

import pytest
import torch
from safetensors.torch import load_file

from lesson7.core import weights
from lesson7.core.vision import v2
from lesson7.mnist.model import BlockCNN, DigitEnsemble, PlainCNN, ResNet
from lesson7.mnist.predict import NETWORKS

LESSON = [(8, 14, 14), (16, 7, 7), (32, 4, 4), (16, 2, 2), (10, 1, 1)]


@pytest.mark.parametrize(
    ("network", "parameters"), [(PlainCNN, 12_126), (BlockCNN, 12_044), (ResNet, 41_132)]
)
def test_the_lessons_networks_have_its_parameters_and_shapes(network, parameters):
    model = network()
    assert sum(p.numel() for p in model.parameters()) == parameters
    stages = list(model.stages(torch.zeros(2, 1, 28, 28)))
    assert [tuple(stage.shape[1:]) for stage in stages] == LESSON
    assert model(torch.zeros(2, 1, 28, 28)).shape == (2, 10)


def test_our_network_is_under_half_a_million_and_passes_every_size():
    model = DigitEnsemble()
    assert sum(p.numel() for p in model.parameters()) < 500_000
    stages = list(model.stages(torch.zeros(2, 1, 28, 28)))
    assert [stage.shape[-1] for stage in stages] == [28, 14, 7, 4, 2, 1]
    assert [stage.shape[1] for stage in stages] == [12, 24, 36, 36, 32, 11]
    assert model(torch.zeros(2, 1, 28, 28)).shape == (2, 11)


def test_members_answer_by_the_mean_of_their_log_probabilities():
    torch.manual_seed(0)
    model = DigitEnsemble(3, looks=False).eval()
    x = torch.rand(4, 1, 28, 28)
    alone = [member(x).log_softmax(1) for member in model.member]
    assert (alone[0] - alone[1]).abs().max() > 0.01  # they differ, so the mean says something
    torch.testing.assert_close(model(x), sum(alone) / 3)


def test_five_looks_are_the_mean_of_five_answers():
    """As it is, turned by 0.12 radians either way, 1.075 and 0.935 times as large."""
    torch.manual_seed(0)
    model = DigitEnsemble(2).eval()
    x = torch.rand(3, 1, 28, 28)
    five = model(x)
    model.looks = False
    expected = []
    for angle, scale in [(0, 1), (0.12, 1), (-0.12, 1), (0, 1.075), (0, 0.935)]:
        view = v2.functional.affine(x, math.degrees(-angle), [0, 0], scale, [0.0, 0.0],
                                    interpolation=v2.InterpolationMode.BILINEAR)  # fmt: skip
        expected.append(model(view))
    torch.testing.assert_close(five, torch.stack(expected).mean(0), atol=1e-4, rtol=1e-4)


def test_logits_of_the_plain_network_can_be_negative_and_of_the_blocks_are_centred():
    """The plain network ends in batch norm alone, the refactored one in ReLU, then batch norm."""
    torch.manual_seed(0)
    x = torch.rand(64, 1, 28, 28)
    for network in (PlainCNN, BlockCNN):
        logits = network()(x)
        torch.testing.assert_close(logits.mean(0), torch.zeros(10), atol=1e-5, rtol=0)
    kinds = [type(layer).__name__ for layer in PlainCNN().stage[-1]]
    assert kinds == ["Conv2d", "BatchNorm2d"]
    assert type(BlockCNN().stage[-1][1]).__name__ == "ReLU"


@pytest.mark.parametrize("name", NETWORKS)
def test_state_dict_keys_are_the_shipped_ones(name):
    """Keys are a public interface: published weights must go on loading."""
    stored = load_file(weights.EMBEDDED / weights.entry(f"mnist-{name}").file)
    keys = {key.partition("#")[0] for key in stored}  # beside whole numbers stand their steps
    assert {key.split(".")[0] for key in keys} == {"member" if name == "best" else "stage"}
    assert keys == set(NETWORKS[name]().state_dict())
