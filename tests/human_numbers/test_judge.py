"""How well a network counts, by networks whose mistakes are known."""

import torch

from lesson7.human_numbers import judge
from lesson7.human_numbers.data import COMMA, ITOS, STOI, text
from lesson7.human_numbers.truth import parse


class Counts:
    """Counts on from the first number that it reads, and may spoil the end of the last one."""

    def __init__(self, last_words: list[str]):
        self.last_words = last_words

    def step(self, word, state):
        read = [*state, word]
        said = torch.zeros(len(word), len(ITOS))
        for row, words in enumerate(zip(*(one.tolist() for one in read), strict=True)):
            first = list(words[1:]).index(COMMA) if COMMA in words else 0
            number = parse([ITOS[one] for one in words[1 : first + 1]])
            if number is None:
                said[row, COMMA] = 1
                continue
            right = text(range(number, number + 9))
            right += [STOI[one] for one in self.last_words] + [COMMA] * 9  # which nobody reads
            said[row, right[len(words)]] = 1
        return said, None, tuple(read)


def test_the_last_number_of_a_continuation_must_end_too():
    numbers = range(20, 60)
    assert judge.continuations(Counts([","]), numbers, n=8) == 1.0
    assert judge.continuations(Counts(["one"]), numbers, n=8) == 0.0
