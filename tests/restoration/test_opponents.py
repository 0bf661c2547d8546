"""Who trains against whom, and what of them stays as it is."""

from dataclasses import replace

import pytest
import torch

from lesson7.core.errors import ConfigError
from lesson7.restoration.opponents import AGAINST, check_network, opponents
from lesson7.restoration.recipes import NETWORKS, PRETRAINED, RECIPES, build_network


@pytest.mark.parametrize("network", PRETRAINED)
def test_in_best_the_encoder_stays_as_it_is_and_all_else_learns(network):
    recipe = replace(RECIPES["best"], network=network)
    game = opponents("best", recipe, build_network(network, None), None, None, steps=3)
    before = {name: value.clone() for name, value in game.generator.state_dict().items()}
    learning = {name for name, p in game.generator.named_parameters() if p.requires_grad}
    assert learning == {name for name in before if not name.startswith("encoder.")}
    crops = torch.rand(2, 3, 32, 32, generator=torch.Generator().manual_seed(0))
    game.step(crops, 1 - crops)
    game.step(crops, 1 - crops)  # the first one's rate may be 0
    moved = {n for n, v in game.generator.state_dict().items() if not torch.equal(v, before[n])}
    assert not {name for name in moved if name.startswith("encoder.")}
    assert "head.weight" in moved


def test_a_network_of_which_only_a_part_would_stay_is_refused():
    """The first of the lesson's groups is half its encoder, and begins with random weights."""
    recipe = replace(RECIPES["best"], network="lesson")
    with pytest.raises(ConfigError, match="leaves the encoder as it is"):
        opponents("best", recipe, build_network("lesson", None), None, None, steps=3)


@pytest.mark.parametrize("name", AGAINST)
@pytest.mark.parametrize("network", NETWORKS)
def test_all_other_pairs_can_be_trained(name, network):
    if (name, network) != ("best", "lesson"):
        check_network(name, replace(RECIPES[name], network=network))
