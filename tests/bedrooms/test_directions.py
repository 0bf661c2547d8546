"""Directions do what their names say, on generators of which that is known."""

import pytest
import torch

from lesson7.bedrooms import directions
from lesson7.bedrooms.directions import ATTRIBUTES, Directions, find, measure
from lesson7.core import weights
from lesson7.core.errors import ConfigError
from lesson7.core.weights import Record

LATENT = 10
BRIGHTER, WARMER, LIT_FROM_RIGHT = 0.02, 0.03, 0.05


def toy(z):
    """Brightness follows number 0; warmth number 0 (less) and 1; the light's side number 2."""
    light = 0.5 + BRIGHTER * z[:, 0]
    warm = WARMER * z[:, 1] + 0.5 * WARMER * z[:, 0]
    side = 0.5 * LIT_FROM_RIGHT * z[:, 2]
    pictures = light.view(-1, 1, 1, 1).expand(-1, 3, 16, 16).clone()
    pictures[:, 0] += (warm / 2).view(-1, 1, 1)
    pictures[:, 2] -= (warm / 2).view(-1, 1, 1)
    pictures[..., 8:] += side.view(-1, 1, 1, 1)
    pictures[..., :8] -= side.view(-1, 1, 1, 1)
    return pictures


@pytest.fixture(scope="module")
def found():
    return find(toy, LATENT, n=600)


def change(found, name, of):
    """What a step along ``name`` adds to the attribute ``of``, of 50 rooms on average."""
    z = torch.randn(50, LATENT, generator=torch.Generator().manual_seed(9))
    step = found.vectors[found.names.index(name)]
    column = list(ATTRIBUTES).index(of)
    return (measure(toy(z + step)) - measure(toy(z)))[:, column].mean().item()


@pytest.mark.parametrize("name", ["brightness", "warmth", "side"])
def test_a_direction_changes_what_it_claims_by_as_much_as_it_claims(found, name):
    index = found.names.index(name)
    assert change(found, name, name) == pytest.approx(found.effects[index], rel=0.05)
    assert found.effects[index] > 0.005
    assert found.r2[index] == pytest.approx(1, abs=0.01)
    assert found.agreements[index] == 1


@pytest.mark.parametrize("name", ["brightness", "warmth", "side"])
def test_it_leaves_the_others_alone_even_where_they_go_together(found, name):
    """In the toy, what is brighter is also warmer: 0.02 and 0.015 for number 0."""
    for other in {"brightness", "warmth", "side"} - {name}:
        spread = found.spreads[found.names.index(other)]
        assert abs(change(found, name, other)) < 0.05 * spread, other


def test_directions_have_length_one(found):
    torch.testing.assert_close(found.vectors.norm(dim=1), torch.ones(len(found.names)))


def test_what_a_room_does_not_follow_is_left_out(found):
    """Contrast and colour depend on the squares of numbers, and no line describes that."""
    assert set(found.names) == {"brightness", "warmth", "side"}


def test_what_hardly_moves_without_the_others_is_left_out():
    """Here colour is warmth and a trace of number 1; the trace alone cannot be seen."""

    def nearly_one(z):
        red, green = 0.6 + 0.04 * z[:, 0], 0.2 + 0.004 * z[:, 1]
        plain = torch.stack([red, green, torch.full_like(red, 0.35)], 1)
        return plain[:, :, None, None].expand(-1, 3, 16, 16)

    found = find(nearly_one, 4, n=300)
    assert "colour" not in found.names
    assert "warmth" in found.names


def test_a_generator_that_draws_by_chance_has_no_directions():
    found = find(lambda z: torch.rand(len(z), 3, 8, 8), LATENT, n=300)
    assert found.names == []
    assert found.vectors.shape == (0, LATENT)


def test_attributes_are_measured_in_units_of_the_range():
    picture = torch.zeros(1, 3, 8, 8)
    picture[:, 0, :, 4:] = 1.0  # the right half is red
    values = dict(zip(ATTRIBUTES, measure(picture)[0].tolist(), strict=True))
    assert values["brightness"] == pytest.approx(0.299 / 2)
    assert values["warmth"] == values["colour"] == pytest.approx(0.5)
    assert values["side"] == pytest.approx(0.299)
    assert values["contrast"] == pytest.approx(0.299 / 2, rel=0.02)
    assert values["window"] == pytest.approx(0, abs=1e-6)
    lit = torch.zeros(1, 3, 8, 8)
    lit[..., 1:4, 2:6] = 1.0  # the upper middle
    assert measure(lit)[0, list(ATTRIBUTES).index("window")] == pytest.approx(1 - 12 / 64)


def test_too_few_rooms_are_refused():
    with pytest.raises(ConfigError, match="cannot tell"):
        find(toy, LATENT, n=LATENT + 1)


def test_directions_travel_as_weights(found, tmp_path, monkeypatch):
    record = Record({}, "a toy", "none", "a test", "here", 0)
    weights.save("toy-directions", found, found.config, record=record, folder=tmp_path)
    monkeypatch.setenv("LESSON7_WEIGHTS", str(tmp_path))
    again = weights.load("toy-directions", Directions)
    assert torch.equal(again.vectors, found.vectors)
    assert again.names == found.names
    assert again.effects == pytest.approx(found.effects, abs=1e-5)


def test_the_names_that_the_page_explains_are_all_there():
    assert list(directions.ATTRIBUTES) == [
        "brightness", "warmth", "colour", "contrast", "window", "side"
    ]  # fmt: skip
