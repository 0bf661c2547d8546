"""What people type, as the words that the networks know; and the words as text again.

    read        "8031, Eight-thousand and thirty two" -> token numbers
    write       token numbers -> "eight thousand thirty one, eight thousand thirty two"

Capitals, "and", hyphens, missing spaces, line breaks, digits (``8031``, ``8,031``) and stops
in place of commas are understood. Whatever is not a number is named, with the nearest word
that is known; digits that begin with 0, or that words continue (``8 thousand one``), are sent
back with a sentence, and nothing is guessed. Text is only ever compared with words, never run.
"""

import re
import unicodedata
from collections.abc import Iterable
from difflib import get_close_matches
from functools import cache

from lesson7.core.errors import InputError
from lesson7.human_numbers.data import COMMA, ITOS, LARGEST, MARKS, STOI, spell

LONGEST = 20_000  # characters, some 3,000 words
HINT = "Type a number to begin with, such as: eight thousand one,"
KNOWN = [word for word in ITOS if word not in MARKS and word != ","]
SKIPPED = "and"
_MORE_FOLLOWS = {STOI["hundred"]: 100, STOI["thousand"]: 1000}  # what is below goes on with it
_MIXED = "Write a number in digits or in words, not in both: 8001, or eight thousand one."

_IN_THOUSANDS = re.compile(r"(?<![\d,])([1-9]),(\d{3})(?!,?\d)")  # 8,031 but not 1,200,300
_STOPS = re.compile(r"[,;.:…\n\r\v\f\x85\u2028\u2029、，。]+")
_PIECES = re.compile(r"[^\W\d_]+|\d+|,|\S")
_NAMED = 3  # unknown words in one message


def read(text: str) -> list[int]:
    """Token numbers of a text, without ``xxbos``.

    A number in digits is a whole number, so a comma follows it even if none was typed.

    Args:
        text: at most 20,000 characters.

    Raises:
        InputError: it is empty, too long, or holds something that is no number up to 9,999;
            the message is for visitors and names at most three such pieces.

    >>> [ITOS[token] for token in read("Twenty-one and 22")]
    ['twenty', 'one', ',', 'twenty', 'two', ',']
    """
    if len(text) > LONGEST:
        raise InputError(
            f"This is too long: {len(text):,} characters, and at most {LONGEST:,} are read."
        )
    tokens: list[int] = []
    unknown: list[str] = []
    after_digits = False
    for piece in _PIECES.findall(_plain(text)):
        if piece == ",":
            _close(tokens)
            after_digits = False
            continue
        if piece.isdecimal():
            if tokens and int(piece[:9]) < _MORE_FOLLOWS.get(tokens[-1], 0):
                raise InputError(_MIXED)
            _close(tokens)
            tokens += [STOI[word] for word in spell(_number(piece))]
            after_digits = True
            continue
        words = _split(piece)
        if words is None:
            unknown.append(piece)
        elif words:
            if after_digits:
                if STOI[words[0]] in _MORE_FOLLOWS:
                    raise InputError(_MIXED)
                _close(tokens)
            tokens += [STOI[word] for word in words]
            after_digits = False
    if unknown:
        raise InputError(_complaint(unknown))
    if not tokens:
        raise InputError(HINT)
    if after_digits:
        _close(tokens)
    return tokens


def write(tokens: Iterable[int]) -> str:
    """Token numbers as text: spaces between words, commas close to the word before them.

    >>> write(read("8031,"))
    'eight thousand thirty one,'
    """
    return " ".join(ITOS[token] for token in tokens).replace(" ,", ",")


def _plain(text: str) -> str:
    """Small letters, one kind of stop and space, no marks that cannot be seen."""
    text = unicodedata.normalize("NFKC", text).lower()
    text = _IN_THOUSANDS.sub(r"\1\2", text)
    text = _STOPS.sub(",", text)
    kinds = {character: unicodedata.category(character) for character in set(text)}
    spaces = "".join(c for c, kind in kinds.items() if kind[0] == "Z" or kind in ("Cc", "Pd"))
    unseen = "".join(c for c, kind in kinds.items() if kind == "Cf")
    return text.translate(str.maketrans(spaces, " " * len(spaces), unseen))


def _close(tokens: list[int]) -> None:
    """End the number with a comma, if there is one that is not ended."""
    if tokens and tokens[-1] != COMMA:
        tokens.append(COMMA)


def _number(digits: str) -> int:
    if int(digits[0]) == 0 and len(digits) > 1:
        raise InputError(
            f"“{digits[:8]}” begins with 0. Write a number as 8031 or 8,031, and a space between "
            "one number and the next."
        )
    number = int(digits) if len(digits) <= 9 else LARGEST + 1
    if not 1 <= number <= LARGEST:
        shown = digits if len(digits) <= 9 else digits[:8] + "…"
        raise InputError(f"{shown} is out of range: these networks know 1 to {LARGEST:,}.")
    return number


@cache
def _pattern() -> re.Pattern[str]:
    words = sorted([*KNOWN, SKIPPED], key=len, reverse=True)
    return re.compile("(?:" + "|".join(words) + ")")


def _split(piece: str) -> list[str] | None:
    """The known words that a piece is made of, "and" left out; None if it is made of others.

    The longest word that fits is taken first; no known words overlap so that this fails.
    """
    words, at = [], 0
    while at < len(piece):
        found = _pattern().match(piece, at)
        if found is None:
            return None
        words.append(found.group())
        at = found.end()
    return [word for word in words if word != SKIPPED]


def _complaint(unknown: list[str]) -> str:
    """What is unknown, in words: each piece once, at most three of them."""
    pieces = list(dict.fromkeys(unknown))
    named = [_suggestion(piece) for piece in pieces[:_NAMED]]
    if len(pieces) > _NAMED:
        named.append(f"And {len(pieces) - _NAMED} more.")
    return " ".join(["I only know the words of numbers.", *named])


def _suggestion(piece: str) -> str:
    shown = piece if len(piece) <= 24 else piece[:23] + "…"
    shown = "".join(c if c.isprintable() and not "\ud800" <= c <= "\udfff" else "�" for c in shown)
    near = get_close_matches(piece[:24], KNOWN, n=1)
    return f"“{shown}”: did you mean {near[0]}?" if near else f"“{shown}” is not one of them."
