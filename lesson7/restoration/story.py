"""The training story of the page: one photograph, restored at moments of each recipe.

    python -m lesson7.restoration.story --pixel runs/restoration-pixel-001 \\
        --pixel runs/restoration-polish-001 --gan runs/... --feature runs/...

Cuts one photograph out of the sheets of samples that every run leaves: damaged, as each sheet
restored it, and as it was. The sheets' photographs are from Oxford-IIIT Pet (CC BY-SA 4.0).
"""

import json
from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from PIL import Image

from lesson7.core.errors import ConfigError
from lesson7.core.runs import Run
from lesson7.restoration.data import SIZE

FOLDER = Path(__file__).parents[1] / "ui" / "assets" / "restoration" / "story"
COLUMN = 1  # of the sheet: a terrier, whose fur tells the recipes apart
COLUMNS = {"colour": 3}  # a ginger cat before green trees
DAMAGED = {"colour": "without its colours"}
MOST = 12  # sheets of one recipe
GAP = 4  # pixels between the pictures of a sheet
QUALITY = 88

Runs = Annotated[list[Path] | None, typer.Option(help="Its runs, in their order.")]


def cut(sheet: Image.Image, row: int, column: int) -> Image.Image:
    """One picture of a sheet of samples: row 0 is damaged, 1 restored, 2 the target.

    Raises:
        ConfigError: the sheet is smaller than that.
    """
    left, top = (GAP + place * (SIZE + GAP) for place in (column, row))
    if left + SIZE > sheet.width or top + SIZE > sheet.height:
        raise ConfigError(f"a sheet of {sheet.width} x {sheet.height} has no picture there")
    return sheet.crop((left, top, left + SIZE, top + SIZE))


def moments(runs: list[Run]) -> list[tuple[str, Path]]:
    """Every sheet of the runs, in order, with what stood at that moment in words.

    Raises:
        ConfigError: a run has no sheet.
    """
    told, before = [], 0.0
    for run in runs:
        sheets = {int(file.stem): file for file in run.samples.glob("[0-9]*.jpg")}
        if not sheets:
            raise ConfigError(f"there are no samples in {run.samples}")
        lines = [(row.get("epoch", row.get("images")), row.get("minutes")) for row in run.rows()]
        known = [(0, 0.0), *((at, minutes) for at, minutes in lines if minutes)]
        places, minutes = zip(*known, strict=True)  # a sheet may lie between two lines
        for place, sheet in sorted(sheets.items()):
            spent = before + float(np.interp(place, places, minutes))
            told.append((f"after {spent:.0f} minutes" if place else "at the start", sheet))
        before += max(minutes)
    return told


def some(sheets: list[tuple[str, Path]], most: int = MOST) -> list[tuple[str, Path]]:
    """At most ``most`` of the sheets, evenly spaced, the first and the last among them.

    >>> [label for label, _ in some([(str(n), Path()) for n in range(9)], most=3)]
    ['0', '4', '8']
    """
    if len(sheets) <= most:
        return sheets
    return [sheets[round(place * (len(sheets) - 1) / (most - 1))] for place in range(most)]


def main(
    pixel: Runs = None,
    gan: Runs = None,
    feature: Runs = None,
    best: Runs = None,
    colour: Runs = None,
) -> None:
    """Write the story of the recipes whose runs are given; the others' stay as they are."""
    file = FOLDER / "story.json"
    story = json.loads(file.read_text("utf-8")) if file.exists() else {}
    given = {"pixel": pixel, "gan": gan, "feature": feature, "best": best, "colour": colour}
    for recipe, folders in given.items():
        if not folders:
            continue
        sheets = some(moments([Run(folder) for folder in folders]))
        column = COLUMNS.get(recipe, COLUMN)
        with Image.open(sheets[-1][1]) as last:
            pictures = [(DAMAGED.get(recipe, "damaged"), cut(last, 0, column))]
            target = ("the photograph", cut(last, 2, column))
        for label, path in sheets:
            with Image.open(path) as sheet:
                pictures.append((label, cut(sheet, 1, column)))
        (FOLDER / recipe).mkdir(parents=True, exist_ok=True)
        for old in (FOLDER / recipe).glob("*.jpg"):
            old.unlink()
        told = []
        for number, (label, picture) in enumerate([*pictures, target]):
            picture.save(FOLDER / recipe / f"{number:02d}.jpg", quality=QUALITY)
            told.append({"file": f"{number:02d}.jpg", "label": label})
        story[recipe] = told
    text = json.dumps({recipe: story[recipe] for recipe in given if recipe in story}, indent=1)
    file.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    typer.run(main)
