"""The training command: every recipe runs, leaves its record, and learns."""

import json
import os
import shutil
import subprocess
from functools import partial
from pathlib import Path

import pytest
import torch

from lesson7.core.errors import ConfigError
from lesson7.core.runs import Run
from lesson7.core.training import Phase, fit
from lesson7.mnist import train
from lesson7.mnist.data import Digits
from tests import commands
from tests.launching import several


@pytest.fixture
def command(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return partial(commands.run, train.main)


@pytest.mark.parametrize("recipe", train.RECIPES)
def test_a_dry_run_leaves_the_same_files(command, tmp_path, redrawn, recipe):
    shutil.copy(redrawn, tmp_path)
    done = command("--recipe", recipe, "--dry-run", "--out", "run")
    assert done.exit_code == 0, done.output
    assert {p.name for p in (tmp_path / "run").iterdir()} == {
        "checkpoint.pt", "metrics.jsonl", "options.json", "samples"}  # fmt: skip
    record = json.loads((tmp_path / "run" / "options.json").read_text())
    assert record["options"]["recipe"] == recipe
    rows = Run(tmp_path / "run").rows()
    assert {"epoch", "train_loss", "valid_loss", "accuracy", "minutes"} <= {*rows[0]}
    assert "test_accuracy" in rows[-1]


def test_looking_before_training(command, tmp_path):
    assert "parameters: 41,132" in command("--recipe", "resnet", "--summary").output
    command("--recipe", "cnn", "--dry-run", "--show-batch", "--out", "a")
    assert (tmp_path / "a" / "samples" / "batch.png").exists()
    assert "steepest" in command("--recipe", "cnn", "--dry-run", "--find-lr", "--out", "b").output
    assert (tmp_path / "b" / "samples" / "find_lr.png").exists()


def test_stopping_in_time_and_going_on(command):
    stopped = command("--recipe", "cnn", "--dry-run", "--minutes", "0", "--out", "run")
    assert "--resume" in stopped.output
    resumed = command("--recipe", "cnn", "--dry-run", "--out", "run", "--resume")
    assert "test accuracy" in resumed.output


def test_a_member_that_was_cut_ends_with_the_same_weights(command, monkeypatch):
    """Which version of a digit it is shown, too, follows from the step."""
    monkeypatch.setattr(train, "_drawn", drawn_at_once)
    command("--recipe", "member", "--dry-run", "--out", "whole")
    command("--recipe", "member", "--dry-run", "--out", "cut", "--minutes", "0")
    for _ in range(2):
        command("--recipe", "member", "--dry-run", "--out", "cut", "--minutes", "0", "--resume")
    whole, cut = (Run(Path(name)).load_checkpoint()["model"] for name in ("whole", "cut"))
    for key, tensor in whole.items():
        assert torch.equal(tensor, cut[key]), key


def drawn_at_once(images: torch.Tensor, share: float) -> dict:
    """Versions that differ from the images, and nothing else."""
    return {
        "strangers": [images.flip(2), images.flip(3)],
        "others": images[:10],
        "others_labels": torch.zeros(10, dtype=torch.long),
    }


def test_a_network_is_judged_on_the_device_where_it_is(digits):
    class Elsewhere(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.weight = torch.nn.Parameter(torch.zeros(1, device="meta"))

        def forward(self, images):
            assert images.device == self.weight.device
            return torch.eye(11)[: len(images)]

    images, labels = (torch.from_numpy(one[:10]) for one in digits)
    assert set(train.evaluate(Elsewhere(), images[:, None], labels.long())) == {
        "valid_loss", "accuracy", "calibration_error"}  # fmt: skip


def test_a_member_alone_is_not_shipped(command):
    with pytest.raises(ConfigError, match="gather five"):
        command("--recipe", "member", "--ship")


@pytest.mark.slow
def test_two_processes_leave_one_record(tmp_path):
    """The documented command; batch norm sees half a batch in each, so losses are only near."""
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    losses = []
    for n in (1, 2):
        train_ = ["-m", "lesson7.mnist.train", "--recipe", "cnn", "--dry-run", "--out", f"with-{n}"]
        done = subprocess.run([*several(n), *train_], cwd=tmp_path, text=True,
                              capture_output=True, timeout=200, env=environment)  # fmt: skip
        assert done.returncode == 0, done.stderr[-2000:]
        options = json.loads((tmp_path / f"with-{n}" / "options.json").read_text())
        assert options["processes"] == n
        rows = Run(tmp_path / f"with-{n}").rows()
        assert [row["epoch"] for row in rows] == [1, "test"]
        losses.append(rows[0]["train_loss"])
    assert losses[0] == pytest.approx(losses[1], rel=0.05)


@pytest.mark.parametrize(
    ("recipe", "epochs"), [("cnn", 80), ("blocks", 80), ("resnet", 80), ("member", 40)]
)
def test_one_batch_is_learnt_by_heart(tmp_path, digits, recipe, epochs):
    images, labels = (
        torch.from_numpy(digits[0][:64])[:, None],
        torch.from_numpy(digits[1][:64]).long(),
    )
    torch.manual_seed(0)
    chosen = train.RECIPES[recipe]
    judge = (images, labels)
    sets = train.Sets(Digits([images], labels), judge, judge)
    task = train.build_task(train.replace(chosen, batch_size=64, augment=lambda x: x), sets)
    result = fit(task, [Phase(epochs, 0.03)], Run.open("t", tmp_path / "r"))
    assert result.metrics["accuracy"] > 0.95
