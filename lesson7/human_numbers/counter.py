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

from lesson7.human_numbers.model import N_WORDS, Step


def rotate(x: Tensor, places: Tensor) -> Tensor:
    """Turn pairs of coordinates by angles that grow with the place [2].

    The product of a turned query and a turned key then depends on how far apart they are, and
    not on where they are. The slowest pair turns by a 226th of a radian per word.

    Args:
        x: ``(..., T, D)`` with even D.
        places: of the T words in the text, ``(T,)``.

    Returns:
        ``(..., T, D)``, each vector as long as before.
    """
    half = x.shape[-1] // 2
    speed = 2.0 ** (-8 * torch.arange(half, device=x.device) / half)  # radians per word
    angle = places[:, None] * speed  # (T, D / 2)
    cos, sin = angle.cos(), angle.sin()
    a, b = x[..., :half], x[..., half:]
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

    def look(self, x: Tensor, places: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Queries, keys and values of the words ``(N, T, width)``: ``(N, heads, T, D)`` each."""
        n, t, _ = x.shape
        q, k, v = self.project(self.norm1(x)).view(n, t, 3, self.n_heads, -1).permute(2, 0, 3, 1, 4)
        return rotate(q, places), rotate(k, places), v

    def forward(self, x: Tensor, q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None) -> Tensor:
        """Add to ``x`` ``(N, T, width)`` what its queries find among the keys."""
        found = F.scaled_dot_product_attention(q, k, v, attn_mask=mask)  # (N, heads, T, D)
        x = x + self.dropout(self.join(found.transpose(1, 2).flatten(2)))
        return x + self.dropout(self.think(self.norm2(x)))


class Counter(nn.Module):
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
        self.window = window
        self.embedding = nn.Embedding(N_WORDS, width)
        self.layer = nn.ModuleList(
            Layer(width, n_heads, hidden, dropout) for _ in range(n_layers)
        )
        self.norm = nn.LayerNorm(width)
        self.vocabulary = nn.Linear(width, N_WORDS)
        self.query, self.key = nn.Linear(width, width), nn.Linear(width, width)
        self.gate = nn.Linear(width, 1)
        self.dropout = nn.Dropout(dropout)

    def mixture(
        self, words: Tensor, stand_ins: Tensor | None = None
    ) -> tuple[Tensor, Tensor]:
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
        for layer in self.layer:
            x = layer(x, *layer.look(x, places), mask)
        x = self.norm(x)
        return self._mix(x, rotate(self.query(x), places), rotate(self.key(x), places), mask)

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
        keys, values, pointed, earlier, place = state or self._nothing(len(words))
        x = self.embedding(words)[:, None]  # (N, 1, width)
        all_keys, all_values = [], []
        for layer, old_keys, old_values in zip(self.layer, keys, values, strict=True):
            q, k, v = layer.look(x, place)
            k = torch.cat([old_keys, k], 2)[:, :, -self.window :]
            v = torch.cat([old_values, v], 2)[:, :, -self.window :]
            x = layer(x, q, k, v, None)
            all_keys.append(k)
            all_values.append(v)
        x = self.norm(x)
        pointed = torch.cat([pointed, rotate(self.key(x), place)], 1)[:, -self.window :]
        seen = torch.cat([earlier, words[:, None]], 1)[:, -self.window :]
        known, copied = self._mix(x, rotate(self.query(x), place), pointed, None)
        likely = known[:, 0].scatter_add(1, seen, copied[:, 0])
        inside = F.pad(copied[:, 0], (self.window - seen.shape[1], 0))
        after = (torch.stack(all_keys), torch.stack(all_values), pointed, seen, place + 1)
        return Step(likely, inside, after)

    def _mix(
        self, x: Tensor, query: Tensor, key: Tensor, mask: Tensor | None
    ) -> tuple[Tensor, Tensor]:
        scores = query @ key.transpose(1, 2) / math.sqrt(x.shape[-1])  # (N, T, places)
        if mask is not None:
            scores = scores.masked_fill(~mask, float("-inf"))
        share = self.gate(x).sigmoid()  # (N, T, 1)
        return share * self.vocabulary(x).softmax(-1), (1 - share) * scores.softmax(-1)

    def _nothing(self, n: int) -> tuple[Tensor, ...]:
        """The state before the first word."""
        weight = self.embedding.weight
        layers, heads, width = len(self.layer), self.layer[0].n_heads, weight.shape[1]
        keys = weight.new_zeros(layers, n, heads, 0, width // heads)
        words = torch.zeros(n, 0, dtype=torch.long, device=weight.device)
        place = torch.zeros(1, dtype=torch.long, device=weight.device)
        return keys, keys, weight.new_zeros(n, 0, width), words, place
