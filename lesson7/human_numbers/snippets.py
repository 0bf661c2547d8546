"""Random pieces of counting, some of their words made unknown: what the counter learns from.

    Snippets        pieces of the text of a range of numbers, with stand-ins
    Mix             how often what is replaced, and where pieces begin

A network that reads only numbers up to 7,999 sees "eight" before "thousand" in none of them,
and learns that it never comes there. The remedy: in many pieces, a word is replaced by a
*stand-in*, a random vector that means nothing and is new in every piece, the same at each of
the word's places. Whoever predicts such a piece has to find out what a word does from where
it stands, and to say it again by pointing at it. A stand-in is drawn from noise; it is never
the vector of another word, so no stand-in for the "six" of "six thousand one" makes a piece
say "eight thousand one".
"""

from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from lesson7.human_numbers.data import BOS, COMMA, STOI, text
from lesson7.human_numbers.model import N_WORDS

N_STAND_INS = 20
THOUSANDS, HUNDREDS, THOUSAND, HUNDRED = 0, 9, 18, 19  # of each kind, the first stand-in


@dataclass(frozen=True)
class Mix:
    """How often each kind of word gets a stand-in, and where pieces begin.

    Args:
        thousands, hundreds: the probability, per piece, that the words in front of "thousand"
            ("hundred") are replaced, each by a stand-in of its own.
        thousand, hundred: that the word "thousand" ("hundred") itself is.
        near_hundred, near_thousand: the share of pieces that begin a few numbers before a
            multiple of 100, of 1,000.
        below_thousand: the share of pieces that begin below 1,000, a third of them a few
            numbers before a multiple of 100, the others from 700 on. There, and only there,
            "eight" and "nine" lead a number of several words; with a stand-in for "hundred"
            the network learns what a leading word does, whatever comes after it.
        first: weight of the loss on the words of a piece's first number, which nothing
            before them predicts.
    """

    thousands: float = 0.5
    hundreds: float = 0.3
    thousand: float = 0.4
    hundred: float = 0.4
    near_hundred: float = 0.25
    near_thousand: float = 0.15
    below_thousand: float = 0.25
    first: float = 0.02


class Batch(NamedTuple):
    """Pieces of counting, ``(N, T)`` each.

    Args:
        words: token numbers; ``N_WORDS + s`` where stand-in ``s`` is in the word's place.
        targets: the words that follow, numbered in the same way.
        weights: of the loss at each place; 0 where a stand-in comes for the first time.
    """

    words: Tensor
    targets: Tensor
    weights: Tensor


class Snippets(Dataset):
    """Random pieces of the text of ``numbers``, each beginning with ``xxbos`` and a number.

    What is drawn follows from the indices of a batch, so shuffled indices draw new pieces in
    every epoch, and the same ones again when a run is resumed.

    Args:
        numbers: the range to count through; nothing outside it ever occurs.
        length: words per piece.
        per_epoch: pieces that make an epoch.
        mix: what pieces are drawn.
    """

    def __init__(self, numbers: range, length: int, per_epoch: int, mix: Mix | None = None) -> None:
        self.tokens = torch.tensor(text(numbers)[1:])
        self.length, self.per_epoch, self.mix = length, per_epoch, mix or Mix()
        after_commas = (self.tokens == COMMA).nonzero()[:, 0] + 1
        begins = torch.cat([torch.zeros(1, dtype=torch.long), after_commas])
        self.begins = begins[begins <= len(self.tokens) - length]
        self.first, self.last = numbers[0], numbers[0] + len(self.begins) - 1
        self.slots = self._slots()

    def __len__(self) -> int:
        return self.per_epoch

    def __getitems__(self, indices: list[int]) -> Batch:
        rng = torch.Generator().manual_seed(hash(tuple(indices)) % 2**63)
        starts = self._starts(len(indices), rng)
        at = starts[:, None] + torch.arange(self.length)
        plain, slots = self.tokens[at], self.slots[at]  # (N, T)
        replaced = self._replaced(len(indices), rng).gather(1, slots + 1)
        words = torch.where(replaced, N_WORDS + slots, plain)
        new = torch.zeros_like(replaced)
        for stand_in in range(N_WORDS, N_WORDS + N_STAND_INS):
            here = words == stand_in
            new |= here & (here.cumsum(1) == 1)
        weights = torch.where((plain == COMMA).cumsum(1) == 0, self.mix.first, 1.0)
        begin = torch.full((len(indices), 1), BOS)
        before = torch.cat([begin, words[:, :-1]], 1)
        return Batch(before, words, weights.masked_fill(new, 0.0))

    def batches(self, batch_size: int) -> DataLoader:
        """Batches of ``batch_size`` pieces, other ones in every epoch."""
        return DataLoader(
            self, batch_size, shuffle=True, drop_last=True, collate_fn=lambda batch: batch
        )

    def _slots(self) -> Tensor:
        """For each word of the text the stand-in that may replace it, or -1."""
        following = torch.cat([self.tokens[1:], self.tokens[-1:]])
        digit = self.tokens - STOI["one"]
        slots = torch.full_like(self.tokens, -1)
        slots = torch.where(following == STOI["thousand"], THOUSANDS + digit, slots)
        slots = torch.where(following == STOI["hundred"], HUNDREDS + digit, slots)
        slots[self.tokens == STOI["thousand"]] = THOUSAND
        slots[self.tokens == STOI["hundred"]] = HUNDRED
        return slots

    def _replaced(self, n: int, rng: torch.Generator) -> Tensor:
        """Which stand-ins each piece uses, ``(N, 1 + N_STAND_INS)``; column 0 is for none."""
        mix = self.mix
        chances = torch.tensor([0.0, mix.thousands, mix.hundreds, mix.thousand, mix.hundred])
        uses = torch.rand(n, 5, generator=rng) < chances
        return uses.repeat_interleave(torch.tensor([1, 9, 9, 1, 1]), dim=1)

    def _starts(self, n: int, rng: torch.Generator) -> Tensor:
        """Where the pieces begin in the text, always at the first word of a number."""

        def draw(below: int) -> Tensor:
            return torch.randint(below, (n,), generator=rng)

        before = 1 + draw(4)
        hundred = 100 * (1 + draw(max(self.last // 100, 1))) - before
        thousand = 1000 * (1 + draw(max(self.last // 1000, 1))) - before
        small = torch.where(draw(3) == 0, 100 * (1 + draw(10)) - before, 700 + draw(300))
        anywhere = self.first + draw(len(self.begins))
        mix = self.mix
        shares = torch.tensor([mix.near_hundred, mix.near_thousand, mix.below_thousand])
        kind = torch.bucketize(torch.rand(n, generator=rng), shares.cumsum(0))  # 3: anywhere
        number = torch.stack([hundred, thousand, small, anywhere])[kind, torch.arange(n)]
        return self.begins[number.clamp(self.first, self.last) - self.first]
