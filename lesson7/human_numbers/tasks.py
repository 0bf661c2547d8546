"""The recipes as something that ``fit`` can train, and the losses that they are trained by.

Recipe          a network and how it is trained
build_task      the recipe as a task: the lesson's or the counter's
Memory          a hidden state handed on from batch to batch, as in the lesson
likelihood      what the counter is trained by, with its stand-ins for words
"""

from collections.abc import Callable
from dataclasses import dataclass
from statistics import fmean
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from lesson7.core import processes
from lesson7.core.training import Phase, Settings, Task
from lesson7.human_numbers import data
from lesson7.human_numbers.counter import Counter
from lesson7.human_numbers.model import N_WORDS, EveryWord, Kept, Reader, Recurrent
from lesson7.human_numbers.snippets import N_STAND_INS, Batch, Mix, Snippets

LESSON = Settings()  # Adam with betas (.95 to .85, .99), weight decay 0.01
PER_EPOCH, BATCH_SIZE = 800, 16  # pieces, for the counters


@dataclass(frozen=True)
class Recipe:
    """A network and how it is trained; the name is also the name of its weights.

    Args:
        build: makes the network.
        phase: the schedule.
        length: words per row or piece.
        settings: how to train.
        numbers: what it is trained on.
    """

    build: Callable[[], Reader]
    phase: Phase
    length: int
    settings: Settings = LESSON
    numbers: range = data.TRAIN


class Memory:
    """The hidden state between two batches, cut off from the past that made it.

    The rows of a batch go on where the same rows of the batch before ended (``data.Rows``),
    so the state does too, from epoch to epoch as in the lesson. Judging begins from nothing.
    """

    def __init__(self) -> None:
        self.hidden: Tensor | None = None

    def read(self, model: nn.Module, words: Tensor) -> Tensor:
        """Logits for one more batch of words ``(N, T)``."""
        before = None if self.hidden is None else self.hidden.to(words.device)
        logits, hidden = model(words, before)
        self.hidden = hidden.detach()
        return logits

    def state_dict(self) -> dict[str, Tensor | None]:
        """For the checkpoint."""
        return {"hidden": self.hidden}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """From the checkpoint; where several processes train, each begins from nothing.

        Every process reads rows of its own, and the checkpoint is the first one's.
        """
        alone = processes.this_one().num_processes == 1
        self.hidden = state["hidden"] if alone else None


def plain(model: nn.Module) -> Any:
    """The network itself, where several processes train it inside a wrapper."""
    return getattr(model, "module", model)


def logits_and_targets(
    model: nn.Module, batch: tuple[Tensor, Tensor], memory: Memory
) -> tuple[Tensor, Tensor]:
    """What the network predicts of a batch, ``(P, 38)``, and what was right, ``(P,)``.

    Model0 and Model1 only predict the word after the last of a row, the others all of them.
    """
    words, following = batch
    if isinstance(plain(model), Kept | Recurrent):
        return memory.read(model, words).flatten(0, 1), following.flatten()
    if isinstance(plain(model), EveryWord):
        return model(words).flatten(0, 1), following.flatten()
    return model(words), following[:, -1]


def lesson_task(recipe: Recipe, model: Reader) -> Task:
    """One of the lesson's networks, its rows of text, and the lesson's validation rows."""
    memory = Memory()
    judged_by = data.Rows(data.stream(train=False), recipe.length).batches()

    def loss(model: nn.Module, batch: tuple[Tensor, Tensor]) -> Tensor:
        return F.cross_entropy(*logits_and_targets(model, batch, memory))

    def evaluate(model: nn.Module) -> dict[str, float]:
        own, losses, right = Memory(), [], []
        device = next(model.parameters()).device
        for words, following in judged_by:
            batch = words.to(device), following.to(device)
            logits, targets = logits_and_targets(model, batch, own)
            losses.append(F.cross_entropy(logits, targets).item())
            right.append((logits.argmax(1) == targets).float().mean().item())
        return {"valid_loss": fmean(losses), "accuracy": fmean(right)}

    train = data.Rows(data.stream(train=True), recipe.length)
    return Task(model, train.batches(), loss, evaluate, stateful=[memory])


def likelihood(model: Counter, batch: Batch) -> Tensor:
    """The probability of each target word, stand-ins included, ``(N, T)``.

    The stand-ins are drawn here, as large as the vectors of words are. A stand-in that follows
    can only be predicted by pointing at a place where it stood before.
    """
    words, targets, _ = batch
    scale = model.embedding.weight.detach().std()
    shape = (len(words), N_STAND_INS, model.embedding.embedding_dim)
    known, copied = model.mixture(words, torch.randn(shape, device=words.device) * scale)
    in_vocabulary = targets < N_WORDS
    said = known.gather(2, targets.clamp(max=N_WORDS - 1)[:, :, None])[:, :, 0] * in_vocabulary
    return said + (copied * (words[:, None] == targets[:, :, None])).sum(2)


def counter_loss(model: nn.Module, batch: Batch) -> Tensor:
    """Cross-entropy, weighted: minus the mean logarithm of the likelihood."""
    likely = likelihood(plain(model), batch).clamp(min=1e-9)
    return -(likely.log() * batch.weights).sum() / batch.weights.sum()


def counter_task(recipe: Recipe, model: Counter) -> Task:
    """Our network, its pieces of counting, and the validation text in overlapping parts."""
    valid = data.stream(train=False)

    def evaluate(model: nn.Module, part: int = 512, before: int = 96) -> dict[str, float]:
        likely, right = [], []
        text = valid.to(next(model.parameters()).device)
        for start in range(0, len(valid) - 1, part):
            following = text[start + 1 : start + part + 1]
            first = max(0, start - before)
            guess = model(text[None, first : start + len(following)])[0, start - first :]
            likely.append(guess.gather(1, following[:, None])[:, 0])
            right.append(guess.argmax(1) == following)
        loss = -torch.cat(likely).clamp(min=1e-9).log().mean()
        return {"valid_loss": loss.item(), "accuracy": torch.cat(right).float().mean().item()}

    pieces = Snippets(recipe.numbers, recipe.length, PER_EPOCH, Mix())
    return Task(model, pieces.batches(BATCH_SIZE), counter_loss, evaluate)


def build_task(recipe: Recipe, model: Reader) -> Task:
    """The recipe as something that ``fit`` can train."""
    if isinstance(model, Counter):
        return counter_task(recipe, model)
    return lesson_task(recipe, model)
