"""The time machine: the same sixteen rooms at ten moments of training, and the run's curves.

    keep        a run -> sheets of rooms beside the run's record
    read        the record -> History
    Moment      what the generator drew, and when
    History     the moments and the curves of one run

A record is the folder that ``Run.keep_record`` leaves beside the shipped weights, with
``options.json`` and ``metrics.jsonl``; the sheets are put into its ``moments/``, named by the
photographs that had been shown. They hold rooms that were drawn, and never a photograph.
"""

import copy
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from lesson7.bedrooms.latents import latents
from lesson7.bedrooms.model import Generator
from lesson7.core.errors import ConfigError, WeightsMissing
from lesson7.core.images import from_signed, grid
from lesson7.core.runs import Run

SEED, SIDE, N_MOMENTS = 7, 4, 10
"""The rooms are the first sixteen of this seed; sheets have four rows of four."""

QUALITY = 82  # of WebP: ten sheets take about 300 kB
N_POINTS = 120  # of a curve, at most
CURVES = ("critic_loss", "generator_loss", "distance_resnet18", "distance_squeezenet")


@dataclass(frozen=True)
class Moment:
    """What a generator drew at one moment of its training.

    Args:
        images: photographs that had been shown to the critic, repetitions counted.
        minutes: of training until then.
        sheet: sixteen rooms as a WebP file.
    """

    images: int
    minutes: float
    sheet: bytes


@dataclass(frozen=True)
class History:
    """How a run went.

    Args:
        moments: oldest first.
        curves: by name (see ``CURVES``), points of photographs shown and value; those that
            the run did not log are left out.
        eyes: the network that the critic looked through, empty if it looked at pixels alone.
    """

    moments: list[Moment]
    curves: dict[str, list[tuple[int, float]]]
    eyes: str


def keep(run: Run, generator: nn.Module, images: int, record: Path) -> list[Path]:
    """Draw the sixteen rooms with the run's snapshots, and with the generator as it is now.

    Args:
        run: its ``snapshots/`` are read; of what was before them, its ``moments/``, if another
            run's sheets were left there.
        generator: on the CPU; how it is now, after ``images`` photographs. Is left in eval
            mode, as it was otherwise.
        images: photographs shown until now.
        record: the folder to write ``moments/`` into; sheets of an earlier run are removed.

    Returns:
        The sheets' files, oldest first, at most ten.

    Raises:
        ConfigError: the run has no snapshots.
    """
    files = [*run.folder.glob("snapshots/*.pt"), *run.folder.glob("moments/*.webp")]
    kept = {int(file.stem): file for file in files}  # a sheet is what was seen then
    if not kept:
        raise ConfigError(f"there are no snapshots in {run.folder} to make moments of")
    sheets = {
        moment: _sheet(generator) if moment == images else _sheet_of(kept[moment], generator)
        for moment in _spread_out(sorted({*kept, images}))
    }
    folder = record / "moments"
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob("*.webp"):
        old.unlink()
    written = [folder / f"{moment:09d}.webp" for moment in sheets]
    for file, sheet in zip(written, sheets.values(), strict=True):
        file.write_bytes(sheet)
    return written


def _sheet_of(file: Path, generator: nn.Module) -> bytes:
    """What was drawn then: a sheet as it is, or a snapshot's rooms."""
    if file.suffix == ".webp":
        return file.read_bytes()
    return _sheet(_as_it_was(generator, file))


def _as_it_was(generator: nn.Module, file: Path) -> nn.Module:
    """The generator of a snapshot, which may have been smaller then."""
    state = torch.load(file, map_location="cpu", weights_only=True)
    if isinstance(generator, Generator):
        return Generator.holding(state)
    then = copy.deepcopy(generator)
    then.load_state_dict(state)
    return then


def _spread_out(moments: Sequence[int]) -> list[int]:
    """At most ten of them, the first and the last included, evenly by rank."""
    places = np.linspace(0, len(moments) - 1, min(len(moments), N_MOMENTS))
    return [moments[round(place)] for place in places]


def _sheet(generator: nn.Module) -> bytes:
    z = latents(SEED, SIDE * SIDE, int(generator.latent))  # type: ignore[arg-type]
    with torch.inference_mode():
        rooms = [from_signed(room) for room in generator.eval()(z).float()]
    out = io.BytesIO()
    grid(rooms, SIDE, gap=0).save(out, "WEBP", quality=QUALITY, method=6)
    return out.getvalue()


def read(record: Path) -> History:
    """What ``keep`` and ``Run.keep_record`` left.

    Raises:
        WeightsMissing: it is not there, or only a part of it.
    """
    files = sorted((record / "moments").glob("*.webp"))
    run = Run(record)
    try:
        rows, options = run.rows(), run.options()
    except ConfigError:
        rows, options = [], {}
    if not files or not rows:
        raise WeightsMissing(f"There is no history of {record.name} beside the weights.")
    shown, minutes = [0.0], [0.0]
    for row in rows:
        shown.append(row["images"])
        minutes.append(row["minutes"])
    moments = [
        Moment(int(f.stem), float(np.interp(int(f.stem), shown, minutes)), f.read_bytes())
        for f in files
    ]
    eyes = options["features"] if options["recipe"] == "modern" else ""
    curves = {name: curve for name in CURVES if (curve := _curve(rows, name))}
    return History(moments, curves, eyes)


def _curve(rows: Sequence[Mapping[str, Any]], name: str) -> list[tuple[int, float]]:
    """The points of one metric, neighbours averaged where there are more than ``N_POINTS``."""
    points = [(row["images"], row[name]) for row in rows if name in row]
    parts = np.array_split(np.array(points, float).reshape(-1, 2), min(len(points), N_POINTS) or 1)
    return [(round(x), float(f"{y:.5g}")) for x, y in (part.mean(0) for part in parts if len(part))]
