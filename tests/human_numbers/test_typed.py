"""What people type is read as they meant it, or named in words."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lesson7.core.errors import InputError
from lesson7.human_numbers.data import ITOS, spell, text
from lesson7.human_numbers.typed import KNOWN, LONGEST, read, write


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("eight thousand one, ", "eight thousand one,"),
        ("Eight Thousand ONE", "eight thousand one"),
        ("eight thousand and one,", "eight thousand one,"),
        ("twenty-one, twenty–two", "twenty one, twenty two"),
        ("8031, 8032,", "eight thousand thirty one, eight thousand thirty two,"),
        ("8,031", "eight thousand thirty one,"),
        ("100,101,102", "one hundred, one hundred one, one hundred two,"),
        ("8031 8032", "eight thousand thirty one, eight thousand thirty two,"),
        ("7 eight", "seven, eight"),
        ("eight thousand 8001", "eight thousand, eight thousand one,"),
        ("two hundred 300", "two hundred, three hundred,"),
        ("eightthousandone,eightthousandtwo", "eight thousand one, eight thousand two"),
        ("onehundredandone", "one hundred one"),
        ("sixteen seventeen", "sixteen seventeen"),
        ("one\ntwo\r\nthree", "one, two, three"),
        ("one; two. three…", "one, two, three,"),
        (", ,one,,two,", "one, two,"),
        ("８０３１", "eight thousand thirty one,"),
        ("one\u00a0hundred\ttwo\u200b", "one hundred two"),
        ("one\x00two", "one two"),
    ],
)
def test_typed_text_is_understood(typed, meant):
    assert write(read(typed)) == meant


@settings(deadline=None)
@given(st.lists(st.integers(1, 9_999), min_size=1, max_size=30), st.booleans())
def test_text_to_tokens_to_text_is_the_same(numbers, comma):
    """And so is what was typed in digits, whole numbers each."""
    tokens = text(numbers)[1:]
    assert read(write(tokens)) == tokens
    assert read(write(tokens).upper().replace(" ", "-").replace(",", "\n")) == tokens
    digits = ", ".join(map(str, numbers)) + ("," if comma else "")
    assert read(digits) == [*tokens, ITOS.index(",")]


@settings(deadline=None)
@given(st.integers(1, 9_999))
def test_missing_spaces_are_put_back(number):
    assert [ITOS[token] for token in read("".join(spell(number)))] == spell(number)


def test_any_two_words_can_be_run_together():
    for first in KNOWN:
        for second in KNOWN:
            assert [ITOS[token] for token in read(first + second)] == [first, second]


@settings(deadline=None)
@given(st.text(max_size=200))
def test_any_text_is_read_or_refused_in_words(typed):
    try:
        tokens, words = read(typed), ""
    except InputError as error:
        tokens, words = [8], str(error)
    assert tokens
    assert all(8 <= token < 38 for token in tokens)
    assert words.isprintable()  # and so can be sent: no lone surrogates, no control characters


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("", "Type a number to begin with"),
        ("  \n", "Type a number to begin with"),
        (",,,", "Type a number to begin with"),
        ("thosand", "“thosand”: did you mean thousand?"),
        ("fourty two", "“fourty”: did you mean forty?"),
        ("zzz", "“zzz” is not one of them"),
        ("😀", "“😀” is not one of them"),
        ("<img src=x onerror=alert(1)>", "And 7 more"),
        ("\ud800", "“�”"),
        ("፩", "“፩” is not one of them"),  # a digit to Unicode, but of no decimal system
        ("𐩀", "“𐩀” is not one of them"),
        ("0", "0 is out of range"),
        ("10000", "10000 is out of range"),
        ("9" * 5_000, "99999999… is out of range"),
        ("one, " * 100_000, "too long"),
        ("8 thousand one,", "not in both"),
        ("2 hundred", "not in both"),
        ("eight thousand 31", "not in both"),
        ("two hundred and 31", "not in both"),
        ("8 031", "“031” begins with 0"),
        ("8.031", "“031” begins with 0"),
        ("8,031,8,032,", "“031” begins with 0"),
    ],
)
def test_what_is_no_number_is_named(typed, words):
    with pytest.raises(InputError, match=words.replace("(", r"\(").replace("?", r"\?")):
        read(typed)


def test_the_longest_text_is_read():
    assert len(read("one, " * (LONGEST // 5))) == 2 * (LONGEST // 5)
