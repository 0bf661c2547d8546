"""Which files a command reads, and where it writes what becomes of them.

plan          what a command has to do, and what it must not touch
results       files and folders -> each file with the path of its result
unfinished    those of them whose result is not there yet
same_files    which of two lists' paths are the same file on the disk
save          a picture -> a PNG file, whole or not at all
"""

import glob
import os
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

Pair = tuple[Path, Path]


@dataclass(frozen=True)
class Plan:
    """What a command has to do.

    Args:
        found: how many files there are.
        left: (file, result) for each that is to be read.
        originals: results that are files to be read, by whatever name: never to be written.
    """

    found: int
    left: list[Pair]
    originals: set[Path]


def plan(sources: Sequence[Path], out: Path, *, resume: bool = False) -> Plan:
    """What is to be done with the sources.

    Args:
        sources: files and folders, as in ``results``.
        out: the folder of the results.
        resume: leave out what is finished, as in ``unfinished``.
    """
    pairs = results(sources, out)
    originals = same_files([result for _, result in pairs], [file for file, _ in pairs])
    if not resume:
        return Plan(len(pairs), pairs, originals)
    mistaken = [pair for pair in pairs if pair[1] in originals]
    return Plan(
        len(pairs),
        mistaken + unfinished(pair for pair in pairs if pair[1] not in originals),
        originals,
    )


def results(sources: Sequence[Path], out: Path) -> list[Pair]:
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


def unfinished(pairs: Iterable[Pair]) -> list[Pair]:
    """Those (file, result) whose result is absent or older than the file, and files not there.

    A result is written whole or not at all, so one that is there is finished. What a killed
    process left half-written beside it is removed.
    """
    left = []
    for file, result in pairs:
        for rest in result.parent.glob(f".{glob.escape(result.name)}.*"):
            rest.unlink(missing_ok=True)
        done = file.exists() and result.is_file()
        if not done or result.stat().st_mtime < file.stat().st_mtime:
            left.append((file, result))
    return left


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
