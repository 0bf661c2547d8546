"""The lesson's U-Net: any picture, its blocks, and what it does better than its ancestor."""

import copy

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from lesson7.core.errors import ConfigError
from lesson7.core.layers import PixelShuffleUpsample
from lesson7.restoration.model import DynamicUnet, UnetBlock
from tests.restoration.meta_unets import GAN, on_meta, parameters


@pytest.fixture(scope="module")
def small():
    """On ResNet-18, in eval mode, with all that the lesson has; nobody may change it."""
    torch.manual_seed(0)
    return DynamicUnet("resnet18", **GAN).eval()


# ----------------------------------------------------------------------------- any picture


@pytest.mark.parametrize("shape", [(8, 8), (9, 17), (33, 64), (100, 71), (150, 131)])
def test_any_size_comes_back_as_it_was(small, shape):
    with torch.inference_mode():
        y = small(torch.randn(1, 3, *shape))
    assert y.shape == (1, 3, *shape)
    assert y.isfinite().all()


def test_the_output_stays_in_its_range_or_is_unbounded(small):
    x = 40 * torch.randn(2, 3, 32, 32)
    with torch.inference_mode():
        y = small(x)
        assert y.abs().max() <= 3
        unbounded = copy.deepcopy(small)
        unbounded.y_range = None
        logits = unbounded(x)
    assert logits.abs().max() > 3
    torch.testing.assert_close(y, 6 * logits.sigmoid() - 3)


def test_an_empty_range_is_refused():
    with pytest.raises(ConfigError, match="y_range"):
        on_meta("resnet18", y_range=(3.0, -3.0))


@pytest.mark.parametrize("last_cross", [True, False])
def test_the_last_layers_see_the_picture_only_if_asked_to(last_cross):
    """With all that comes from the decoder set to zero, what is left is the picture."""
    torch.manual_seed(0)
    model = DynamicUnet("resnet18", last_cross=last_cross).eval()
    model.enlarge = Zeros(96)
    with torch.inference_mode():
        y = model(torch.randn(1, 3, 32, 32))
    assert (y.std() > 0) == last_cross


class Zeros(nn.Module):
    """In the place of the last shuffle."""

    def __init__(self, channels):
        super().__init__()
        self.channels = channels

    def forward(self, x):
        return x.new_zeros(len(x), self.channels, 2 * x.shape[-2], 2 * x.shape[-1])


# -------------------------------------------------------- what the ancestor meant and missed


class Cut(nn.Module):
    """In the place of the bottleneck: passes values on, and no gradient back."""

    def forward(self, x):
        return x.detach()


def test_skip_connections_pass_gradients_to_the_encoder(small):
    """In the lecture's version they did not: the encoder learnt through the bottleneck alone."""
    model = copy.deepcopy(small)
    model.bottleneck = Cut()
    model(torch.randn(1, 3, 32, 32)).sum().backward()
    encoder = model.encoder
    for part in (encoder.conv1, encoder.layer1, encoder.layer2, encoder.layer3):
        assert all(p.grad is not None and p.grad.any() for p in part.parameters())
    assert all(p.grad is None for p in encoder.layer4.parameters())


@pytest.mark.parametrize("norm", [None, "batch", "weight", "spectral"])
def test_every_shuffle_starts_as_nearest_neighbour_under_every_norm(norm):
    torch.manual_seed(0)
    block = UnetBlock(64, 32, norm=norm)
    y = block.up(torch.randn(2, 64, 4, 4))
    nearest = F.interpolate(y[..., ::2, ::2], scale_factor=2.0, mode="nearest")
    torch.testing.assert_close(y, nearest, rtol=0, atol=1e-6)


def test_blur_is_off_unless_asked_for_and_spares_the_last_shuffle():
    def blurred(model):
        return [m.blur for m in model.modules() if isinstance(m, PixelShuffleUpsample)]

    assert blurred(on_meta("resnet18")) == [False] * 5
    assert blurred(on_meta("resnet18", blur=True)) == [True] * 4 + [False]


# ------------------------------------------------------------------------------- the blocks


def test_a_block_is_the_lessons_formula():
    """Up, resize, join the normed skip connection, ReLU, two convolutions with ReLU."""
    torch.manual_seed(0)
    block = UnetBlock(16, 6).eval()
    block.skip_norm.running_mean.fill_(0.5)
    below, skip = torch.randn(1, 16, 4, 5), torch.randn(1, 6, 7, 10)
    y = block.up(below)[..., :7, :]  # from 8 rows to 7 the nearest neighbour drops the last
    x = torch.cat([y, (skip - 0.5) / (1 + 1e-5) ** 0.5], 1).clamp(min=0)
    for conv in (block.conv1[0], block.conv2[0]):
        x = F.conv2d(x, conv.weight, conv.bias, padding=1).clamp(min=0)
    torch.testing.assert_close(block(below, skip), x)


@pytest.mark.parametrize("last", [False, True])
@pytest.mark.parametrize("gamma", [0.0, 0.5])
def test_a_residual_block_adds_a_share_of_the_convolutions_to_what_it_is_given(last, gamma):
    torch.manual_seed(0)
    block = UnetBlock(16, 6, last=last, block="residual").eval()
    assert block.gamma == 0
    nn.init.constant_(block.gamma, gamma)
    below, skip = torch.randn(1, 16, 4, 4), torch.randn(1, 6, 8, 8)
    x = torch.cat([block.up(below), block.skip_norm(skip)], 1).relu()
    correction = F.conv2d(block.conv1(x), block.conv2[0].weight, padding=1)
    assert correction.min() < 0 < correction.max()
    way_around = F.conv2d(x, block.around[0].weight) if last else x
    torch.testing.assert_close(block(below, skip), way_around + gamma * correction)


def test_residual_blocks_cost_one_parameter_each_and_a_convolution_in_the_last():
    plain, residual = (on_meta(block=block, norm="weight") for block in ("convs", "residual"))
    more = [parameters(b) - parameters(a) for a, b in zip(plain.up, residual.up, strict=True)]
    assert more == [1, 1, 1, 1 + 192 * 96 + 2 * 96]  # kernel 1x1, its biases and lengths
    with pytest.raises(ConfigError, match="'dense' is unknown"):
        UnetBlock(16, 6, block="dense")


# -------------------------------------------------------------------------- being trained


@pytest.mark.parametrize("block", ["convs", "residual"])
def test_it_learns_two_pictures_by_heart(block):
    torch.manual_seed(0)
    model = DynamicUnet("resnet18", **GAN, block=block)
    x, target = torch.randn(2, 3, 32, 32), torch.randn(2, 3, 4, 4).clamp(-2, 2)
    target = F.interpolate(target, scale_factor=8.0, mode="bilinear")
    optimizer = torch.optim.Adam(model.groups()[2].parameters(), lr=1e-3)
    losses = []
    for _ in range(12):
        optimizer.zero_grad()
        loss = F.mse_loss(model(x), target)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
        if losses[-1] < 0.5 * losses[0]:
            break
    assert losses[-1] < 0.5 * losses[0]


def test_a_copy_and_loaded_weights_give_the_same_picture(small):
    x = torch.randn(1, 3, 32, 32)
    other = DynamicUnet("resnet18", **GAN).eval()
    other.load_state_dict(small.state_dict())
    with torch.inference_mode():
        assert torch.equal(small(x), other(x))
        assert torch.equal(small(x), copy.deepcopy(small)(x))


def test_state_dict_keys_are_a_public_interface(small):
    """The encoder's are torchvision's; these are the decoder's under weight norm."""
    convs = ["bottleneck.2.0", "bottleneck.3.0", "enlarge.conv.0", "cross.conv1.0", "cross.conv2.0",
             "head.0"]  # fmt: skip
    convs += [f"up.{i}.{part}.0" for i in range(4) for part in ("up.conv", "conv1", "conv2")]
    weight = "parametrizations.weight"
    keys = {f"{conv}.{key}" for conv in convs
            for key in ("bias", f"{weight}.original0", f"{weight}.original1")}  # fmt: skip
    norms = ["bottleneck.0", *(f"up.{i}.skip_norm" for i in range(4))]
    statistics = ("weight", "bias", "running_mean", "running_var", "num_batches_tracked")
    keys |= {f"{norm}.{key}" for norm in norms for key in statistics}
    keys |= {f"up.1.attention.{conv}.{weight}.{key}" for conv in "fgh"
             for key in ("original", "0._u", "0._v")} | {"up.1.attention.gamma"}  # fmt: skip
    assert {key for key in small.state_dict() if not key.startswith("encoder.")} == keys
    around = {
        f"up.3.around.0.{key}" for key in ("bias", f"{weight}.original0", f"{weight}.original1")
    }
    residual = set(on_meta("resnet18", **GAN, block="residual").state_dict())
    assert residual - set(small.state_dict()) == around | {f"up.{i}.gamma" for i in range(4)}
