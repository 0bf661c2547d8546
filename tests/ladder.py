"""The Lesson tab's rows by the names of their weights, for its tests."""

from pathlib import Path

from lesson7.ui import lesson_records
from lesson7.ui.lesson_records import Row


def rows_in(folder: Path | None = None) -> dict[str, Row]:
    """Those of a weights folder; None: of the one in use."""
    return {row.rung.weights: row for _, rows in lesson_records.read(folder) for row in rows}
