"""The supervised training loop: one-cycle, freezing, EMA, resume, any number of processes.

    fit                                    train a task through its phases
    Task, Phase, Settings, Result          see ``lesson7.core.task``

Devices and several processes come from Hugging Face Accelerate: under
``accelerate launch --multi_gpu --num_processes 2``, with or without graphics cards, a batch
is split over the processes and the gradients are averaged, so the options mean the same as
for one process.

Everything random in a step (augmentation, dropout) follows from the seed and the step's
number, and the order of an epoch from the seed and the epoch's number. A run that was cut
and resumed therefore ends with the same weights, bit by bit, as one that was not.
"""

import time
from collections.abc import Iterator, Sequence
from typing import Any

import torch
from accelerate import Accelerator
from accelerate.utils import DataLoaderConfiguration
from torch import nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn
from torch.utils.data import DataLoader
from tqdm import tqdm

from lesson7.core import processes
from lesson7.core.errors import ConfigError
from lesson7.core.runs import Run
from lesson7.core.schedule import OneCycle, spread
from lesson7.core.task import Phase, Result, Settings, Task, build_optimizer, freeze

__all__ = ["Phase", "Result", "Settings", "Task", "fit"]


def fit(
    task: Task,
    phases: Sequence[Phase],
    run: Run,
    settings: Settings | None = None,
    *,
    resume: bool = False,
) -> Result:
    """Train ``task.model`` through ``phases``, in place; leave the record in ``run``.

    Each phase starts a fresh optimiser, as freezing or unfreezing does in the lesson.

    Args:
        task: what to train.
        phases: the schedule.
        run: gets a line of metrics and samples per epoch, and the checkpoint.
        settings: how to train; the defaults are the lesson's.
        resume: go on from the run's checkpoint.

    Returns:
        The last epoch's metrics. ``task.model`` then holds the averaged weights if
        ``ema_decay`` was set.

    Raises:
        ConfigError: groups that leave out parameters; phases without steps.
        FloatingPointError: the loss became infinite or NaN; the last checkpoint is intact.
    """
    return _Trainer(task, list(phases), run, settings or Settings(), resume).train()


class _Trainer:
    """The state of one ``fit``: where it is, and what the checkpoint must hold."""

    def __init__(
        self, task: Task, phases: list[Phase], run: Run, settings: Settings, resume: bool
    ) -> None:
        self.task, self.phases, self.run, self.settings = task, phases, run, settings
        self.groups = list(task.groups) or [task.model]
        counted = sum(p.numel() for g in self.groups for p in g.parameters())
        if counted != sum(p.numel() for p in task.model.parameters()):
            raise ConfigError("the groups of layers must hold each parameter exactly once")
        loader = DataLoaderConfiguration(
            split_batches=True, use_seedable_sampler=True, data_seed=settings.seed
        )
        self.accelerator = Accelerator(dataloader_config=loader, cpu=not torch.cuda.is_available())
        self.batches = self.accelerator.prepare(task.batches)
        self.steps = min(len(self.batches), settings.max_steps_per_epoch or len(self.batches))
        if not phases or self.steps == 0 or any(p.epochs < 1 for p in phases):
            raise ConfigError("there is nothing to train: no phase, no epoch or no full batch")
        self.ema: AveragedModel | None = None
        if settings.ema_decay is not None:
            average = get_ema_multi_avg_fn(settings.ema_decay)
            self.ema = AveragedModel(task.model, multi_avg_fn=average, use_buffers=True)
            self.ema.to(self.accelerator.device)
        self.phase = self.step = self.epochs_done = 0  # step: within the phase
        self.average = self.weight = self.seconds = 0.0  # the smoothed training loss
        self.saved: dict[str, Any] = run.load_checkpoint() if resume else {}
        if resume:
            self._restore()

    def train(self) -> Result:
        started = self.written = time.monotonic()
        before = self.seconds
        metrics: dict[str, float] = {}
        while self.phase < len(self.phases):
            for epoch_is_over in self._phase():
                now = time.monotonic()
                self.seconds = before + now - started
                late = self._is_late(now - started)
                if epoch_is_over:
                    metrics = self._end_epoch()
                if (
                    late
                    or epoch_is_over
                    or (now - self.written >= 60 * self.settings.checkpoint_minutes)
                ):
                    self._save()
                if late and not self._is_over():
                    metrics = metrics or self._judge()
                    return self._finish(metrics, finished=False)
            self.phase, self.step, self.saved = self.phase + 1, 0, {}
        return self._finish(metrics or self._judge(), finished=True)

    def _is_late(self, seconds: float) -> bool:
        """Whether time is up by the clock of any process; all of them stop at the same step."""
        if self.settings.minutes is None:
            return False
        late = seconds >= 60 * self.settings.minutes
        if self.accelerator.num_processes == 1:
            return late
        flag = torch.tensor(float(late), device=self.accelerator.device)
        return self.accelerator.reduce(flag, reduction="sum").item() > 0

    def _is_over(self) -> bool:
        last = self.phase == len(self.phases) - 1
        return last and self.step == self.phases[-1].epochs * self.steps

    def _phase(self) -> Iterator[bool]:
        """Run one phase; after each step yield whether it was the last of an epoch."""
        phase = self.phases[self.phase]
        freeze(self.groups, phase.frozen)
        model = self.accelerator.prepare_model(self.task.model)
        optimizer = self.accelerator.prepare_optimizer(build_optimizer(self.groups, self.settings))
        if "optimizer" in self.saved:
            optimizer.load_state_dict(self.saved["optimizer"])
        self.optimizer = optimizer
        cycle = OneCycle(phase.epochs * self.steps, phase.pct_start)
        rates = spread(phase.max_lr, len(self.groups))
        while self.step < phase.epochs * self.steps:
            done = self.step % self.steps
            epoch = processes.epoch_of(self.batches, self.epochs_done, done)
            bar = tqdm(
                total=self.steps, initial=done, desc=f"epoch {self.epochs_done + 1}", leave=False,
                disable=None if self.accelerator.is_main_process else True,
            )  # fmt: skip
            with bar:
                for batch in self._seeded(epoch):
                    for group, rate in zip(optimizer.param_groups, rates, strict=True):
                        group["lr"] = cycle.lr(self.step, rate)
                        group["betas"] = (cycle.beta1(self.step), self.settings.beta2)
                    loss = self._step(model, optimizer, batch)
                    self._smooth(loss)
                    self.step += 1
                    over = self.step % self.steps == 0
                    self.epochs_done += over
                    bar.update()
                    bar.set_postfix(loss=f"{self._train_loss():.4f}")
                    yield over
                    if over:
                        break
        self.accelerator.free_memory(model, optimizer)

    def _seeded(self, epoch: DataLoader) -> Iterator[Any]:
        """The batches, each preceded by seeding everything random in its step."""
        torch.manual_seed(self._seed(-1))  # workers take their seeds from here
        for batch in epoch:
            torch.manual_seed(self._seed(self.step) + self.accelerator.process_index)
            self.task.model.train()
            yield batch

    def _seed(self, step: int) -> int:
        place = (self.settings.seed * 101 + self.phase) * 1_000_003 + self.epochs_done
        return (place * 99_991 + (step + 1) * 64) % 2**63  # what torch takes

    def _step(self, model: nn.Module, optimizer: Any, batch: Any) -> float:
        with torch.autocast(
            self.accelerator.device.type, torch.bfloat16, enabled=self.settings.bfloat16
        ):
            loss = self.task.loss(model, batch)
        value = self.accelerator.reduce(loss.detach().float(), reduction="mean").item()
        if value != value or value in (float("inf"), float("-inf")):
            raise FloatingPointError(f"the loss is {value} at step {self.step}: lower the rate")
        self.accelerator.backward(loss)
        if self.settings.clip is not None:
            self.accelerator.clip_grad_norm_(model.parameters(), self.settings.clip)
        optimizer.step()
        optimizer.zero_grad()
        if self.ema is not None:
            self.ema.update_parameters(self.task.model)
        return value

    def _smooth(self, loss: float) -> None:
        self.average = 0.98 * self.average + 0.02 * loss
        self.weight = 0.98 * self.weight + 0.02

    def _train_loss(self) -> float:
        return self.average / self.weight

    def _judged(self) -> nn.Module:
        return self.ema.module if self.ema is not None else self.task.model

    def _judge(self) -> dict[str, float]:
        model = self._judged().eval()
        with torch.inference_mode():
            return self.task.evaluate(model)

    def _end_epoch(self) -> dict[str, float]:
        metrics = {"train_loss": self._train_loss(), **self._judge()}
        row = {"epoch": self.epochs_done, "minutes": self.seconds / 60, **metrics}
        self.run.log(row)
        if self.run.writes:
            tqdm.write("  ".join(f"{k} {v:.5g}" for k, v in row.items()))
            if self.task.samples is not None:
                with torch.inference_mode():
                    self.task.samples(self._judged(), self.run.samples, self.epochs_done)
        return metrics

    def _save(self) -> None:
        self.written = time.monotonic()
        self.run.save_checkpoint(
            {
                "model": self.task.model.state_dict(),
                "ema": self.ema.state_dict() if self.ema is not None else None,
                "optimizer": self.optimizer.state_dict(),
                "stateful": [part.state_dict() for part in self.task.stateful],
                "position": [self.phase, self.step, self.epochs_done],
                "loss": [self.average, self.weight, self.seconds],
            }
        )

    def _restore(self) -> None:
        self.task.model.load_state_dict(self.saved["model"])
        if self.ema is not None and self.saved["ema"] is not None:
            self.ema.load_state_dict(self.saved["ema"])
        for part, state in zip(self.task.stateful, self.saved["stateful"], strict=True):
            part.load_state_dict(state)
        self.phase, self.step, self.epochs_done = self.saved["position"]
        self.average, self.weight, self.seconds = self.saved["loss"]

    def _finish(self, metrics: dict[str, float], *, finished: bool) -> Result:
        if self.ema is not None:
            self.task.model.load_state_dict(self.ema.module.state_dict())
        self.task.model.eval()
        freeze(self.groups, 0)
        self.accelerator.wait_for_everyone()
        return Result(metrics, self.seconds / 60, finished)
