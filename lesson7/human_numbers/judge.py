"""How well a network counts.

    read_through        accuracy and loss when it reads a text and predicts each next word
    continuations       the share of random continuations that are right word for word
    count_up            how many numbers it counts, on its own, before the first mistake

All of them only use a network's ``step``, so every network is judged by the same rules.
"""

import torch
from torch import Tensor

from lesson7.human_numbers.data import COMMA, ITOS, LARGEST, STOI, spell, text
from lesson7.human_numbers.model import Reader


def read_through(model: Reader, tokens: Tensor) -> dict[str, float]:
    """Let it read a text ``(T,)`` from the beginning, its state carried along.

    Returns:
        ``loss`` in nats per word and ``accuracy`` over the T - 1 words after the first.
    """
    state: tuple[Tensor, ...] = ()
    likely, right = [], []
    for word, following in zip(tokens[:-1, None], tokens[1:], strict=True):
        probabilities, _, state = model.step(word, state)
        likely.append(probabilities[0, following])
        right.append(probabilities[0].argmax() == following)
    loss = -torch.stack(likely).clamp(min=1e-9).log().mean()
    return {"loss": loss.item(), "accuracy": torch.stack(right).float().mean().item()}


def continuations(
    model: Reader, numbers: range, n: int = 200, given: int = 4, wanted: int = 5, seed: int = 0
) -> float:
    """The share of ``n`` random starts from which the next ``wanted`` numbers are all right.

    Args:
        model: says its most likely word each time.
        numbers: what the whole of a piece is drawn from.
        n: starts, all different if there are as many.
        given: numbers that it is told, with a comma after the last.
        wanted: numbers that it must add, commas and all.
        seed: of the choice of starts.
    """
    rng = torch.Generator().manual_seed(seed)
    last = numbers[-1] - given - wanted + 1
    starts = torch.randperm(last - numbers[0] + 1, generator=rng)[:n] + numbers[0]
    pieces = [[*text(range(s, s + given + wanted)), COMMA] for s in starts.tolist()]
    prompts = [len(text(range(s, s + given))) + 1 for s in starts.tolist()]  # and the comma
    right = 0
    for length in sorted(set(prompts)):
        group = [piece for piece, prompt in zip(pieces, prompts, strict=True) if prompt == length]
        longest = max(map(len, group))
        padded = torch.tensor([p + [-1] * (longest - len(p)) for p in group])
        wrong = torch.zeros(len(group), dtype=torch.bool)
        state: tuple[Tensor, ...] = ()
        word = padded[:, 0]
        for at in range(1, longest):
            probabilities, _, state = model.step(word, state)
            said = probabilities.argmax(-1)
            told = padded[:, at]
            word = told if at < length else said
            wrong |= (said != told) & (told >= 0) & (at >= length)
        right += int((~wrong).sum())
    return right / len(pieces)


def count_up(model: Reader, start: int, last: int = LARGEST) -> int:
    """Tell it ``start`` and a comma; how many of the numbers after it does it count right?

    Greedy and free-running: it reads its own words, and the first wrong one ends the count.

    Returns:
        0 to ``last - start``.
    """
    state: tuple[Tensor, ...] = ()
    word = -1
    for told in [*text([start]), STOI[","]]:
        probabilities, _, state = model.step(torch.tensor([told]), state)
        word = int(probabilities.argmax())
    for number in range(start + 1, last + 1):
        for wanted in [*spell(number), ","]:
            if number == last and wanted == ",":
                break
            if ITOS[word] != wanted:
                return number - start - 1
            probabilities, _, state = model.step(torch.tensor([word]), state)
            word = int(probabilities.argmax())
    return last - start
