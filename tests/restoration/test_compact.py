"""The shipped network: shapes, the identity at the start, its public state-dict keys."""

import pytest
import torch

from lesson7.core.errors import InputError
from lesson7.restoration.compact import CompactUnet, Shuffle


@pytest.fixture(scope="module", params=[False, True], ids=["plain", "blurred"])
def network(request):
    torch.manual_seed(0)
    return CompactUnet(blur=request.param).eval()


@pytest.mark.parametrize("size", [(16, 16), (17, 31), (64, 48), (100, 71)])
def test_any_size_from_16_up_comes_back_as_it_was(network, size):
    pictures = torch.rand(2, 3, *size)
    with torch.inference_mode():
        torch.testing.assert_close(network(pictures), pictures)  # the head starts at zero


def test_a_smaller_picture_is_refused_in_words(network):
    with pytest.raises(InputError, match="40 x 15 is too small: 16"):
        network(torch.rand(1, 3, 15, 40))


def test_it_has_under_five_million_parameters_most_of_them_in_the_encoder(network):
    encoder, rest = (sum(p.numel() for p in g.parameters()) for g in network.groups())
    assert encoder == 2_780_544
    assert encoder + rest == sum(p.numel() for p in network.parameters()) == 3_874_611


def test_the_gradient_reaches_every_parameter():
    torch.manual_seed(0)
    network = CompactUnet()
    torch.nn.init.normal_(network.head.weight, std=0.1)
    for block in (network.up8, network.up4, network.up2):
        torch.nn.init.normal_(block.conv2.weight, std=0.1)
    network(torch.rand(2, 3, 48, 48)).square().mean().backward()
    assert all(p.grad is not None and p.grad.abs().sum() > 0 for p in network.parameters())


def test_pictures_of_a_batch_do_not_touch_each_other(network):
    torch.manual_seed(1)
    other = CompactUnet().eval()
    torch.nn.init.normal_(other.head.weight, std=0.1)
    pictures = torch.rand(2, 3, 32, 32)
    with torch.inference_mode():
        together, alone = other(pictures), other(pictures[1:])
    torch.testing.assert_close(together[1:], alone, atol=1e-5, rtol=1e-5)


def test_a_shuffle_starts_without_a_chequerboard():
    torch.manual_seed(0)
    shuffled = Shuffle(5, 3)(torch.randn(1, 5, 4, 4))
    cells = shuffled.unfold(2, 2, 2).unfold(3, 2, 2).flatten(4)
    assert (cells.amax(-1) - cells.amin(-1)).max() == 0


def test_the_names_of_its_weights_are_a_promise(network):
    decoder = sorted(
        {key.rsplit(".", 1)[0] for key in network.state_dict() if "encoder" not in key}
    )
    step = ["conv1.0", "conv2", "join.0", "up.conv"]
    expected = [f"up{n}.{layer}" for n in (2, 4, 8) for layer in step]
    assert decoder == sorted(["cross.0", "head", "up1.conv", *expected])


def _ripple(y):
    """How much changes from each pixel to the next, in both directions, as a chequerboard does."""
    rows, columns = y.shape[-2:]
    sign = (-1.0) ** (torch.arange(rows)[:, None] + torch.arange(columns))
    return (y * sign).mean((-2, -1)).abs()


def test_blurring_keeps_a_chequerboard_out_whatever_the_weights():
    """Of random weights, without the initialisation that has none; values and sizes stay."""
    torch.manual_seed(0)
    plain, blurred = Shuffle(5, 3), Shuffle(5, 3, blur=True)
    torch.nn.init.normal_(plain.conv.weight)
    blurred.load_state_dict(plain.state_dict())
    flat = torch.rand(1, 5, 1, 1).expand(1, 5, 6, 6)  # a flat input: all ripple is the network's
    sharp, smooth = plain(flat), blurred(flat)
    assert smooth.shape == sharp.shape == (1, 3, 12, 12)
    assert _ripple(sharp).max() > 0.1
    inside = smooth[..., 1:-1, 1:-1]
    assert _ripple(inside).max() < 1e-5
    torch.testing.assert_close(inside.mean(), sharp.mean(), rtol=1e-4, atol=1e-5)


def test_a_blur_by_hand():
    """One lit pixel becomes (1, 2, 1) / 4 both ways, centred where it was."""
    shuffle = Shuffle(1, 1, blur=True)
    with torch.no_grad():
        shuffle.conv.weight.copy_(torch.tensor([1.0, 0, 0, 0]).reshape(4, 1, 1, 1))
    dot = torch.zeros(1, 1, 3, 3)
    dot[..., 1, 1] = 16
    expected = torch.zeros(6, 6)
    expected[1:4, 1:4] = torch.tensor([[1.0, 2, 1], [2, 4, 2], [1, 2, 1]])
    torch.testing.assert_close(shuffle(dot)[0, 0], expected)
