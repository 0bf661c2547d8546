"""The feature loss, with numbers worked by hand."""

from pathlib import Path
from urllib.error import URLError

import pytest
import torch
from torch import nn

from lesson7.core.backbones import VGG19, ResNet18
from lesson7.core.errors import ConfigError, InputError, WeightsMissing
from lesson7.core.images import IMAGENET_STD
from lesson7.restoration import feature_loss, losses
from lesson7.restoration.feature_loss import FeatureLoss, Vgg16, feature_network, gram
from tests.restoration.pictures import grey


class Doubled(nn.Module):
    """Stands in for a trained network: features that can be worked out by hand."""

    def __init__(self):
        super().__init__()
        self.scale = nn.Parameter(torch.tensor(2.0))

    def forward(self, images):
        return [images, self.scale * images[:, :1]]


# ------------------------------------------------------------------------------- gram


def test_gram_by_hand():
    """F = [[1, 2], [3, -1]]: F F^T = [[5, 1], [1, 10]], over C H W = 4."""
    features = torch.tensor([[[[1.0, 2.0]], [[3.0, -1.0]]]])
    assert gram(features).tolist() == [[[1.25, 0.25], [0.25, 2.5]]]


def test_gram_is_symmetric_and_positive_semidefinite():
    matrices = gram(torch.randn(3, 7, 5, 6))
    torch.testing.assert_close(matrices, matrices.mT)
    assert torch.linalg.eigvalsh(matrices).min() > -1e-6


def test_gram_forgets_where_things_are():
    features = torch.randn(1, 4, 6, 6)
    shuffled = features.flatten(2)[..., torch.randperm(36)].view(1, 4, 6, 6)
    torch.testing.assert_close(gram(features), gram(shuffled))


def test_gram_is_exact_under_autocast():
    features = torch.randn(2, 8, 16, 16).bfloat16()
    with torch.autocast("cpu", torch.bfloat16):
        matrices = gram(features)
    rows = features.double().flatten(2)
    assert matrices.dtype == torch.float32
    torch.testing.assert_close(matrices.double(), rows @ rows.mT / 2048, rtol=1e-5, atol=1e-6)


# --------------------------------------------------------------------------- features


def test_every_part_by_hand():
    """Grey .5 for grey .25 under weights 2 and 3.

    Pixels: .25 times the mean of 1 / std. Features: 2 * .25 and 3 * (2 * .25). Gram of three
    equal channels: 3 x 3 of (.25 - .0625) / 3, weight 5000 * 4; of the doubled one: 4 * (.25 -
    .0625), weight 5000 * 9.
    """
    loss = FeatureLoss(Doubled(), (2, 3))
    parts = {k: v.item() for k, v in loss.parts(grey(0.5), grey(0.25)).items()}
    assert parts == pytest.approx(
        {
            "pixel": 0.25 * sum(1 / std for std in IMAGENET_STD) / 3,
            "feature_0": 0.5,
            "feature_1": 1.5,
            "gram_0": 5_000 * 4 * 0.1875 / 3,
            "gram_1": 5_000 * 9 * 0.75,
        },
        rel=1e-4,
    )


def test_gram_weights_can_be_chosen():
    parts = FeatureLoss(Doubled(), (2, 3), (1, 10)).parts(grey(0.5), grey(0.25))
    assert parts["gram_0"].item() == pytest.approx(0.0625)
    assert parts["gram_1"].item() == pytest.approx(7.5)


def test_eyes_compare_directions_alone():
    """Grey .5 and .25 differ in strength; red and green are 90 degrees apart: |x - y|^2 = 2."""
    loss = FeatureLoss(Doubled(), (2, 3), eyes=Doubled())
    assert loss.parts(grey(0.5), grey(0.25))["direction"].item() == pytest.approx(0, abs=1e-6)
    red, green = torch.eye(3)[:2, :, None, None].expand(2, 3, 4, 4).split(1)
    assert loss.parts(red, red)["direction"].item() == 0
    # two taps: the colours, and twice the red, which is there once and once is not (1)
    assert loss.parts(red, green)["direction"].item() == pytest.approx((2 + 1) / 2)


@pytest.fixture(scope="module", params=["vgg19", "vgg16_bn"])
def trained(request):
    torch.manual_seed(0)
    return feature_loss.feature_loss(request.param, None)


def test_equal_pictures_cost_nothing(trained):
    images = torch.rand(2, 3, 32, 32)
    parts = trained.parts(images, images.clone())
    assert list(parts) == [
        "pixel",
        *(f"{kind}_{i}" for kind in ("feature", "gram") for i in range(3)),
        *(["direction"] if trained.eyes else []),
    ]
    assert all(part.item() == 0 for part in parts.values())


def test_parts_sum_to_the_total_exactly_in_the_window_that_was_drawn(trained):
    restored, target = torch.rand(2, 3, 39, 39), torch.rand(2, 3, 39, 39)
    torch.manual_seed(5)
    drawn = trained(restored, target)
    torch.manual_seed(5)
    parts = trained.parts(*losses.same_window(restored, target))
    assert all(part.item() > 0 for part in parts.values())
    assert torch.equal(drawn, losses.total(parts))
    assert losses.total(parts).item() == pytest.approx(sum(p.item() for p in parts.values()))
    assert len({trained(restored, target).item() for _ in range(4)}) > 1  # another one each time


def test_only_vgg19_has_deeper_eyes_beside_it():
    """The lesson's network looks deep enough by itself, and its loss is the lesson's."""
    assert isinstance(feature_loss.feature_loss("vgg19", None).eyes, ResNet18)
    assert feature_loss.feature_loss("vgg16_bn", None).eyes is None


def test_only_the_restored_picture_is_pulled_at(trained):
    restored = torch.rand(1, 3, 39, 39).requires_grad_()
    target = torch.rand(1, 3, 39, 39).requires_grad_()
    trained(restored, target).backward()
    assert restored.grad.isfinite().all()
    assert restored.grad.abs().sum() > 0
    assert target.grad is None
    assert all(p.grad is None for p in trained.parameters())


def test_the_network_stays_frozen_and_in_eval_mode_whatever_is_trained(trained):
    before = {key: tensor.clone() for key, tensor in trained.state_dict().items()}
    nn.ModuleList([trained, nn.Linear(1, 1)]).train()
    trained(torch.rand(2, 3, 39, 39).requires_grad_(), torch.rand(2, 3, 39, 39)).backward()
    assert not any(module.training for module in trained.modules())
    assert all(torch.equal(before[key], tensor) for key, tensor in trained.state_dict().items())


def test_bfloat16_changes_the_loss_by_less_than_two_per_cent(trained):
    restored, target = torch.rand(2, 3, 48, 48), torch.rand(2, 3, 48, 48)
    exact = trained.parts(restored, target)
    with torch.autocast("cpu", torch.bfloat16):
        short = trained.parts(restored, target)
    for name, part in exact.items():
        assert short[name].dtype == torch.float32
        assert short[name].item() == pytest.approx(part.item(), rel=0.02), name


def test_each_network_has_weights_of_its_own():
    """Those of the lesson belong to the lesson's network: 5, 15, 2 and 5000 times the squares."""
    lesson = FeatureLoss(feature_network("vgg16_bn", None))
    assert lesson.weights == (5, 15, 2)
    assert lesson.gram_weights == (125_000, 1_125_000, 20_000)
    ours = FeatureLoss(VGG19())
    assert (ours.weights, ours.gram_weights) == ((0.5, 0.5, 0.3), (10, 60, 90))


def test_the_lessons_network_is_looked_at_where_the_lesson_does():
    network = feature_network("vgg16_bn", None)
    assert isinstance(network, Vgg16)
    assert sum(p.numel() for p in network.parameters()) == 14_723_136
    assert all(isinstance(network.features[i], nn.ReLU) for i in network.taps)
    shapes = [tuple(x.shape) for x in network.eval()(torch.rand(1, 3, 64, 48))]
    assert shapes == [(1, 256, 16, 12), (1, 512, 8, 6), (1, 512, 4, 3)]


def test_the_lessons_network_is_fetched_only_when_asked_for_by_name(tmp_path: Path, monkeypatch):
    """Asked for and not to be had, it says what to take instead."""

    def refuse(weights=None):
        raise URLError("no route")

    monkeypatch.setattr(feature_loss.models, "vgg16_bn", refuse)
    with pytest.raises(WeightsMissing, match="vgg19_normalised"):
        feature_network("vgg19", tmp_path)
    with pytest.raises(WeightsMissing, match="take vgg19"):
        feature_network("vgg16_bn", tmp_path)


def test_what_cannot_work_is_refused():
    with pytest.raises(ConfigError, match="alexnet"):
        feature_network("alexnet", None)
    with pytest.raises(ConfigError, match="one Gram weight"):
        FeatureLoss(Doubled(), (1, 2), (1, 2, 3))
    with pytest.raises(InputError, match="target"):
        FeatureLoss(Doubled(), (1, 2)).parts(grey(0.5), grey(0.5, size=5))
    with pytest.raises(InputError, match="target"):
        losses.pixel_loss(grey(0.5), grey(0.5, 0.5))
