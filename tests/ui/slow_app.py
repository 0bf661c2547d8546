"""The app with stand-ins for networks: they take their time, and write down each turn they get.

Usage:

    TURNS=FILE python -m tests.ui.slow_app

``Noted`` reads the file.
"""

import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from PIL import Image

TURN = 0.1  # seconds
TURNS = 300  # of each job, which nobody waits for
GRACE = 6.0  # seconds until somebody must listen


@dataclass(frozen=True)
class Noted:
    """The turns that were taken so far."""

    path: Path

    def count(self, name: str) -> int:
        """How many a job had: "restoration", "words" or "rooms"."""
        return self.path.read_text().split().count(name) if self.path.exists() else 0


def turns(name: str) -> Iterator[int]:
    """Take time, and write it down."""
    for turn in range(TURNS):
        with Path(os.environ["TURNS"]).open("a") as file:
            print(name, file=file)
        time.sleep(TURN)
        yield turn


def main() -> None:
    """Serve it until it is stopped; torch is not imported, which would take seconds."""
    from lesson7.ui import (
        bedrooms,
        bedrooms_replies,
        components,
        events,
        human_numbers,
        mnist,
        restoration,
    )

    picture = Image.new("RGB", (16, 16))
    word = SimpleNamespace(
        word=",", probabilities=[1 / 38] * 38, right=True, expected=None, numbers=1, inside=[0.0]
    )

    def steps(*_: Any) -> Iterator[SimpleNamespace]:
        for turn in turns("restoration"):
            words = f"{turn} of {TURNS} tiles"
            yield SimpleNamespace(fraction=turn / TURNS, words=words, restored=None)
        yield SimpleNamespace(fraction=1.0, words="Restored", restored=picture)

    def words(*_: Any) -> tuple[list[str], Iterator[SimpleNamespace]]:
        return ["one"], (word for _ in turns("words"))

    def frames(*_: Any) -> Iterator[list[Image.Image]]:
        return ([picture] * 4 for _ in turns("rooms"))

    def classify(*_: Any) -> dict[int, float]:
        return {digit: float(digit == 7) for digit in range(10)}

    mnist._predictor = lambda: SimpleNamespace(classify=classify)
    restoration._predictor = lambda: SimpleNamespace(stream=steps)
    human_numbers._predictor = lambda: SimpleNamespace(turns=words, ITOS=[","])
    bedrooms_replies.predictor = lambda: SimpleNamespace(walking=frames, drawing=frames)
    bedrooms_replies._room = lambda room: room
    events.GRACE = GRACE
    tabs = {
        "Digits": mnist,
        "Restoration": restoration,
        "Bedrooms": bedrooms,
        "Human numbers": human_numbers,
    }
    page = components.page([(name, tab.build) for name, tab in tabs.items()])
    page.launch(**components.LAUNCH)


if __name__ == "__main__":
    main()
