"""How ``colour`` is judged while it trains, and what it is shown by.

    GreyPictures    photographs that train, and pairs of grey and target that judge
    evaluate        closeness of the colours, how colourful, and what a network sees
    samples         the same eight photographs, grey, coloured and as they were

Judged is what a visitor gets: colours found small, enlarged, over the picture's own luminance.
The benchmark (``tests/benchmarks/colour.py``) adds intervals.
"""

from functools import cached_property
from itertools import islice
from pathlib import Path

import torch
from torch import Tensor, nn

from lesson7.core.errors import DataError
from lesson7.core.images import from_unit, to_unit
from lesson7.core.metrics import feature_distance
from lesson7.core.vision import make_grid, save_image
from lesson7.restoration import data
from lesson7.restoration.chroma import ab_psnr, chroma, colourfulness
from lesson7.restoration.colouring import coloured
from lesson7.restoration.grey_pairs import grey_pair, is_pale

N_JUDGED, N_SHOWN = 48, 8


class GreyPictures:
    """The photographs of a folder: those that train, and the middles of those that judge.

    What judges has colours itself.

    Args:
        photographs: all of them.
        n_judged: photographs that judge.
        eyes: what feature distances are measured through: a network that trains nothing here
            (SqueezeNet).
        seed: of the split, which is that of the other recipes.

    Raises:
        DataError: none of those that judge has colours.
    """

    def __init__(
        self,
        photographs: data.Photographs,
        *,
        eyes: nn.Module,
        n_judged: int = N_JUDGED,
        seed: int = 0,
    ) -> None:
        self.photographs, self.eyes = photographs, eyes
        self.train, self.judge = data.split(len(photographs), seed=seed)
        vivid = (index for index in self.judge if not is_pale(photographs[index]))
        judged = list(islice(vivid, n_judged))
        if not judged:
            raise DataError("none of the photographs that judge has colours: give others")
        self.grey, self.target = self._pairs(judged)
        files = photographs.files
        free = (i for i in self.judge if files and files[i].name.startswith("oxford_"))
        shown = list(islice((i for i in free if not is_pale(photographs[i])), N_SHOWN))
        self.shown = self._pairs(shown or judged[:N_SHOWN])

    @cached_property
    def grey_distance(self) -> float:
        """The mean feature distance that losing the colours leaves."""
        return self.distance(self.grey)

    @cached_property
    def grey_psnr(self) -> Tensor:
        """``ab_psnr`` of the grey pictures, ``(N,)``, dB."""
        return ab_psnr(self.grey, self.target)

    def distance(self, images: Tensor) -> float:
        """The mean feature distance of ``images`` from the targets."""
        both = zip(images.split(8), self.target.split(8), strict=True)
        return torch.cat([feature_distance(self.eyes, *pair) for pair in both]).mean().item()

    def _pairs(self, indices: list[int]) -> tuple[Tensor, Tensor]:
        pairs = [grey_pair(self.photographs, index) for index in indices]
        return torch.stack([grey for grey, _ in pairs]), torch.stack([t for _, t in pairs])


def evaluate(pictures: GreyPictures, model: nn.Module) -> dict[str, float]:
    """How good the colours are; each picture keeps its luminance.

    ``ab_psnr`` is in dB and ``gain`` what it is above grey; ``colourfulness`` is a share of
    the targets', ``features`` the feature distance as a share of what grey leaves.
    """
    painted = through(model, pictures.grey)
    closeness = ab_psnr(painted, pictures.target)
    return {
        "ab_psnr": closeness.mean().item(),
        "gain": (closeness - pictures.grey_psnr).mean().item(),
        "colourfulness": (
            colourfulness(painted).mean() / colourfulness(pictures.target).mean()
        ).item(),
        "features": pictures.distance(painted) / pictures.grey_distance,
    }


def through(model: nn.Module, grey: Tensor) -> Tensor:
    """What ``model`` colours ``(N, 3, H, W)`` with, one after the other; unit range."""
    device = next(model.parameters()).device

    def colours(small: Tensor) -> Tensor:
        small = small.to(device, memory_format=torch.channels_last)
        return chroma(model(small).float()).cpu()

    return torch.stack([to_unit(coloured(colours, from_unit(one))) for one in grey])


def samples(pictures: GreyPictures, model: nn.Module, folder: Path, epoch: int) -> None:
    """Write a sheet: eight photographs grey, coloured, and as they were."""
    grey, target = pictures.shown
    rows = torch.cat([grey, through(model, grey), target])
    save_image(make_grid(rows, nrow=len(grey), padding=4), folder / f"{epoch:04d}.jpg")
