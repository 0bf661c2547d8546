"""Numbers written out in words, one after the other: the lesson's smallest language.

    spell           a number -> its words
    text            numbers -> the token numbers of "xxbos one , two , three"
    stream          the token numbers of the lesson's training or validation text
    Rows            the lesson's batches: 64 rows that run on from one batch to the next

Ours is trained on random pieces of the text (``snippets.py``).

The lesson trains on one to seven thousand nine hundred ninety nine and validates on eight
thousand one to nine thousand nine hundred ninety nine; eight thousand is in neither. The
words are American (no "and"), without hyphens, and the comma is a word of its own: 38 words
in all, numbered as in the lesson: eight marks of which only ``xxbos`` (the beginning) ever
occurs, then the words by how often they occur.
"""

from collections.abc import Iterable
from functools import cache

import torch
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from lesson7.core.errors import InputError

MARKS = ["xxunk", "xxpad", "xxbos", "xxfld", "xxmaj", "xxup", "xxrep", "xxwrep"]
ONES = ["one", "two", "three", "four", "five", "six", "seven", "eight", "nine"]
TEENS = ["ten", "eleven", "twelve", "thirteen", "fourteen",
         "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"]  # fmt: skip
TENS = ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]
ITOS = [*MARKS, ",", "hundred", "thousand", *ONES, *TENS, *TEENS]
STOI = {word: number for number, word in enumerate(ITOS)}
BOS, COMMA = STOI["xxbos"], STOI[","]

LARGEST = 9_999
TRAIN = range(1, 8_000)
VALID = range(8_001, 10_000)
EVERY = range(1, 10_000)  # for visitors' weights only
N_ROWS = 64


def spell(number: int) -> list[str]:
    """A number in words.

    Raises:
        InputError: it is not in 1 to 9,999.

    >>> spell(8031)
    ['eight', 'thousand', 'thirty', 'one']
    """
    if not 1 <= number <= LARGEST:
        raise InputError(f"{number} is out of range: these networks know 1 to 9,999.")
    thousands, hundreds, rest = number // 1000, number // 100 % 10, number % 100
    words = [ONES[thousands - 1], "thousand"] if thousands else []
    words += [ONES[hundreds - 1], "hundred"] if hundreds else []
    if rest >= 20:
        words.append(TENS[rest // 10 - 2])
        rest %= 10
    if rest >= 10:
        words.append(TEENS[rest - 10])
    elif rest:
        words.append(ONES[rest - 1])
    return words


def text(numbers: Iterable[int]) -> list[int]:
    """``xxbos`` and the numbers with commas between them, as token numbers.

    >>> [ITOS[token] for token in text([20, 21])]
    ['xxbos', 'twenty', ',', 'twenty', 'one']
    """
    tokens = [BOS]
    for number in numbers:
        tokens += [STOI[word] for word in spell(number)] + [COMMA]
    return tokens[:-1] if len(tokens) > 1 else tokens


@cache
def stream(*, train: bool) -> Tensor:
    """The lesson's text as token numbers, ``(50079,)`` to train on or ``(13017,)`` to judge by."""
    return torch.tensor(text(TRAIN if train else VALID))


class Rows(Dataset):
    """The lesson's batches: the text cut into rows that are read side by side.

    Row ``i`` begins at token ``len * i // n_rows`` and reads on from batch to batch, so that a
    network can carry its hidden state over; past the end of the text it goes on at the
    beginning. Item ``k * n_rows + i`` is row ``i`` of batch ``k``. Nothing is shuffled.

    Args:
        tokens: the text, ``(len,)``.
        length: tokens per row and batch.
        n_rows: rows per batch.
    """

    def __init__(self, tokens: Tensor, length: int, n_rows: int = N_ROWS) -> None:
        self.tokens, self.length, self.n_rows = tokens, length, n_rows
        self.n_batches = -(-len(tokens) // (n_rows * length))

    def __len__(self) -> int:
        return self.n_batches * self.n_rows

    def __getitems__(self, indices: list[int]) -> tuple[Tensor, Tensor]:
        item = torch.tensor(indices)
        row, batch = item % self.n_rows, item // self.n_rows
        first = len(self.tokens) * row // self.n_rows + batch * self.length
        at = (first[:, None] + torch.arange(self.length + 1)) % len(self.tokens)
        piece = self.tokens[at]
        return piece[:, :-1], piece[:, 1:]

    def batches(self) -> DataLoader:
        """Batches of words ``(n_rows, length)`` and of the words that follow them."""
        return DataLoader(self, self.n_rows, shuffle=False, collate_fn=lambda batch: batch)
