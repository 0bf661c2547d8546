"""The benchmark of what README.md claims: nothing claimed is left out, nothing is made up."""

import re
from pathlib import Path

import numpy as np
import pytest
import torch

from lesson7.core.errors import DataError
from lesson7.restoration.colour_judging import GreyPictures
from lesson7.restoration.data import MadeUp
from tests import commands
from tests.benchmarks import __main__ as command
from tests.benchmarks import figures, restoration_figures
from tests.benchmarks.claims import Figure, Reading, Section, measured
from tests.benchmarks.grids import crosshatch

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
WORDS = " ".join(README.split())
FIGURES = [figure for section in figures.SECTIONS for figure in section.figures]


def column(name: str) -> str:
    """All cells of a column of the table of tabs."""
    table = [line for line in README.splitlines() if line.startswith("|")]
    at = [cell.strip() for cell in table[0].split("|")].index(name)
    return " ".join(line.split("|")[at] for line in table[2:])


@pytest.mark.parametrize("figure", FIGURES, ids=lambda figure: figure.what)
def test_the_readme_claims_what_is_measured(figure: Figure):
    assert figure.claim in WORDS


def test_what_the_readme_claims_is_measured():
    """Whoever claims a new number adds it to the figures in ``tests/benchmarks``."""
    known = " ".join(f"{figure.claim} {figure.yardstick}" for figure in FIGURES)
    claimed = re.findall(r"\d[\d.,]* (?:%|dB)|\d[\d.,]*\d", column("number reached"))
    assert len(claimed) > 10
    assert [number for number in claimed if number not in known] == []


def run(*arguments: str) -> str:
    done = commands.run(command.main, *arguments)
    assert done.exit_code == 0
    return done.stdout


def test_a_rehearsal_lists_every_figure_and_what_is_absent(tmp_path: Path):
    """Without any data: two sections need none."""
    said = run("--quick", "--data", str(tmp_path))
    assert "CPU cores" in said or torch.cuda.is_available()
    for figure in FIGURES:
        assert any(line.startswith(f"  {figure.what} ") and figure.claim in line
                   for line in said.splitlines()), figure  # fmt: skip
    assert said.count(f"not measured: {tmp_path / 'mnist'} absent") == 3
    assert said.count(f"not measured: {tmp_path / 'pets'}, {tmp_path / 'backbones'} absent") == 11
    assert f"6 of {len(FIGURES)} figures were measured" in said
    assert "of its errors" in said
    assert "5 in a row" in said


def test_damaged_data_is_said_and_the_rest_is_measured(tmp_path: Path):
    def damaged(data: Path, quick: bool) -> list[Reading]:
        raise DataError("there is one file too few")

    section = Section("x", damaged, FIGURES[:2])
    rows = measured(section, tmp_path, quick=True)
    assert rows == [(one, "not measured: there is one file too few") for one in FIGURES[:2]]


def test_digits_are_read_and_compared():
    with np.load(ROOT / "tests/mnist/fixtures/digits.npz") as file:
        images, labels = (torch.from_numpy(file[key][:100]) for key in ("images", "labels"))
    readings = figures.digits(images[:, None], labels.long())
    assert len(readings) == 3
    assert float(readings[2][0].rstrip("%")) > 95


def test_photographs_are_restored_and_compared():
    """As many readings as figures, each beside what enlarging does."""
    photographs = MadeUp(2)
    readings = restoration_figures.gains([photographs[0], photographs[1]], [0, 1], lambda x: [x])
    assert len(readings) == len(restoration_figures.RESTORATION.figures)
    gain, ratio = readings[0]
    of_error = float(ratio.split()[0])
    assert float(gain.split()[0]) == pytest.approx(-10 * np.log10(of_error), abs=0.05)


def test_photographs_are_coloured_and_compared():
    cases = GreyPictures(MadeUp(20), eyes=lambda x: [x], n_judged=2)
    readings = restoration_figures.colours(cases)
    assert len(readings) == len(restoration_figures.COLOUR.figures)
    gain, ratio = readings[0]
    assert float(gain.split()[0]) == pytest.approx(
        -10 * np.log10(float(ratio.split()[0])), abs=0.05
    )
    assert float(readings[2][0].rstrip("%")) > 10


@pytest.mark.parametrize("period", [2, 4, 8])
def test_a_grid_stands_out_and_noise_does_not(period: int):
    noise = torch.rand(3, 64, 64, generator=torch.Generator().manual_seed(0))
    waves = torch.cos(2 * torch.pi * torch.arange(64) / period)
    without = crosshatch(noise)
    assert without < 4
    assert crosshatch(noise + 0.1 * waves) > 2 * without
    assert crosshatch(noise + 0.1 * waves[:, None]) > 2 * without
    other = torch.cos(2 * torch.pi * torch.arange(64) / 5)
    assert crosshatch(noise + 0.1 * other) < 1.5 * without
