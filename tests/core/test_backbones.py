"""The three pretrained networks: shapes, ranges, and their files. Weights here are random."""

from pathlib import Path
from typing import get_args

import pytest
import torch
import torch.nn.functional as F
from safetensors.torch import save_file

from lesson7.core import backbones
from lesson7.core.backbones import NETWORKS, VGG19, ResNet18
from lesson7.core.errors import ConfigError, WeightsDamaged, WeightsMissing
from lesson7.core.images import Range, normalize
from lesson7.core.vision import models

VGG19_FILE = {
    f"{layer}.{kind}": (*shape, *window) if kind == "weight" else shape[:1]
    for layer, shape, window in (
        ("pre", (3, 3), (1, 1)),
        ("conv1_1", (64, 3), (3, 3)),
        ("conv1_2", (64, 64), (3, 3)),
        ("conv2_1", (128, 64), (3, 3)),
        ("conv2_2", (128, 128), (3, 3)),
        ("conv3_1", (256, 128), (3, 3)),
    )
    for kind in ("weight", "bias")
}


@pytest.fixture(scope="module", params=NETWORKS)
def name(request):
    torch.manual_seed(0)
    return request.param


@pytest.mark.parametrize(("height", "width"), [(16, 16), (64, 96), (45, 33)])
def test_features_have_the_channels_that_are_said(name, height, width):
    network = backbones.load(name, None, takes="unit")
    if name == "squeezenet":
        height, width = max(height, 32), max(width, 32)
    seen = network(torch.rand(2, 3, height, width))
    assert tuple(x.shape[1] for x in seen) == network.channels
    assert all((x >= 0).all() for x in seen)


def test_a_loaded_network_is_frozen_and_in_eval_mode(name):
    network = backbones.load(name, None, takes="unit")
    assert not network.training
    assert not any(parameter.requires_grad for parameter in network.parameters())


def test_one_picture_in_three_ranges_is_one_picture(name):
    """The same weights see the same, in whatever range they are given it."""
    network, unit = backbones.load(name, None, takes="unit"), torch.rand(1, 3, 32, 32)
    pictures = {"unit": unit, "signed": unit * 2 - 1, "normalized": normalize(unit)}
    assert set(pictures) == set(get_args(Range))
    seen = {}
    for takes, picture in pictures.items():
        network.takes = takes
        seen[takes] = network(picture)
    for other in ("signed", "normalized"):
        for a, b in zip(seen["unit"], seen[other], strict=True):
            torch.testing.assert_close(a, b, rtol=1e-4, atol=1e-3 * a.abs().max().item())


def test_parameters_are_counted():
    counts = {name: sum(p.numel() for p in kind().parameters()) for name, kind in NETWORKS.items()}
    assert counts == {"resnet18": 2_780_544, "squeezenet": 722_496, "vgg19": 555_340}


def test_the_encoders_stages_are_skips_and_bottom():
    """Four stages at 1/2 to 1/16, rounded up; the last three are what ``forward`` gives."""
    network, images = ResNet18(), torch.rand(2, 3, 50, 67)
    stages = network.stages(normalize(images))
    assert [tuple(x.shape[1:]) for x in stages] == [
        (64, 25, 34), (64, 13, 17), (128, 7, 9), (256, 4, 5)
    ]  # fmt: skip
    torch.testing.assert_close(stages[0], torch.relu(network.conv1(normalize(images))))
    for stage, feature in zip(stages[1:], network(images), strict=True):
        torch.testing.assert_close(stage, feature)


def test_an_encoder_learns_through_every_stage():
    network = ResNet18()
    sum(stage.mean() for stage in network.stages(torch.rand(1, 3, 32, 32))).backward()
    assert all(p.grad is not None and p.grad.abs().sum() > 0 for p in network.parameters())


def test_resnet18_is_torchvisions_with_batch_norm_folded():
    """Fold torchvision's own network by hand: w * g / s, b - m * g / s; the features agree."""
    oracle = models.resnet18(weights=None).eval()
    with torch.no_grad():
        for module in oracle.modules():
            if isinstance(module, torch.nn.BatchNorm2d):
                module.running_mean.uniform_(-0.5, 0.5)
                module.running_var.uniform_(0.5, 2)
                module.weight.uniform_(0.5, 1.5)
                module.bias.uniform_(-0.5, 0.5)
    convs = {
        key.removesuffix(".weight"): tensor
        for key, tensor in oracle.state_dict().items()
        if tensor.ndim == 4 and "layer4" not in key
    }
    state = {}
    for key, weight in convs.items():
        norm = key[:-1] + "1" if "downsample" in key else key.replace("conv", "bn")
        bn = oracle.get_submodule(norm)
        scale = bn.weight / (bn.running_var + bn.eps).sqrt()
        state[f"{key}.weight"] = weight * scale.view(-1, 1, 1, 1)
        state[f"{key}.bias"] = bn.bias - bn.running_mean * scale
    network = ResNet18().eval()
    network.load_state_dict(state)
    unit = torch.rand(1, 3, 64, 64)
    with torch.no_grad():
        x = oracle.maxpool(oracle.relu(oracle.bn1(oracle.conv1(normalize(unit)))))
        one = oracle.layer1(x)
        two = oracle.layer2(one)
        wanted = [one, two, oracle.layer3(two)]
        for a, b in zip(network(unit), wanted, strict=True):
            torch.testing.assert_close(a, b, rtol=1e-3, atol=1e-3)


def test_squeezenets_channels_are_blue_green_red_less_their_mean():
    """Caffe's preprocessing: a picture of exactly the mean becomes zeros."""
    network = backbones.load("squeezenet", None, takes="unit")
    given = []
    network.features[0].register_forward_pre_hook(lambda _, inputs: given.append(inputs[0]))
    mean = torch.tensor([123.0, 117.0, 104.0]).view(1, 3, 1, 1).expand(1, 3, 64, 64)
    network(mean / 255)
    torch.testing.assert_close(given[0], torch.zeros(1, 3, 64, 64), rtol=0, atol=1e-4)
    reddish = torch.tensor([255.0, 123.0, 123.0]).view(1, 3, 1, 1).expand(1, 3, 64, 64)
    network(reddish / 255)
    assert given[1][0, :, 0, 0].tolist() == pytest.approx([19.0, 6.0, 132.0], abs=1e-3)


def test_vgg19_reflects_edges_so_that_a_plain_picture_has_none():
    seen = VGG19()(torch.full((1, 3, 32, 32), 0.4))
    for x in seen:
        torch.testing.assert_close(x, x[..., :1, :1].expand_as(x), rtol=1e-4, atol=1e-5)


def test_vgg19s_first_features_are_two_convolutions():
    network, unit = VGG19(), torch.rand(1, 3, 16, 16)
    x = F.pad(F.conv2d(unit, network.pre.weight, network.pre.bias), (1, 1, 1, 1), mode="reflect")
    x = F.pad(network.conv1_1(x).relu(), (1, 1, 1, 1), mode="reflect")
    torch.testing.assert_close(network(unit)[0], network.conv1_2(x).relu())


def test_vgg19_reads_the_layer_names_of_its_file(tmp_path: Path):
    tensors = {key: torch.randn(shape) for key, shape in VGG19_FILE.items()}
    save_file(tensors, tmp_path / VGG19.file, metadata={"preprocessing": "any"})
    state = backbones.load("vgg19", tmp_path, takes="unit").state_dict()
    assert state.keys() == tensors.keys()
    assert all(torch.equal(state[key], tensor) for key, tensor in tensors.items())


def test_weights_are_read_from_a_file(name, tmp_path: Path):
    """Tensors that the cut network has no place for are left in the file."""
    network = NETWORKS[name]()
    save_file(network.state_dict() | {"rest": torch.zeros(1)}, tmp_path / network.file)
    again = backbones.load(name, tmp_path, takes="unit")
    for key, tensor in network.state_dict().items():
        assert torch.equal(tensor, again.state_dict()[key])


def test_a_filled_network_goes_on_learning(tmp_path: Path):
    save_file(ResNet18().state_dict(), tmp_path / ResNet18.file)
    network = backbones.fill(ResNet18(), tmp_path)
    assert network.training
    assert all(parameter.requires_grad for parameter in network.parameters())


def test_missing_damaged_and_unknown_weights_are_named(tmp_path: Path):
    with pytest.raises(WeightsMissing, match="squeezenet1_1"):
        backbones.load("squeezenet", tmp_path, takes="signed")
    save_file({"other": torch.zeros(1)}, tmp_path / ResNet18.file)
    with pytest.raises(WeightsDamaged, match="does not fit"):
        backbones.load("resnet18", tmp_path, takes="signed")
    with pytest.raises(ConfigError, match="inception"):
        backbones.load("inception", None, takes="signed")
    with pytest.raises(ConfigError, match="loud"):
        backbones.load("vgg19", None, takes="loud")(torch.zeros(1, 3, 16, 16))
