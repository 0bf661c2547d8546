"""Photographs of cats and dogs, and damaged copies of them.

    find            the photographs of a folder; Oxford-IIIT Pet is downloaded if it is empty
    split           which of them train, and the tenth that judges
    degrade         the lesson's damage (there: crappify), exactly, in its three forms
    enlarged        a damaged picture at its target's size, as every network is given it
    Photographs     decoded once, kept in memory

What a network never saw damaged it cannot mend: the lesson's damage alone teaches it to
enlarge, to undo JPEG and to remove one white number. ``degradations`` has the rest, and
``pairs.py`` makes of both what a network is fed.
"""

import io
import random
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from lesson7.core.errors import ConfigError, DataError
from lesson7.core.intake import open_own
from lesson7.core.vision import datasets

SUFFIXES = {".jpg", ".jpeg", ".png", ".webp"}
SIZE = 256  # pixels: the shorter side of a photograph, and the side of what is judged


@dataclass(frozen=True)
class Form:
    """One form of the lesson's damage: shorter side in pixels, and JPEG quality, 1 to 95.

    ``quality`` None: drawn from 10 to 70 for each photograph, and written onto it.
    """

    shorter_side: int
    quality: int | None = None


FORMS = {
    "number": Form(96),  # what the lesson restores with pixel loss and the GAN
    "plain": Form(96, 60),  # ... and with feature loss
    "medium": Form(256, 60),  # ... and what it shows feature loss on, at medium resolution
}


def find(folder: Path) -> list[Path]:
    """All photographs in ``folder`` and its subfolders, by name; downloaded if there are none.

    What is downloaded is there once it is whole.

    Raises:
        DataError: there are none, and Oxford-IIIT Pet cannot be downloaded.
    """
    files = _photographs(folder)
    if not files:
        _download(folder)
        files = _photographs(folder)
    return sorted(files, key=lambda path: (path.name, path))


def _download(folder: Path) -> None:
    unfinished = folder / ".unfinished"
    shutil.rmtree(unfinished, ignore_errors=True)
    try:
        for part in ("trainval", "test"):
            datasets.OxfordIIITPet(str(unfinished), split=part, download=True)
        for whole in unfinished.iterdir():
            whole.rename(folder / whole.name)
    except (OSError, RuntimeError) as error:
        raise DataError(
            f"there are no photographs in {folder}, and Oxford-IIIT Pet could not be "
            "downloaded: give a folder of photographs with --data"
        ) from error
    unfinished.rmdir()


def _photographs(folder: Path) -> list[Path]:
    """What is neither hidden nor, as Oxford-IIIT Pet has them, a mask of what is in one."""
    found = []
    for path in folder.rglob("*"):
        parts = path.relative_to(folder).parts
        hidden = any(part.startswith(".") for part in parts)
        if path.suffix.lower() in SUFFIXES and not hidden and "annotations" not in parts:
            found.append(path)
    return found


def split(n: int, *, seed: int = 0) -> tuple[list[int], list[int]]:
    """Indices that train and indices that judge: a random tenth of ``n``, as in the lesson.

    Those that judge are in random order, so that the first few stand for all.

    Raises:
        ConfigError: there are fewer than 10.
    """
    if n < 10:
        raise ConfigError(f"{n} photographs are too few: a tenth of them must judge")
    order = list(range(n))
    random.Random(seed).shuffle(order)
    return sorted(order[n // 10 :]), order[: n // 10]


def degrade(
    image: Image.Image, rng: random.Random, form: str = "number"
) -> tuple[Image.Image, tuple[int, int, int, int] | None]:
    """The lesson's damage: small, compressed and, in the first form, written on.

    The shorter side becomes 96 pixels (bilinear, in the picture's own mode, both sides
    truncated); the quality, 10 to 70, is written in white with Pillow's bitmap font, its
    corner anywhere in the upper left quarter; the picture goes through JPEG at that quality.

    Args:
        image: a photograph of any size and mode.
        rng: draws quality and place. The lesson drew them anew in each process; here they
            follow from a seed, file by file.
        form: one of ``FORMS``.

    Returns:
        The damaged picture, RGB and small, and the number's box in it (left, top, right,
        bottom; pixels), if there is one.

    Raises:
        ConfigError: there is no such form.
    """
    if form not in FORMS:
        raise ConfigError(f"form {form} is unknown: choose one of {', '.join(FORMS)}")
    chosen = FORMS[form]
    scale = chosen.shorter_side / min(image.size)
    size = (int(image.width * scale), int(image.height * scale))
    small = image.resize(size, Image.Resampling.BILINEAR).convert("RGB")
    quality, box = chosen.quality, None
    if quality is None:
        quality = rng.randint(10, 70)
        place = (rng.randint(0, small.width // 2), rng.randint(0, small.height // 2))
        font = ImageFont.load_default_imagefont()
        draw = ImageDraw.Draw(small)
        draw.text(place, str(quality), fill="white", font=font)
        left, top, right, bottom = draw.textbbox(place, str(quality), font=font)
        box = (int(left), int(top), int(right), int(bottom))
    return through_jpeg(small, quality), box


def through_jpeg(image: Image.Image, quality: int) -> Image.Image:
    """The RGB picture saved as a JPEG file of quality 1 to 95, and opened again."""
    file = io.BytesIO()
    image.save(file, "JPEG", quality=quality)
    return Image.open(file).convert("RGB")


def enlarged(
    image: Image.Image,
    size: tuple[int, int],
    box: tuple[float, float, float, float] | None = None,
) -> Image.Image:
    """The picture, or the part of it in ``box``, at ``size`` (width, height), bilinear."""
    return image.resize(size, Image.Resampling.BILINEAR, box=box)


class Photographs:
    """RGB photographs whose shorter side is ``SIZE``, decoded at first use and then kept.

    3,700 of them take 1 GB.

    Args:
        files: any pictures that Pillow reads.
    """

    def __init__(self, files: Sequence[Path]) -> None:
        self.files = list(files)
        self._kept: dict[int, np.ndarray] = {}

    def __len__(self) -> int:
        return len(self.files)

    def __getitem__(self, index: int) -> Image.Image:
        """Photograph ``index``.

        Raises:
            DataError: the file is no picture.
        """
        if index not in self._kept:
            image = open_own(self.files[index])
            scale = SIZE / min(image.size)
            if scale != 1:
                size = (round(image.width * scale), round(image.height * scale))
                image = image.resize(size, Image.Resampling.LANCZOS)
            self._kept[index] = np.asarray(image)
        return Image.fromarray(self._kept[index])


class MadeUp(Photographs):
    """``n`` pictures of coloured noise, for dry runs: 320 x 256."""

    def __init__(self, n: int) -> None:
        super().__init__([])
        for index in range(n):
            coarse = np.random.default_rng(index).integers(0, 256, (16, 20, 3), dtype=np.uint8)
            image = Image.fromarray(coarse).resize((320, SIZE), Image.Resampling.BICUBIC)
            self._kept[index] = np.asarray(image)

    def __len__(self) -> int:
        return len(self._kept)
