"""Go on counting from what somebody typed.

    continue_text    a text -> its continuation, with probabilities and alternatives
    turns            the same word by word, for a page whose other visitors have their turns
    MODELS           the networks by name

Usage:

    python -m lesson7.human_numbers.predict "eight thousand one," [--model counter]

Every network reads one word at a time and hands its state on, so a word costs the same
wherever it stands in the text.
"""

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import Annotated

import torch
import typer
from torch import Tensor

from lesson7.core import commands, runtime, weights
from lesson7.core.errors import ConfigError, InputError
from lesson7.human_numbers import typed
from lesson7.human_numbers.counter import Counter
from lesson7.human_numbers.data import BOS, ITOS, MARKS, STOI
from lesson7.human_numbers.model import (
    EveryWord,
    Gated,
    Kept,
    Loop,
    Reader,
    Recurrent,
    Step,
    Unrolled,
)
from lesson7.human_numbers.truth import Truth

MODELS: dict[str, Callable[..., Reader]] = {
    "model0": Unrolled,
    "model1": Loop,
    "model2": EveryWord,
    "model3": Kept,
    "model4": Recurrent,
    "model5": Gated,
    "counter": Counter,
    "counter-9999": Counter,
}
MOST = 2_000  # words in one continuation
HOTTEST = 5.0
ALTERNATIVES = 5
BREATH = 32  # words of a text, read in some hundredths of a second
_NO_ANSWER = "The network gave no answer this time. Please try another network, or another text."


@dataclass(frozen=True)
class Word:
    """One word that a network added.

    Args:
        word: as in the vocabulary; a comma is a word.
        probability: that the network gave it, before temperature and top-k, in [0, 1].
        probabilities: of all 38 words, in the order of the vocabulary, likewise.
        right: whether counting by one asks for it; None after the first mistake.
        expected: where it is wrong, the right word if there is only one.
        numbers: how many numbers have been completed rightly up to here.
        inside: what the network held or looked at when it chose the word: for the counters,
            the share copied from each of the last 24 words, the nearest last; for the others
            the hidden state's 64 numbers, squeezed into (-1, 1).
    """

    word: str
    probability: float
    probabilities: list[float]
    right: bool | None
    expected: str | None
    numbers: int
    inside: list[float]

    def alternatives(self, n: int = ALTERNATIVES) -> list[tuple[str, float]]:
        """The ``n`` likeliest words and their probabilities, likeliest first."""
        order = sorted(zip(self.probabilities, ITOS, strict=True), key=lambda pair: -pair[0])
        return [(word, probability) for probability, word in order[:n]]


@dataclass(frozen=True)
class Continuation:
    """A text and what a network added to it.

    Args:
        given: the words that were read.
        words: the words that were added.
    """

    given: list[str]
    words: list[Word]

    @property
    def tokens(self) -> list[str]:
        """The words that were added, as plain words."""
        return [word.word for word in self.words]

    @property
    def probabilities(self) -> list[float]:
        """The probability that the network gave to each word that it added."""
        return [word.probability for word in self.words]

    @property
    def alternatives(self) -> list[list[tuple[str, float]]]:
        """For each word added, the five likeliest words and their probabilities."""
        return [word.alternatives() for word in self.words]

    @property
    def text(self) -> str:
        """The words that were added, as text."""
        return typed.write(STOI[word] for word in self.tokens)

    @property
    def numbers(self) -> int:
        """How many numbers were completed rightly before the first mistake."""
        return self.words[-1].numbers if self.words else 0

    @property
    def wrong_at(self) -> int | None:
        """Which of the words added is the first wrong one, counted from 0; None: none is."""
        return next((i for i, word in enumerate(self.words) if word.right is False), None)


def continue_text(
    text: str,
    n_tokens: int = 40,
    model: str = "counter",
    temperature: float = 0.0,
    top_k: int = 0,
    seed: int = 0,
) -> Continuation:
    """Go on counting: what a network writes after ``text``.

    Args:
        text: numbers in words or digits, as people type them (see ``typed.read``).
        n_tokens: how many words to add, 1 to 2,000; a comma is a word.
        model: one of ``MODELS``.
        temperature: 0 always takes the likeliest word; 1 draws by the network's own
            probabilities; between, likely words gain; up to 5, unlikely ones do.
        top_k: draw from the k likeliest words; 0, or 38 and more: from all.
        seed: the same seed draws the same words.

    Raises:
        InputError: the text cannot be read, or a number is out of its range.
        ConfigError: there is no such model.
        WeightsError: its weights are missing or damaged.
    """
    given, steps = turns(text, n_tokens, model, temperature, top_k, seed)
    return Continuation(given, [word for word in steps if word is not None])


def turns(
    text: str,
    n_tokens: int = 40,
    model: str = "counter",
    temperature: float = 0.0,
    top_k: int = 0,
    seed: int = 0,
) -> tuple[list[str], Iterator[Word | None]]:
    """As ``continue_text``, but the words come one by one, each when it is asked for.

    A long text takes seconds to read, and whoever shares the processor wants to know when a
    piece of the work is done: so None comes after every ``BREATH`` words that were read.

    Returns:
        The words that were given, and an iterator over those that are added. All errors are
        raised here, before the first word, but for that of a network that gives no numbers.
    """
    check(n_tokens, temperature, top_k)
    rng = runtime.generator(seed)
    tokens = typed.read(text)
    network = load(model)
    given = [ITOS[token] for token in tokens]

    def words() -> Iterator[Word | None]:
        truth = Truth(given)
        state: tuple[Tensor, ...] = ()
        for read, token in enumerate([BOS, *tokens], 1):
            with _alone():
                step = network.step(torch.tensor([token]), state)
            state = step.state
            if read % BREATH == 0:
                yield None
        for _ in range(n_tokens):
            with _alone():  # never across a yield: it would leak to the caller
                word = choose(step.probabilities[0], temperature, top_k, rng)
                likely, inside = step.probabilities[0].tolist(), _drawn(network, step)
                step = network.step(torch.tensor([word]), step.state)
            right = truth.add(ITOS[word])
            expected = truth.expected if right is False else None
            yield Word(ITOS[word], likely[word], likely, right, expected, truth.numbers, inside)

    return given, words()


def check(n_tokens: int, temperature: float, top_k: int) -> None:
    """Refuse what cannot be meant.

    Raises:
        InputError: a number is no number or out of its range; see ``continue_text``.
    """
    whole = isinstance(n_tokens, int) and not isinstance(n_tokens, bool)
    if not whole or not 1 <= n_tokens <= MOST:
        raise InputError(f"Ask for 1 to {MOST:,} words.")
    real = isinstance(temperature, int | float) and not isinstance(temperature, bool)
    if not real or not 0 <= temperature <= HOTTEST:  # NaN is refused too
        raise InputError(f"The temperature must be a number from 0 to {HOTTEST:g}.")
    if not isinstance(top_k, int) or isinstance(top_k, bool) or top_k < 0:
        raise InputError("Top-k must be a whole number: 0 for all words, or how many.")


def choose(probabilities: Tensor, temperature: float, top_k: int, rng: torch.Generator) -> int:
    """Draw one word from ``(38,)`` probabilities, as ``continue_text`` explains; never a mark.

    Raises:
        InputError: they are no numbers (NaN or infinity).
    """
    if not probabilities.isfinite().all():
        raise InputError(_NO_ANSWER)
    probabilities = probabilities[len(MARKS) :]
    if temperature == 0 or top_k == 1:
        return len(MARKS) + int(probabilities.argmax())
    logits = probabilities.double().log()
    if 0 < top_k < len(logits):
        logits = logits.masked_fill(logits < logits.topk(top_k).values[-1], -math.inf)
    weights_ = ((logits - logits.max()) / temperature).exp()
    return len(MARKS) + int(torch.multinomial(weights_, 1, generator=rng))


@cache
def load(model: str) -> Reader:
    """The network ``model``, loaded once, ready to read.

    Raises:
        ConfigError: there is no such model.
        WeightsError: its weights are missing or damaged.
    """
    if model not in MODELS:
        raise ConfigError(f"there is no model {model!r}: choose one of {', '.join(MODELS)}")
    return weights.load(f"human-numbers-{model}", MODELS[model])


@contextmanager
def _alone() -> Iterator[None]:
    """No gradients, and one thread.

    For a single word, waking a second thread takes seven times longer than all the work.
    """
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        with torch.inference_mode():
            yield
    finally:
        torch.set_num_threads(before)


def _drawn(network: Reader, step: Step) -> list[float]:
    """What is inside, in (-1, 1) or [0, 1]."""
    inside = step.inside[0]
    if not isinstance(network, Counter):
        inside = inside / (1 + inside.abs())
    return inside.tolist()


def main(
    text: Annotated[str, typer.Argument(help="Numbers in words or digits.")],
    n_tokens: Annotated[int, typer.Option("--words", help="How many words to add.")] = 40,
    model: Annotated[str, typer.Option(help=f"One of {', '.join(MODELS)}.")] = "counter",
    temperature: Annotated[float, typer.Option(help="0: always the likeliest word.")] = 0.0,
    top_k: Annotated[int, typer.Option(help="Draw from so many words; 0: from all.")] = 0,
    seed: Annotated[int, typer.Option(help="The same seed draws the same words.")] = 0,
) -> None:
    """Print the text, and what the network adds, as it comes."""
    with commands.in_sentences():
        given, steps = turns(text, n_tokens, model, temperature, top_k, seed)
    typer.echo(typed.write(STOI[word] for word in given), nl=False)
    for word in filter(None, steps):
        typer.echo(word.word if word.word == "," else f" {word.word}", nl=False)
    typer.echo()


if __name__ == "__main__":
    commands.run(main)
