"""Stands for the package ``spaces`` on a ZeroGPU Space; tests copy this file as ``spaces.py``.

As there, torch claims to see a card in every process, and what is decorated runs in a process
forked for it, where torch tells the truth; arguments and items are pickled on the way, and of
an error nothing arrives but the name of its class. Which functions ran is noted in the file
that ``TURNS`` names.
"""

import functools
import multiprocessing
import os
from collections.abc import Callable, Iterator
from multiprocessing.connection import Connection
from typing import Any

import torch

_truth = torch.cuda.is_available
torch.cuda.is_available = lambda: True

_context = multiprocessing.get_context("fork")


def gradio_auto_wrap(work: Any) -> Any:
    """Gradio hands over every function; the package leaves them as they are."""
    return work


def GPU(*, duration: int) -> Callable[[Callable], Callable]:  # noqa: N802
    """Decorate a generator function."""
    assert 0 < duration <= 60

    def decorated(work: Callable[..., Iterator[Any]]) -> Callable[..., Iterator[Any]]:
        @functools.wraps(work)
        def turn(*args: Any, **kwargs: Any) -> Iterator[Any]:
            here, there = _context.Pipe()
            questions, answers = _context.Pipe()
            questions.send((args, kwargs))
            process = _context.Process(target=_lent, args=(work, answers, there), daemon=True)
            process.start()
            there.close()
            while True:
                kind, value = here.recv()
                if kind == "end":
                    break
                if kind == "error":
                    raise RuntimeError(f"ZeroGPU worker error: {value}")
                yield value
            process.join()

        return turn

    return decorated


def _lent(work: Callable[..., Iterator[Any]], asked: Connection, answers: Connection) -> None:
    torch.cuda.is_available = _truth
    with open(os.environ["TURNS"], "a") as file:  # noqa: PTH123
        print(work.__module__, os.getpid(), file=file)
    args, kwargs = asked.recv()
    try:
        for item in work(*args, **kwargs):
            answers.send(("item", item))
        answers.send(("end", None))
    except Exception as error:
        answers.send(("error", type(error).__name__))
