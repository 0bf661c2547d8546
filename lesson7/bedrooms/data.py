"""Photographs of bedrooms, and what the networks are fed from them.

    load            every photograph of a folder, decoded once, as one uint8 tensor
    named           which of them a list names
    split           which of them train, and the 400 that judge
    made_up         pictures of nothing, for dry runs
    Photographs     batches: random crops, mirrored or not, signed range
    lay_out         pictures -> one sheet, as a file

The photographs are kept 1/8 larger than what is trained on, so that each crop is another
one. (The lesson meant to crop at random, too, but its code cropped the centre.)
"""

from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from lesson7.core.errors import ConfigError, DataError
from lesson7.core.intake import open_own
from lesson7.core.vision import make_grid, save_image

HELD_BACK = 400
SUFFIXES = {".jpg", ".jpeg", ".png", ".webp"}
NOT_ROOMS = Path(__file__).with_name("not_rooms.txt")
"""Of our photographs those that show a person, an animal or a thing rather than a room."""


def margin(size: int) -> int:
    """Pixels by which a kept photograph is wider and higher than a crop: 8 for 64."""
    return size // 8


def load(folder: Path, size: int, *, limit: int | None = None) -> Tensor:
    """The central square of every photograph in ``folder``, in the order of their names.

    Args:
        folder: searched with its subfolders.
        size: of the crops to come, pixels; the squares are ``margin(size)`` larger.
        limit: at most so many photographs.

    Returns:
        uint8 ``(N, 3, size + margin, size + margin)``; 5,227 photographs at 64 take 81 MB.

    Raises:
        DataError: there is no photograph, or one cannot be read.
    """
    files = _files(folder)[:limit]
    side = size + margin(size)
    squares = np.empty((len(files), side, side, 3), dtype=np.uint8)
    for square, file in zip(squares, files, strict=True):
        square[:] = np.asarray(_central_square(open_own(file), side))
    return torch.from_numpy(squares).permute(0, 3, 1, 2).contiguous()


def _files(folder: Path) -> list[Path]:
    every = (path for path in folder.rglob("*") if path.suffix.lower() in SUFFIXES)
    files = sorted(path for path in every if not path.name.startswith("."))
    if not files:
        raise DataError(f"there are no photographs in {folder}: give their folder with --data")
    return files


def named(folder: Path, file: Path) -> Tensor:
    """Which photographs of ``folder`` a list names: bool ``(N,)``, in the order of ``load``.

    Args:
        folder: as for ``load``.
        file: text, the name of a photograph in each line, without its folder.

    Raises:
        DataError: the list cannot be read, or names what is not there.
    """
    try:
        lines = (line.strip() for line in file.read_text("utf-8").splitlines())
        names = {line for line in lines if line}
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"{file} cannot be read as a list of photographs: {error}") from error
    there = [photograph.name for photograph in _files(folder)]
    missing = sorted(names - set(there))
    if missing:
        raise DataError(f"{file} names {missing[0]}, which is not in {folder}")
    return torch.tensor([name in names for name in there])


def _central_square(photograph: Image.Image, side: int) -> Image.Image:
    width, height = photograph.size
    edge = min(width, height)
    left, top = (width - edge) // 2, (height - edge) // 2
    box = (left, top, left + edge, top + edge)
    return photograph.resize((side, side), Image.Resampling.LANCZOS, box=box)


def split(n: int, *, held_back: int = HELD_BACK, seed: int = 0) -> tuple[Tensor, Tensor]:
    """Indices that train and indices that never do, from ``n`` photographs.

    Raises:
        ConfigError: nothing would be left to train on.
    """
    if not 0 < held_back < n:
        raise ConfigError(f"{held_back} of {n} photographs cannot be held back")
    order = torch.randperm(n, generator=torch.Generator().manual_seed(seed))
    return order[held_back:].sort().values, order[:held_back].sort().values


def made_up(n: int, size: int) -> Tensor:
    """Rooms of three plain colours: wall, floor and bed. The same shape as ``load`` gives."""
    rng = torch.Generator().manual_seed(0)
    side = size + margin(size)
    colours = torch.randint(0, 256, (3, n, 3, 1, 1), generator=rng, dtype=torch.uint8)
    rooms = colours[0].expand(n, 3, side, side).clone()
    rooms[:, :, side * 2 // 3 :] = colours[1]
    rooms[:, :, side // 2 : side * 5 // 6, side // 4 : side * 3 // 4] = colours[2]
    return rooms


class Photographs:
    """Crops of photographs, drawn with replacement.

    Args:
        squares: uint8 ``(N, 3, side, side)``.
        size: of a crop, pixels, at most ``side``.
        drawn: indices of those that batches are drawn from, at least one; None: all.
    """

    def __init__(self, squares: Tensor, size: int, drawn: Tensor | None = None) -> None:
        self.squares, self.size = squares, size
        self.drawn = torch.arange(len(squares)) if drawn is None else drawn

    def __len__(self) -> int:
        return len(self.squares)

    def batch(self, n: int) -> Tensor:
        """``(n, 3, size, size)``, signed; which photographs and crops, torch's seed says."""
        return self.crop(self.drawn[torch.randint(len(self.drawn), (n,))])

    def crop(self, indices: Tensor) -> Tensor:
        """One crop of each photograph named, mirrored or not: ``(len, 3, size, size)``, signed."""
        places = self.squares.shape[-1] - self.size + 1
        at = torch.randint(places, (len(indices), 2)).tolist()
        crops = torch.stack(
            [
                self.squares[index, :, top : top + self.size, left : left + self.size]
                for index, (top, left) in zip(indices.tolist(), at, strict=True)
            ]
        )
        mirrored = torch.rand(len(indices), 1, 1, 1) < 0.5
        return torch.where(mirrored, crops.flip(3), crops).float() / 127.5 - 1

    def sample(self, n: int, seed: int) -> Tensor:
        """``n`` crops, each photograph at most once while there are enough, always the same."""
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            rounds = -(-n // len(self))
            order = torch.cat([torch.randperm(len(self)) for _ in range(rounds)])
            return self.crop(order[:n])


def lay_out(images: Tensor, file: Path, columns: int = 8) -> None:
    """Write signed pictures ``(N, 3, H, W)`` as one sheet."""
    save_image(make_grid((images.float().clamp(-1, 1) + 1) / 2, nrow=columns), file)
