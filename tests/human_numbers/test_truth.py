"""What is right is known without a network."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lesson7.human_numbers.data import spell
from lesson7.human_numbers.truth import Truth, parse


def follow(given, added):
    truth = Truth(given.replace(",", " ,").split())
    return [truth.add(word) for word in added.replace(",", " ,").split()], truth


@settings(deadline=None)
@given(st.integers(1, 9_990), st.integers(0, 4))
def test_counting_on_is_right_wherever_the_text_was_cut(number, cut):
    words = [w for n in range(number, number + 5) for w in [*spell(n), ","]]
    at = len(spell(number)) + 1 + cut
    truth = Truth(words[:at])
    assert all(truth.add(word) for word in words[at:])
    assert truth.numbers == 4 - (" ".join(words[:at]).count(",") - 1)


def test_the_first_wrong_word_is_found_and_nothing_is_said_after_it():
    right, truth = follow("eight thousand one,", "eight thousand two, one thousand three,")
    assert right == [True, True, True, True, False, None, None, None]
    assert (truth.numbers, truth.expected) == (1, "eight")


def test_after_the_last_number_nothing_is_right_or_wrong():
    right, truth = follow(
        "nine thousand nine hundred ninety eight,",
        "nine thousand nine hundred ninety nine, nine",
    )
    assert right[-2:] == [True, None]
    assert truth.numbers == 1


def test_a_text_that_ends_with_the_last_number_has_nothing_to_be_right_after_it():
    right, truth = follow("nine thousand nine hundred ninety nine,", "one thousand, one")
    assert right == [None] * 4
    assert truth.numbers == 0


def test_any_number_may_come_first_but_it_must_be_one():
    assert follow("eight", "thousand one, eight thousand two")[0] == [True] * 6
    right, truth = follow("eight", "thousand thousand, one")
    assert right == [True, True, False, None]
    assert truth.expected is None


def test_a_text_that_does_not_count_by_one_is_taken_as_it_is():
    assert follow("two, four", ", five")[0] == [True, True]
    assert follow("five, two thousand", "one, two thousand two")[0] == [True] * 5


@pytest.mark.parametrize("words", ["", "thousand", "one one", "ten twenty", "hundred", "zero"])
def test_words_that_spell_no_number(words):
    assert parse(words.split()) is None


def test_the_longest_text_is_no_number():
    """It would have 6,000 digits, more than Python writes."""
    assert parse(["one", *["thousand"] * 2_000]) is None
    assert follow("one " + "thousand " * 2_000, ", two")[0] == [False, None]
