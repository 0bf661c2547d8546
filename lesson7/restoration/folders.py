"""Which files a command reads, and where it writes what becomes of them.

results       files and folders -> each file with the path of its result
same_files    which of two lists' paths are the same file on the disk
save          a picture -> a PNG file, whole or not at all
"""

import os
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

from PIL import Image


def results(sources: Sequence[Path], out: Path) -> list[tuple[Path, Path]]:
    """Each file to be read, once, with the path that its result is written to.

    Args:
        sources: files, and folders, which stand for their own files by name: not for those
            in their subfolders, and not for hidden ones.
        out: the folder of the results.

    Returns:
        (file, ``out/STEM.png``) each. Where several files have one stem, as ``a.jpg`` and
        ``a.png``, their results keep the whole name: ``a.jpg.png`` and ``a.png.png``. Files
        of one name, from different folders, are numbered: ``a.jpg.png``, ``a.jpg-2.png``.
    """
    files: dict[Path, None] = {}  # a set that keeps the order
    for source in sources:
        if source.is_dir():
            own = (file for file in sorted(source.iterdir()) if file.is_file())
            files |= dict.fromkeys(file for file in own if not file.name.startswith("."))
        else:
            files[source] = None
    stems = Counter(file.stem.casefold() for file in files)  # some disks do not know capitals
    taken: set[str] = set()
    pairs = []
    for file in files:
        name = file.stem if stems[file.stem.casefold()] == 1 else file.name
        free, number = name, 1
        while free.casefold() in taken:
            number += 1
            free = f"{name}-{number}"
        taken.add(free.casefold())
        pairs.append((file, out / f"{free}.png"))
    return pairs


def same_files(paths: Iterable[Path], others: Iterable[Path]) -> set[Path]:
    """Those of ``paths`` that are, by whatever name or link, one of the ``others``."""
    known = {_identity(other) for other in others if other.exists()}
    return {path for path in paths if path.exists() and _identity(path) in known}


def _identity(path: Path) -> tuple[int, int]:
    status = path.stat()
    return status.st_dev, status.st_ino


def save(picture: Image.Image, path: Path) -> None:
    """Write a PNG file; whoever stops this half-way leaves what was there before.

    Raises:
        OSError: the folder cannot be made or written to.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        picture.save(beside, "PNG")
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)
