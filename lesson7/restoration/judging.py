"""How a restoration network is judged while it trains, and what it is shown by.

    Pictures        photographs that train, and the pairs that judge, always the same
    evaluate        PSNR over bilinear enlarging, on the lesson's damage and on the family's
    samples         the same eight photographs, damaged, restored and as they were

The benchmark (``tests/benchmarks/restoration.py``) judges more photographs by more measures.
"""

from collections.abc import Sequence
from functools import cached_property
from pathlib import Path

import torch
from torch import Tensor, nn

from lesson7.core.metrics import feature_distance, psnr
from lesson7.core.vision import make_grid, save_image
from lesson7.restoration import data, pairs

N_JUDGED, N_JUDGED_FAMILY, N_WHOLE, N_SHOWN = 48, 32, 16, 8


class Pictures:
    """The photographs of a folder: those that train, and fixed pairs of those that judge.

    Args:
        photographs: all of them.
        seed: of the split.
        n_judged: photographs that judge during training; the benchmark uses more.
        n_family: the same, with the family's damage.
        eyes: what feature distances are measured through: a network that trains nothing here
            (SqueezeNet); None: they are not measured.
    """

    def __init__(
        self,
        photographs: data.Photographs,
        *,
        seed: int = 0,
        n_judged: int = N_JUDGED,
        n_family: int = N_JUDGED_FAMILY,
        eyes: nn.Module | None = None,
    ) -> None:
        self.photographs, self.eyes = photographs, eyes
        self.train, self.judge = data.split(len(photographs), seed=seed)
        self.lesson = pairs.judging_pairs(photographs, self.judge[:n_judged])
        self.family = pairs.judging_pairs(photographs, self.judge[:n_family], form=None)
        shown = self._shown(N_SHOWN)
        half = len(shown) // 2
        first = pairs.judging_pairs(photographs, shown[:half])
        second = pairs.judging_pairs(photographs, shown[half:], form=None)
        self.shown = torch.cat([first[0], second[0]]), torch.cat([first[1], second[1]])

    @cached_property
    def enlarged_psnr(self) -> Tensor:
        """PSNR of bilinear enlarging, of the lesson's pairs, ``(N,)``, dB."""
        return psnr(*self.lesson)

    @cached_property
    def enlarged_distance(self) -> float:
        """The mean feature distance that bilinear enlarging leaves, of the lesson's pairs."""
        return distance(self, self.lesson[0])

    def _shown(self, n: int) -> Sequence[int]:
        """Photographs that may be shown to anybody come first: those of Oxford-IIIT Pet."""
        files = self.photographs.files
        free = [i for i in self.judge if files and files[i].name.startswith("oxford_")]
        return (free + [i for i in self.judge if i not in free])[:n]


def evaluate(pictures: Pictures, model: nn.Module) -> dict[str, float]:
    """How much closer to the target than bilinear enlarging, in dB, and identity.

    ``psnr`` and ``gain`` are of the lesson's damage, ``family_gain`` is of the family's;
    ``identity`` is the PSNR of undamaged photographs against themselves; ``features`` is the
    feature distance to the target as a share of what enlarging alone leaves.
    """
    restored = through(model, pictures.lesson[0])
    ours = psnr(restored, pictures.lesson[1])
    family = psnr(through(model, pictures.family[0]), pictures.family[1])
    changed = (pictures.family[0] != pictures.family[1]).flatten(1).any(1)  # some stay whole
    family_gain = (family - psnr(*pictures.family))[changed].mean()
    whole = pictures.lesson[1][:N_WHOLE]
    metrics = {
        "psnr": ours.mean().item(),
        "gain": (ours - pictures.enlarged_psnr).mean().item(),
        "family_gain": family_gain.item(),
        "identity": psnr(through(model, whole), whole).mean().item(),
    }
    if pictures.eyes is not None:
        metrics["features"] = distance(pictures, restored) / pictures.enlarged_distance
    return metrics


def distance(pictures: Pictures, images: Tensor) -> float:
    """The mean feature distance of ``images`` from the targets with the lesson's damage."""
    assert pictures.eyes is not None
    both = zip(images.split(8), pictures.lesson[1].split(8), strict=True)
    parts = [feature_distance(pictures.eyes, image, target) for image, target in both]
    return torch.cat(parts).mean().item()


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
