"""What there is to train, and with what: the recipes and their data.

RECIPES         pixel, feature, critic, gan
NETWORKS        compact (ours, shipped) and lesson (ResNet-34)
Pictures        photographs that train, and the pairs that judge
evaluate        PSNR over bilinear enlarging, on the lesson's damage and on the family's
samples         the same eight photographs, damaged, restored and as they were
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from lesson7.core.images import denormalize, normalize
from lesson7.core.metrics import psnr
from lesson7.core.training import Phase, Settings
from lesson7.core.vision import make_grid, save_image
from lesson7.restoration import data, pairs
from lesson7.restoration.compact import CompactUnet

N_JUDGED, N_JUDGED_FAMILY, N_SHOWN = 48, 32, 8


class Normalized(nn.Module):
    """A network of normalised pictures, such as the lesson's, as one of unit range."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, damaged: Tensor) -> Tensor:
        """``(N, 3, H, W)``, unit range -> the same."""
        return denormalize(self.network(normalize(damaged)))


def lesson_network() -> nn.Module:
    """The lesson's configuration: ResNet-34, blur, self-attention, weight norm, 41 million."""
    from lesson7.restoration.model import DynamicUnet

    return DynamicUnet("resnet34", blur=True, self_attention=True, norm="weight", y_range=(-3, 3))


NETWORKS: dict[str, Callable[[], nn.Module]] = {"compact": CompactUnet, "lesson": lesson_network}


OURS = Settings(weight_decay=1e-3, ema_decay=0.999, clip=1.0, bfloat16=True, checkpoint_minutes=4.0)


@dataclass(frozen=True)
class Recipe:
    """How one kind of network is trained.

    Args:
        phases: of one cycle each (pixel, feature).
        size: of a crop, pixels.
        batch_size: crops in a step.
        family: share of crops with the family's damage; the others have the lesson's.
        repeats: crops of each photograph in one epoch.
        settings: how to train.
    """

    phases: tuple[Phase, ...]
    size: int = 128
    batch_size: int = 16
    family: float = 0.4
    repeats: int = 3
    settings: Settings = OURS


RECIPES = {
    "pixel": Recipe(
        (Phase(1, 6e-4, pct_start=0.5, frozen=1), Phase(11, (2e-4, 8e-4), pct_start=0.15))
    ),
    "feature": Recipe((Phase(4, (5e-5, 2e-4), pct_start=0.1),), repeats=1),
}


def pixel_loss(restored: Tensor, target: Tensor) -> Tensor:
    """The lesson's: mean squared error of the normalised pictures, from two of unit range."""
    return F.mse_loss(normalize(restored.float()), normalize(target))


class Pictures:
    """The photographs of a folder: those that train, and fixed pairs of those that judge.

    Args:
        photographs: all of them.
        seed: of the split.
        n_judged: photographs that judge during training; the benchmark uses more.
        n_family: the same, with the family's damage.
    """

    def __init__(
        self,
        photographs: data.Photographs,
        *,
        seed: int = 0,
        n_judged: int = N_JUDGED,
        n_family: int = N_JUDGED_FAMILY,
    ) -> None:
        self.photographs = photographs
        self.train, self.judge = data.split(len(photographs), seed=seed)
        self.lesson = pairs.judging_pairs(photographs, self.judge[:n_judged])
        self.family = pairs.judging_pairs(photographs, self.judge[:n_family], form=None)
        shown = self._shown(N_SHOWN)
        half = len(shown) // 2
        first = pairs.judging_pairs(photographs, shown[:half])
        second = pairs.judging_pairs(photographs, shown[half:], form=None)
        self.shown = torch.cat([first[0], second[0]]), torch.cat([first[1], second[1]])

    def _shown(self, n: int) -> Sequence[int]:
        """Photographs that may be shown to anybody come first: those of Oxford-IIIT Pet."""
        files = self.photographs.files
        free = [i for i in self.judge if files and files[i].name.startswith("oxford_")]
        return (free + [i for i in self.judge if i not in free])[:n]


def evaluate(pictures: Pictures, model: nn.Module) -> dict[str, float]:
    """How much closer to the target than bilinear enlarging, in dB, and identity.

    ``psnr`` and ``gain`` are of the lesson's damage, ``family_gain`` is of the family's;
    ``identity`` is the PSNR of undamaged photographs against themselves.
    """
    restored = through(model, pictures.lesson[0])
    ours, bilinear = psnr(restored, pictures.lesson[1]), psnr(*pictures.lesson)
    family = psnr(through(model, pictures.family[0]), pictures.family[1])
    changed = (pictures.family[0] != pictures.family[1]).flatten(1).any(1)  # some stay whole
    family_gain = (family - psnr(*pictures.family))[changed].mean()
    whole = pictures.lesson[1][:16]
    return {
        "psnr": ours.mean().item(),
        "gain": (ours - bilinear).mean().item(),
        "family_gain": family_gain.item(),
        "identity": psnr(through(model, whole), whole).mean().item(),
    }


def through(model: nn.Module, damaged: Tensor) -> Tensor:
    """What ``model`` makes of ``(N, 3, H, W)``, eight at a time; unit range, clamped."""
    device = next(model.parameters()).device
    outputs = [model(part.to(device)).float().clamp(0, 1).cpu() for part in damaged.split(8)]
    return torch.cat(outputs)


def samples(pictures: Pictures, model: nn.Module, folder: Path, epoch: int) -> None:
    """Write a sheet: eight photographs damaged, restored, and as they were."""
    damaged, target = pictures.shown
    rows = torch.cat([damaged, through(model, damaged), target])
    save_image(make_grid(rows, nrow=len(damaged), padding=4), folder / f"{epoch:04d}.jpg")


def judged_by(pictures: Pictures) -> Callable[[nn.Module], dict[str, float]]:
    """``evaluate`` on these pictures."""
    return partial(evaluate, pictures)


def shown_by(pictures: Pictures) -> Callable[[nn.Module, Path, int], None]:
    """``samples`` of these pictures."""
    return partial(samples, pictures)
