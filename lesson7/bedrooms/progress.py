"""Where an adversarial run is, what it writes, and when.

    Progress     counts pictures and minutes; logs, samples, snapshots, checkpoints, resumes

Both training loops say ``for step in progress.steps(): ...`` and ``progress.note(...)``;
everything that is not the training of two networks is here.

Everything random in a step follows from the seed and the step's number, so that a run that
was cut and resumed draws the same crops and latents as one that was not.
"""

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from tqdm import tqdm

from lesson7.bedrooms import data
from lesson7.core.runs import Run

MOMENTS = (0, 5_000, 10_000, 20_000, 50_000, 100_000, 200_000, 500_000, 1_000_000, 2_000_000)
"""Photographs shown to the critic, after which the generator is kept for the time machine."""

N_SAMPLES = 64


@dataclass(frozen=True)
class Pace:
    """How long to train, and how often to write.

    Args:
        images: stop after so many photographs were shown to the critic.
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
        latent: numbers it draws from.
        parts: everything with ``state_dict`` and ``load_state_dict`` that resuming needs.
        evaluate: ``evaluate(generator)`` -> metrics by name; the generator is in eval mode.
        pace: how long, how often.
        seed: of everything random.
        resume: go on from the run's checkpoint.
    """

    def __init__(
        self,
        run: Run,
        drawn: nn.Module,
        latent: int,
        parts: Mapping[str, Any],
        evaluate: Callable[[nn.Module], dict[str, float]],
        pace: Pace,
        *,
        seed: int = 0,
        resume: bool = False,
    ) -> None:
        self.run, self.drawn, self.parts, self.evaluate = run, drawn, parts, evaluate
        self.pace, self.seed = pace, seed
        self.latents = torch.randn(N_SAMPLES, latent, generator=torch.Generator().manual_seed(seed))
        self.step = self.images = 0
        self.seconds = 0.0  # of training, over all sittings
        self._noted: dict[str, list[float]] = {}
        if resume:
            saved = run.load_checkpoint()
            for name, part in parts.items():
                part.load_state_dict(saved["parts"][name])
            self.step, self.images, self.seconds = saved["place"]

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
                torch.manual_seed(self.seed * 1_000_003 + self.step)
                earlier = self.images
                yield self.step
                self.step += 1
                bar.update(self.images - earlier)
                now = time.monotonic()
                self.seconds = before + now - started
                if any(earlier < moment <= self.images for moment in MOMENTS):
                    self._snapshot()
                late = self.pace.minutes is not None and now - started >= 60 * self.pace.minutes
                over = late or self.finished
                if over or now - logged >= self.pace.log_seconds:
                    speed = (self.images - images_before) / (now - started)
                    self._log({"images_per_second": speed})
                    logged = now
                if over or now - evaluated >= 60 * self.pace.evaluate_minutes:
                    self._log(self.evaluate(self.drawn.eval()))
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
        row |= means | dict(values)
        self.run.log(row)
        tqdm.write("  ".join(f"{k} {v:.5g}" for k, v in row.items()))

    def _sheet(self) -> None:
        data.lay_out(self.draw(self.latents), self.run.samples / f"{self.images:09d}.png")

    def draw(self, latents: Tensor) -> Tensor:
        """Pictures from latents ``(N, latent)``, in eval mode, on the CPU."""
        device = next(self.drawn.parameters()).device
        self.drawn.eval()
        with torch.inference_mode():
            return torch.cat([self.drawn(z.to(device)).cpu() for z in latents.split(64)])

    def _snapshot(self) -> None:
        """The generator in half precision: what it could draw at this moment."""
        folder = self.run.folder / "snapshots"
        folder.mkdir(exist_ok=True)
        state = {
            key: tensor.half() if tensor.is_floating_point() and tensor.dim() >= 2 else tensor
            for key, tensor in self.drawn.state_dict().items()
        }
        torch.save(state, folder / f"{self.images:09d}.pt")

    def _save(self) -> None:
        self.run.save_checkpoint(
            {
                "parts": {name: part.state_dict() for name, part in self.parts.items()},
                "place": [self.step, self.images, self.seconds],
            }
        )
