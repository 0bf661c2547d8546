"""Command lines in this process, as if somebody had typed them, and what a run leaves."""

from collections.abc import Callable, Iterator

import torch
import typer
from typer.testing import CliRunner, Result


def run(main: Callable[..., None], *arguments: object) -> Result:
    """What ``main`` prints and exits with; an error that it does not answer is raised."""
    app = typer.Typer()
    app.command()(main)
    return CliRunner().invoke(app, [str(one) for one in arguments], catch_exceptions=False)


def tensors(state: object) -> Iterator[torch.Tensor]:
    """All tensors of a checkpoint, or of a part of one, in its order."""
    if isinstance(state, torch.Tensor):
        yield state
    elif isinstance(state, dict):
        for part in state.values():
            yield from tensors(part)
