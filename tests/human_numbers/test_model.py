"""The lesson's ladder: its sizes, its steps against one another and against PyTorch's own."""

import pytest
import torch
from torch import nn

from lesson7.human_numbers.model import (
    EveryWord,
    Gated,
    Kept,
    Loop,
    Recurrent,
    Unrolled,
)  # fmt: skip

LADDER = {
    Unrolled: 9_190, Loop: 9_190, EveryWord: 9_190, Kept: 9_190, Recurrent: 13_350, Gated: 54_950,
}  # fmt: skip


@pytest.fixture
def words():
    return torch.randint(8, 38, (5, 12), generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize("network", LADDER)
def test_parameters_are_the_lessons(network):
    assert sum(p.numel() for p in network().parameters()) == LADDER[network]


def test_the_loop_is_the_unrolled_network(words):
    unrolled, loop = Unrolled(), Loop()
    loop.load_state_dict(unrolled.state_dict())
    torch.testing.assert_close(loop(words[:, :3]), unrolled(words[:, :3]), atol=0, rtol=0)


def test_the_hand_written_loop_is_torchs_rnn_with_one_matrix(words):
    """The oracle: same weights for word and state, no second bias, ReLU."""
    ours = Kept().eval()
    oracle = nn.RNN(64, 64, nonlinearity="relu", batch_first=True)
    with torch.no_grad():
        for matrix in (oracle.weight_ih_l0, oracle.weight_hh_l0):
            matrix.copy_(ours.hidden.weight)
        oracle.bias_ih_l0.copy_(ours.hidden.bias)
        oracle.bias_hh_l0.zero_()
    start = torch.rand(1, 5, 64)
    states, last = oracle(ours.embedding(words), start)
    torch.testing.assert_close(ours.states(words, start[0]), states)
    _, hidden = ours(words, start)
    torch.testing.assert_close(hidden, last)


def test_torchs_default_is_another_network(words):
    """tanh and two matrices: the lesson's Model4 is not Model3 written shorter."""
    assert Recurrent().rnn.nonlinearity == "tanh"
    assert isinstance(Gated().rnn, nn.GRU)
    assert Gated().rnn.num_layers == 2


@pytest.mark.parametrize("network", [Kept, Recurrent, Gated])
def test_two_halves_with_the_state_handed_on_are_the_whole(words, network):
    model = network().eval()
    whole, end = model(words)
    first, hidden = model(words[:, :7])
    second, last = model(words[:, 7:], hidden)
    torch.testing.assert_close(torch.cat([first, second], 1), whole)
    torch.testing.assert_close(last, end)


@pytest.mark.parametrize("network", [Kept, Recurrent, Gated])
def test_nothing_is_kept_in_the_module(words, network):
    model = network().eval()
    before = model(words)[0]
    model(words.flip(0))
    torch.testing.assert_close(model(words)[0], before, atol=0, rtol=0)


@pytest.mark.parametrize("network", LADDER)
def test_step_by_step_is_what_forward_computes(words, network):
    model = network().eval()
    state = ()
    for at in range(words.shape[1]):
        step = model.step(words[:, at], state)
        state = step.state
    if network in (Unrolled, Loop):
        expected = model(words[:, -3:])
    elif network is EveryWord:
        beginning = torch.full((5, 8), 2)
        expected = model(torch.cat([beginning, words], 1))[:, -1]
    else:
        expected = model(words)[0][:, -1]
    torch.testing.assert_close(step.probabilities, expected.softmax(-1))
    torch.testing.assert_close(step.probabilities.sum(1), torch.ones(5))
    assert step.inside.shape == (5, 64)


@pytest.mark.parametrize("network", [Unrolled, Loop, EveryWord])
def test_the_first_three_forget_what_is_far_back(words, network):
    model = network().eval()
    long = words.repeat(1, 4)

    def last(text):
        state = ()
        for at in range(text.shape[1]):
            step = model.step(text[:, at], state)
            state = step.state
        return step.probabilities

    other = long.clone()
    other[:, : -model.context] = 9
    torch.testing.assert_close(last(other), last(long))


def test_keys_of_the_shipped_weights():
    """A public interface: weights that were published must go on loading."""
    norm = ["weight", "bias", "running_mean", "running_var", "num_batches_tracked"]
    ends = ["output.weight", "output.bias", *(f"norm.{key}" for key in norm)]
    plain = ["embedding.weight", "hidden.weight", "hidden.bias", *ends]
    for network in (Unrolled, Loop, EveryWord, Kept):
        assert [*network().state_dict()] == plain
    parts = ["weight_ih_l", "weight_hh_l", "bias_ih_l", "bias_hh_l"]
    for network, layers in ((Recurrent, 1), (Gated, 2)):
        rnn = [f"rnn.{part}{layer}" for layer in range(layers) for part in parts]
        assert [*network().state_dict()] == ["embedding.weight", *rnn, *ends]
