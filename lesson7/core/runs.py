"""What a training run leaves behind, and the options that every ``train.py`` takes.

A run is a folder::

    runs/mnist-best-001/
        options.json      the options, versions, machine and data counts
        metrics.jsonl     one line per epoch, or per minute where two networks share a run
        checkpoint.pt     everything that ``--resume`` needs; never committed
        samples/          pictures of the same inputs at every epoch or checkpoint

The weights that a visitor gets are written elsewhere, by ``lesson7.core.weights.save``.
Under ``accelerate launch`` all processes share the folder, and only the first one writes.
"""

import json
import os
import platform
import shlex
import shutil
from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Annotated, Any

import torch
import typer

from lesson7.core import processes
from lesson7.core.errors import ConfigError

DataDir = Annotated[Path, typer.Option("--data", help="Folder of the data set.")]
OutDir = Annotated[
    Path | None, typer.Option("--out", help="Folder of the run; numbered if left out.")
]
Minutes = Annotated[float | None, typer.Option(help="Stop after so many minutes, resumable.")]
Resume = Annotated[
    bool, typer.Option("--resume", help="Go on with --out, or the latest run; else as at first.")
]
Seed = Annotated[int, typer.Option(help="Everything random follows from it.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Seconds, on made-up data; same files.")]
Summary = Annotated[bool, typer.Option("--summary", help="Print the layers and stop.")]
ShowBatch = Annotated[
    bool, typer.Option("--show-batch", help="Save what the network is fed and stop.")
]
FindLr = Annotated[
    bool, typer.Option("--find-lr", help="Sweep the learning rate, plot it and stop.")
]
Ship = Annotated[bool, typer.Option("--ship", help="Write the result into weights/ when finished.")]
OF_A_SITTING = ("out", "resume", "minutes", "dry_run")  # options that another one does without


@dataclass(frozen=True)
class Run:
    """One run's folder and the files in it."""

    folder: Path

    @property
    def writes(self) -> bool:
        """Whether this process is the one that writes: the only one, or the first of several."""
        return processes.this_one().is_main_process

    @classmethod
    def open(cls, name: str, out: Path | None, *, resume: bool = False) -> "Run":
        """Make the folder of a new run, or find the one to go on with.

        Args:
            name: what is trained, such as ``mnist-best``; names the folder if ``out`` is None.
            out: the folder itself.
            resume: the folder must hold a checkpoint.

        Raises:
            ConfigError: nothing to resume, or a new run would overwrite an old one.
        """
        first = processes.this_one().is_main_process
        folder = cls._open(name, out, resume=resume).folder if first else None
        return cls(processes.agreed(folder))  # type: ignore[arg-type]  # the first one's

    @classmethod
    def _open(cls, name: str, out: Path | None, *, resume: bool) -> "Run":
        if out is None:
            earlier = sorted(Path("runs").glob(f"{name}-[0-9][0-9][0-9]"))
            if resume:  # what never came to a checkpoint is not what was stopped
                earlier = [one for one in earlier if cls(one).checkpoint.exists()] or earlier
            number = int(earlier[-1].name[-3:]) if earlier else 0
            out = Path("runs") / f"{name}-{number if resume else number + 1:03d}"
        run = cls(out)
        if resume and not run.checkpoint.exists():
            raise ConfigError(f"there is no checkpoint in {out} to resume from")
        if not resume and (run.metrics.exists() or run.checkpoint.exists()):
            raise ConfigError(f"{out} holds a run already: choose another --out, or --resume")
        run.samples.mkdir(parents=True, exist_ok=True)
        return run

    @property
    def checkpoint(self) -> Path:
        """What ``--resume`` reads."""
        return self.folder / "checkpoint.pt"

    @property
    def metrics(self) -> Path:
        """One line per epoch, or per minute where two networks share a run."""
        return self.folder / "metrics.jsonl"

    @property
    def samples(self) -> Path:
        """The folder of pictures of the same inputs at every epoch or checkpoint."""
        return self.folder / "samples"

    def write_options(self, options: Mapping[str, Any]) -> None:
        """Write ``options.json``: what was asked for, with what versions, where and by how many."""
        record = {
            "options": dict(options),
            "versions": {name: version(name) for name in ("torch", "torchvision", "accelerate")},
            "python": platform.python_version(),
            "hardware": hardware(),
            "processes": processes.this_one().num_processes,
        }
        text = json.dumps(record, indent=2, default=str)
        if self.writes:
            (self.folder / "options.json").write_text(text + "\n", encoding="utf-8")

    def options(self) -> dict[str, Any]:
        """What was asked for, as ``write_options`` was told.

        Raises:
            ConfigError: nobody wrote it down.
        """
        try:
            return json.loads((self.folder / "options.json").read_text("utf-8"))["options"]
        except OSError as error:
            raise ConfigError(f"{self.folder} is no run: it has no options.json") from error

    def log(self, row: Mapping[str, float | int | str]) -> None:
        """Append one line to ``metrics.jsonl``, floats to six significant digits."""
        short = {k: float(f"{v:.6g}") if isinstance(v, float) else v for k, v in row.items()}
        if self.writes:
            with self.metrics.open("a", encoding="utf-8") as file:
                file.write(json.dumps(short) + "\n")

    def rows(self) -> list[dict[str, Any]]:
        """All lines of ``metrics.jsonl``, oldest first."""
        if not self.metrics.exists():
            return []
        return [json.loads(line) for line in self.metrics.read_text("utf-8").splitlines()]

    def forget(self, unwanted: Callable[[dict[str, Any]], bool]) -> None:
        """Take lines out of ``metrics.jsonl``: those of which ``unwanted`` is true."""
        rows = self.rows()
        kept = [row for row in rows if not unwanted(row)]
        if self.writes and len(kept) < len(rows):
            text = "".join(json.dumps(row) + "\n" for row in kept)
            self.metrics.write_text(text, encoding="utf-8")

    def keep_record(self, name: str, folder: Path = Path("weights") / "runs") -> None:
        """Copy options and metrics beside the shipped weights, where they are committed."""
        (folder / name).mkdir(parents=True, exist_ok=True)
        for file in ("options.json", "metrics.jsonl"):
            shutil.copyfile(self.folder / file, folder / name / file)

    def save_checkpoint(self, state: Mapping[str, Any]) -> None:
        """Write the checkpoint so that a cut in the middle leaves the earlier one whole."""
        if not self.writes:
            return
        unfinished = self.checkpoint.with_suffix(".part")
        torch.save(dict(state), unfinished)
        unfinished.replace(self.checkpoint)

    def load_checkpoint(self) -> dict[str, Any]:
        """The checkpoint's state, tensors on the CPU, read without running any pickle code."""
        return torch.load(self.checkpoint, map_location="cpu", weights_only=True)

    def weights(self) -> dict[str, Any]:
        """The network's weights as the run last judged them: the averaged ones if there are any.

        Raises:
            ConfigError: the run has no checkpoint.
        """
        if not self.checkpoint.exists():
            raise ConfigError(f"there is no checkpoint in {self.folder} to start from")
        state = self.load_checkpoint()
        if "parts" in state:  # of an adversarial run
            state = {"model": state["parts"]["generator"], "ema": state["parts"].get("average")}
        if state["ema"] is None:
            return state["model"]
        averaged = state["ema"].items()
        return {k.removeprefix("module."): v for k, v in averaged if k.startswith("module.")}


def one_process_first() -> AbstractContextManager[None]:
    """Let the first process do what leaves a file, then the others, who will find it."""
    return processes.this_one().main_process_first()


def choose(option: str, value: str, allowed: Iterable[str]) -> str:
    """``value``, if it is among ``allowed``.

    Raises:
        ConfigError: it is not; the message lists what is.
    """
    names = list(allowed)
    if value not in names:
        raise ConfigError(f"--{option} {value} is unknown: choose one of {', '.join(names)}")
    return value


def check_shipping(*, ship: bool, dry_run: bool) -> None:
    """See to it that no toy takes the place of weights that visitors get.

    Raises:
        ConfigError: what a dry run leaves was to be shipped.
    """
    if ship and dry_run:
        raise ConfigError("a dry run is not for visitors: leave --ship or --dry-run out")


def hardware() -> str:
    """The machine in words, such as ``2 CPU cores (AMD EPYC)`` or the GPU's name."""
    if torch.cuda.is_available():
        return torch.cuda.get_device_name()
    return f"{os.cpu_count()} CPU cores ({_processor()})"


def _processor() -> str:
    info = Path("/proc/cpuinfo")
    if info.exists():
        for line in info.read_text().splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    return platform.processor() or platform.machine()


def command_of(context: typer.Context, module: str, *always: str) -> str:
    """The command line that trains it again: all options that are not as usual, quoted.

    Args:
        context: of the training command, with its options and what was asked for.
        module: that was run.
        always: options that are said even if they are as usual.
    """
    words = ["python", "-m", module]
    for option in context.command.params:
        value = context.params.get(option.name or "")
        usual = value == option.default and option.name not in always
        if value is not None and not usual and option.name not in OF_A_SITTING:
            words += option.opts[:1] if value is True else [option.opts[0], str(value)]
    return shlex.join(words)
