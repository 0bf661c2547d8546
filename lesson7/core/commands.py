"""How a command line ends: with what it did, or with words that say what to do instead.

run             a function with Typer's annotations, as the program's command
in_sentences    an error that is raised on purpose ends the program, with its words
"""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import typer

from lesson7.core import weights
from lesson7.core.errors import Lesson7Error


def run(main: Callable[..., None]) -> None:
    """Run ``main`` with the program's arguments, ``in_sentences``.

    What is to be known about the weights in use follows at the end.
    """
    try:
        with in_sentences():
            typer.run(main)
    finally:
        for notice in weights.notices():
            typer.echo(notice, err=True)


@contextmanager
def in_sentences() -> Iterator[None]:
    """Write an error that is raised on purpose as a sentence, and exit with 1.

    Any other error is the program's fault, and keeps its traceback.
    """
    try:
        yield
    except Lesson7Error as error:
        typer.echo(str(error), err=True)
        sys.exit(1)
