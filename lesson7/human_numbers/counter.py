"""The network that truly counts: a little attention, and a finger on what was written before.

    Counter     attention [1] with rotary positions [2] and a pointer into the context [3]
    Layer       one layer of it

A recurrent network squeezes what it has read into 64 numbers, and what it never read it
cannot squeeze: "eight thousand" was never in its training text. This network looks back at
the words themselves. Each prediction is a mixture of a word out of the vocabulary and a word
copied from the place that the network points at::

    p(word) = g * vocabulary(word) + (1 - g) * (attention on the places where word stands)

Pointing needs no knowledge of the word, only of its place: "the first word of the number
before". What it is trained on is in ``snippets.py``, how, and what was tried, in ``train.py``.

References:
    [1] Vaswani et al., Attention is all you need, 2017. https://arxiv.org/abs/1706.03762
    [2] Su et al., RoFormer, 2021. https://arxiv.org/abs/2104.09864
    [3] Merity et al., Pointer sentinel mixture models, 2016. https://arxiv.org/abs/1609.07843
"""

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from lesson7.human_numbers.model import N_WORDS, Reader, Step

Turn = tuple[Tensor, Tensor]  # cosines and sines, ``(T, D / 2)`` each


def turn_of(places: Tensor, dimensions: int) -> Turn:
    """By how much to turn the pairs of coordinates of vectors at these places [2].

    Args:
        places: of T words in the text, ``(T,)``.
        dimensions: of the vectors, an even number. The first pair turns by a radian per word,
            the others ever more slowly, the last of 8 pairs at 1/128 of that, of 32 at 1/215.
    """
    half = dimensions // 2
    speed = 2.0 ** (-8 * torch.arange(half, device=places.device) / half)
    angle = places[:, None] * speed
    return angle.cos(), angle.sin()


def rotate(x: Tensor, turn: Turn) -> Tensor:
    """Turn each vector ``(..., T, D)`` by the angles of its place; its length stays.

    The product of a turned query and a turned key depends on how far apart they are, and not
    on where they are.
    """
    cos, sin = turn
    a, b = x.chunk(2, -1)
    return torch.cat([a * cos - b * sin, a * sin + b * cos], -1)


class Layer(nn.Module):
    """Attention and two linear layers, each added to what came in."""

    def __init__(self, width: int, n_heads: int, hidden: int, dropout: float) -> None:
        super().__init__()
        self.n_heads = n_heads
        self.norm1, self.norm2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.project = nn.Linear(width, 3 * width)
        self.join = nn.Linear(width, width)
        self.think = nn.Sequential(nn.Linear(width, hidden), nn.GELU(), nn.Linear(hidden, width))
        self.dropout = nn.Dropout(dropout)

    def forward(
        self, x: Tensor, turn: Turn, mask: Tensor | None = None, past: Tensor | None = None
    ) -> tuple[Tensor, Tensor]:
        """Let each word look at the words before it.

        Args:
            x: ``(N, T, width)``.
            turn: for the places of the T words, half a head wide.
            mask: ``(T, T)``, true where the row's word may look; None: everywhere.
            past: keys and values of earlier words, ``(2, N, heads, P, D)``.

        Returns:
            ``(N, T, width)``, and the keys and values of all words, ``(2, N, heads, P + T, D)``.
        """
        n, t, _ = x.shape
        q, k, v = self.project(self.norm1(x)).view(n, t, 3, self.n_heads, -1).permute(2, 0, 3, 1, 4)
        q, k = rotate(q, turn), rotate(k, turn)  # (N, heads, T, D)
        kept = torch.stack([k, v])
        if past is not None:
            kept = torch.cat([past, kept], 3)
        found = F.scaled_dot_product_attention(q, kept[0], kept[1], attn_mask=mask)
        x = x + self.dropout(self.join(found.transpose(1, 2).flatten(2)))
        return x + self.dropout(self.think(self.norm2(x))), kept


class Counter(Reader):
    """Three layers of attention over the last words, and a mixture of knowing and copying.

    Args:
        width: numbers per word.
        n_heads: heads of attention per layer.
        n_layers: layers.
        hidden: width between the two linear layers.
        window: how many words each layer sees, the present one included. Two numbers are at
            most 14; more only offers false friends.
        dropout: on the embeddings and on what each layer adds.
    """

    def __init__(
        self,
        width: int = 64,
        n_heads: int = 4,
        n_layers: int = 3,
        hidden: int = 128,
        window: int = 24,
        dropout: float = 0.05,
    ) -> None:
        super().__init__()
        self.width, self.n_heads, self.window = width, n_heads, window
        self.embedding = nn.Embedding(N_WORDS, width)
        layers = [Layer(width, n_heads, hidden, dropout) for _ in range(n_layers)]
        self.layer = nn.ModuleList(layers)
        self.norm = nn.LayerNorm(width)
        self.vocabulary = nn.Linear(width, N_WORDS)
        self.query, self.key = nn.Linear(width, width), nn.Linear(width, width)
        self.gate = nn.Linear(width, 1)
        self.dropout = nn.Dropout(dropout)

    def mixture(self, words: Tensor, stand_ins: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Both parts of the prediction after every word, already weighted.

        Args:
            words: ``(N, T)``; numbers from 38 on are stand-ins (see ``snippets.py``).
            stand_ins: their vectors, ``(N, S, width)``.

        Returns:
            For each of the words in the vocabulary, ``(N, T, 38)``, and for each place that
            may be pointed at, ``(N, T, T)``: together they sum to 1.
        """
        table = self.embedding.weight.expand(len(words), -1, -1)
        if stand_ins is not None:
            table = torch.cat([table, stand_ins], 1)
        x = table.gather(1, words[:, :, None].expand(-1, -1, table.shape[2]))  # (N, T, width)
        x = self.dropout(x)
        places = torch.arange(words.shape[1], device=words.device)
        back = places[:, None] - places
        mask = (back >= 0) & (back < self.window)  # (T, T)
        turn = turn_of(places, self.width // self.n_heads)
        for layer in self.layer:
            x, _ = layer(x, turn, mask)
        x, turn = self.norm(x), turn_of(places, self.width)
        return self._mix(x, rotate(self.query(x), turn), rotate(self.key(x), turn), mask)

    def forward(self, words: Tensor) -> Tensor:
        """``(N, T)`` -> probabilities ``(N, T, 38)`` of each following word."""
        known, copied = self.mixture(words)
        return known + copied @ F.one_hot(words, N_WORDS).to(known.dtype)

    def step(self, words: Tensor, state: tuple[Tensor, ...] = ()) -> Step:
        """Read one word ``(N,)`` at a cost that does not grow with the text.

        The state holds the last words' keys and values, so that nothing is computed twice.
        ``inside`` is how much of the prediction is copied from each of the last ``window``
        words, ``(N, window)``, the present word last.
        """
        earlier, kept, pointed, place = state or self._nothing(words)
        x = self.embedding(words)[:, None]  # (N, 1, width)
        turn = turn_of(place, self.width // self.n_heads)
        now = []
        for layer, past in zip(self.layer, kept, strict=True):
            x, both = layer(x, turn, past=past)
            now.append(both)
        x, turn = self.norm(x), turn_of(place, self.width)
        pointed = torch.cat([pointed, rotate(self.key(x), turn)], 1)  # (N, P + 1, width)
        known, copied = self._mix(x, rotate(self.query(x), turn), pointed, None)
        seen = torch.cat([earlier, words[:, None]], 1)  # (N, P + 1)
        likely = known[:, 0].scatter_add(1, seen, copied[:, 0])
        inside = F.pad(copied[:, 0], (self.window - seen.shape[1], 0))
        most = self.window - 1  # words that the next one may still see
        kept = torch.stack(now)[:, :, :, :, -most:]
        return Step(likely, inside, (seen[:, -most:], kept, pointed[:, -most:], place + 1))

    def _mix(
        self, x: Tensor, query: Tensor, key: Tensor, mask: Tensor | None
    ) -> tuple[Tensor, Tensor]:
        scores = query @ key.transpose(1, 2) / math.sqrt(x.shape[-1])  # (N, T, places)
        if mask is not None:
            scores = scores.masked_fill(~mask, float("-inf"))
        share = self.gate(x).sigmoid()  # (N, T, 1)
        return share * self.vocabulary(x).softmax(-1), (1 - share) * scores.softmax(-1)

    def _nothing(self, words: Tensor) -> tuple[Tensor, ...]:
        """The state before the first word: words, keys and values, pointer keys, place."""
        n, heads, weight = len(words), self.n_heads, self.embedding.weight
        kept = weight.new_zeros(len(self.layer), 2, n, heads, 0, self.width // heads)
        return words.new_zeros(n, 0), kept, weight.new_zeros(n, 0, self.width), words.new_zeros(1)
