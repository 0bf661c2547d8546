"""The training loop: what it promises about resuming, freezing, averaging and processes."""

import json
import os
import subprocess
from dataclasses import replace
from pathlib import Path

import psutil
import pytest
import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from lesson7.core import runtime
from lesson7.core.errors import ConfigError
from lesson7.core.runs import Run
from lesson7.core.task import freeze
from lesson7.core.training import Phase, Settings, Task, fit
from tests.launching import several

SETTINGS = Settings(seed=3, ema_decay=0.9)


class Net(nn.Module):
    """Two groups of layers, a batch norm in the first, dropout between them."""

    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(nn.Linear(6, 16), nn.BatchNorm1d(16), nn.ReLU())
        self.drop = nn.Dropout(0.2)
        self.head = nn.Linear(16, 3)

    def forward(self, x):
        return self.head(self.drop(self.body(x)))


def make_task(seed=0, batch_size=8):
    """A small classification whose loss also draws random noise, as augmentation does."""
    torch.manual_seed(seed)
    x = torch.randn(40, 6)
    y = (x[:, 0] > 0).long() + (x[:, 1] > 0).long()
    net = Net()

    def loss(model, batch):
        inputs, labels = batch
        return F.cross_entropy(model(inputs + 0.01 * torch.randn_like(inputs)), labels)

    def evaluate(model):
        return {"valid_loss": F.cross_entropy(model(x), y).item()}

    batches = DataLoader(TensorDataset(x, y), batch_size, shuffle=True, drop_last=True)
    return Task(net, batches, loss, evaluate, groups=[net.body, net.head])


def weights_of(task):
    return {key: value.clone() for key, value in task.model.state_dict().items()}


PHASES = [Phase(2, 1e-2, frozen=1), Phase(2, (1e-3, 1e-2))]


def test_training_learns(tmp_path):
    task = make_task()
    before = task.evaluate(task.model.eval())["valid_loss"]
    result = fit(task, [Phase(30, 0.05)], Run.open("t", tmp_path / "r"))
    assert result.finished
    assert result.metrics["valid_loss"] < before / 2


@pytest.mark.parametrize("cut_after", [1, 3, 5, 7, 10, 13, 19])
def test_a_resumed_run_equals_an_unbroken_one(tmp_path, monkeypatch, cut_after):
    """Cut within an epoch, at its end, at the end of a phase, in the second phase."""
    whole = make_task()
    fit(whole, PHASES, Run.open("t", tmp_path / "whole"), SETTINGS)

    cut, run, steps = make_task(), Run.open("t", tmp_path / "cut"), 0
    real_loss = cut.loss

    def counting_loss(model, batch):
        nonlocal steps
        steps += 1
        if steps > cut_after:
            raise KeyboardInterrupt
        return real_loss(model, batch)

    cut.loss = counting_loss
    with pytest.raises(KeyboardInterrupt):
        fit(cut, PHASES, run, replace(SETTINGS, checkpoint_minutes=0.0))

    torch.manual_seed(999)  # nothing may depend on what was random before
    resumed = make_task(seed=0)
    for parameter in resumed.model.parameters():
        nn.init.zeros_(parameter)
    result = fit(
        resumed, PHASES, Run.open("t", tmp_path / "cut", resume=True), SETTINGS, resume=True
    )
    assert result.finished
    for key, value in weights_of(whole).items():
        assert torch.equal(value, resumed.model.state_dict()[key]), key
    theirs, ours = Run(tmp_path / "whole").rows(), run.rows()
    assert [{**row, "minutes": 0} for row in theirs] == [{**row, "minutes": 0} for row in ours]


def test_time_runs_out_with_a_checkpoint_to_go_on_from(tmp_path):
    run = Run.open("t", tmp_path / "r")
    result = fit(make_task(), PHASES, run, replace(SETTINGS, minutes=0.0))
    assert not result.finished
    assert "valid_loss" in result.metrics
    assert fit(make_task(), PHASES, run, SETTINGS, resume=True).finished


def test_epochs_differ_in_order(tmp_path):
    task, seen = make_task(), []
    real_loss = task.loss
    task.loss = lambda model, batch: seen.append(batch[0][:, 0].tolist()) or real_loss(model, batch)
    fit(task, [Phase(2, 1e-3)], Run.open("t", tmp_path / "r"))
    first, second = ([x for batch in half for x in batch] for half in (seen[:5], seen[5:]))
    assert first != second
    assert sorted(first) == sorted(second)


def test_frozen_layers_keep_their_weights_but_not_their_batch_norms(tmp_path):
    task = make_task()
    before = weights_of(task)
    fit(task, [Phase(1, 1e-2, frozen=1)], Run.open("t", tmp_path / "r"))
    after = weights_of(task)
    assert torch.equal(before["body.0.weight"], after["body.0.weight"])
    for key in ("body.1.weight", "body.1.running_mean", "head.weight"):
        assert not torch.equal(before[key], after[key]), key
    assert all(p.requires_grad for p in task.model.parameters()), "thawed afterwards"


def test_the_average_is_what_is_kept(tmp_path):
    """With decay 0 the average is the last weights; with decay near 1 it hardly moves."""
    start = weights_of(make_task())
    ends = {}
    for decay in (None, 0.0, 0.999999):
        task = make_task()
        run = Run.open("t", tmp_path / str(decay))
        fit(task, [Phase(1, 1e-2)], run, replace(SETTINGS, ema_decay=decay))
        ends[decay] = weights_of(task)["head.weight"]
    torch.testing.assert_close(ends[None], ends[0.0])
    moved = (ends[None] - start["head.weight"]).abs().max()
    assert moved > 0
    assert (ends[0.999999] - start["head.weight"]).abs().max() < 0.1 * moved


def test_another_run_can_start_from_what_was_kept(tmp_path):
    for decay in (None, 0.9):
        task, run = make_task(), Run.open("t", tmp_path / str(decay))
        fit(task, [Phase(1, 1e-2)], run, replace(SETTINGS, ema_decay=decay))
        kept = run.weights()
        assert kept.keys() == task.model.state_dict().keys()
        for key, value in weights_of(task).items():
            assert torch.equal(value, kept[key]), key
    with pytest.raises(ConfigError, match="start from"):
        Run(tmp_path / "nothing").weights()


def test_a_loss_that_is_not_finite_stops_the_run(tmp_path):
    task = make_task()
    task.loss = lambda model, batch: model(batch[0]).sum() * float("nan")
    with pytest.raises(FloatingPointError, match="lower the rate"):
        fit(task, [Phase(1, 1e-2)], Run.open("t", tmp_path / "r"))


def test_groups_must_hold_every_parameter(tmp_path):
    task = make_task()
    task.groups = [task.model.head]
    with pytest.raises(ConfigError, match="exactly once"):
        fit(task, [Phase(1, 1e-2)], Run.open("t", tmp_path / "r"))
    with pytest.raises(ConfigError, match="freeze"):
        freeze([task.model.head], 2)


@pytest.mark.parametrize("phases", [[], [Phase(0, 1e-3)]])
def test_nothing_to_train_is_refused(tmp_path, phases):
    with pytest.raises(ConfigError, match="nothing to train"):
        fit(make_task(), phases, Run.open("t", tmp_path / "r"))


SCRIPT = """
import sys, torch
import torch.nn.functional as F
from pathlib import Path
from torch import nn
from torch.utils.data import DataLoader, TensorDataset
from lesson7.core.processes import this_one
from lesson7.core.runs import Run
from lesson7.core.training import Phase, Task, fit

torch.manual_seed(0)
torch.set_num_threads(1)
x = torch.randn(64, 4); y = x @ torch.randn(4, 1)
model = nn.Sequential(nn.Linear(4, 8), nn.Tanh(), nn.Linear(8, 1))
task = Task(model, DataLoader(TensorDataset(x, y), 16, shuffle=True),
            lambda m, b: F.mse_loss(m(b[0]), b[1]),
            lambda m: {"valid_loss": F.mse_loss(m(x), y).item(),
                       "processes": this_one().num_processes})
fit(task, [Phase(4, 0.05)], Run.open("t", Path(sys.argv[1])))
"""


@pytest.mark.slow
def test_two_processes_reach_the_same_loss_as_one(tmp_path):
    """A batch split over two processes has the same gradient as the whole batch."""
    script = tmp_path / "train_small.py"
    script.write_text(SCRIPT)
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    losses = []
    for n in (1, 2):
        folder = tmp_path / f"with-{n}"
        command = [*several(n), str(script), str(folder)]
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=200, cwd=tmp_path, env=environment
        )
        assert done.returncode == 0, done.stderr[-2000:]
        rows = (folder / "metrics.jsonl").read_text().splitlines()
        assert len(rows) == 4, "only one process writes the record"
        assert [json.loads(row)["processes"] for row in rows] == [n] * 4
        losses.append([json.loads(row)["valid_loss"] for row in rows])
    assert losses[0] == pytest.approx(losses[1], rel=1e-4)
    assert losses[0][-1] < losses[0][0]


def test_the_largest_seed_trains(tmp_path):
    settings = replace(SETTINGS, seed=runtime.MAX_SEED, max_steps_per_epoch=2)
    assert fit(make_task(), PHASES, Run.open("t", tmp_path), settings).finished


STAGGERED = """
import sys, torch
from pathlib import Path
from types import SimpleNamespace
from torch import nn
from torch.utils.data import DataLoader, TensorDataset
from lesson7.core import training
from lesson7.core.processes import this_one
from lesson7.core.runs import Run

torch.set_num_threads(1)
number, steps = this_one().process_index, 0
seconds_per_step = 3 if number else 1  # as if the second had begun long before the first
training.time = SimpleNamespace(monotonic=lambda: steps * seconds_per_step)

def loss(model, batch):
    global steps
    steps += 1
    return model(batch[0]).square().mean()

batches = DataLoader(TensorDataset(torch.randn(100, 2)), 4)
task = training.Task(nn.Linear(2, 1), batches, loss, lambda m: {"valid_loss": 0.0})
run = Run.open("t", Path(sys.argv[1]))
settings = training.Settings(minutes=6.5 / 60)
result = training.fit(task, [training.Phase(1, 0.01)], run, settings)
(run.folder / f"process-{number}").write_text(f"{result.finished} {steps}")
"""


@pytest.mark.slow
def test_two_processes_stop_at_the_same_step_when_the_time_of_one_is_up(tmp_path):
    """Each by its own clock, one would wait for the other to stop, which waits for its loss."""
    script, folder = tmp_path / "train_small.py", tmp_path / "run"
    script.write_text(STAGGERED)
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    with subprocess.Popen(
        [*several(2), str(script), str(folder)], cwd=tmp_path, env=environment, text=True,
        stderr=subprocess.PIPE,
    ) as started:  # fmt: skip
        try:
            _, errors = started.communicate(timeout=150)
        except subprocess.TimeoutExpired:
            for process in psutil.Process(started.pid).children(recursive=True):
                process.kill()  # the launcher would leave them waiting
            raise
    assert started.returncode == 0, errors[-2000:]
    assert [(folder / f"process-{i}").read_text() for i in range(2)] == ["False 3"] * 2
    assert Run(folder).load_checkpoint()["position"] == [0, 3, 0]
