"""What the Lesson tab shows, read from the records: ours in ``weights/``, the lesson's facts.

    read        the ladder: the networks that are there, with their numbers and curves
    Row         one network of it
    Curve       one quantity while it trained: ours, and the lesson's
    Line        one of its lines

A network has a row if it has an entry in ``index.json``, or else a record of its training: one
that is not shipped says what it reached, too. A record that is missing or damaged costs its
curve and no more. torch is not needed.
"""

import functools
import json
import logging
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lesson7.core import weights
from lesson7.core.errors import WeightsDamaged
from lesson7.core.weight_file import count_parameters
from lesson7.core.weight_index import is_number
from lesson7.ui import components
from lesson7.ui.lesson_ladder import Figure, Group, Quantity, Rung
from lesson7.ui.lesson_rungs import GROUPS

MOST_POINTS = 160
"""Of a line: a longer one is thinned out by means over neighbours."""

Points = list[tuple[float, float]]

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Line:
    """How one quantity went in one training.

    Args:
        who: the lesson's table, or nothing for ours.
        axis: what the first numbers of ``points`` count: ``epochs`` or ``photographs``.
        points: pairs, the first number growing.
    """

    who: str
    axis: str
    points: Points


@dataclass(frozen=True)
class Curve:
    """One quantity, and its lines: ours first, where we have it."""

    quantity: Quantity
    lines: list[Line]


@dataclass(frozen=True)
class Row:
    """A network that is there.

    Args:
        rung: what it is.
        entry: what the index says; None of a network that is not shipped.
        metrics: what was measured, by name.
        hardware: what it was trained on.
        parameters: how many it has; None if its file cannot be opened.
        minutes: of the training that made it, all its phases.
        lesson: the lesson's number, if it gives one.
        lesson_seconds: how long that took there.
        curves: one for each quantity that somebody recorded.
    """

    rung: Rung
    entry: weights.Entry | None
    metrics: Mapping[str, float]
    hardware: str
    parameters: int | None
    minutes: float
    lesson: float | None
    lesson_seconds: float | None
    curves: list[Curve]

    @property
    def lesson_figure(self) -> Figure:
        """What ``lesson`` is a number of."""
        return self.rung.lesson or self.rung.main

    def value(self, figure: Figure) -> float | None:
        """Our number; None if it was not measured."""
        return self.metrics.get(figure.metric)


def read(folder: Path | None = None) -> list[tuple[Group, list[Row]]]:
    """All groups, each with the networks that ``folder`` has.

    Args:
        folder: of weights; by default the one that the app takes its weights from, or the
            embedded one if that is not a folder or has no index.

    Raises:
        WeightsError: there is no index, or it cannot be understood.
    """
    if folder is None:
        folder = weights.folder_in_use()
    entries = weights.entries(folder)
    return [
        (group, [_row(rung, entries.get(rung.weights), folder) for rung in group.rungs
                 if rung.weights in entries or _is_recorded(rung, folder)])
        for group in GROUPS
    ]  # fmt: skip


@functools.cache
def facts() -> dict[str, Any]:
    """``assets/lesson/facts.json``: what the lesson's notebooks printed."""
    return json.loads(components.asset("lesson/facts.json"))


def _is_recorded(rung: Rung, folder: Path) -> bool:
    return (folder / "runs" / rung.weights / "metrics.jsonl").is_file()


def _row(rung: Rung, entry: weights.Entry | None, folder: Path) -> Row:
    runs = _runs_of([folder / "runs" / name for name in rung.runs or (rung.weights,)])
    tables: Sequence[Mapping[str, Any]] = facts()["tables"].get(rung.weights, [])
    figure = rung.lesson or rung.main
    lesson = None
    if tables and figure.column:
        lesson = figure.lesson_shown(_column(tables[0], figure.column)[-1])
    minutes = sum(_minutes(rows) for rows in runs)
    return Row(
        rung=rung,
        entry=entry,
        metrics=entry.metrics if entry else _last(runs, (rung.main, *rung.also)),
        hardware=entry.hardware if entry else _hardware(folder / "runs" / rung.weights),
        parameters=_parameters(folder / entry.file) if entry else None,
        minutes=minutes or (entry.minutes if entry else 0.0),
        lesson=lesson,
        lesson_seconds=tables[0]["seconds"] if tables else None,
        curves=list(_curves(rung, runs, tables)),
    )


def _parameters(path: Path) -> int | None:
    try:
        return count_parameters(path)
    except WeightsDamaged as error:
        _log.warning("%s", error)
        return None


def _runs_of(folders: list[Path]) -> list[list[dict[str, Any]]]:
    """The rows of each run; beside one that counts photographs, the others do so, too."""
    runs = [_rows_of(folder) for folder in folders]
    if not any("images" in row for rows in runs for row in rows):
        return runs
    return [
        rows if any("images" in row for row in rows) else list(_in_photographs(rows, folder))
        for folder, rows in zip(folders, runs, strict=True)
    ]


def _in_photographs(rows: list[dict[str, Any]], run: Path) -> Iterator[dict[str, Any]]:
    """The rows without their epochs; without a place, if nobody said how large an epoch was."""
    options = _options(run).get("options", {})
    n_train, repeats = options.get("n_train"), options.get("repeats", 1)
    for row in rows:
        rest = {name: value for name, value in row.items() if name != "epoch"}
        if is_number(row.get("epoch")) and is_number(n_train):
            rest["images"] = row["epoch"] * n_train * repeats
        yield rest


def _rows_of(run: Path) -> list[dict[str, Any]]:
    """The lines of a run's ``metrics.jsonl``; none if it cannot be read."""
    try:
        lines = (run / "metrics.jsonl").read_text(encoding="utf-8").splitlines()
        rows = [json.loads(line) for line in lines]
    except (OSError, ValueError) as error:
        _log.warning("no learning curve of %s: %s", run.name, error)
        return []
    return [row for row in rows if isinstance(row, dict)]


def _last(runs: list[list[dict[str, Any]]], figures: Sequence[Figure]) -> dict[str, float]:
    """What a record says last of each of the figures."""
    logged = {name: value for rows in runs for row in rows for name, value in row.items()}
    names = [figure.metric for figure in figures]
    return {name: logged[name] for name in names if is_number(logged.get(name))}


def _hardware(run: Path) -> str:
    return str(_options(run).get("hardware", ""))


def _options(run: Path) -> dict[str, Any]:
    """A run's ``options.json``; nothing if it cannot be read."""
    try:
        found = json.loads((run / "options.json").read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        _log.warning("no options of %s: %s", run.name, error)
        return {}
    return found if isinstance(found, dict) else {}


def _minutes(rows: Sequence[Mapping[str, Any]]) -> float:
    return max((row["minutes"] for row in rows if is_number(row.get("minutes"))), default=0.0)


# ---------------------------------------------------------------------------------- the curves


def _curves(
    rung: Rung, runs: list[list[dict[str, Any]]], tables: Sequence[Mapping[str, Any]]
) -> Iterator[Curve]:
    for quantity in rung.quantities:
        lines = list(_ours(runs, quantity))
        if quantity.column:
            lines += [line for table in tables for line in _lessons(table, quantity)]
        if lines:
            yield Curve(quantity, lines)


def _ours(runs: list[list[dict[str, Any]]], quantity: Quantity) -> Iterator[Line]:
    """One line; the phases of a training follow each other on it."""
    points: Points = []
    axis, before = "", 0.0
    for rows in runs:
        last = before
        for row in rows:
            name = "epoch" if is_number(row.get("epoch")) else "images"
            place, value = row.get(name), row.get(quantity.metric)
            if not is_number(place) or not is_number(value):  # "test", "end"; or logged elsewhere
                continue
            axis = {"epoch": "epochs", "images": "photographs"}[name]
            last = before + place
            points += _shown(last, value, quantity.shown, quantity.log)
        before = last
    if points:
        yield Line("", axis, _thinned(points))


def _lessons(table: Mapping[str, Any], quantity: Quantity) -> Iterator[Line]:
    if quantity.column not in table["columns"]:
        return
    shown = quantity.lesson_shown or quantity.shown
    pairs = zip(_column(table, "epoch"), _column(table, quantity.column), strict=True)
    points = [point for at, value in pairs for point in _shown(at, value, shown, quantity.log)]
    yield Line(table["title"], "epochs", points)


def _column(table: Mapping[str, Any], name: str) -> list[float]:
    at = table["columns"].index(name)
    return [row[at] for row in table["rows"]]


def _shown(at: float, value: float, shown: Callable[[float], float], log: bool) -> Points:
    """One point, or none where a logarithm would have none."""
    drawn = shown(value)
    return [] if log and drawn <= 0 else [(at, float(f"{drawn:.5g}"))]


def _thinned(points: Points) -> Points:
    """At most ``MOST_POINTS`` and the last: means over as many neighbours as it takes."""
    n = math.ceil(len(points) / MOST_POINTS)
    if n <= 1:
        return points
    *before, (end, last) = points
    parts = [before[at : at + n] for at in range(0, len(before), n)]
    means = [(part[-1][0], sum(value for _, value in part) / len(part)) for part in parts]
    return [(place, float(f"{value:.5g}")) for place, value in [*means, (end, last)]]
