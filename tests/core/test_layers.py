"""The shared layers do what their docstrings promise."""

import pytest
import torch
from torch import nn

from lesson7.core.layers import ResBlock, conv_block


@pytest.mark.parametrize(
    ("kernel_size", "stride", "side"), [(3, 1, 9), (3, 2, 5), (1, 2, 5), (5, 1, 9)]
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


def test_a_residual_block_whose_correction_is_zero_changes_nothing():
    block = ResBlock(6).eval()
    nn.init.zeros_(block.conv2[2].weight)
    x = torch.randn(2, 6, 5, 5)
    assert torch.equal(block(x), x)
