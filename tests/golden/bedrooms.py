"""Write the golden outputs of the shipped bedrooms, after shipping new generators.

    python -m tests.golden.bedrooms

``bedrooms.json`` holds the first four rooms of seed 7 of each shipped recipe, in 4x4 squares
of mean red, green and blue, 0 to 255. Rooms that were drawn, no photographs.
"""

import json
from pathlib import Path

import numpy as np

from lesson7.bedrooms import predict
from lesson7.core import weights

FILE = Path(__file__).with_suffix(".json")


def coarse(recipe: str) -> list[list[float]]:
    """Four rooms, each as 48 means."""
    rooms = np.stack([np.asarray(room, float) for room in predict.draw(4, 7, recipe=recipe)])
    n, size = 4, rooms.shape[1]
    squares = rooms.reshape(n, 4, size // 4, 4, size // 4, 3).mean((2, 4))
    return [[round(value, 2) for value in room.flatten().tolist()] for room in squares]


def main() -> None:
    """Compute and write."""
    shipped = [name for name in predict.GENERATORS if f"bedrooms-{name}" in weights.entries()]
    text = json.dumps({recipe: coarse(recipe) for recipe in shipped})
    FILE.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
