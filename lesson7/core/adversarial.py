"""Where an adversarial run is, what it writes, and when.

    Pace         how long to train, and how often to write
    Progress     counts pictures and minutes; logs, samples, snapshots, checkpoints, resumes
    placed       a network on a device
    precision    the context in which networks run
    endless      batches, epoch after epoch, from any place on

Two networks that train each other need a loop that can be read, so each package writes its
own: ``for step in progress.steps(): ...`` and ``progress.note(...)``. Everything that is not
the training of two networks is here.

Everything random in a step follows from the seed and the step's number, so that a run that
was cut and resumed draws the same numbers as one that was not.
"""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader
from tqdm import tqdm

from lesson7.core import processes
from lesson7.core.runs import Run

Network = TypeVar("Network", bound=nn.Module)


@dataclass(frozen=True)
class Pace:
    """How long to train, and how often to write.

    Args:
        images: stop after so many photographs were shown.
        minutes: stop after this time, resumable; None: no limit.
        log_seconds: between lines of metrics.
        checkpoint_minutes: between checkpoints, each with a sheet of samples.
        evaluate_minutes: between measurements.
    """

    images: int
    minutes: float | None = None
    log_seconds: float = 60.0
    checkpoint_minutes: float = 5.0
    evaluate_minutes: float = 15.0


class Progress:
    """One run's place in its training.

    Args:
        run: where everything is written.
        drawn: the generator that samples and snapshots come from (the average, if there is
            one).
        parts: everything with ``state_dict`` and ``load_state_dict`` that resuming needs.
        evaluate: ``evaluate(generator)`` -> metrics by name.
        samples: ``samples(generator, folder, images)`` writes pictures of the same inputs each
            time. Both get ``drawn`` in eval mode, without gradients.
        pace: how long, how often.
        moments: photographs shown, after which a snapshot of ``drawn`` is kept in the run's
            ``snapshots/``; one is always kept at the start.
        counts: numbers that every line of metrics holds as they are, such as the steps of
            each network.
        seed: of everything random.
        resume: go on from the run's checkpoint.
    """

    def __init__(
        self,
        run: Run,
        drawn: nn.Module,
        parts: Mapping[str, Any],
        evaluate: Callable[[nn.Module], dict[str, float]],
        samples: Callable[[nn.Module, Path, int], None],
        pace: Pace,
        *,
        moments: Sequence[int] = (),
        counts: Callable[[], Mapping[str, float]] = dict,
        seed: int = 0,
        resume: bool = False,
    ) -> None:
        self.run, self.drawn, self.parts, self.pace = run, drawn, parts, pace
        self.evaluate, self.samples, self.counts = evaluate, samples, counts
        self.moments, self.seed = moments, seed
        self.step = self.images = 0
        self.seconds = 0.0  # of training, over all sittings
        self.metrics: dict[str, float] = {}  # as last measured
        self._noted: dict[str, list[float]] = {}
        if resume:
            saved = run.load_checkpoint()
            for name, part in parts.items():
                part.load_state_dict(saved["parts"][name])
            self.step, self.images, self.seconds = saved["place"]
            run.forget(lambda row: row["images"] > self.images)  # logged after it was saved

    @property
    def finished(self) -> bool:
        """Whether all the pictures were shown, not merely the minutes used up."""
        return self.images >= self.pace.images

    def note(self, images: int, values: Mapping[str, Tensor]) -> None:
        """Say what a step did: photographs shown, and scalars whose means are logged.

        Raises:
            FloatingPointError: a value is infinite or NaN; the last checkpoint is intact.
        """
        self.images += images
        for name, value in values.items():
            number = float(value.detach())
            if number != number or number in (float("inf"), float("-inf")):
                raise FloatingPointError(f"{name} is {number} at step {self.step}")
            self._noted.setdefault(name, []).append(number)

    def steps(self) -> Iterator[int]:
        """The numbers of the steps to do, from where the run is until its pace ends it."""
        if self.step == 0:
            self._snapshot()
            self._sheet()
        started = logged = written = evaluated = time.monotonic()
        before, images_before = self.seconds, self.images
        bar = tqdm(total=self.pace.images, initial=self.images, unit="image", disable=None)
        with bar:
            while not self.finished:
                torch.manual_seed((self.seed * 1_000_003 + self.step) % 2**63)
                earlier = self.images
                yield self.step
                self.step += 1
                bar.update(self.images - earlier)
                now = time.monotonic()
                self.seconds = before + now - started
                if any(earlier < moment <= self.images for moment in self.moments):
                    self._snapshot()
                late = self.pace.minutes is not None and now - started >= 60 * self.pace.minutes
                over = late or self.finished
                if over or now - logged >= self.pace.log_seconds:
                    speed = (self.images - images_before) / (now - started)
                    self._log({"images_per_second": speed})
                    logged = now
                if over or now - evaluated >= 60 * self.pace.evaluate_minutes:
                    self._evaluate()
                    evaluated = time.monotonic()
                if over or now - written >= 60 * self.pace.checkpoint_minutes:
                    self._sheet()
                    self._save()
                    written = now
                if late:
                    return

    def _log(self, values: Mapping[str, float]) -> None:
        means = {name: sum(noted) / len(noted) for name, noted in self._noted.items()}
        self._noted.clear()
        row = {"images": self.images, "step": self.step, "minutes": self.seconds / 60}
        row |= dict(self.counts()) | means | dict(values)
        self.run.log(row)
        tqdm.write("  ".join(f"{k} {v:.5g}" for k, v in row.items()))

    def _evaluate(self) -> None:
        self.drawn.eval()
        with torch.inference_mode():
            self.metrics = self.evaluate(self.drawn)
        self._log(self.metrics)

    def _sheet(self) -> None:
        self.drawn.eval()
        with torch.inference_mode():
            self.samples(self.drawn, self.run.samples, self.images)

    def _snapshot(self) -> None:
        """The generator in half precision: what it could draw at this moment."""
        folder = self.run.folder / "snapshots"
        folder.mkdir(exist_ok=True)
        state = {
            key: tensor.half() if tensor.is_floating_point() and tensor.dim() >= 2 else tensor
            for key, tensor in self.drawn.state_dict().items()
        }
        file = folder / f"{self.images:09d}.pt"
        if not file.exists():  # a grown run has its smaller one's last, drawn with trained layers
            torch.save(state, file)

    def _save(self) -> None:
        self.run.save_checkpoint(
            {
                "parts": {name: part.state_dict() for name, part in self.parts.items()},
                "place": [self.step, self.images, self.seconds],
            }
        )


def placed(network: Network, device: torch.device) -> Network:
    """The network on the device, its weights in the order that convolutions like best."""
    return network.to(device).to(memory_format=torch.channels_last)  # type: ignore[call-overload]


def precision(device: torch.device, *, bfloat16: bool) -> torch.autocast:
    """The context in which the networks run; their weights stay float32."""
    return torch.autocast(device.type, torch.bfloat16, enabled=bfloat16)


def endless(batches: DataLoader, step: int = 0) -> Iterator[Any]:
    """Batch ``step`` of an endless row of epochs, the next one, and so on.

    torch's shared random source is left as it was, so what a step draws does not depend on
    whether an epoch began in it. What a batch holds must follow from the epoch and the
    numbers of its items alone, as the data sets here see to, or resuming is not exact.

    Args:
        batches: as Accelerate has prepared them, with a seedable sampler; at least one.
        step: batches taken before.
    """
    epoch, done = divmod(step, len(batches))
    while True:
        with torch.random.fork_rng(devices=[]):
            row = iter(processes.epoch_of(batches, epoch, done))
        while True:
            with torch.random.fork_rng(devices=[]):
                batch = next(row, None)
            if batch is None:
                break
            yield batch
        epoch, done = epoch + 1, 0
