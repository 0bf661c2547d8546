"""Make one network of several that ``--recipe member`` trained; judge it, ship it.

    python -m lesson7.mnist.gather runs/mnist-member-* --data data/mnist

Prints what share of the 5,000 held-out images each has right, and all together. Only with
``--ship`` do they meet MNIST's test set together: once, when nothing is left to choose.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer
from torch import Tensor, nn

from lesson7.core import commands, runs, runtime, weights
from lesson7.core.errors import ConfigError
from lesson7.mnist import data
from lesson7.mnist.judge import evaluate
from lesson7.mnist.model import DigitEnsemble

NAME = "mnist-best"

Digits = tuple[Tensor, Tensor]


def gather(members: Sequence[runs.Run]) -> DigitEnsemble:
    """The networks of these runs as one, in eval mode.

    Args:
        members: finished runs of ``--recipe member``.

    Raises:
        ConfigError: there are fewer than two, or one has no checkpoint or another network.
    """
    if len(members) < 2:
        raise ConfigError("give two runs of --recipe member, or more: python -m ... RUN RUN ...")
    together = DigitEnsemble(len(members))
    for run, member in zip(members, together.member, strict=True):
        try:
            member.load_state_dict(run.weights())
        except RuntimeError as error:
            raise ConfigError(f"{run.folder} is no run of --recipe member") from error
    return together.eval()


def mean_rows(members: Sequence[runs.Run]) -> list[dict[str, Any]]:
    """One line per epoch that all have: means over the members, but the sum of their minutes."""
    epochs = ([row for row in run.rows() if isinstance(row["epoch"], int)] for run in members)
    found = []
    for rows in zip(*epochs, strict=False):
        sums = {name: sum(row[name] for row in rows) for name in rows[0]}
        means = {name: value / len(rows) for name, value in sums.items()}
        found.append({**means, "epoch": rows[0]["epoch"], "minutes": sums["minutes"]})
    return found


def check_finished(members: Sequence[runs.Run]) -> None:
    """See to it that all of them may be shown to the test set, and to visitors.

    Raises:
        ConfigError: one was stopped before its end, or is a dry run.
    """
    for run in members:
        if run.rows()[-1]["epoch"] != "test":
            raise ConfigError(f"{run.folder} was stopped: go on with it, with --resume, before")
        if run.options()["settings"]["max_steps_per_epoch"] is not None:
            raise ConfigError(f"{run.folder} is a dry run: what it holds is not for visitors")


def ship(
    together: DigitEnsemble, members: Sequence[runs.Run], out: Path | None, test: Digits
) -> None:
    """Judge them by the test set, and write weights and record for visitors.

    Args:
        together: what ``gather`` made of ``members``.
        members: the runs.
        out: folder of the record; None: a numbered one.
        test: MNIST's test images and labels.
    """
    options, rows = [run.options() for run in members], mean_rows(members)
    run = runs.Run.open(NAME, out)
    found = {f"test_{name}": round(value, 6) for name, value in evaluate(together, *test).items()}
    run.write_options({"members": options})
    for row in [*rows, {"epoch": "test", **found}]:
        run.log(row)
    seeds = " ".join(str(each["settings"]["seed"]) for each in options)
    record = weights.Record(
        metrics=found,
        data="MNIST, 55,000 of the training images, redrawn",
        licence="CC BY-SA 3.0 (MNIST)",
        command=f"for n in {seeds}; do python -m lesson7.mnist.train --recipe member --seed $n "
        "--out runs/mnist-member-$n; done; "
        "python -m lesson7.mnist.gather runs/mnist-member-* --ship",
        hardware=runs.hardware(),
        minutes=rows[-1]["minutes"],
    )
    weights.save(NAME, together, {"members": len(members), "looks": True}, record=record)
    run.keep_record(NAME)
    typer.echo(f"test accuracy {found['test_accuracy']:.4f}")


def _print(name: str, found: dict[str, float]) -> None:
    typer.echo(f"{name:24} {found['accuracy']:8.2%}   loss {found['valid_loss']:.5f}")


def main(
    folders: Annotated[list[Path], typer.Argument(help="Runs of --recipe member.")],
    folder: runs.DataDir = Path("data/mnist"),
    out: runs.OutDir = None,
    shipping: runs.Ship = False,
) -> None:
    """Judge several members together; see the module's docstring."""
    runtime.use_threads()
    members = [runs.Run(each) for each in folders]
    together = gather(members)
    if shipping:
        check_finished(members)
    asked: dict[str, nn.Module] = {
        run.folder.name: network for run, network in zip(members, together.member, strict=True)
    }
    images, labels = data.load(folder, train=True)
    held = data.hold_out(len(images))[1]
    asked["together"] = together
    for name, network in asked.items():
        _print(name, evaluate(network, images[held], labels[held]))
    together.looks = False
    _print("together, one look", evaluate(together, images[held], labels[held]))
    together.looks = True
    if shipping:
        ship(together, members, out, data.load(folder, train=False))


if __name__ == "__main__":
    commands.run(main)
