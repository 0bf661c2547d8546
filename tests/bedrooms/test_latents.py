"""Latents: one source for each, and ways along the sphere."""

import math

import pytest
import torch

from lesson7.bedrooms.latents import latent, latents, loop, slerp
from lesson7.core.errors import ConfigError, InputError


@pytest.mark.parametrize("size", [100, 128])
def test_asking_for_more_keeps_the_first_ones(size):
    many = latents(7, 64, size)
    for n in (1, 2, 3, 17):
        assert torch.equal(latents(7, n, size), many[:n])
    assert torch.equal(latent(7, 40, size), many[40])


def test_every_room_of_every_seed_has_numbers_of_its_own():
    seeds = (0, 1, 7, 7 + 2**32, 2**63 - 1)
    rows = torch.cat([latents(seed, 5, 16) for seed in seeds])
    assert len({tuple(row.tolist()) for row in rows}) == 25
    assert (torch.corrcoef(rows) - torch.eye(25)).abs().max() < 0.99


def test_the_numbers_are_normal():
    z = latents(3, 200, 100)
    assert z.mean().item() == pytest.approx(0, abs=0.03)
    assert z.std().item() == pytest.approx(1, abs=0.03)
    assert z.norm(dim=1).mean().item() == pytest.approx(10, abs=0.15), "near a sphere"


def test_torchs_shared_source_is_left_alone():
    torch.manual_seed(1)
    wanted = torch.rand(3)
    torch.manual_seed(1)
    latents(5, 4, 100)
    assert torch.equal(torch.rand(3), wanted)


@pytest.mark.parametrize("seed", [-1, 2**63, 3.5, True, "7", None, float("nan")])
def test_what_is_no_seed_is_refused_in_words(seed):
    with pytest.raises(InputError, match="whole number"):
        latents(seed, 1, 8)


def test_slerp_begins_and_ends_where_it_should_and_stays_on_the_sphere():
    a, b = latents(1, 2, 128)
    a, b = a / a.norm() * 11, b / b.norm() * 11
    way = slerp(a, b, torch.linspace(0, 1, 21))
    torch.testing.assert_close(way[0], a)
    torch.testing.assert_close(way[-1], b)
    torch.testing.assert_close(way.norm(dim=1), torch.full((21,), 11.0))


def test_slerp_turns_by_the_same_angle_at_each_step():
    """In the plane, worked out by hand: a quarter of a circle in thirds."""
    a, b = torch.tensor([2.0, 0.0]), torch.tensor([0.0, 2.0])
    way = slerp(a, b, torch.tensor([0, 1 / 3, 2 / 3, 1]))
    angles = [0, 30, 60, 90]
    wanted = [[2 * math.cos(math.radians(x)), 2 * math.sin(math.radians(x))] for x in angles]
    torch.testing.assert_close(way, torch.tensor(wanted))


def test_the_distance_from_the_origin_changes_evenly():
    a, b = torch.tensor([1.0, 0.0]), torch.tensor([0.0, 3.0])
    lengths = slerp(a, b, torch.linspace(0, 1, 5)).norm(dim=1)
    torch.testing.assert_close(lengths, torch.tensor([1.0, 1.5, 2.0, 2.5, 3.0]))


@pytest.mark.parametrize("end", [[0.0, 0.0], [4.0, 0.0], [-2.0, 0.0]])
def test_where_there_is_no_arc_the_way_is_straight(end):
    a, b = torch.tensor([2.0, 0.0]), torch.tensor(end)
    way = slerp(a, b, torch.tensor([0.0, 0.5, 1.0]))
    torch.testing.assert_close(way, torch.stack([a, (a + b) / 2, b]))


def test_a_loop_passes_each_stop_and_closes():
    stops = list(latents(2, 3, 100))
    way = loop(stops, 30)
    assert way.shape == (90, 100)
    for index, stop in enumerate(stops):
        torch.testing.assert_close(way[30 * index], stop)
    steps = (torch.roll(way, -1, 0) - way).norm(dim=1)  # the last one leads to the first frame
    assert steps.max() < 2.5 * steps.mean()
    assert steps[[0, 29, 30, 59, 60, 89]].max() < 0.2 * steps.max(), "it rests at each stop"


@pytest.mark.parametrize(("n", "frames"), [(0, 5), (1, 5), (2, 0)])
def test_a_loop_needs_two_stops_and_a_frame(n, frames):
    with pytest.raises(ConfigError, match="no way"):
        loop(list(torch.zeros(n, 4)), frames)
