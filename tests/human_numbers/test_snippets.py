"""What the counter learns from: real counting up to 7,999, and stand-ins that mean nothing."""

import pytest
import torch

from lesson7.human_numbers.data import BOS, ITOS, STOI, TRAIN, text
from lesson7.human_numbers.model import N_WORDS
from lesson7.human_numbers.snippets import Mix, Snippets
from lesson7.human_numbers.truth import parse

NONE = Mix(thousands=0, hundreds=0, thousand=0, hundred=0)


def numbers(words):
    return [parse(number.split()) for number in " ".join(words).split(" , ")]


def test_without_stand_ins_pieces_are_the_text():
    pieces = Snippets(TRAIN, 40, 100, NONE)
    batch = pieces.__getitems__([*range(50)])
    assert batch.words.shape == batch.targets.shape == batch.weights.shape == (50, 40)
    assert (batch.words[:, 0] == BOS).all()
    assert torch.equal(batch.words[:, 1:], batch.targets[:, :-1])
    for row in batch.targets:
        counted = numbers(ITOS[token] for token in row)[:-1]  # the last may be cut short
        assert counted == [*range(counted[0], counted[0] + len(counted))]


def test_no_number_above_7999_is_ever_in_a_piece():
    """The claim that the network never saw what it is judged by."""
    pieces = Snippets(TRAIN, 40, 100)
    assert pieces.tokens.tolist() == text(TRAIN)[1:]
    words = torch.cat(
        [pieces.__getitems__([*range(i, i + 64)]).targets for i in range(0, 3200, 64)]
    )
    pairs = set(zip(words[:, :-1].flatten().tolist(), words[:, 1:].flatten().tolist(), strict=True))
    for digit in ("eight", "nine"):
        assert (STOI[digit], STOI["thousand"]) not in pairs
    assert (STOI["seven"], STOI["thousand"]) in pairs


def test_stand_ins_stand_in_the_same_place_and_the_first_is_not_asked_for():
    pieces = Snippets(TRAIN, 40, 100, Mix(thousands=1, hundreds=0, thousand=0, hundred=0))
    plain = Snippets(TRAIN, 40, 100, NONE)
    indices = [*range(40)]
    batch, real = pieces.__getitems__(indices), plain.__getitems__(indices)
    replaced = batch.targets >= N_WORDS
    assert replaced.any()
    assert torch.equal(batch.targets[~replaced], real.targets[~replaced])
    for row, words, weights in zip(batch.targets, real.targets, batch.weights, strict=True):
        for stand_in in set(row[row >= N_WORDS].tolist()):
            places = (row == stand_in).nonzero()[:, 0]
            assert len({int(words[place]) for place in places}) == 1  # one word, one stand-in
            assert weights[places[0]] == 0
            assert (weights[places[1:]] > 0).all()
            following = [int(words[place + 1]) for place in places if place < 39]
            assert set(following) <= {STOI["thousand"]}


@pytest.mark.parametrize("kinds", [{"hundreds": 1}, {"thousand": 1}, {"hundred": 1}])
def test_each_kind_can_be_replaced(kinds):
    mix = Mix(**({"thousands": 0, "hundreds": 0, "thousand": 0, "hundred": 0} | kinds))
    assert (Snippets(TRAIN, 40, 100, mix).__getitems__([*range(40)]).words >= N_WORDS).any()


def test_the_same_indices_draw_the_same_piece_and_others_another():
    pieces = Snippets(TRAIN, 40, 100)
    first, again, other = (pieces.__getitems__(i) for i in ([1, 2], [1, 2], [2, 1]))
    assert torch.equal(first.words, again.words)
    assert not torch.equal(first.words, other.words)
