"""What the Lesson tab's ladder is made of.

    Group       a tab's networks
    Rung        one network: what it is, what it taught, how it is measured
    Figure      one number of a network, by its name in ``weights/index.json``
    Quantity    what a learning curve can show; most can show VALID and TRAIN
    percent     for numbers that are shares

The ladder itself is ``GROUPS`` in ``lesson_rungs/``.
"""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Figure:
    """One number of a network, and how to show it.

    Args:
        metric: its name in ``weights/index.json``.
        says: what it is, as words that follow the number.
        unit: ``%`` for a share of 1, ``dB``, ``+dB`` for a difference, ``count``, or nothing.
        column: the same number's name in the lesson's tables; nothing if it has none.
        lesson_shown: the lesson's number -> the one that is like ours.
    """

    metric: str
    says: str
    unit: str = ""
    column: str = ""
    lesson_shown: Callable[[float], float] = float


@dataclass(frozen=True)
class Quantity:
    """What a learning curve shows: a column of the record, and the lesson's to go with it.

    Args:
        label: what the axis says.
        metric: its name in ``metrics.jsonl``; nothing if only the lesson has it.
        column: its name in the lesson's tables; nothing if only we have it.
        unit: of what ``shown`` returns.
        log: a logarithmic axis; what is not above zero is then left out.
        shown: the record's number -> what is drawn.
        lesson_shown: the same for the lesson's number, where that is another.
    """

    label: str
    metric: str = ""
    column: str = ""
    unit: str = ""
    log: bool = False
    shown: Callable[[float], float] = float
    lesson_shown: Callable[[float], float] | None = None


@dataclass(frozen=True)
class Rung:
    """One network of the ladder.

    Args:
        weights: its name in ``weights/index.json`` and of its record; without either, it has no
            row.
        name: on the page.
        what: what it is, in a line.
        taught: what this step taught, in two sentences.
        papers: keys of ``PAPERS``.
        main: the number that it is known by; the lesson's is the last of its first table.
        quantities: of its learning curves, the one that is shown first at the front.
        also: further numbers.
        lesson: the lesson's number, where it is another one than ``main``: its column in the
            table, and what it is.
        runs: the records of its training, one after the other; by default the one of its name.
        fair: whether it was judged by what it was not trained on.
    """

    weights: str
    name: str
    what: str
    taught: str
    papers: tuple[str, ...]
    main: Figure
    quantities: tuple[Quantity, ...]
    also: tuple[Figure, ...] = ()
    lesson: Figure | None = None
    runs: tuple[str, ...] = ()
    fair: bool = True


@dataclass(frozen=True)
class Group:
    """A tab's networks.

    Args:
        tab: the tab's name.
        judged: by what its networks are judged.
        notebooks: of the lesson, file names.
        unit: that of the numbers that stand on one common scale; nothing where none do.
        rungs: from the first to the last.
    """

    tab: str
    judged: str
    notebooks: tuple[str, ...]
    unit: str
    rungs: tuple[Rung, ...]


def percent(share: float) -> float:
    """A share of 1 in per cent."""
    return 100 * share


VALID = Quantity("Validation loss", "valid_loss", "valid_loss", log=True)
TRAIN = Quantity("Training loss", "train_loss", "train_loss", log=True)
