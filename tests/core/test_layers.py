"""The shared layers do what their docstrings promise."""

import copy
import math

import pytest
import torch
from torch import nn

from lesson7.core.errors import ConfigError
from lesson7.core.layers import PixelShuffleUpsample, ResBlock, SelfAttention2d, conv_block, icnr_

NORMS = [None, "batch", "weight", "spectral"]


@pytest.fixture(autouse=True)
def _seed():
    torch.manual_seed(0)


def parameters(module):
    return sum(p.numel() for p in module.parameters())


@pytest.mark.parametrize(
    ("kernel_size", "stride", "side"), [(3, 1, 9), (3, 2, 5), (1, 2, 5), (5, 1, 9), (4, 2, 4)]
)
def test_conv_block_keeps_the_size_or_halves_it(kernel_size, stride, side):
    block = conv_block(3, 4, kernel_size=kernel_size, stride=stride)
    assert block(torch.zeros(2, 3, 9, 9)).shape == (2, 4, side, side)


def test_conv_block_is_in_the_lessons_order():
    """Convolution, ReLU, batch norm: what comes out has mean 0, so it is not after a ReLU."""
    block = conv_block(3, 8)
    assert [type(layer) for layer in block] == [nn.Conv2d, nn.ReLU, nn.BatchNorm2d]
    y = block(torch.randn(8, 3, 16, 16))
    torch.testing.assert_close(y.mean((0, 2, 3)), torch.zeros(8), atol=1e-5, rtol=0)


@pytest.mark.parametrize("norm", NORMS)
def test_a_convolution_has_a_bias_where_no_batch_norm_shifts_what_follows(norm):
    conv = conv_block(3, 8, norm=norm)[0]
    assert (conv.bias is None) == (norm == "batch")
    assert conv.bias is None or not conv.bias.any()


def test_the_activation_may_leak_or_be_left_out():
    x = torch.randn(1, 3, 5, 5)
    plain = conv_block(3, 4, norm=None, slope=None)
    leaky = conv_block(3, 4, norm=None, slope=0.2)
    leaky.load_state_dict(plain.state_dict())
    y = plain(x)
    assert y.min() < 0
    torch.testing.assert_close(leaky(x), torch.where(y < 0, 0.2 * y, y))


def test_weight_norm_keeps_the_initial_weight_as_direction_and_length():
    conv = conv_block(3, 4, norm="weight")[0]
    length, v = conv.parametrizations.weight.original0, conv.parametrizations.weight.original1
    assert length.shape == (4, 1, 1, 1)
    torch.testing.assert_close(length.flatten(), v.flatten(1).norm(dim=1))
    torch.testing.assert_close(conv.weight, v)


def test_spectral_norm_lets_no_input_grow():
    """The largest singular value of the kernel, as a matrix of out x (in k k), is 1."""
    conv = conv_block(3, 4, norm="spectral")[0]
    for _ in range(30):  # one power iteration each
        conv(torch.zeros(1, 3, 5, 5))
    largest = torch.linalg.matrix_norm(conv.eval().weight.flatten(1), 2)
    assert largest.item() == pytest.approx(1, abs=1e-3)


def test_an_unknown_norm_is_named():
    with pytest.raises(ConfigError, match="'layer' is unknown"):
        conv_block(3, 4, norm="layer")
    with pytest.raises(ConfigError, match="'layer' is unknown"):
        PixelShuffleUpsample(3, 4, norm="layer")


def test_a_residual_block_whose_correction_is_zero_changes_nothing():
    block = ResBlock(6).eval()
    nn.init.zeros_(block.conv2[2].weight)
    x = torch.randn(2, 6, 5, 5)
    assert torch.equal(block(x), x)


@pytest.mark.parametrize(
    ("norm", "inner", "count"),
    [("weight", None, 176_814), (None, None, 176_616), (None, 49, 87_466)],
)
def test_a_residual_block_has_the_lessons_parameters(norm, inner, count):
    assert parameters(ResBlock(99, inner=inner, norm=norm)) == count


def test_without_batch_norm_corrections_are_never_negative():
    x = torch.randn(2, 6, 5, 5)
    assert ((ResBlock(6, norm="weight")(x) - x) >= 0).all()
    assert ((ResBlock(6, norm="batch")(x) - x) < 0).any()


# ------------------------------------------------------------------------- self-attention


def test_new_attention_changes_nothing_and_has_the_lessons_parameters():
    x = torch.randn(2, 16, 3, 5)
    assert torch.equal(SelfAttention2d(16)(x), x)
    assert parameters(SelfAttention2d(384)) == 184_321
    assert parameters(SelfAttention2d(512)) == 327_681


def test_attention_by_hand():
    """Two pixels. f is channel 0, g is channel 1, h is everything, gamma is 2.

    The first pixel holds 1 in channel 0, the second 1 in channel 1: f = (1, 0), g = (0, 1).
    f_i g_j is 1 for i = 0, j = 1 only: the first pixel takes half of each, the second takes
    e / (e + 1) of the first and 1 / (e + 1) of itself.
    """
    layer = SelfAttention2d(8)
    with torch.no_grad():
        for conv, matrix in ((layer.f, torch.eye(8)[:1]), (layer.g, torch.eye(8)[1:2]),
                             (layer.h, torch.eye(8))):  # fmt: skip
            conv.parametrizations.weight.original.copy_(matrix[..., None, None])
        layer.gamma.fill_(2)
    x = torch.zeros(1, 8, 1, 2)
    x[0, 0, 0, 0] = x[0, 1, 0, 1] = 1
    y = layer(x)
    e = math.e
    expected = torch.zeros(1, 8, 1, 2)
    expected[0, :2, 0, 0] = torch.tensor([1 + 2 * 0.5, 2 * 0.5])
    expected[0, :2, 0, 1] = torch.tensor([2 * e / (e + 1), 1 + 2 / (e + 1)])
    torch.testing.assert_close(y, expected)


def test_attention_is_the_formula_pixel_by_pixel():
    layer = SelfAttention2d(16).eval()
    nn.init.constant_(layer.gamma, 0.7)
    x = torch.randn(1, 16, 2, 3)
    pixels = x[0].flatten(1).T  # (6, 16)
    f, g, h = (pixels @ conv.weight.flatten(1).T for conv in (layer.f, layer.g, layer.h))
    expected = []
    for j in range(6):
        shares = torch.stack([f[i] @ g[j] for i in range(6)]).softmax(0)
        expected.append(pixels[j] + 0.7 * sum(shares[i] * h[i] for i in range(6)))
    torch.testing.assert_close(layer(x), torch.stack(expected).T.view_as(x))


def test_attention_needs_an_eighth_of_its_channels():
    with pytest.raises(ConfigError, match="at least 8"):
        SelfAttention2d(7)


# ------------------------------------------------------------------------------ upsampling


@pytest.mark.parametrize("norm", NORMS)
@pytest.mark.parametrize("scale", [2, 3])
def test_a_new_upsample_is_nearest_neighbour(norm, scale):
    """The point of ICNR [5]: before training, each cell holds one value."""
    layer = PixelShuffleUpsample(6, 4, scale=scale, norm=norm)
    y = layer(torch.randn(2, 6, 5, 5))
    assert y.shape == (2, 4, 5 * scale, 5 * scale)
    assert (y >= 0).all()
    assert y.std() > 0.1
    corners = y[..., ::scale, ::scale]
    same = corners.repeat_interleave(scale, -1).repeat_interleave(scale, -2)
    torch.testing.assert_close(y, same, rtol=0, atol=1e-6)


def test_norms_before_icnr_would_lose_it():
    """What fastai v1 did: the weight that weight norm computes is filled, and recomputed."""
    conv = conv_block(6, 16, kernel_size=1, norm="weight", slope=None)[0]
    icnr_(conv.weight)
    cells = conv.weight.unflatten(0, (4, 4))
    assert (cells - cells[:, :1]).abs().max() > 0.1


def test_icnr_draws_each_kernel_once_and_kaiming_normal():
    weight = torch.full((4 * 64, 128, 1, 1), torch.nan)
    assert icnr_(weight) is weight
    cells = weight.unflatten(0, (64, 4))
    assert torch.equal(cells, cells[:, :1].expand_as(cells))
    assert len(cells[:, 0].unique(dim=0)) == 64
    assert cells.std().item() == pytest.approx(math.sqrt(2 / 128), rel=0.03)


def test_icnr_and_upsampling_refuse_what_makes_no_cells():
    with pytest.raises(ConfigError, match="18 channels do not make cells of 2 x 2"):
        icnr_(torch.zeros(18, 3, 1, 1))
    with pytest.raises(ConfigError, match="not 1 times"):
        PixelShuffleUpsample(3, 4, scale=1)


def test_blur_is_off_unless_asked_for():
    x = torch.randn(1, 6, 5, 5)
    sharp = PixelShuffleUpsample(6, 4)
    blurred = PixelShuffleUpsample(6, 4, blur=True)
    blurred.load_state_dict(sharp.state_dict())
    y = sharp(x)
    left = torch.cat([y[..., :1], y[..., :-1]], -1)  # each pixel's neighbour; the first, itself
    rows = (y + left) / 2
    above = torch.cat([rows[..., :1, :], rows[..., :-1, :]], -2)
    torch.testing.assert_close(blurred(x), (rows + above) / 2)
    assert not torch.allclose(blurred(x), y)


@pytest.mark.parametrize("scale", [2, 3])
def test_blur_of_a_constant_is_the_constant(scale):
    layer = PixelShuffleUpsample(6, 32, scale=scale, blur=True)
    y = layer(torch.randn(1, 6, 1, 1).expand(1, 6, 4, 4))
    assert y.max() > 0.1
    torch.testing.assert_close(y, y[..., :1, :1].expand_as(y))


def test_normed_layers_can_be_copied_and_their_weights_loaded():
    """As the average of weights and the checkpoints need it."""
    layer = nn.Sequential(PixelShuffleUpsample(6, 16), SelfAttention2d(16)).eval()
    nn.init.ones_(layer[1].gamma)
    other = nn.Sequential(PixelShuffleUpsample(6, 16), SelfAttention2d(16)).eval()
    other.load_state_dict(layer.state_dict())
    x = torch.randn(1, 6, 4, 4)
    assert torch.equal(layer(x), copy.deepcopy(layer)(x))
    assert torch.equal(layer(x), other(x))


def test_state_dict_keys_are_a_public_interface():
    normed = "conv.0.parametrizations.weight.original"
    keys = {f"{normed}0", f"{normed}1", "conv.0.bias"}
    assert set(PixelShuffleUpsample(6, 4).state_dict()) == keys
    one = ["original", "0._u", "0._v"]
    keys = {f"{conv}.parametrizations.weight.{key}" for conv in "fgh" for key in one} | {"gamma"}
    assert set(SelfAttention2d(8).state_dict()) == keys
    keys = {"conv1.0.weight", "conv1.0.bias", "conv2.0.weight", "conv2.0.bias"}
    assert set(ResBlock(4, norm=None).state_dict()) == keys
