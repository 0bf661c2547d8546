"""The lesson's critic: its size, its patches, and what each of them sees."""

from itertools import pairwise

import pytest
import torch
from torch import nn

from lesson7.core.errors import ConfigError, InputError
from lesson7.restoration.critic import Critic, patch_box


def parameters(module):
    return sum(p.numel() for p in module.parameters())


@pytest.fixture
def small():
    torch.manual_seed(0)
    return Critic(4).eval()


@pytest.fixture(scope="module")
def lessons():
    with torch.device("meta"):
        return Critic()


def test_the_lessons_critic_has_its_parameters(lessons):
    counts = {name: parameters(child) for name, child in lessons.named_children()}
    assert counts == {
        "first": 6_272,
        "dense": 295_168,
        "down1": 2_097_664,
        "attention": 327_681,
        "down2": 8_389_632,
        "down3": 33_556_480,
        "last": 32_768,
    }
    assert parameters(lessons) == 44_705_665


def test_the_lessons_critic_leaks_and_drops_as_much(lessons):
    kinds = {type(module) for module in lessons.modules()}
    assert not kinds & {nn.ReLU, nn.BatchNorm2d}
    leaks = [m.negative_slope for m in lessons.modules() if isinstance(m, nn.LeakyReLU)]
    drops = [m.p for m in lessons.modules() if isinstance(m, nn.Dropout2d)]
    assert (leaks, drops) == ([0.2] * 6, [0.075, 0.15, 0.15, 0.15])


@pytest.mark.parametrize(("size", "patches"), [(64, 1), (128, 5), (160, 7), (192, 9), (256, 13)])
def test_a_picture_has_the_lessons_patches(lessons, size, patches):
    logits = lessons(torch.zeros(2, 3, size, size, device="meta"))
    assert logits.shape == (2, 1, patches, patches)
    assert logits.flatten(1).shape == (2, patches**2)


def test_a_narrow_critic_is_small_enough_to_ship():
    with torch.device("meta"):
        critic = Critic(32)
    assert parameters(critic) == 2_802_145
    stored = sum(tensor.numel() for tensor in critic.state_dict().values())
    assert 2 * stored < 10e6  # bytes, in half precision


def test_odd_sizes_pass(small):
    assert small(torch.zeros(1, 3, 150, 131)).shape == (1, 1, 6, 5)


@pytest.mark.parametrize("shape", [(63, 200), (200, 63)])
def test_pictures_without_a_patch_are_refused_in_words(small, shape):
    with pytest.raises(InputError, match="64 or more"):
        small(torch.zeros(1, 3, *shape))


def test_options_that_make_no_critic_are_named():
    with pytest.raises(ConfigError, match="0 channels"):
        Critic(0)
    with pytest.raises(ConfigError, match="dropout 1"):
        Critic(dropout=1.0)


def seen(critic, row, column, height, width):
    """Left, top, right and bottom of the pixels on which one logit's gradient is not zero."""
    x = torch.randn(1, 3, height, width).requires_grad_(True)
    critic(x)[0, 0, row, column].backward()
    rows, columns = x.grad.abs().sum((0, 1)).nonzero(as_tuple=True)
    return tuple(int(i) for i in (columns.min(), rows.min(), columns.max() + 1, rows.max() + 1))


@pytest.mark.parametrize(("row", "column"), [(0, 0), (1, 2), (3, 8), (2, 5)])
def test_a_patch_is_judged_by_its_box_and_nothing_else(row, column):
    torch.manual_seed(0)
    critic = Critic(4, attention=False).eval()
    assert seen(critic, row, column, 120, 200) == patch_box(row, column, 120, 200)


def test_with_attention_the_whole_picture_reaches_each_patch(small):
    nn.init.ones_(small.attention.gamma)
    assert seen(small, 0, 0, 120, 200) == (0, 0, 200, 120)


def test_boxes_are_inside_and_the_middles_of_neighbours_touch():
    boxes = [patch_box(2, column, 256, 256) for column in range(13)]
    assert boxes[0] == (0, 13, 83, 115)
    assert boxes[-1] == (173, 13, 256, 115)
    middles = [(left + right) / 2 for left, _, right, _ in boxes[2:-2]]
    assert [b - a for a, b in pairwise(middles)] == [16] * 8


@pytest.mark.parametrize(("row", "column"), [(-1, 0), (5, 0), (0, 5)])
def test_there_is_no_box_for_a_patch_that_is_not_there(row, column):
    with pytest.raises(InputError, match="no patch"):
        patch_box(row, column, 128, 128)


def test_no_convolution_lets_its_input_grow(small):
    """Spectral norm on every one of them, estimated by one power iteration per training step."""
    for _ in range(20):
        small.train()(torch.zeros(1, 3, 64, 64))
    small.eval()
    convs = [module for module in small.modules() if isinstance(module, nn.Conv2d)]
    assert len(convs) == 10
    for conv in convs:
        largest = torch.linalg.matrix_norm(conv.weight.flatten(1), 2)
        assert largest.item() == pytest.approx(1, abs=0.02)


def test_channels_are_dropped_in_training_only(small):
    x = torch.randn(1, 3, 64, 64)
    assert torch.equal(small(x), small(x))
    small.train()
    assert not torch.equal(small(x), small(x))


def test_a_generator_can_learn_from_a_critic_that_stays_as_it_is(small):
    """What the GAN needs: gradients for the picture, and a critic that eval mode leaves alone."""
    before = {key: tensor.clone() for key, tensor in small.state_dict().items()}
    x = torch.randn(2, 3, 64, 64).requires_grad_(True)
    small.requires_grad_(False)(x).sum().backward()
    assert (x.grad.abs().flatten(1).sum(1) > 0).all()
    assert all(torch.equal(before[key], tensor) for key, tensor in small.state_dict().items())


def test_it_learns_two_pictures_by_heart():
    torch.manual_seed(0)
    critic = Critic(4)
    x, label = torch.randn(2, 3, 64, 64), torch.tensor([[0.0], [1.0]])
    optimizer = torch.optim.Adam(critic.parameters(), lr=0.01, betas=(0.0, 0.99))
    for _ in range(40):
        optimizer.zero_grad()
        logits = critic(x).flatten(1)
        loss = nn.functional.binary_cross_entropy_with_logits(logits, label)
        loss.backward()
        optimizer.step()
    assert loss.item() < 0.2


def test_state_dict_keys_are_a_public_interface(small):
    convs = ["first.0", "dense.1.conv1.0", "dense.1.conv2.0", "down1.1.0", "down2.1.0",
             "down3.1.0"]  # fmt: skip
    attention = [f"attention.{conv}" for conv in "fgh"]
    keys = {
        f"{conv}.parametrizations.weight.{key}"
        for conv in [*convs, *attention, "last"]
        for key in ("original", "0._u", "0._v")
    }
    assert set(small.state_dict()) == keys | {f"{c}.bias" for c in convs} | {"attention.gamma"}
