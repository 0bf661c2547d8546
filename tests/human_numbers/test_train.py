"""The training command: it repeats the lesson's numbers, learns, stops and goes on."""

import json
from functools import partial
from pathlib import Path

import pytest
import torch

from lesson7.core.runs import Run
from lesson7.core.training import Phase, Settings, fit
from lesson7.human_numbers import data, tasks, train
from lesson7.human_numbers.counter import Counter
from lesson7.human_numbers.model import Gated
from lesson7.human_numbers.snippets import Mix, Snippets
from tests import commands


@pytest.fixture
def command(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return partial(commands.run, train.main)


@pytest.mark.slow
def test_model0_prints_the_lessons_numbers(tmp_path):
    """fastai 1.0.61 with seed 0 and batch norm's scale 1: 1.7461, 2.0854, .4295."""
    recipe = train.RECIPES["model0"]
    _, result = train.train_one(recipe, Run.open("t", tmp_path / "run"), seed=0)
    assert result.metrics["train_loss"] == pytest.approx(1.7461, abs=5e-4)
    assert result.metrics["valid_loss"] == pytest.approx(2.0854, abs=5e-4)
    assert result.metrics["accuracy"] == pytest.approx(0.4295, abs=5e-4)


@pytest.mark.parametrize("recipe", train.RECIPES)
def test_a_dry_run_leaves_the_same_files(command, tmp_path, recipe):
    done = command("--recipe", recipe, "--dry-run", "--out", "run")
    assert done.exit_code == 0, done.output
    assert {path.name for path in (tmp_path / "run").iterdir()} == {
        "checkpoint.pt", "metrics.jsonl", "options.json", "samples"}  # fmt: skip
    options = json.loads((tmp_path / "run" / "options.json").read_text())["options"]
    assert options["numbers"] == [1, 9_999 if recipe == "counter-9999" else 7_999]
    assert {"train_loss", "valid_loss", "accuracy"} <= {*Run(tmp_path / "run").rows()[0]}


def test_looking_before_training(command):
    assert "parameters: 54,950" in command("--recipe", "model5", "--summary").output
    shown = command("--recipe", "counter", "--show-batch").output
    assert shown.startswith("xxbos ")
    assert "steepest" in command("--recipe", "model5", "--find-lr", "--out", "b").output


def test_several_seeds_are_averaged_and_not_resumed(command):
    done = command("--recipe", "model0", "--dry-run", "--seeds", "2")
    assert "mean_accuracy" in done.output
    with pytest.raises(train.ConfigError, match="--seeds"):
        command("--recipe", "model0", "--seeds", "2", "--resume")


def test_a_run_resumed_only_to_ship_is_recorded_once(command, monkeypatch):
    saved = []
    monkeypatch.setattr(train.weights, "save", lambda *_, record, **__: saved.append(record))
    monkeypatch.setattr(train, "counting", lambda model: {"counted": 3.0})
    options = ("--recipe", "model0", "--epochs", "1", "--seed", "2", "--out", "run")
    command(*options)
    command(*options, "--resume", "--ship")
    ends = [row for row in Run(Path("run")).rows() if row["epoch"] == "end"]
    assert len(ends) == 1
    assert saved[0].metrics["train_loss"] == ends[0]["train_loss"]
    asked = "--recipe model0 --epochs 1 --seed 2 --seeds 1 --ship"
    assert saved[0].command == f"python -m lesson7.human_numbers.train {asked}"


@pytest.mark.parametrize("recipe", ["model0", "model5", "counter"])
def test_a_network_is_judged_on_the_device_where_it_is(recipe, monkeypatch):
    """Its forward is on another device, which knows shapes and no numbers."""
    task = train.build_task(train.RECIPES[recipe], train.RECIPES[recipe].build())
    far = task.model.to("meta")
    with pytest.raises(RuntimeError, match="meta"):  # as far as the first number that is asked for
        task.evaluate(far)


@pytest.mark.parametrize("recipe", ["model4", "counter"])
def test_a_run_that_was_cut_ends_with_the_same_weights(tmp_path, recipe):
    """The hidden state between batches and the stand-ins of every step come back too."""
    chosen = train.replace(train.RECIPES[recipe], phase=Phase(epochs=2, max_lr=1e-3))
    settings = Settings(seed=1, max_steps_per_epoch=4, ema_decay=0.9)

    def task(seed=0):
        torch.manual_seed(seed)
        model = chosen.build()
        return model, train.build_task(chosen, model)

    whole, of_whole = task()
    fit(of_whole, [chosen.phase], Run.open("t", tmp_path / "whole"), settings)
    run = Run.open("t", tmp_path / "cut")
    _, first = task()
    fit(first, [chosen.phase], run, train.replace(settings, minutes=0))
    rest, of_rest = task(seed=1)  # it starts with other weights, which must not matter
    fit(of_rest, [chosen.phase], run, settings, resume=True)
    for key, tensor in whole.state_dict().items():
        assert torch.equal(tensor, rest.state_dict()[key]), key


def test_one_batch_is_learnt_by_heart():
    """The GRU on one row of text, the counter on one batch of pieces without stand-ins."""
    torch.manual_seed(0)
    gated, rows = Gated(), next(iter(data.Rows(data.stream(train=True), 20).batches()))
    losses = descend(gated, lambda: torch.nn.functional.cross_entropy(
        *tasks.logits_and_targets(gated, rows, tasks.Memory())))  # fmt: skip
    assert losses[-1] < 0.1 < losses[0]
    counter = Counter(dropout=0.0)
    pieces = Snippets(data.TRAIN, 30, 8, Mix(0, 0, 0, 0, first=0)).__getitems__([*range(8)])
    losses = descend(counter, lambda: tasks.counter_loss(counter, pieces))
    assert losses[-1] < 0.1 < losses[0]


def descend(model, loss, steps=80):
    optimizer = torch.optim.Adam(model.parameters(), 1e-2)
    losses = []
    for _ in range(steps):
        optimizer.zero_grad()
        value = loss()
        value.backward()
        optimizer.step()
        losses.append(value.item())
    return losses


def test_a_stand_in_is_only_predicted_by_pointing():
    """Its likelihood is the share of pointing at the places where it stood, and no more."""
    torch.manual_seed(0)
    counter = Counter().eval()
    mix = Mix(thousands=1, hundreds=0, thousand=0, hundred=0)
    batch = Snippets(data.TRAIN, 30, 8, mix).__getitems__([*range(8)])
    likely = tasks.likelihood(counter, batch)
    assert likely.shape == batch.targets.shape
    assert (likely[(batch.weights == 0)] == 0).all()  # nowhere to point at yet
    assert (likely[batch.weights > 0] > 0).all()
    assert (likely <= 1).all()


def test_a_process_that_keeps_no_record_ends_without_a_word(tmp_path, monkeypatch):
    """On another machine there is nothing that it could read."""
    monkeypatch.setattr(Run, "writes", property(lambda run: False))
    done = commands.run(train.main, "--recipe", "model0", "--dry-run", "--out", tmp_path / "run")
    assert (done.exit_code, done.stdout) == (0, "")
