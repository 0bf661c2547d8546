"""The text is the lesson's, token for token, and so are its batches."""

from collections import Counter

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from lesson7.core.errors import InputError
from lesson7.human_numbers import model
from lesson7.human_numbers.data import (
    BOS,
    EVERY,
    ITOS,
    STOI,
    TRAIN,
    VALID,
    Rows,
    spell,
    stream,
    text,
)
from lesson7.human_numbers.truth import parse

# The first column of the lesson's first validation batch, as fastai printed it.
WORDS = """2 8 10 11 12 10 9 8 9 13 18 24 18 14 15 10 18 8 9 8 18 24 18 10 18 10 9 8 18 19 10 25
19 22 19 19 23 19 10 13 10 10 8 13 8 19 9 19 34 16 10 9 8 16 8 19 9 19 10 19 10 19 19 19"""
FOLLOWING = """18 18 26 9 8 11 31 18 25 9 10 14 10 9 8 14 10 18 25 18 10 17 10 17 8 17 20 18 9 9 19
8 10 15 10 10 12 10 12 8 12 13 19 9 19 10 23 10 8 8 15 16 19 9 19 10 23 10 18 8 18 10 10 9"""


def test_the_text_has_the_lessons_length_and_vocabulary():
    train, valid = stream(train=True), stream(train=False)
    assert (len(train), len(valid), len(ITOS)) == (50_079, 13_017, 38)
    assert set(train.tolist()) == {BOS, *range(8, 38)} == set(valid.tolist())


def test_words_are_numbered_by_how_often_they_occur():
    counts = Counter(stream(train=True).tolist())
    del counts[BOS]
    assert [word for word, _ in counts.most_common()] == [*range(8, 38)]


def test_training_ends_where_validation_has_not_begun():
    """Eight thousand is in neither, so "eight thousand" is in no training text."""
    assert (TRAIN[-1], VALID[0], VALID[-1]) == (7_999, 8_001, 9_999)
    pairs = set(zip(stream(train=True)[:-1].tolist(), stream(train=True)[1:].tolist(), strict=True))
    assert (STOI["seven"], STOI["thousand"]) in pairs
    assert (STOI["eight"], STOI["thousand"]) not in pairs
    assert (STOI["nine"], STOI["thousand"]) not in pairs


@pytest.mark.parametrize(
    ("number", "words"),
    [(1, "one"), (10, "ten"), (19, "nineteen"), (20, "twenty"), (99, "ninety nine"),
     (100, "one hundred"), (1_000, "one thousand"), (8_031, "eight thousand thirty one"),
     (9_919, "nine thousand nine hundred nineteen")],
)  # fmt: skip
def test_numbers_are_spelt(number, words):
    assert spell(number) == words.split()


@pytest.mark.parametrize("number", [0, -1, 10_000])
def test_other_numbers_are_refused(number):
    with pytest.raises(InputError, match="out of range"):
        spell(number)


def test_every_number_is_read_as_itself():
    assert [parse(spell(number)) for number in EVERY] == list(EVERY)


def test_text_begins_with_its_mark_and_ends_without_a_comma():
    assert " ".join(ITOS[token] for token in text([20, 21])) == "xxbos twenty , twenty one"


@pytest.mark.parametrize(
    ("length", "train", "batches"),
    [(70, False, 3), (3, True, 261), (3, False, 68), (20, True, 40), (20, False, 11)],
)
def test_an_epoch_has_the_lessons_batches(length, train, batches):
    assert len(Rows(stream(train=train), length).batches()) == batches


def test_the_first_validation_batch_is_the_lessons():
    words, following = next(iter(Rows(stream(train=False), 70).batches()))
    assert words.shape == following.shape == (64, 70)
    assert words[:, 0].tolist() == [int(token) for token in WORDS.split()]
    assert following[:, 0].tolist() == [int(token) for token in FOLLOWING.split()]


@settings(deadline=None, max_examples=20)
@given(length=st.integers(1, 90), rows=st.integers(8, 70))
def test_rows_run_on_from_batch_to_batch(length, rows):
    tokens = stream(train=False)
    batches = list(Rows(tokens, length, rows).batches())
    words = torch.cat([batch[0] for batch in batches], 1)
    following = torch.cat([batch[1] for batch in batches], 1)
    assert torch.equal(words[:, 1:], following[:, :-1])
    row = rows // 2
    assert words[row, 0] == tokens[len(tokens) * row // rows]


def test_the_networks_know_as_many_words():
    assert (len(ITOS), BOS) == (model.N_WORDS, model.BEGINNING)
