"""The feature loss: restored pictures must look the same to a trained network, too.

    FeatureLoss               pixels, VGG's features and their correlations, and the
                              direction of deeper features                           [1, 2, 3, 4]
    gram                      how often two features occur together                  [3]
    feature_loss              it, as the recipe ``feature`` takes it
    feature_network           what FeatureLoss looks through

All pictures are ``(N, 3, H, W)`` in unit range.

References:
    [1] Johnson et al., Perceptual losses for real-time style transfer and
        super-resolution, 2016. https://arxiv.org/abs/1603.08155
    [2] Simonyan and Zisserman, Very deep convolutional networks, 2014.
        https://arxiv.org/abs/1409.1556
    [3] Gatys et al., A neural algorithm of artistic style, 2015.
        https://arxiv.org/abs/1508.06576
    [4] Zhang et al., The unreasonable effectiveness of deep features as a perceptual metric,
        2018. https://arxiv.org/abs/1801.03924
"""

from collections.abc import Sequence
from pathlib import Path

import torch
from torch import Tensor, nn

from lesson7.core import backbones
from lesson7.core.errors import ConfigError, WeightsMissing
from lesson7.core.images import normalize
from lesson7.core.metrics import distance_between
from lesson7.core.vision import models
from lesson7.restoration.losses import check_pair, same_window, total


def gram(features: Tensor) -> Tensor:
    """How strongly each pair of features occurs together, wherever it does [3].

        G = F F^T / (C H W),    F the features as C rows of H W numbers

    Args:
        features: ``(N, C, H, W)``; computed in float32, whatever they come in.

    Returns:
        ``(N, C, C)``, symmetric and positive semidefinite.

    >>> gram(torch.tensor([[[[1.0, 2.0]], [[0.0, 4.0]]]]))  # F = [[1, 2], [0, 4]], C H W = 4
    tensor([[[1.2500, 2.0000],
             [2.0000, 4.0000]]])
    """
    rows = features.float().flatten(2)  # (N, C, H * W)
    with torch.autocast(features.device.type, enabled=False):
        return rows @ rows.mT / (rows.shape[1] * rows.shape[2])


class Vgg16(nn.Module):
    """VGG-16 with batch norm up to the last pool: the lesson's choice; 14,723,136 parameters.

    Looked at where the lesson does: after the ReLUs before pools 3, 4 and 5, that is 256
    channels at 1/4, 512 at 1/8, 512 at 1/16.

    Args:
        features: ``features`` of torchvision's ``vgg16_bn``.
    """

    taps = (22, 32, 42)
    channels = (256, 512, 512)

    def __init__(self, features: nn.Sequential) -> None:
        super().__init__()
        self.features = nn.ModuleList(list(features.children())[: self.taps[-1] + 1])

    def forward(self, images: Tensor) -> list[Tensor]:
        """``(N, 3, H, W)``, unit range, 16 pixels and more -> three features, largest first."""
        x, held = normalize(images), []
        for index, layer in enumerate(self.features):
            x = layer(x)
            if index in self.taps:
                held.append(x)
        return held


def feature_network(name: str, folder: Path | None) -> nn.Module:
    """What ``FeatureLoss`` looks through: ``vgg19`` (1/1, 1/2, 1/4) or the lesson's ``vgg16_bn``.

    Args:
        name: ``vgg19`` is read from ``folder``; ``vgg16_bn`` is downloaded by torchvision
            (553 MB), when it is asked for and at no other time.
        folder: of the pretrained networks; None: random weights (dry runs, tests).

    Raises:
        ConfigError: there is no such network.
        WeightsMissing, WeightsDamaged: its weights are not in ``folder``, cannot be
            downloaded, or do not fit.
    """
    if name == "vgg19":
        return backbones.load(name, folder, takes="unit")
    if name != "vgg16_bn":
        raise ConfigError(f"network {name} is no feature loss: choose vgg19 or vgg16_bn")
    weights = None if folder is None else models.VGG16_BN_Weights.IMAGENET1K_V1
    try:
        return Vgg16(models.vgg16_bn(weights=weights).features)
    except OSError as error:  # of which the errors of the connection are a kind
        raise WeightsMissing(f"vgg16_bn cannot be downloaded ({error}): take vgg19") from error


LESSON_WEIGHTS = (5.0, 15.0, 2.0)
VGG19_WEIGHTS, VGG19_GRAM_WEIGHTS = (0.5, 0.5, 0.3), (10.0, 60.0, 90.0)
"""The first three make the features' parts about as large beside the pixels' as in the lesson:
there .136, .216 .277 .190 at the end of its first run; here .152, .230 .336 .213, for photographs
of the ``plain`` form enlarged bilinearly. The Gram matrices' would be as large as in the lesson
with 50, 300 and 450. These layers lie less deep than the lesson's, see strokes and not fur, and
with as much of them a network paints in swirls: they get a fifth."""


class FeatureLoss(nn.Module):
    """Restored pictures must look the same to a network trained on ImageNet, too [1].

        L1(pixels) + sum_i w_i L1(features_i) + sum_i v_i L1(gram(features_i))
            + feature distance, if there are ``eyes``

    Features say what is where, Gram matrices which textures there are, wherever they are:
    the first forgive no wrong edge, the second no missing fur. Each L1 is a mean over all
    elements, that of the pixels of normalised pictures, as in the lesson.

    VGG-19's layers end at a quarter of the size, above fur and eyes; ``eyes`` that look deeper
    compare the direction of their features alone, not their strength [4], with a weight of 1.
    They are no part of the lesson's loss.

    The network is frozen, stays in eval mode, and gets no gradient for the target. Under
    bfloat16 autocast it computes in bfloat16, which halves the time; sums and Gram matrices
    are float32. Restored and target go through it one after the other: in one batch they take
    half as long again, because the target's half would be differentiated as well.

    Args:
        network: unit pictures -> a list of features; it is frozen here.
        weights: of the features' parts, one for each that the network returns; None: 5, 15
            and 2, the lesson's, or ``VGG19_WEIGHTS`` if the network is VGG-19.
        gram_weights: of the Gram parts; None: 5,000 times the squares of ``weights``, as in
            the lesson, or with VGG-19's own weights its ``VGG19_GRAM_WEIGHTS``.
        eyes: unit pictures -> a list of features; frozen here, too.

    Raises:
        ConfigError: there are more of one kind of weights than of the other.
    """

    def __init__(
        self,
        network: nn.Module,
        weights: Sequence[float] | None = None,
        gram_weights: Sequence[float] | None = None,
        *,
        eyes: nn.Module | None = None,
    ) -> None:
        super().__init__()
        self.network = _frozen(network)
        self.eyes = None if eyes is None else _frozen(eyes)
        if weights is None and isinstance(network, backbones.VGG19):
            weights, gram_weights = VGG19_WEIGHTS, gram_weights or VGG19_GRAM_WEIGHTS
        self.weights = tuple(weights or LESSON_WEIGHTS)
        self.gram_weights = tuple(gram_weights or (5_000 * w**2 for w in self.weights))
        if len(self.weights) != len(self.gram_weights):
            raise ConfigError(f"{weights} and {gram_weights}: one Gram weight for each weight")

    def train(self, mode: bool = True) -> "FeatureLoss":
        """Stay in eval mode, whatever the model that is trained does."""
        return super().train(False)

    def parts(self, restored: Tensor, target: Tensor) -> dict[str, Tensor]:
        """The parts by name, weighted: ``pixel``, ``feature_0`` ..., ``gram_0`` ..., ``direction``.

        Args:
            restored: ``(N, 3, H, W)``, unit range, need not be clamped.
            target: the same shape; no gradient flows into it.

        Returns:
            Float32 scalars; all 0 for equal pictures.

        Raises:
            InputError: the shapes differ.
        """
        check_pair(restored, target)
        with torch.no_grad():
            wanted = self.network(target)
        seen = self.network(restored)
        parts = {"pixel": _l1(normalize(restored.float()), normalize(target.detach().float()))}
        for i, (w, a, b) in enumerate(zip(self.weights, seen, wanted, strict=True)):
            parts[f"feature_{i}"] = w * _l1(a, b)
        for i, (v, a, b) in enumerate(zip(self.gram_weights, seen, wanted, strict=True)):
            parts[f"gram_{i}"] = v * _l1(gram(a), gram(b))
        if self.eyes is not None:
            with torch.no_grad():
                wanted = self.eyes(target)
            parts["direction"] = distance_between(self.eyes(restored), wanted).mean()
        return parts

    def forward(self, restored: Tensor, target: Tensor) -> Tensor:
        """The sum of the parts, a scalar, of a window that is another one each time.

        See ``parts``, which judges the whole, and ``losses.same_window``.
        """
        return total(self.parts(*same_window(restored, target)))


def feature_loss(name: str, folder: Path | None) -> FeatureLoss:
    """The lesson's, through ``vgg16_bn``; or through ``vgg19``, and deeper through ResNet-18.

    Args and errors: see ``feature_network``.
    """
    eyes = backbones.load("resnet18", folder, takes="unit") if name == "vgg19" else None
    return FeatureLoss(feature_network(name, folder), eyes=eyes)


def _frozen(network: nn.Module) -> nn.Module:
    network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    return network.eval().requires_grad_(False)


def _l1(a: Tensor, b: Tensor) -> Tensor:
    """Mean absolute difference, summed in float32 whatever the two come in."""
    return (a - b).abs().sum(dtype=torch.float32) / a.numel()
