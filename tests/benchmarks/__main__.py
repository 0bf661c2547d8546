"""Measure again what README.md claims: the machine first, then each figure beside its yardstick.

Usage:

    python -m tests.benchmarks [--data data] [--quick]

Wants the machine for itself, for about five minutes on two cores. Figures whose data is
absent are listed all the same. How long a visitor waits is measured by ``startup``,
``digits_latency`` and ``load``, which drive a browser or many clients, each on its own.
"""

import platform
from importlib.metadata import version
from pathlib import Path
from typing import Annotated

import torch
import typer

from lesson7.core import runs
from tests.benchmarks.claims import measured
from tests.benchmarks.figures import SECTIONS


def main(
    data: Annotated[Path, typer.Option(help="Folder of the data sets.")] = Path("data"),
    quick: Annotated[bool, typer.Option("--quick", help="A rehearsal on next to nothing.")] = False,
) -> None:
    """Print the table; see the module's docstring."""
    packages = ", ".join(f"{name} {version(name)}" for name in ("torch", "gradio"))
    typer.echo(f"{runs.hardware()}, {torch.get_num_threads()} threads")
    typer.echo(f"{platform.system()}, Python {platform.python_version()}, {packages}")
    if quick:
        typer.echo("A rehearsal: the readings mean nothing.")
    done = total = 0
    for section in SECTIONS:
        typer.echo(f"\n{section.name}")
        typer.echo(f"  {'':26} {'README.md':44} {'now':>14}  beside")
        for figure, reading in measured(section, data, quick=quick):
            total += 1
            line = f"  {figure.what:26} {figure.claim:44} "
            if isinstance(reading, str):
                typer.echo(line + reading)
                continue
            done += 1
            now, ratio = reading
            typer.echo(f"{line}{now:>14}  {figure.yardstick}; {ratio}")
    typer.echo(f"\n{done} of {total} figures were measured.")


if __name__ == "__main__":
    typer.run(main)
