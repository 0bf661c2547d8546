"""The training story of the page: one photograph, restored at moments of each recipe.

    python -m lesson7.restoration.story --pixel runs/restoration-pixel-001 \\
        --pixel runs/restoration-polish-001 --gan runs/... --feature runs/...

Cuts one photograph out of the sheets of samples that every run leaves: damaged, as each sheet
restored it, and as it was. The sheets' photographs are from Oxford-IIIT Pet (CC BY-SA 4.0).

``--keep N`` leaves the first N moments of a story as they are, and lets the given runs go on from
there: those of runs that are gone, or of what was told with too many sheets to tell it again.
"""

import io
import json
import re
from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from PIL import Image

from lesson7.core import commands
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


def moments(runs: list[Run], before: float = 0.0) -> list[tuple[str, Path]]:
    """Every sheet of the runs, in order, with what stood at that moment in words.

    A run begins where the one before it ended, so its first sheet is left out, unless it blends
    runs and so has no other.

    Args:
        before: minutes of training before the first run.

    Raises:
        ConfigError: a run has no sheet.
    """
    told = []
    for run in runs:
        sheets = {int(file.stem): file for file in run.samples.glob("[0-9]*.jpg")}
        if not sheets:
            raise ConfigError(f"there are no samples in {run.samples}")
        blended = ", blended" if sheets.keys() == {0} else ""
        lines = [(row.get("epoch", row.get("images")), row.get("minutes")) for row in run.rows()]
        known = [(0, 0.0), *((at, minutes) for at, minutes in lines if minutes)]
        places, minutes = zip(*known, strict=True)  # a sheet may lie between two lines
        for place, sheet in sorted(sheets.items()):
            spent = before + float(np.interp(place, places, minutes))
            if place or blended or not before:
                label = f"after {spent:.0f} minutes{blended}" if spent else "at the start"
                told.append((label, sheet))
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


def kept(told: list[dict[str, str]], n: int) -> tuple[list[dict[str, str]], float]:
    """The first ``n`` moments of a story that is told, and the minutes until the last of them.

    Args:
        told: the damaged picture, the moments, the photograph.

    Raises:
        ConfigError: it has not so many, they leave no room for what comes, or the last of them
            does not say its minutes.
    """
    if not n:
        return [], 0.0
    moments = told[1:-1][:n]
    minutes = re.search(r"after (\d+) minutes", moments[-1]["label"]) if moments else None
    if not 0 < n <= min(len(moments), MOST - 2) or minutes is None:
        raise ConfigError(f"--keep {n}: the story has no {n} moments to go on from")
    return moments, float(minutes[1])


def main(
    pixel: Runs = None,
    gan: Runs = None,
    feature: Runs = None,
    best: Runs = None,
    colour: Runs = None,
    keep: Annotated[int, typer.Option(help="Moments already told that stay as they are.")] = 0,
) -> None:
    """Write the story of the recipes whose runs are given; the others' stay as they are."""
    file = FOLDER / "story.json"
    story = json.loads(file.read_text("utf-8")) if file.exists() else {}
    given = {"pixel": pixel, "gan": gan, "feature": feature, "best": best, "colour": colour}
    for recipe, folders in given.items():
        if not folders:
            continue
        folder = FOLDER / recipe
        stay, minutes = kept(story.get(recipe, []), keep)
        pictures = [(each["label"], (folder / each["file"]).read_bytes()) for each in stay]
        sheets = some(moments([Run(each) for each in folders], minutes), MOST - keep)
        column = COLUMNS.get(recipe, COLUMN)
        with Image.open(sheets[-1][1]) as last:
            pictures.insert(0, (DAMAGED.get(recipe, "damaged"), jpeg(cut(last, 0, column))))
            target = ("the photograph", jpeg(cut(last, 2, column)))
        for label, path in sheets:
            with Image.open(path) as sheet:
                pictures.append((label, jpeg(cut(sheet, 1, column))))
        folder.mkdir(parents=True, exist_ok=True)
        for old in folder.glob("*.jpg"):
            old.unlink()
        story[recipe] = []
        for number, (label, picture) in enumerate([*pictures, target]):
            (folder / f"{number:02d}.jpg").write_bytes(picture)
            story[recipe].append({"file": f"{number:02d}.jpg", "label": label})
    text = json.dumps({recipe: story[recipe] for recipe in given if recipe in story}, indent=1)
    file.write_text(text + "\n", encoding="utf-8")


def jpeg(picture: Image.Image) -> bytes:
    """The picture as a file."""
    file = io.BytesIO()
    picture.save(file, "JPEG", quality=QUALITY)
    return file.getvalue()


if __name__ == "__main__":
    commands.run(main)
