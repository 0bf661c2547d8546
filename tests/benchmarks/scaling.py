"""Two processes that share one training run: how many times as fast as one?

Usage:

    python -m tests.benchmarks.scaling [--processes 2]

Trains one of our digit networks, twice as wide, on pictures of noise, 256 to a step, with
`lesson7.core.training` as every recipe here: first in one process, then under ``accelerate
launch``. Each process has one thread, and their gradients are averaged after every step, so both
runs do the same work. The first epoch warms up and is not counted.
"""

import json
import os
import subprocess
import tempfile
from pathlib import Path
from typing import Annotated

import torch
import torch.nn.functional as F
import typer
from torch import Tensor, nn

from lesson7.core import runs
from lesson7.core.processes import this_one
from lesson7.core.training import Phase, Settings, Task, fit
from lesson7.mnist import data
from lesson7.mnist.model import DigitNet
from tests.launching import several

EPOCHS, PICTURES, BATCH = 4, 8_192, 256
WIDTHS = (24, 48, 80, 80, 64)  # 435,411 parameters: there is something to average


def train(folder: Path) -> None:
    """The share of one process: ``EPOCHS`` epochs, recorded in ``folder``."""
    images, labels = data.made_up(PICTURES)

    def loss(model: nn.Module, batch: tuple[Tensor, Tensor]) -> Tensor:
        return F.cross_entropy(model(batch[0].float() / 255), batch[1])

    task = Task(
        model=DigitNet(WIDTHS),
        batches=data.Digits([images], labels).batches(BATCH),
        loss=loss,
        evaluate=lambda model: {
            "threads": float(torch.get_num_threads()),
            "processes": float(this_one().num_processes),
        },
    )
    fit(task, [Phase(EPOCHS, 1e-3)], runs.Run.open("scaling", folder), Settings())


def images_per_second(processes: int) -> float:
    """What ``processes`` of one thread each train on together, in a second."""
    with tempfile.TemporaryDirectory() as folder:
        run = Path(folder) / "run"
        command = [*several(processes), "-m", __spec__.name, "--share", run]
        environ = {**os.environ, "OMP_NUM_THREADS": "1"}
        subprocess.run(command, env=environ, check=True, capture_output=True)
        rows = [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]
    assert all((row["threads"], row["processes"]) == (1, processes) for row in rows), rows
    return (EPOCHS - 1) * PICTURES / (60 * (rows[-1]["minutes"] - rows[0]["minutes"]))


def main(
    processes: Annotated[int, typer.Option(min=2, help="That share the run.")] = 2,
    share: Annotated[Path | None, typer.Option(hidden=True)] = None,
) -> None:
    """Print the pictures a second of one process and of several, and the ratio."""
    if share is not None:
        train(share)
        return
    one, several = images_per_second(1), images_per_second(processes)
    typer.echo(
        f"{one:.0f} pictures a second in one process, {several:.0f} in {processes}: "
        f"{several / one:.2f} times as fast"
    )


if __name__ == "__main__":
    typer.run(main)
