"""Make a photograph whole: larger, sharper, without what JPEG and scribblers did to it, coloured.

    restore     a picture -> the restored picture, of any size
    stream      the same step by step, for a page that shows progress and can stop
    check       its arguments, before there is a picture

and, from ``lesson7.restoration.workbench``, what the page shows around it: ``damage``,
``compare``, ``judge``, ``inside``.

Usage:

    python -m lesson7.restoration.predict PHOTO_OR_FOLDER... --out DIR [--recipe best]
        [--scale 2] [--strength 1] [--resume]
    accelerate launch --multi_gpu --num_processes 2 -m lesson7.restoration.predict FOLDER --out DIR

The second line shares the photographs out over processes, on one machine or several that see
the same folders. Where one is killed, the same command with ``--resume`` shares out the rest.

A picture passes through in tiles (``lesson7.restoration.tiling``), and for ``colour`` once and
small (``lesson7.restoration.colouring``): its size costs time, but hardly memory. Results are
sRGB without any metadata; transparency is kept.
"""

from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer
from PIL import Image
from tqdm import tqdm

from lesson7.core import commands, processes
from lesson7.core.errors import ConfigError, InputError, WeightsError
from lesson7.core.intake import Source
from lesson7.restoration import colouring, folders, networks, tiling
from lesson7.restoration.degradations import DEGRADATIONS
from lesson7.restoration.enlarging import Prepared, check_scale, check_strength, prepare
from lesson7.restoration.networks import RECIPES, load
from lesson7.restoration.sights import Sight
from lesson7.restoration.workbench import Judgement, compare, damage, inside, judge

__all__ = [
    "DEGRADATIONS", "RECIPES", "Judgement", "Sight", "Step",
    "check", "compare", "damage", "inside", "judge", "load", "restore", "stream",
]  # fmt: skip

Report = Callable[[float, str], object]
Work = Generator[tuple[int, int], None, Image.Image]  # tiles or strips: done, in all; the result


@dataclass(frozen=True)
class Step:
    """How far a restoration is.

    Args:
        fraction: of the work, 0 to 1, never falling.
        words: the same for a visitor.
        restored: the result; None before the last step.
        colourless: whether the picture was black-and-white, or of one tone; said at the end.
    """

    fraction: float
    words: str
    restored: Image.Image | None = None
    colourless: bool = False


def restore(
    image: Source,
    recipe: str = "best",
    scale: float = 1,
    strength: float = 1.0,
    progress: Report | None = None,
) -> Image.Image:
    """Restore a picture: it is enlarged bilinearly, and then the network goes over it, or
    finds its colours.

    Args:
        image: a path, bytes, a file, a data: URL, a picture or an array, at least 16x16
            pixels; it is turned upright as its EXIF orientation asks.
        recipe: ``pixel`` (closest to the truth pixel by pixel, and a little soft), ``gan``
            (trained against a critic), ``feature`` (by what a network for recognising
            things sees: sharp where eyes look) or ``best`` (by that and against a critic);
            ``colour`` gives black-and-white pictures colours, and others other colours, and
            leaves light and shade as they are.
        scale: 1 to 4, also between whole numbers. The limits of the input, 12.6 million
            pixels and 8192 along a side, are those of the result, too.
        strength: 0 to 1, how much of the network's work is taken: 0.5 is half-way between the
            enlarged picture and the restored one, and 0 is the enlarged picture itself.
        progress: called with a fraction from 0 to 1 and words, before the first tile and
            after each. What it raises stops the work and comes out here.

    Returns:
        A new picture of exactly ``round(width * scale)`` by ``round(height * scale)`` pixels:
        mode RGB in sRGB, or RGBA where the input is transparent somewhere (its transparency
        is enlarged, not restored), without metadata. A picture without any colour gets none but
        from ``colour``.

    Raises:
        ImageError: the picture cannot be read, or is out of bounds.
        InputError: it is too small; the scale or the strength is out of its range; the result
            would be too large; or the network gave no picture. Never is the input returned
            as if it were the result.
        ConfigError: there is no such recipe.
        WeightsError: its weights are missing or damaged.
    """
    step = None
    for step in stream(image, recipe, scale, strength):
        if progress is not None:
            progress(step.fraction, step.words)
    assert step is not None
    assert step.restored is not None  # the last step has it
    return step.restored


def stream(
    image: Source, recipe: str = "best", scale: float = 1, strength: float = 1.0
) -> Iterator[Step]:
    """As ``restore``, but step by step: one before the first tile, and one after each.

    Between two questions nothing runs: to stop, close the iterator or ask no more. A tile,
    or a strip of what is coloured, takes well under a second on two cores.

    Returns:
        An iterator over steps, of which the last holds the result. All errors but the
        network's own are raised here, before the first step.
    """
    check(recipe, scale, strength)
    prepared = prepare(image, scale)
    colourless = colouring.is_colourless(prepared.colours)
    if strength == 0:
        plain = prepared.with_alpha(prepared.colours)
        return iter([Step(1.0, "Enlarged", plain, colourless)])
    work: Work
    if recipe == networks.COLOUR:
        work = colouring.sweep(networks.colours(), prepared.colours, strength)
        return _steps(prepared, work, "Colouring: {} of {} parts", colourless)
    function = networks.function(recipe, strength, grey=prepared.grey)
    work = tiling.sweep(function, prepared.colours)
    return _steps(prepared, work, "Restoring: {} of {} tiles", colourless)


def _steps(prepared: Prepared, work: Work, words: str, colourless: bool) -> Iterator[Step]:
    while True:
        try:
            done, total = next(work)
        except StopIteration as end:
            yield Step(1.0, "Restored", prepared.with_alpha(end.value), colourless)
            return
        if done < total:
            yield Step(done / total, words.format(done, total))


def check(recipe: str = "best", scale: float = 1, strength: float = 1.0) -> None:
    """Refuse what cannot be meant; see ``restore``.

    Raises:
        InputError: the scale or the strength is no number or out of its range.
        ConfigError: there is no such recipe.
    """
    networks.check_recipe(recipe)
    check_scale(scale)
    check_strength(strength)


def main(
    pictures: Annotated[
        list[Path], typer.Argument(help="Photographs, or folders of them (without subfolders).")
    ],
    out: Annotated[Path, typer.Option(help="Folder for the results, PNG under the same names.")],
    recipe: Annotated[str, typer.Option(help=f"One of {', '.join(RECIPES)}.")] = "best",
    scale: Annotated[float, typer.Option(help="How many times larger, 1 to 4.")] = 1.0,
    strength: Annotated[float, typer.Option(help="0: only enlarge; 1: all the network does.")] = 1,
    resume: Annotated[
        bool, typer.Option("--resume", help="Leave results alone that are newer than the file.")
    ] = False,
) -> None:
    """Restore photographs; go on after a bad one, and name it at the end.

    Under ``accelerate launch`` each process restores its share.
    """
    state = processes.this_one()
    try:
        check(recipe, scale, strength)
        networks.load(recipe)
    except (InputError, ConfigError, WeightsError) as error:
        if state.is_local_main_process:
            typer.echo(error, err=True)
        raise typer.Exit(1) from None
    work = processes.agreed(
        folders.plan(pictures, out, resume=resume) if state.is_main_process else None
    )
    assert work is not None
    if not work.found:
        if state.is_main_process:
            typer.echo("There is no file to restore.", err=True)
        raise typer.Exit(1)
    share = work.left[state.process_index :: state.num_processes]
    failed: list[tuple[Path, object]] = []
    hidden = None if state.is_main_process else True  # None: unless somebody looks
    with tqdm(total=len(share), unit="picture", disable=hidden) as bar:
        for number, (file, result) in enumerate(share):
            bar.set_description(file.name, refresh=False)

            def show(fraction: float, words: str, number: int = number) -> None:
                bar.set_postfix_str(words, refresh=False)
                bar.update(number + fraction - bar.n)

            try:
                if result in work.originals:
                    raise InputError("The result would replace it. Please choose another --out.")
                folders.save(restore(file, recipe, scale, strength, show), result)
            except (InputError, OSError) as error:
                failed.append((file, error))
    for file, reason in failed:
        typer.echo(f"{file}: {reason}", err=True)
    state.wait_for_everyone()  # the launcher stops all when one ends badly
    if failed:
        raise typer.Exit(1)


if __name__ == "__main__":
    commands.run(main)
