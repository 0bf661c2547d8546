"""The lesson's six networks, from three unrolled steps to a GRU.

Each reads words one after the other into a *hidden state* of 64 numbers, and scores the 38
words that may come next. What changes from one to the next:

    Unrolled     three words, three lines of code, one prediction                 Model0
    Loop         the same with a loop: any number of words                        Model1
    EveryWord    a prediction after every word, not only after the last           Model2
    Kept         the hidden state is handed on from batch to batch                Model3
    Recurrent    ``nn.RNN`` in place of the loop, tanh in place of ReLU           Model4  [1]
    Gated        two layers of GRU                                                Model5  [2]

The hidden state is passed in and returned, never kept in the module: a module that kept it
would hand one visitor's text to the next. Nothing here was trained; ``train.py`` does that.

Shapes: ``(N, T)`` are N texts of T words; a hidden state is ``(layers, N, 64)``.

References:
    [1] Elman, Finding structure in time, 1990.
        https://doi.org/10.1207/s15516709cog1402_1
    [2] Cho et al., Learning phrase representations using RNN encoder-decoder, 2014.
        https://arxiv.org/abs/1406.1078
"""

from abc import ABC, abstractmethod
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

N_WORDS = 38  # as many as in ``data.ITOS``
BEGINNING = 2  # the number of ``xxbos`` there
WIDTH = 64


class Step(NamedTuple):
    """What reading one more word gives.

    Args:
        probabilities: of the 38 words that may follow, ``(N, 38)``; rows sum to 1.
        inside: what the network holds or looks at, ``(N, K)``, to be drawn as a heat map.
        state: to be passed to the next step; its form is the network's own business.
    """

    probabilities: Tensor
    inside: Tensor
    state: tuple[Tensor, ...]


class Reader(nn.Module, ABC):
    """A network that reads a text word by word; all of ours are."""

    @abstractmethod
    def step(self, words: Tensor, state: tuple[Tensor, ...] = ()) -> Step:
        """Read one word of each text, ``(N,)``; ``()`` is the state before the first."""


class Memoryless(Reader):
    """What Model0 to Model2 share: their layers, and that every text begins from nothing.

    Args:
        context: how many words they are trained on, and so how many they are shown when
            they go on with a longer text; what came before is forgotten.
    """

    context: int

    def __init__(self) -> None:
        super().__init__()
        self.embedding = nn.Embedding(N_WORDS, WIDTH)
        self.hidden = nn.Linear(WIDTH, WIDTH)
        self.output = nn.Linear(WIDTH, N_WORDS)
        self.norm = nn.BatchNorm1d(WIDTH)

    @abstractmethod
    def read(self, words: Tensor) -> Tensor:
        """The hidden state after the last word: ``(N, T)`` -> ``(N, 64)``."""

    def step(self, words: Tensor, state: tuple[Tensor, ...] = ()) -> Step:
        """Read one word ``(N,)`` and forget the one that is now too far back.

        The state holds the last words, ``(N, context)``. In the beginning, ``xxbos`` stands
        for words that were not there.
        """
        earlier = state[0] if state else words.new_full((len(words), self.context), BEGINNING)
        seen = torch.cat([earlier[:, 1:], words[:, None]], 1)
        h = self.read(seen)
        return Step(self.score(h).softmax(-1), h, (seen,))

    def score(self, h: Tensor) -> Tensor:
        """Hidden states ``(N, 64)`` -> logits ``(N, 38)``."""
        return self.output(h)


class Unrolled(Memoryless):
    """Model0: the three steps of a recurrent network, written one by one."""

    context = 3

    def read(self, words: Tensor) -> Tensor:
        """``(N, 3)`` -> ``(N, 64)``."""
        first, second, third = self.embedding(words).unbind(1)  # (N, 64) each
        h = self.norm(F.relu(self.hidden(first)))
        h = self.norm(F.relu(self.hidden(h + second)))
        return self.norm(F.relu(self.hidden(h + third)))

    def forward(self, words: Tensor) -> Tensor:
        """Three words ``(N, 3)`` -> logits ``(N, 38)`` of the fourth."""
        return self.score(self.read(words))


class Loop(Memoryless):
    """Model1: number for number the same as Model0, in a loop."""

    context = 3

    def read(self, words: Tensor) -> Tensor:
        """``(N, T)`` -> ``(N, 64)``."""
        h = torch.zeros((), device=words.device)
        for word in self.embedding(words).unbind(1):
            h = self.norm(F.relu(self.hidden(h + word)))
        return h

    def forward(self, words: Tensor) -> Tensor:
        """Some words ``(N, T)`` -> logits ``(N, 38)`` of the word after the last."""
        return self.score(self.read(words))


class EveryWord(Memoryless):
    """Model2: predicts after each word, so every text teaches T times as much.

    Batch norm moves out of the loop to where the states are read off.
    """

    context = 20

    def read(self, words: Tensor) -> Tensor:
        """``(N, T)`` -> ``(N, 64)``."""
        return self.states(words)[:, -1]

    def states(self, words: Tensor, h: Tensor | None = None) -> Tensor:
        """The hidden state after every word, beginning with ``h`` ``(N, 64)``: ``(N, T, 64)``."""
        h = torch.zeros(len(words), WIDTH, device=words.device) if h is None else h
        states = []
        for word in self.embedding(words).unbind(1):
            h = F.relu(self.hidden(h + word))
            states.append(h)
        return torch.stack(states, 1)

    def score(self, h: Tensor) -> Tensor:
        """Hidden states ``(N, 64)`` -> logits ``(N, 38)``."""
        return self.output(self.norm(h))

    def forward(self, words: Tensor) -> Tensor:
        """``(N, T)`` -> logits ``(N, T, 38)`` of each following word."""
        return self.score(self.states(words).flatten(0, 1)).view(*words.shape, N_WORDS)


class Kept(EveryWord):
    """Model3: the same network, which goes on where the last batch ended."""

    def forward(  # type: ignore[override]
        self, words: Tensor, hidden: Tensor | None = None
    ) -> tuple[Tensor, Tensor]:
        """Read on.

        Args:
            words: ``(N, T)``.
            hidden: what the call before returned, ``(1, N, 64)``; None: nothing was read.

        Returns:
            Logits ``(N, T, 38)`` of each following word, and the new hidden state.
        """
        states = self.states(words, None if hidden is None else hidden[0])
        logits = self.score(states.flatten(0, 1)).view(*words.shape, N_WORDS)
        return logits, states[None, :, -1]

    def step(self, words: Tensor, state: tuple[Tensor, ...] = ()) -> Step:
        """Read one word ``(N,)``; the state holds the hidden state."""
        logits, hidden = self(words[:, None], *state)
        return Step(logits[:, 0].softmax(-1), hidden[-1], (hidden,))


class Recurrent(Reader):
    """Model4: PyTorch's recurrent layer.

    ``nn.RNN(nonlinearity="relu")`` would compute what ``Kept`` does if both of its matrices
    were the same (a test holds them against each other). The lesson takes the default, tanh,
    and two matrices: one for the word, one for the state.
    """

    def __init__(self) -> None:
        super().__init__()
        self.embedding = nn.Embedding(N_WORDS, WIDTH)
        self.rnn: nn.RNN | nn.GRU = self.recurrence()
        self.output = nn.Linear(WIDTH, N_WORDS)
        self.norm = nn.BatchNorm1d(WIDTH)

    def recurrence(self) -> nn.RNN | nn.GRU:
        """The layer that takes the place of the loop."""
        return nn.RNN(WIDTH, WIDTH, batch_first=True)

    def forward(self, words: Tensor, hidden: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """As ``Kept.forward``; the hidden state is ``(layers, N, 64)``."""
        states, hidden = self.rnn(self.embedding(words), hidden)  # (N, T, 64), (layers, N, 64)
        logits = self.output(self.norm(states.flatten(0, 1)))
        return logits.view(*words.shape, N_WORDS), hidden

    def step(self, words: Tensor, state: tuple[Tensor, ...] = ()) -> Step:
        """Read one word ``(N,)``; the state holds the hidden state."""
        logits, hidden = self(words[:, None], *state)
        return Step(logits[:, 0].softmax(-1), hidden[-1], (hidden,))


class Gated(Recurrent):
    """Model5: gates decide what to keep and what to overwrite [2]; two layers of them."""

    def recurrence(self) -> nn.GRU:
        """Two layers; the upper reads the lower one's states."""
        return nn.GRU(WIDTH, WIDTH, num_layers=2, batch_first=True)
