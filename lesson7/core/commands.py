"""How a command line ends: with what it did, or with words that say what to do instead.

run     a function with Typer's annotations, as the program's command
"""

import sys
from collections.abc import Callable

import typer

from lesson7.core import weights
from lesson7.core.errors import Lesson7Error


def run(main: Callable[..., None]) -> None:
    """Run ``main`` with the program's arguments.

    An error that is raised on purpose is written as a sentence, and the exit code is 1; any
    other keeps its traceback. What is to be known about the weights in use follows at the end.
    """
    try:
        typer.run(main)
    except Lesson7Error as error:
        typer.echo(str(error), err=True)
        sys.exit(1)
    finally:
        for notice in weights.notices():
            typer.echo(notice, err=True)
