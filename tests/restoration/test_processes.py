"""A folder of photographs shared by two processes, as the README has it; and one is killed."""

import os
import re
import signal
import subprocess
import time
from pathlib import Path

import psutil
import pytest
from PIL import Image

from tests.launching import several

ROOT = Path(__file__).parents[2]
N, SIZE = 8, (560, 420)


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """Eight photographs, and on each process's share one file that is none."""
    folder = tmp_path / "photos"
    folder.mkdir()
    for number in range(N):
        Image.effect_noise(SIZE, 10 * number + 10).save(folder / f"{number}.png")
    for number in (0, 3):
        (folder / f"{number}-notes.txt").write_text("no picture")
    return folder


def launch(photos: Path, weights: Path, *more: str) -> subprocess.Popen[str]:
    """``accelerate launch`` with two processes; its errors can be read."""
    command = ["-m", "lesson7.restoration.predict", str(photos), "--out", str(photos / "out")]
    return subprocess.Popen(
        [*several(2), *command, "--recipe", "pixel", *more],
        stderr=subprocess.PIPE, text=True, cwd=ROOT,
        env={**os.environ, "LESSON7_WEIGHTS": str(weights)},
    )  # fmt: skip


def finished(photos: Path) -> dict[str, int]:
    """The results that are there, by name, each with the time at which it was written."""
    return {path.name: path.stat().st_mtime_ns for path in (photos / "out").glob("[!.]*.png")}


def workers(launcher: subprocess.Popen[str]) -> list[psutil.Process]:
    """The two processes that restore."""
    return [
        child
        for child in psutil.Process(launcher.pid).children(recursive=True)
        if "lesson7.restoration.predict" in child.cmdline()
    ]


@pytest.mark.slow
def test_each_file_once_and_a_killed_share_is_picked_up(photos: Path, weights_folder: Path):
    first = launch(photos, weights_folder)
    while not finished(photos) and first.poll() is None:
        time.sleep(0.02)
    restoring = workers(first)
    assert len(restoring) == 2
    os.kill(restoring[-1].pid, signal.SIGKILL)
    first.communicate(timeout=200)
    before = finished(photos)
    assert first.returncode != 0
    assert 1 <= len(before) < N

    second = launch(photos, weights_folder, "--resume")
    _, said = second.communicate(timeout=200)
    assert second.returncode == 1, said  # there are files that are no pictures
    for number in (0, 3):
        assert len(re.findall(rf"/{number}-notes.txt: This is not a picture", said)) == 1, said

    after = finished(photos)
    assert sorted(after) == [f"{number}.png" for number in range(N)]
    assert {name: after[name] for name in before} == before
    for name in after:
        with Image.open(photos / "out" / name) as picture:
            picture.load()
            assert picture.size == SIZE
    assert not [*(photos / "out").glob(".*")]
