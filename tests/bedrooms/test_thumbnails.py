"""What ties latents to photographs."""

import pytest
import torch

from lesson7.bedrooms import data
from lesson7.bedrooms.thumbnails import SIDE, Thumbnails, difference, small


@pytest.fixture(scope="module")
def rooms():
    """300 rooms of a few random colours: fewer ways to differ than a thumbnail has numbers."""
    return data.Photographs(data.made_up(300, 64), 64).sample(300, seed=0)


def test_a_thumbnail_is_an_average():
    images = torch.zeros(1, 3, 64, 64)
    images[0, 1, :4, :4] = torch.arange(16.0).view(4, 4)
    wanted = torch.zeros(1, 3, SIDE, SIDE)
    wanted[0, 1, 0, 0] = 7.5
    torch.testing.assert_close(small(images), wanted)


def test_the_difference_is_seen_from_far_away_alone():
    black, white = -torch.ones(2, 3, 64, 64), torch.ones(2, 3, 64, 64)
    assert difference(black, white).item() == 2
    half = black.clone()
    half[1] = 0  # one of two pictures is off by 1
    assert difference(half, black).item() == 0.5
    board = (torch.arange(64)[:, None] + torch.arange(64)) % 2 * 2.0 - 1
    assert difference(board.expand(2, 3, 64, 64), torch.zeros(2, 3, 64, 64)).item() == 0


def test_latents_of_photographs_are_like_normal_numbers(rooms):
    z = Thumbnails(rooms, 8).latents(rooms)
    assert z.dtype == torch.float32
    torch.testing.assert_close(z.mean(0), torch.zeros(8), rtol=0, atol=1e-4)
    torch.testing.assert_close(z.T.cov(), torch.eye(8), rtol=0, atol=1e-3)


def test_the_components_are_those_that_rebuild_best(rooms):
    known = Thumbnails(rooms, 8)
    flat = (small(rooms).flatten(1).double() - known.mean).numpy()
    left = flat - flat @ known.components.numpy() @ torch.linalg.pinv(known.components).numpy()
    values = torch.linalg.svdvals(torch.from_numpy(flat))  # Eckart and Young: no rank 8 does better
    assert (left**2).sum() == pytest.approx(values[8:].square().sum().item(), rel=1e-6)


def test_latents_do_not_depend_on_the_order_of_the_photographs(rooms):
    one, other = Thumbnails(rooms, 4), Thumbnails(rooms.flip(0), 4)
    torch.testing.assert_close(one.latents(rooms[:5]), other.latents(rooms[:5]))
