"""What README.md claims in figures, and how a part of it is measured.

    Figure      one claim
    Section     those that are measured together, with the data that they need
    measured    a section -> a line for each of its figures

A figure stands here as README.md has it, so that a test finds those that only one of the two
has.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from lesson7.core.errors import DataError, WeightsError


@dataclass(frozen=True)
class Figure:
    """What README.md claims.

    Args:
        what: it is about.
        claim: the figure, in README.md's words.
        yardstick: what it is compared with.
    """

    what: str
    claim: str
    yardstick: str


Reading = tuple[str, str]  # the figure as it is now; its ratio to the yardstick, in words


@dataclass(frozen=True)
class Section:
    """Figures that are measured together.

    Args:
        name: heading.
        measure: (data folder, quick) -> a reading for each figure, in their order.
        figures: what is claimed.
        needs: folders below the data folder.
    """

    name: str
    measure: Callable[[Path, bool], list[Reading]]
    figures: tuple[Figure, ...]
    needs: tuple[str, ...] = ()


def errors_beside(accuracy: float, yardstick: float) -> str:
    """How many errors there are for each of the yardstick's; both are shares of 1.

    >>> errors_beside(0.9965, 0.9954)
    '0.76 of its errors'
    """
    return f"{(1 - accuracy) / (1 - yardstick):.2f} of its errors"


def measured(section: Section, data: Path, *, quick: bool) -> list[tuple[Figure, Reading | str]]:
    """Each figure with its reading, or with why there is none.

    Args:
        data: the folder with the data sets; nothing is downloaded.
        quick: a rehearsal on next to nothing, whose readings mean nothing.
    """
    absent = [str(data / each) for each in section.needs if not (data / each).is_dir()]
    if absent:
        return [(figure, f"not measured: {', '.join(absent)} absent") for figure in section.figures]
    try:
        readings = section.measure(data, quick)
    except (DataError, WeightsError) as error:
        return [(figure, f"not measured: {error}") for figure in section.figures]
    return list(zip(section.figures, readings, strict=True))
