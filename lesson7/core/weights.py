"""Weights: find, verify, load and save them.

The command line publishes them, see `lesson7.core.publish`::

    python -m lesson7.core.weights publish --repo USER/NAME

`save` writes a safetensors file and its entry in ``index.json``; `load` reads the file only
if its size and sha256 are those of the entry.

The environment variable ``LESSON7_WEIGHTS``, read at each call, chooses the source:

    unset or empty      the embedded folder ``weights/``, no network
    a folder            that folder, with an ``index.json`` of its own
    USER/NAME@COMMIT    a Hub repository at that commit, see `lesson7.core.hub`

If a chosen source fails, or the variable names none of these, the embedded weights answer
and `notices` says so. If the embedded ones fail, an error says why.

    load, save                  a network out of a file, and into one
    entry, entries              what is known about the embedded weights, without torch
    chosen_source               LESSON7_WEIGHTS, understood
    folder_in_use               where index and records are that go with it
    is_missing                  whether weights are known not to be here, without torch
    notices                     what a visitor should know about the weights in use
    Record, Entry, EMBEDDED     see `lesson7.core.weight_index`

The parts: `lesson7.core.weight_index` (index and hashes), `lesson7.core.weight_file`
(safetensors), `lesson7.core.hub` (download), `lesson7.core.publish` (upload).
"""

from __future__ import annotations

import contextlib
import hashlib
import logging
import os
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from lesson7.core import hub, weight_file, weight_index
from lesson7.core.errors import ConfigError, WeightsError, WeightsMissing
from lesson7.core.weight_index import EMBEDDED, Entry, Record

if TYPE_CHECKING:
    from torch import nn

__all__ = [
    "EMBEDDED", "LARGEST_FILE", "Entry", "Record",
    "chosen_source", "entries", "entry", "folder_in_use", "is_missing", "load", "notices",
    "save",
]  # fmt: skip

Network = TypeVar("Network", bound="nn.Module")

LARGEST_FILE = 10_000_000
"""Bytes: the most that a repository on the Hub takes without large-file storage."""

_log = logging.getLogger(__name__)
_notices: list[str] = []
_noticing = threading.Lock()


def entries(folder: Path | None = None) -> dict[str, Entry]:
    """All weights in a folder by name, sorted; by default the embedded ones.

    Raises:
        WeightsMissing: there is no ``index.json``.
        WeightsDamaged: ``index.json`` cannot be understood.
    """
    return weight_index.read(folder or EMBEDDED)


def entry(name: str, folder: Path | None = None) -> Entry:
    """What ``index.json`` says about the weights ``name``.

    Raises:
        WeightsMissing: there is no ``index.json``, or it does not know the name.
        WeightsDamaged: ``index.json`` cannot be understood.
    """
    known = entries(folder)
    if name not in known:
        raise WeightsMissing(
            f"The index has no weights {name!r}; it has {', '.join(known) or 'none'}."
        )
    return known[name]


def chosen_source() -> Path | hub.Reference:
    """The source that ``LESSON7_WEIGHTS`` names.

    `EMBEDDED` when it is unset, empty, or names nothing that could be a source; then `load`
    says so.
    """
    try:
        return _named_source()
    except WeightsMissing:
        return EMBEDDED


def folder_in_use() -> Path:
    """The chosen folder, if its index can be read; else `EMBEDDED`, as for the Hub."""
    source = chosen_source()
    if not isinstance(source, Path):
        return EMBEDDED
    try:
        entries(source)
    except WeightsError as error:
        _log.warning("what is known of the embedded weights is shown: %s", error)
        return EMBEDDED
    return source


def is_missing(name: str) -> bool:
    """Whether the weights are neither in the chosen folder nor embedded.

    What the Hub has is known only when it is asked, so nothing is missing there.
    """
    source = chosen_source()
    if not isinstance(source, Path):
        return False
    for folder in (EMBEDDED, source):
        with contextlib.suppress(WeightsError):
            entry(name, folder)
            return False
    return True


def notices() -> list[str]:
    """What a visitor should know about the weights in use, oldest first; usually nothing.

    One sentence or two per weights that came from elsewhere than chosen, in plain words,
    without paths, each only once. Safe to call from any thread.
    """
    with _noticing:
        return list(_notices)


def load(name: str, build: Callable[..., Network], *, seconds: float = hub.DEADLINE) -> Network:
    """The network ``name`` as it was trained, ready to use: float32, eval mode, no gradients.

    Loading leaves the state of torch's random generator as it was.

    Args:
        name: a name in ``index.json``, as ``"mnist-best"``.
        build: makes the network from its configuration, called as ``build(**config)``;
            usually its class.
        seconds: how long to wait for the Hub, if ``LESSON7_WEIGHTS`` names it.

    Raises:
        WeightsMissing: the weights are in no source that could be asked.
        WeightsDamaged: the embedded file is not what the index promises, is no safetensors
            file, does not fit the network, or holds NaN or infinity.
    """
    try:
        source = _named_source()
        if isinstance(source, hub.Reference):
            found, content = hub.fetch(source, name, seconds=seconds)
            return weight_file.read(content, found.file, build)
        if source != EMBEDDED:
            return _load_from(source, name, build)
    except WeightsError as error:
        why = error if error.__cause__ is None else f"{error} ({error.__cause__!r})"
        _log.warning("%s: the chosen weights failed, trying the embedded ones: %s", name, why)
        if name not in entries():
            raise
        network = _load_embedded(name, build)
        _notice(f"{error} The weights of {name} that come with this app are used instead.")
        return network
    return _load_embedded(name, build)


def save(
    name: str,
    model: nn.Module,
    config: Mapping[str, Any],
    *,
    record: Record,
    folder: Path = EMBEDDED,
    bits: weight_file.Bits = 32,
    largest: int = LARGEST_FILE,
) -> Path:
    """Write ``<folder>/<name>.safetensors`` and its entry in ``<folder>/index.json``.

    The same model and configuration give the same bytes, and so the same sha256. The file
    is replaced first and the index after it: a crash in between leaves weights that `load`
    refuses until they are saved again.

    Args:
        name: letters, digits, ``.``, ``_`` and ``-``.
        model: a network on any device; tensors that share memory are stored once each.
        config: what `load` hands to ``build``; it travels as JSON, so tuples come back as
            lists.
        record: what the index says about the weights.
        folder: made if it is not there.
        bits: of each number in tensors of two or more dimensions. Biases and the statistics
            of normalisation layers stay float32: they weigh little and matter much.
        largest: the most bytes that the file may have.

    Returns:
        The path of the weights file.

    Raises:
        WeightsDamaged: the model holds NaN or infinity, or the folder's index is broken.
        ConfigError: the name or the configuration cannot be stored, a weight is too large
            for float16, or the file is too large.
    """
    content = weight_file.write(name, model, config, bits=bits)
    if len(content) > largest:
        raise ConfigError(
            f"{name} would take {len(content):,} bytes, over the limit of {largest:,}. "
            "Store it in fewer bits, or make the network smaller."
        )
    file = f"{name}.safetensors"
    described = Entry(
        **vars(record), file=file, sha256=hashlib.sha256(content).hexdigest(), size=len(content)
    )
    weight_index.add(folder, name, described, content)
    return folder / file


def _named_source() -> Path | hub.Reference:
    """The source that ``LESSON7_WEIGHTS`` names, or `EMBEDDED` when it is unset or empty.

    What is written like a path (``/...``, ``./...``, ``~/...``) is a folder even if it is
    absent, perhaps a disk that is not mounted: `load` then falls back. Anything else must be
    an existing folder or a pinned Hub repository.

    Raises:
        WeightsMissing: it can be neither; for the Hub, the commit must be given.
    """
    value = os.environ.get("LESSON7_WEIGHTS", "").strip()
    if not value:
        return EMBEDDED
    try:
        folder = Path(value).expanduser()
        if folder.is_absolute() or value.startswith(".") or folder.is_dir():
            return folder.resolve()
        return hub.Reference.parse(value)
    except (ConfigError, OSError, RuntimeError) as error:  # no such user; a name that is too long
        # The value is the operator's, perhaps a path: it is for the log, which has the cause.
        raise WeightsMissing(
            "LESSON7_WEIGHTS names neither a folder nor USER/NAME@COMMIT on the Hugging Face Hub."
        ) from error


def _notice(sentence: str) -> None:
    with _noticing:
        if sentence not in _notices:
            _notices.append(sentence)


def _load_embedded(name: str, build: Callable[..., Network]) -> Network:
    try:
        return _load_from(EMBEDDED, name, build)
    except WeightsError as error:
        remedy = "Get the weights of this version again, or train them."
        raise type(error)(f"{error} {remedy}") from error


def _load_from(folder: Path, name: str, build: Callable[..., Network]) -> Network:
    found = entry(name, folder)
    content = weight_index.verified(folder / found.file, found)
    return weight_file.read(content, found.file, build)


if __name__ == "__main__":
    from lesson7.core.publish import app

    app(prog_name="python -m lesson7.core.weights")
