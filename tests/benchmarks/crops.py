"""The lesson's own question, eyes and fur: a page of crops, each network's beside the photograph.

Usage:

    python -m tests.benchmarks.crops [feature=restoration-feature ...] --data data/pets

A network is named as NAME=PLACE, as in ``tests.benchmarks.restoration``; without any, those
that are shipped. Six photographs that
never trained get the lesson's damage; a column shows 96 x 96 pixels of one, twice as large:
damaged and enlarged, restored by each network, and as it was. Numbers do not see everything
that eyes do; this page is for those. Its photographs are from Oxford-IIIT Pet, CC BY-SA 4.0.
"""

from pathlib import Path
from typing import Annotated

import typer
from PIL import Image, ImageDraw, ImageFont
from torch import Tensor

from lesson7.core.errors import ConfigError
from lesson7.core.images import from_unit
from lesson7.restoration.data import Photographs, find, split
from lesson7.restoration.networks import TILED
from tests.benchmarks.restorers import (
    Case,
    PetsDir,
    Restorer,
    bilinear,
    case_of,
    named_places,
    network_of,
    through,
)

SIDE, TIMES, GAP, LABEL = 96, 2, 4, 18
PLACES = {  # file -> left and top of the crop in the photograph's middle square, pixels
    "oxford_00048.jpg": (56, 82),
    "oxford_00552.jpg": (82, 24),
    "oxford_00256.jpg": (108, 62),
    "oxford_00182.jpg": (76, 56),
    "oxford_00223.jpg": (56, 40),
    "oxford_00214.jpg": (62, 84),
}


def crop(picture: Tensor, left: int, top: int) -> Image.Image:
    """``(3, S, S)``, unit range -> the crop, ``TIMES`` as large."""
    small = from_unit(picture[:, top : top + SIDE, left : left + SIDE])
    return small.resize((SIDE * TIMES, SIDE * TIMES), Image.Resampling.NEAREST)


def page(rows: dict[str, list[Image.Image]]) -> Image.Image:
    """Rows of crops, each under its name."""
    across = max(len(crops) for crops in rows.values())
    tall = SIDE * TIMES + LABEL + GAP
    width = GAP + across * (SIDE * TIMES + GAP)
    sheet = Image.new("RGB", (width, GAP + len(rows) * tall), "white")
    draw, font = ImageDraw.Draw(sheet), ImageFont.load_default(14)
    for row, (name, crops) in enumerate(rows.items()):
        draw.text((GAP, GAP + row * tall), name, fill="black", font=font)
        for column, picture in enumerate(crops):
            left = GAP + column * (SIDE * TIMES + GAP)
            sheet.paste(picture, (left, GAP + row * tall + LABEL))
    return sheet


def main(
    networks: Annotated[list[str] | None, typer.Argument(help="NAME=PLACE of networks.")] = None,
    folder: PetsDir = Path("data/pets"),
    form: Annotated[str, typer.Option(help="Of the damage, as in the benchmark.")] = "number",
    out: Annotated[Path, typer.Option(help="The page, JPEG or PNG.")] = Path("crops.jpg"),
) -> None:
    """Draw the page; see the module's docstring."""
    shipped = [f"{recipe}=restoration-{recipe}" for recipe in TILED]
    named = named_places(networks or shipped)
    photographs = Photographs(find(folder))
    judges = {photographs.files[index].name: index for index in split(len(photographs))[1]}
    if not judges.keys() >= PLACES.keys():
        raise ConfigError(f"{folder} has not the photographs of the page")
    cases = [(case_of(photographs[judges[name]], judges[name], form), place)
             for name, place in PLACES.items()]  # fmt: skip
    restorers: dict[str, Restorer] = {"damaged, enlarged": bilinear}
    restorers |= {name: through(network_of(place)) for name, place in named}

    def original(case: Case) -> Tensor:
        return case.target

    rows = {
        name: [crop(restorer(case), *place) for case, place in cases]
        for name, restorer in {**restorers, "the photograph": original}.items()
    }
    page(rows).save(out, quality=90)


if __name__ == "__main__":
    typer.run(main)
