"""What our generator is made of."""

import torch

from lesson7.bedrooms.layers import Excitation, Grain, Modulated, blurred


def test_excitation_weighs_whole_channels_between_0_and_1():
    x = torch.rand(2, 6, 8, 8) + 1
    share = Excitation(8, 6)(torch.randn(2, 8, 4, 4), x) / x
    torch.testing.assert_close(share, share[:, :, :1, :1].expand_as(share))
    assert share.min() > 0
    assert share.max() < 1


def test_each_pictures_own_latent_scales_and_shifts_it():
    norm = Modulated(latent=1, channels=1)
    with torch.no_grad():
        norm.read.weight.copy_(torch.tensor([[2.0], [10.0]]))
        norm.read.bias.zero_()
    x = torch.tensor([-1.0, 1.0]).view(2, 1, 1, 1)  # mean 0, deviation 1
    out = norm(x, torch.tensor([[0.0], [1.0]]))
    wanted = torch.tensor([-1.0, 1 * (1 + 2) + 10.0]).view(2, 1, 1, 1)
    torch.testing.assert_close(out, wanted, rtol=1e-4, atol=1e-4)


def test_a_blur_takes_out_what_changes_at_every_pixel_and_leaves_what_does_not():
    alternating = torch.tensor([1.0, -1.0]).repeat(8)
    for grid in (alternating.expand(16, 16), alternating[:, None] * alternating):
        out = blurred(grid.expand(2, 3, 16, 16))
        torch.testing.assert_close(out[..., 1:-1, 1:-1], torch.zeros(2, 3, 14, 14))
    even = torch.full((2, 3, 16, 16), 0.3)
    torch.testing.assert_close(blurred(even), even)
    dot = torch.zeros(1, 1, 3, 3)
    dot[..., 1, 1] = 16
    torch.testing.assert_close(
        blurred(dot)[0, 0], torch.tensor([[1.0, 2, 1], [2, 4, 2], [1, 2, 1]])
    )


def test_grain_is_as_much_noise_as_a_channel_takes():
    grain, x = Grain(3, 8), torch.zeros(2, 3, 8, 8)
    assert grain(x).any()
    with torch.no_grad():
        grain.amount.copy_(torch.tensor([0.0, 1.0, 2.0]))
    first, second = grain(x), grain(x)
    assert not first[:, 0].any()
    torch.testing.assert_close(first[:, 2], 2 * first[:, 1])
    assert not torch.equal(first, second), "in training it is new at every look"
    assert not torch.equal(first[0], first[1])
    once, again = grain.eval()(x), grain(x)
    assert torch.equal(once, again)
    assert torch.equal(once[0], once[1])
    assert once[:, 1].std() > 0.5
    other = Grain(3, 8)
    assert torch.equal(other.fixed, grain.fixed), "it is the same on every machine"
