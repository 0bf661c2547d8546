"""What one looks at before training: the layers, a batch, the learning rate."""

import pytest
import torch
import torch.nn.functional as F
from PIL import Image
from torch import nn
from torch.nn.utils.parametrizations import spectral_norm, weight_norm
from torch.utils.data import DataLoader, TensorDataset

from lesson7.core.errors import ConfigError
from lesson7.core.inspection import find_lr, show_batch, suggest, summary, sweep
from lesson7.core.task import Task, freeze


def quadratic():
    """A linear fit whose loss explodes once the learning rate is large."""
    torch.manual_seed(0)
    x = torch.randn(256, 4)
    model = nn.Linear(4, 1)
    batches = DataLoader(TensorDataset(x, x.sum(1, keepdim=True)), 32, drop_last=True)
    return Task(model, batches, lambda m, b: F.mse_loss(m(b[0]), b[1]), lambda m: {})


def test_the_summary_lists_layers_shapes_and_what_learns():
    model = nn.Sequential(
        nn.Conv2d(1, 4, 3), nn.BatchNorm2d(4), nn.ReLU(), nn.Flatten(), nn.Linear(4, 2)
    )
    freeze([model[:2], model[4]], 1)
    lines = summary(model, torch.zeros(2, 1, 3, 3)).splitlines()
    assert lines[1].split() == ["0", "Conv2d", "(2,", "4,", "1,", "1)", "40", "frozen"]
    assert lines[2].split()[-2:] == ["8", "yes"]
    assert lines[5].split() == ["4", "Linear", "(2,", "2)", "10", "yes"]
    assert lines[-2:] == ["parameters: 58", "trainable: 18"]
    assert model.training, "the mode is put back"


def test_a_layer_with_a_normalised_weight_is_one_layer():
    convs = [norm(nn.Conv2d(1, 4, 3, bias=False)) for norm in (spectral_norm, weight_norm)]
    for conv, n in zip(convs, (36, 40), strict=True):  # weight norm has four lengths beside
        lines = summary(nn.Sequential(conv), torch.zeros(2, 1, 3, 3)).splitlines()
        cells = ["0", type(conv).__name__, "(2,", "4,", "1,", "1)", str(n), "yes"]
        assert lines[1].split() == cells
        assert lines[2:] == [f"parameters: {n}", f"trainable: {n}"]


def test_a_batch_becomes_a_picture(tmp_path):
    path = show_batch(torch.rand(20, 1, 28, 28), tmp_path, columns=8)
    with Image.open(path) as picture:
        assert picture.size == (8 * 30 + 2, 3 * 30 + 2)


def test_the_sweep_stops_when_the_loss_explodes_and_puts_the_weights_back():
    task = quadratic()
    before = {k: v.clone() for k, v in task.model.state_dict().items()}
    rates, losses = sweep(task, first=1e-4, last=1e5)
    assert len(rates) == len(losses) < 100, "stopped early"
    assert min(losses) < 0.8 * losses[0], "learnt on the way"
    for key, value in before.items():
        assert torch.equal(value, task.model.state_dict()[key])


def test_the_suggestion_is_where_the_loss_falls_fastest():
    assert suggest([1e-4, 1e-3, 1e-2, 1e-1, 1.0], [5.0, 4.9, 3.0, 1.0, 0.9]) == 1e-2
    with pytest.raises(ConfigError, match="exploded"):
        suggest([1e-4], [1.0])


def test_the_plot_is_written(tmp_path):
    words = find_lr(quadratic(), tmp_path)
    assert "steepest" in words
    with Image.open(tmp_path / "find_lr.png") as picture:
        assert picture.width > 400


def test_an_impossible_sweep_is_refused():
    with pytest.raises(ConfigError):
        sweep(quadratic(), first=1.0, last=0.1)
