"""The index of a weights folder: what each file is, and the proof that it still is.

A weights folder holds ``index.json`` and the files that it describes::

    {
      "mnist-best": {
        "file": "mnist-best.safetensors", "sha256": "9f2c...", "size": 1234567,
        "metrics": {"accuracy": 0.996}, "data": "...", "licence": "...",
        "command": "python -m lesson7.mnist.train ...", "hardware": "...", "minutes": 12.5
      }
    }

Nothing here knows what a tensor is: importing this module costs no torch, so the user
interface can build its tables from it.

    Record          what a training run says about its weights
    Entry           a Record, and the file's name, size and sha256
    read, parse     index.json -> entries by name, every field checked
    add             put a file and its entry into a folder
    verified        the bytes of a file, if they are the ones the entry promises
    is_number       whether what JSON holds is a number to calculate with
"""

from __future__ import annotations

import hashlib
import json
import math
import os
import re
import stat
import threading
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, TypeGuard

from lesson7.core.errors import ConfigError, WeightsDamaged, WeightsMissing

EMBEDDED = Path(__file__).resolve().parents[2] / "weights"
"""The folder of weights that comes with the code."""

INDEX = "index.json"

_LARGEST_INDEX = 1_000_000  # bytes; ours has about 600 per entry
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,79}")
_FILE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,79}\.safetensors")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_writing = threading.Lock()


@dataclass(frozen=True)
class Record:
    """Where weights come from, in the words that tables and model cards show.

    Attributes:
        metrics: what was measured on data not trained on, by name; the unit belongs to
            the name where there is one (``psnr_db``).
        data: the data set or sets trained on.
        licence: the licence of the weights, best as an SPDX identifier (``"MIT"``).
        command: the command line that trains them again.
        hardware: the machine that ran it.
        minutes: how long it took there.
    """

    metrics: Mapping[str, float]
    data: str
    licence: str
    command: str
    hardware: str
    minutes: float


@dataclass(frozen=True)
class Entry(Record):
    """A `Record`, and the file that it is about.

    Attributes:
        file: the file's name, without a folder.
        sha256: the SHA-256 of its content, 64 lower-case hex digits.
        size: its length in bytes.
    """

    file: str
    sha256: str
    size: int


def read(folder: Path) -> dict[str, Entry]:
    """The entries of ``folder/index.json`` by weight name, sorted by name.

    Raises:
        WeightsMissing: there is no ``index.json``.
        WeightsDamaged: it is not an index, or a field of it is not what it should be.
    """
    return read_file(folder / INDEX)


def read_file(path: Path) -> dict[str, Entry]:
    """`read` for an index that lies under another name, as in the cache of Hub files."""
    return parse(_plain_bytes(path, label=INDEX, at_most=_LARGEST_INDEX))


def parse(content: bytes) -> dict[str, Entry]:
    """The entries in the content of an ``index.json``, sorted by name.

    Fields that this version does not know are passed over, so that an index from the
    Hub may be newer than the code.

    Raises:
        WeightsDamaged: it is not JSON, a field is missing or of the wrong kind, or a file
            is named that lies outside the folder.
    """
    return {name: _entry(name, fields) for name, fields in sorted(_parse_raw(content).items())}


def add(folder: Path, name: str, entry: Entry, content: bytes) -> None:
    """Put a weights file into the folder and its entry into the index, both made if absent.

    Readers see the old file or the new one, never half of one; the same holds for the
    index. The index follows the file: a crash in between leaves a file that `verified`
    refuses. Threads of one process take turns; of two processes that add at the same
    moment, one entry may be lost.

    Raises:
        ConfigError: the name or a field of the entry would make an index that `read` refuses.
        WeightsDamaged: the index that is there cannot be read; everything is left as it is.
    """
    fields = asdict(entry) | {"metrics": dict(entry.metrics)}
    try:
        _entry(name, fields)
    except WeightsDamaged as error:
        raise ConfigError(f"These weights cannot be recorded: {error}") from None
    with _writing:
        index = _raw(folder)
        index[name] = index.get(name, {}) | fields
        text = json.dumps(index, indent=2, sort_keys=True, ensure_ascii=False, allow_nan=False)
        folder.mkdir(parents=True, exist_ok=True)
        _replace(folder / entry.file, content)
        _replace(folder / INDEX, f"{text}\n".encode())


def _replace(path: Path, content: bytes) -> None:
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        beside.write_bytes(content)
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)


def verified(path: Path, entry: Entry) -> bytes:
    """The content of ``path``, read once and found to be what ``entry`` promises.

    Use these bytes and do not open the file again: it may have changed since.

    Raises:
        WeightsMissing: the file is not there.
        WeightsDamaged: it is a link or another thing that is no plain file, or its size or
            sha256 differ.
    """
    content = _plain_bytes(path, label=entry.file, at_most=entry.size)
    if len(content) < entry.size:
        raise WeightsDamaged(
            f"{entry.file} ends early: {len(content):,} of {entry.size:,} bytes are there."
        )
    if hashlib.sha256(content).hexdigest() != entry.sha256:
        raise WeightsDamaged(f"{entry.file} has another sha256 than the index promises.")
    return content


def _plain_bytes(path: Path, *, label: str, at_most: int) -> bytes:
    """A regular file's content; messages call it ``label``, because they show no path."""
    try:
        status = path.lstat()
        if not stat.S_ISREG(status.st_mode):  # a link; or a pipe, which would never end
            raise WeightsDamaged(f"{label} is not a plain file but a link, a folder or a device.")
        if status.st_size > at_most:
            raise WeightsDamaged(
                f"{label} has {status.st_size:,} bytes where at most {at_most:,} are expected."
            )
        return path.read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        raise WeightsMissing(f"{label} is not there.") from None
    except OSError as error:
        raise WeightsDamaged(f"{label} cannot be read: {error.strerror}.") from error


def _raw(folder: Path) -> dict[str, Any]:
    """The index as it stands, checked, or an empty one."""
    try:
        content = _plain_bytes(folder / INDEX, label=INDEX, at_most=_LARGEST_INDEX)
    except WeightsMissing:
        return {}
    parse(content)
    return _parse_raw(content)


def _parse_raw(content: bytes) -> dict[str, Any]:
    try:
        index = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise WeightsDamaged(f"{INDEX} is not JSON.") from error
    if not isinstance(index, dict):
        raise WeightsDamaged(f"{INDEX} is not a table of weights by name.")
    return index


def _entry(name: str, fields: object) -> Entry:
    if not _NAME.fullmatch(name):
        raise WeightsDamaged(f"{INDEX} has a name that is none; use letters, digits and . _ -")
    if not isinstance(fields, dict):
        raise WeightsDamaged(f"{INDEX}: {name} has no fields.")
    wanted: dict[str, Any] = {key: fields.get(key) for key in Entry.__dataclass_fields__}
    wrong = [key for key, value in wanted.items() if not _fits(key, value)]
    if wrong:
        raise WeightsDamaged(f"{INDEX}: {name} has no usable {', '.join(sorted(wrong))}.")
    return Entry(**wanted)


def _fits(key: str, value: Any) -> bool:
    """Whether the value is one that the field may have; a file is a bare name."""
    match key:
        case "file":
            return isinstance(value, str) and bool(_FILE.fullmatch(value))
        case "sha256":
            return isinstance(value, str) and bool(_SHA256.fullmatch(value))
        case "size":
            return isinstance(value, int) and not isinstance(value, bool) and value > 0
        case "minutes":
            return is_number(value) and value >= 0
        case "metrics":
            return isinstance(value, dict) and all(
                isinstance(metric, str) and is_number(number) for metric, number in value.items()
            )
        case _:
            return isinstance(value, str)


def is_number(value: object) -> TypeGuard[float]:
    """Whether it is an int or a finite float; not an int that no float can hold."""
    if not isinstance(value, (int, float)) or isinstance(value, bool):
        return False
    try:
        return math.isfinite(value)
    except OverflowError:
        return False
