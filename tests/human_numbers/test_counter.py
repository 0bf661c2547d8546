"""The counting network: a window, positions that are relative, a pointer, a cheap step."""

import pytest
import torch

from lesson7.human_numbers.counter import Counter, rotate, turn_of
from lesson7.human_numbers.model import N_WORDS
from lesson7.human_numbers.snippets import N_STAND_INS


@pytest.fixture
def counter():
    torch.manual_seed(0)
    return Counter().eval()


@pytest.fixture
def words():
    return torch.randint(8, N_WORDS, (3, 90), generator=torch.Generator().manual_seed(0))


def test_it_is_well_under_a_million_parameters(counter):
    assert sum(p.numel() for p in counter.parameters()) == 113_831


def test_predictions_are_probabilities_and_never_look_ahead(counter, words):
    before = counter(words)
    torch.testing.assert_close(before.sum(2), torch.ones(3, 90))
    assert before.min() >= 0
    words[:, 50:] = 9
    torch.testing.assert_close(counter(words)[:, :50], before[:, :50])


def test_step_by_step_is_what_forward_computes(counter, words):
    """Far beyond the window, where old keys are dropped."""
    expected, state = counter(words), ()
    for at in range(words.shape[1]):
        step = counter.step(words[:, at], state)
        state = step.state
        torch.testing.assert_close(step.probabilities, expected[:, at])
    assert step.inside.shape == (3, counter.window)


def test_the_state_stops_growing(counter, words):
    state, sizes = (), []
    for at in range(60):
        state = counter.step(words[:, at], state).state
        sizes.append(sum(part.numel() for part in state))
    assert sizes[-1] == sizes[30]


def test_turned_vectors_only_know_how_far_apart_they_are():
    q, k = torch.randn(2, 1, 16)

    def product(at_q, at_k):
        turned = [rotate(x, turn_of(torch.tensor([at]), 16)) for x, at in ((q, at_q), (k, at_k))]
        return (turned[0] * turned[1]).sum()

    torch.testing.assert_close(product(7, 3), product(1007, 1003), atol=1e-3, rtol=1e-3)
    torch.testing.assert_close(rotate(q, turn_of(torch.tensor([9]), 16)).norm(), q.norm())


def test_a_word_that_means_nothing_can_be_pointed_at(counter):
    """Both parts of the mixture, stand-ins among the words, sum to one."""
    words = torch.tensor([[2, N_WORDS + 3, 10, 8, N_WORDS + 3]])
    known, copied = counter.mixture(words, torch.randn(1, N_STAND_INS, 64))
    assert known.shape == (1, 5, N_WORDS)
    assert copied.shape == (1, 5, 5)
    torch.testing.assert_close(known.sum(2) + copied.sum(2), torch.ones(1, 5))
    assert (copied[0].triu(1) == 0).all()


def test_keys_of_the_shipped_weights(counter):
    parts = ["norm1", "norm2", "project", "join", "think.0", "think.2"]
    layers = [f"layer.{i}.{part}" for i in range(3) for part in parts]
    linear = [*layers, "norm", "vocabulary", "query", "key", "gate"]
    keys = {f"{part}.{kind}" for part in linear for kind in ("weight", "bias")}
    assert set(counter.state_dict()) == {"embedding.weight", *keys}
